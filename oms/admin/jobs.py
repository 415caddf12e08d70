"""Long work as people see it: how far it is, what became of each row, the file to fetch."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from oms import words
from oms.admin.bases import ReadOnlyAdmin
from oms.models import Job, JobState

TONES = {JobState.RUNNING: "info", JobState.FAILED: "bad"}
MOVING = {JobState.WAITING, JobState.RUNNING}


def to_job(job: Job) -> HttpResponseRedirect:
    """Send somebody to the page of the job that was started; an act may answer with this."""
    return HttpResponseRedirect(reverse("admin:oms_job_change", args=[job.pk]))


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Everybody who may see jobs sees their own; administrators see all of them."""

    list_empty = "Exports, imports and other long work show here with their progress and result."

    list_display = ("title", "state_chip", "progress", "failures", "started_by", "started")
    list_filter = ("state", "kind")
    search_fields = ("title",)
    fields = ("title", "kind", "started_by", "created_at", "finished_at")
    change_form_outer_before_template = "admin/oms/job.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Results and errors may name other people's work."""
        rows = super().get_queryset(request).defer("results")
        if request.user.is_superuser or request.user.has_perm("oms.change_job"):
            return rows
        return rows.filter(created_by=f"user:{request.user.pk}")

    def get_urls(self) -> list[URLPattern]:
        """Progress for the page that waits, and the file."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress_view), name="oms_job_progress"),
            path("<int:pk>/file/", wrap(self.file_view), name="oms_job_file"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The bar alone; once the work has ended the whole page is asked to load again."""
        job = self._job(request, pk)
        response = render(request, "admin/oms/progress.html", progress_of(job))
        if job.state not in MOVING:
            response["HX-Refresh"] = "true"
        return response

    def file_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The file that the job made."""
        job = self._job(request, pk)
        if not job.result_file:
            raise Http404
        name = job.result_file.name.rpartition("/")[2]
        return FileResponse(job.result_file.open("rb"), as_attachment=True, filename=name)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the bar and the results, failures first."""
        if (job := kwargs.get("obj")) is not None:
            context |= progress_of(job)
            context["results"] = sorted(job.results, key=lambda row: bool(row["ok"]))
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State", ordering="state")
    def state_chip(self, job: Job) -> SafeString:
        """Grey for normal."""
        return words.chip(job.get_state_display(), TONES.get(JobState(job.state), ""))

    @display(description="Progress")
    def progress(self, job: Job) -> str:
        """In figures."""
        return f"{job.done:,} of {job.total:,}" if job.total else f"{job.done:,}"

    @display(description="Failed", ordering="failed")
    def failures(self, job: Job) -> str:
        """Nothing when nothing failed."""
        return f"{job.failed:,}" if job.failed else ""

    @display(description="Started by")
    def started_by(self, job: Job) -> str:
        """By name where it was a person."""
        return words.names_of([job.created_by])[job.created_by]

    @display(description="Started", ordering="created_at")
    def started(self, job: Job) -> str:
        """As short as it is clear."""
        return words.moment(job.created_at)

    def _job(self, request: HttpRequest, pk: int) -> Job:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(self.get_queryset(request), pk=pk)


def progress_of(job: Job) -> dict[str, Any]:
    """What the bar shows."""
    percent = min(100, job.done * 100 // job.total) if job.total else 0
    tone = TONES.get(JobState(job.state), "")
    return {"job": job, "percent": percent, "moving": job.state in MOVING, "tone": tone}

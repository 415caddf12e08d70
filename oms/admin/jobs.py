"""Long work as people see it: how far it is, what became of each row, the file to fetch."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from oms import jobs, words
from oms.admin import runs
from oms.admin.acts import Act, actor
from oms.admin.bases import ReadOnlyAdmin
from oms.admin.forms import ConfirmForm
from oms.downloads import harmless
from oms.models import Job, JobRow, JobState, RowState

TONES = {JobState.RUNNING: "info", JobState.FAILED: "bad", JobState.STOPPED: "warn"}
ROWS_SHOWN = 50
TITLES = ("row", "outcome", "message")


def to_job(job: Job) -> HttpResponseRedirect:
    """Send somebody to the page of the job that was started; an act may answer with this."""
    return HttpResponseRedirect(reverse("admin:oms_job_change", args=[job.pk]))


def stop(request: HttpRequest, job: Job, _data: dict[str, Any]) -> str:
    """End it early."""
    jobs.stop(job, by=actor(request))
    return "It ends within a second; what was not begun stays as it was."


def go_on(request: HttpRequest, job: Job, _data: dict[str, Any]) -> HttpResponse:
    """Do the rest."""
    return to_job(jobs.go_on(job, by=actor(request)))


def undo(request: HttpRequest, job: Job, _data: dict[str, Any]) -> HttpResponse:
    """Take it back."""
    return to_job(runs.undo(job, by=actor(request)))


ACTS = (
    Act("stop", "Stop", "oms.view_job", stop, ConfirmForm,
        lambda job: job.state in jobs.MOVING and not job.stopped_by,
        help="Rows that were done stay done; the others are left as they are.",
        icon="stop_circle", variant=ActionVariant.DANGER),
    Act("go_on", "Do the rest", "oms.view_job", go_on, ConfirmForm,
        lambda job: job.state in jobs.ENDED
        and jobs.has_rows_left(job)
        and not hasattr(job, "undone_by"),
        help="Does the rows that were not begun. No row is done twice.", icon="play_arrow",
        variant=ActionVariant.PRIMARY),
    Act("undo", "Undo this run", "oms.view_job", undo, ConfirmForm, runs.can_be_undone,
        help="Puts back exactly the rows that this run changed and that nobody changed since; "
        "of the others the result says why not.", icon="undo"),
)  # fmt: skip


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """Everybody who may see jobs sees their own; administrators see all of them."""

    acts = ACTS
    list_empty = "Exports, imports and other long work show here with their progress and result."

    list_display = ("title", "state_chip", "progress", "failures", "started_by", "started")
    list_filter = ("state", "kind")
    search_fields = ("title",)
    fields = ("title", "started_by", "created_at", "finished_at")
    change_form_outer_before_template = "admin/oms/job.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Results and errors may name other people's work."""
        rows = super().get_queryset(request).defer("results")
        if request.user.is_superuser or request.user.has_perm("oms.change_job"):
            return rows
        return rows.filter(created_by=f"user:{request.user.pk}")

    def get_urls(self) -> list[URLPattern]:
        """Progress for the page that waits, the file, and the rows as a file."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/progress/", wrap(self.progress_view), name="oms_job_progress"),
            path("<int:pk>/rows/", wrap(self.rows_view), name="oms_job_rows"),
            path("<int:pk>/file/", wrap(self.file_view), name="oms_job_file"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The bar alone; once the work has ended the whole page is asked to load again."""
        job = self._job(request, pk)
        response = render(request, "admin/oms/progress.html", progress_of(job))
        if job.state not in jobs.MOVING:
            response["HX-Refresh"] = "true"
        return response

    def file_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """The file that the job made."""
        job = self._job(request, pk)
        if not job.result_file:
            raise Http404
        name = job.result_file.name.rpartition("/")[2]
        return FileResponse(job.result_file.open("rb"), as_attachment=True, filename=name)

    def rows_view(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """What became of every row, as CSV."""
        job = self._job(request, pk)
        name = f"{job.kind}-{job.created_at:%Y%m%d-%H%M%S}-rows.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(_lines(job), content_type="text/csv", headers=headers)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the bar and the results, failures first."""
        if (job := kwargs.get("obj")) is not None:
            context |= progress_of(job) | rows_of(job, request)
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
    return {"job": job, "percent": percent, "moving": job.state in jobs.MOVING, "tone": tone}


def rows_of(job: Job, request: HttpRequest) -> dict[str, Any]:
    """A page of what became of a run's rows, with a tab and a count for each outcome."""
    counts = dict(job.rows.order_by().values_list("state").annotate(rows=Count("pk")))
    if not counts:
        return {}
    here = request.GET.get("outcome", "")
    rows = job.rows.order_by("pk")
    shown = Paginator(rows.filter(state=here) if here in counts else rows, ROWS_SHOWN)
    tabs = [("", "All", sum(counts.values()))]
    tabs += [(state, state.label, counts[state]) for state in RowState if state in counts]
    page = shown.get_page(request.GET.get("page"))
    _name(job, request, page.object_list)
    return {
        "rows": page,
        "row_page": _page_of(job),
        "row_tabs": [
            {"query": f"?outcome={state}" if state else "?", "title": title, "count": count,
             "here": state == (here if here in counts else "")}
            for state, title, count in tabs
        ],
        "undone_by": Job.objects.filter(undoes=job).first(),
    }  # fmt: skip


def _name(job: Job, request: HttpRequest, rows: Iterable[JobRow]) -> None:
    """Call rows that nothing was done to yet by what they are; a row that is gone by its key."""
    bare = [row for row in rows if not row.label]
    if not bare:
        return
    pages = admin.site.get_model_admin(apps.get_model(job.params["model"]))
    along = pages.list_select_related
    found = pages.get_queryset(request)
    if isinstance(along, list | tuple):
        found = found.select_related(*along)
    named = found.in_bulk([row.key for row in bare])
    for row in bare:
        row.label = str(named.get(row.key, row.key))


def _page_of(job: Job) -> str:
    """Address of the page of row 0 of what a run is about; empty where rows have no page."""
    try:
        meta = apps.get_model(job.params["model"])._meta  # noqa: SLF001 (public)
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    except (KeyError, LookupError, NoReverseMatch):
        return ""


class _Echo:
    """Gives each line back to whoever writes it."""

    def write(self, line: str) -> str:
        return line


def _lines(job: Job) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + str(writer.writerow(TITLES))  # Excel reads the mark
    rows: QuerySet[JobRow] = job.rows.order_by("pk")
    for row in rows.iterator(chunk_size=2_000):
        yield str(writer.writerow([harmless(row.label), row.state, harmless(row.message)]))
    for told in job.results:
        outcome = RowState.DONE if told["ok"] else RowState.FAILED
        yield str(writer.writerow([harmless(told["row"]), outcome, harmless(told["message"])]))

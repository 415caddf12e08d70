"""Counts: the list of what waits, the sheet on which people count, the page of differences."""

from collections import defaultdict
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count as CountOf
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from inventory import operations
from inventory.admin.counts import accuracy, acts, pages
from inventory.admin.stock import PlaceFilter
from inventory.enums import CountCause, CountStatus
from inventory.forms import DecisionForm, EntryForm
from inventory.models import Count, CountEntry
from oms import words
from oms.admin import ReadOnlyAdmin, actor
from oms.admin.listing import StatusFilter, tabs
from oms.errors import DomainError

TABS = (
    ("planned", "To count"),
    ("counting", "Being counted"),
    ("recount", "To count again"),
    ("to_approve", "To approve"),
    ("posted", "Posted"),
    ("", "All"),
)
DECISIONS: dict[str, Any] = {
    "approve": operations.approve_lines,
    "keep": operations.keep_lines,
    "again": operations.count_again,
}


class CountChangeList(ChangeList):
    """Knows who counted the sheets of the page, in two queries."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of counts with those who entered something."""
        super().get_results(request)
        rows = list(self.result_list)
        entered = (
            CountEntry.objects.filter(line__count__in=[row.pk for row in rows])
            .order_by("line__count", "by")
            .values_list("line__count", "by")
            .distinct()
        )
        people: dict[int, list[str]] = defaultdict(list)
        for count, by in entered:
            people[count].append(by)
        names = words.names_of({by for found in people.values() for by in found})
        for row in rows:
            row.counters = [names[by] for by in people[row.pk]]
        self.result_list = rows  # type: ignore[assignment]


@admin.register(Count)
class CountAdmin(ReadOnlyAdmin):
    """The page is a sheet while people count, and a list of differences afterwards."""

    list_empty = "Plan what is due by the counting policies, or count chosen products."

    acts = acts.COUNT_ACTS
    list_display = (
        "number_column",
        "place_column",
        "cause_column",
        "progress_column",
        "status_column",
        "who_column",
        "due_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("location", "assigned_to")
    list_filter = (StatusFilter, PlaceFilter)
    list_filter_submit = True
    list_before_template = "admin/inventory/count/tabs.html"
    search_fields = ("number__exact", "reference__exact")
    search_help_text = "Number of the count, or of what asked for it"
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/count/page.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how many lines are done."""
        asked = Q(lines__state__in=["to_count", "to_recount"])
        entered = asked & Q(lines__entries__round=F("lines__round"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                line_count=CountOf("lines", distinct=True),
                asked=CountOf("lines", filter=asked, distinct=True),
                entered=CountOf("lines", filter=entered, distinct=True),
            )
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that knows who counted."""
        return CountChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What is due first, first; ended ones by age."""
        waits = request.GET.get("status") in {"planned", "counting", "recount", "to_approve"}
        return ("due_on", "pk") if waits else ("-pk",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its tabs."""
        context = {"title": "Counts", "view_tabs": tabs(request, self.model, TABS)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Count")
    def number_column(self, count: Count) -> SafeString:
        """Its number, and when it was planned."""
        number = format_html('<b class="oms-strong">{}</b>', count.number)
        return words.two_lines(number, f"planned {words.age(count.created_at)} ago")

    @admin.display(description="Location")
    def place_column(self, count: Count) -> SafeString:
        """Where."""
        return words.two_lines(count.location.name, count.location.code)

    @admin.display(description="Why")
    def cause_column(self, count: Count) -> SafeString:
        """Its turn, somebody's wish, or something that was not there."""
        said = {"cycle": "Its turn", "requested": "Asked for", "rejected": "Not found by a picker"}
        return words.two_lines(said[CountCause(count.cause)], count.reference or count.note)

    @admin.display(description="Lines")
    def progress_column(self, count: Any) -> str:
        """How far the round is."""
        if count.status not in {CountStatus.COUNTING, CountStatus.RECOUNT}:
            return f"{count.line_count}"
        return f"{count.entered} of {count.asked} counted"

    @admin.display(description="State")
    def status_column(self, count: Count) -> SafeString:
        """Grey; orange where somebody has to decide or count again."""
        tones = {CountStatus.RECOUNT: "warn", CountStatus.TO_APPROVE: "warn"}
        status = CountStatus(count.status)
        return words.chip(words.sentence_case(status.label), tones.get(status, ""))

    @admin.display(description="Counted by")
    def who_column(self, count: Any) -> SafeString | str:
        """Who counted, and whose it is."""
        user = count.assigned_to
        whose = f"for {user.get_full_name() or user.get_username()}" if user else ""
        return words.two_lines(", ".join(count.counters) or "–", whose)

    @admin.display(description="Due")
    def due_column(self, count: Count) -> SafeString | str:
        """The day; marked when it has passed."""
        shown = f"{count.due_on.day} {count.due_on:%b}"
        late = count.ended_at is None and count.due_on < timezone.localdate()
        return words.chip(f"Late: {shown}", "bad") if late else shown

    # --- The page -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The doors of the sheet and of the page of differences."""
        wrap = self.admin_site.admin_view
        name = "inventory_count_"
        return [
            path("accuracy/", wrap(accuracy.view), name=f"{name}accuracy"),
            path("<int:pk>/scan/", wrap(self.scan_view), name=f"{name}scan"),
            path("<int:pk>/enter/", wrap(self.enter_view), name=f"{name}enter"),
            path("<int:pk>/include/", wrap(self.include_view), name=f"{name}include"),
            path("<int:pk>/finish/", wrap(self.finish_view), name=f"{name}finish"),
            path("<int:pk>/decide/", wrap(self.decide_view), name=f"{name}decide"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The sheet or the differences, by the count's status."""
        if (count := kwargs.get("obj")) is not None:
            context |= pages.page_of(request, count)
        return super().render_change_form(request, context, *args, **kwargs)

    def scan_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One scan: one unit more."""
        count = self._to_count(request, pk)
        code = request.POST.get("code", "").strip()[:100]
        try:
            line = operations.scan(count, by=actor(request), code=code)
        except operations.NotOnSheet:
            found, wrong = pages.stranger(code), pages.why_not(count, code)
            return self._sheet(request, count, wrong=wrong, found=found)
        except DomainError as error:
            return self._sheet(request, count, wrong=error.detail)
        return self._sheet(request, count, here=line.pk)

    def enter_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How many units of a line there are."""
        count = self._to_count(request, pk)
        form = EntryForm(request.POST)
        if not form.is_valid():
            return self._sheet(request, count, wrong="A whole number, 0 or more, please.")
        line, quantity = form.cleaned_data["line"], form.cleaned_data["quantity"]
        try:
            operations.enter(count, by=actor(request), quantities={line: quantity})
        except DomainError as error:
            return self._sheet(request, count, wrong=error.detail)
        return self._sheet(request, count, here=line)

    def include_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Something was found that the sheet does not ask for."""
        count = self._to_count(request, pk)
        found = pages.stranger(request.POST.get("code", ""))
        if found is None:
            raise Http404
        try:
            line = operations.include(
                count, by=actor(request), product_id=found.product_id, lot_id=found.lot_id
            )
        except DomainError as error:
            return self._sheet(request, count, wrong=error.detail)
        return self._sheet(request, count, here=line.pk)

    def finish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The round is over."""
        count = self._to_count(request, pk)
        try:
            count = operations.finish(count, by=actor(request))
            messages.success(request, pages.after_round(count))
        except DomainError as error:
            messages.error(request, error.detail)
        return acts.to_count(count)

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve, keep or send back the chosen lines."""
        if request.method != "POST" or not request.user.has_perm("inventory.approve_count"):
            raise PermissionDenied
        count = self._find(request, pk)
        form = DecisionForm(request.POST, lines=list(count.lines.values_list("pk", flat=True)))
        if not form.is_valid():
            messages.error(request, " ".join(form.non_field_errors()) or "Choose what to do.")
            return acts.to_count(count)
        data = form.cleaned_data
        try:
            DECISIONS[data["decision"]](
                count, by=actor(request), lines=data["lines"], reason=data["reason"]
            )
        except DomainError as error:
            messages.error(request, error.detail)
        return acts.to_count(count)

    def _to_count(self, request: HttpRequest, pk: int) -> Count:
        if request.method != "POST" or not request.user.has_perm(acts.COUNT):
            raise PermissionDenied
        return self._find(request, pk)

    def _find(self, request: HttpRequest, pk: int) -> Count:
        count = self.get_object(request, str(pk))
        if count is None or not self.has_view_permission(request, count):
            raise Http404
        return count

    def _sheet(self, request: HttpRequest, count: Count, **said: Any) -> HttpResponse:
        """The sheet alone for the page that asked in place; else the whole page again."""
        if request.headers.get("HX-Request"):
            count.refresh_from_db()
            context = pages.page_of(request, count, **said) | {"in_place": True}
            return TemplateResponse(request, "admin/inventory/count/sheet.html", context)
        if said.get("wrong"):
            messages.error(request, said["wrong"])
        url = reverse("admin:inventory_count_change", args=[count.pk])
        here = f"?line={said['here']}" if said.get("here") else ""
        return HttpResponseRedirect(url + here)

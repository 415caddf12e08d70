"""Segments in the back office: the list, a segment's page, the builder with its preview."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from customers import operations
from customers.admin.acts import PERSONAL
from customers.forms.segments import SegmentForm
from customers.models import Customer, Segment, SegmentVersion
from customers.queries.population import FIELDS, Facts
from customers.queries.segments import Preview, preview_segment, segment_words
from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor
from oms.conditions import builder
from oms.errors import DomainError

EDIT = "customers.edit_segment"


def _end(request: HttpRequest, segment: Segment, data: dict[str, Any]) -> str:
    operations.end_segment(segment, by=actor(request), reason=data["reason"])
    return f"{segment} has ended; nobody is in it."


@admin.register(Segment)
class SegmentAdmin(ReadOnlyAdmin):
    """Groups of customers that fill themselves."""

    list_empty = (
        "A segment is a condition on customers: regulars, big spenders, not seen for half a year. "
        "Write a segment counts them before anything is saved."
    )
    acts = (
        Act(
            "end",
            "End segment",
            EDIT,
            _end,
            icon="stop",
            variant=ActionVariant.DANGER,
            allowed=lambda segment: segment.ended_at is None,
            help="Nobody is in it any more: price lists and rules for it are for nobody. "
            "Its versions stay.",
        ),
    )
    list_display = ("name_column", "state_column", "members_column", "filled_column")
    list_display_links = ("name_column",)
    search_fields = ("code", "name")
    search_help_text = "Name or code"
    sortable_by: ClassVar = ()
    ordering = ("name",)
    change_form_template = "admin/customers/segment/segment.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With versions, newest first, and how many are in it."""
        versions = SegmentVersion.objects.select_related("segment").order_by("-number")
        rows = super().get_queryset(request).annotate(size=Count("members"))
        return rows.prefetch_related(Prefetch("versions", versions))

    def buttons(self, request: HttpRequest, obj: Any = None) -> list[dict[str, Any]]:
        """Over the list the builder; on a segment its members, and the next version."""
        found = super().buttons(request, obj)
        may = request.user.has_perm(EDIT)
        if obj is None and may:
            found.append(_link("new", "Write a segment", "edit", reverse(f"{PAGE}_new")))
        if obj is not None and request.user.has_perm("customers.view_customer"):
            found.insert(0, _link("members", "Members", "group", members_url(obj)))
        if obj is not None and may and obj.ended_at is None:
            page = reverse(f"{PAGE}_edit", args=[obj.pk])
            found.insert(1, _link("edit", "Write the next version", "edit", page))
        return found

    def get_urls(self) -> list[URLPattern]:
        """The builder's pages, before those of the rows."""
        wrap = self.admin_site.admin_view
        return [
            path("new/", wrap(edit), name="customers_segment_new"),
            path("<int:pk>/edit/", wrap(edit), name="customers_segment_edit"),
            path("words/", wrap(in_words), name="customers_segment_words"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What it asks, who is in it, and what it asked before."""
        if (segment := kwargs.get("obj")) is not None:
            versions = list(segment.versions.all())
            names = words.names_of(version.created_by for version in versions)
            context |= {
                "title": segment.name,
                "subtitle": None,
                "segment": segment,
                "current": is_current(segment),
                "members_url": members_url(segment),
                "versions": [
                    {
                        "row": row,
                        "words": segment_words(row.conditions),
                        "who": names[row.created_by],
                    }
                    for row in versions
                ],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Segment")
    def name_column(self, segment: Segment) -> SafeString:
        """Name, and what it asks in a sentence."""
        return words.two_lines(segment.name, segment_words(_newest(segment).conditions))

    @admin.display(description="State")
    def state_column(self, segment: Segment) -> SafeString:
        """Whether it asks, and whether everybody was asked."""
        if segment.ended_at:
            return words.chip("Ended")
        return words.chip("In force") if is_current(segment) else words.chip("Filling", "info")

    @admin.display(description="Members")
    def members_column(self, segment: Any) -> str:
        """How many are in it."""
        return f"{segment.size:,}"

    @admin.display(description="Everybody asked")
    def filled_column(self, segment: Segment) -> str:
        """When the last round over all customers began."""
        return words.moment(segment.filled_at) or "not yet"


PAGE = "admin:customers_segment"


def is_current(segment: Segment) -> bool:
    """Whether all customers were asked what its newest version asks."""
    return segment.filled_version == _newest(segment).number


def members_url(segment: Segment) -> str:
    """The list of customers, filtered; its Export writes them into a file."""
    return f"{reverse('admin:customers_customer_changelist')}?segment={segment.code}"


def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The newest version as a form, which counts members before it saves the next one."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    version = _version(pk) if pk else None
    form = SegmentForm(request.POST or None, version=version)
    shown = None
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            shown = preview_segment(form.cleaned_data["conditions"])
        elif saved := _saved(request, form, version):
            return HttpResponseRedirect(reverse(f"{PAGE}_change", args=[saved.segment_id]))
    back = reverse(f"{PAGE}_change", args=[pk]) if pk else reverse(f"{PAGE}_changelist")
    context = {
        **admin.site.each_context(request),
        "opts": Segment._meta,  # noqa: SLF001 (documented)
        "title": version.segment.name if version else "New segment",
        "form": form,
        "back": back,
        "vocabulary": builder(FIELDS),
        "preview": shown,
        "sample": _sample(request, shown) if shown else [],
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/customers/segment/builder.html", context)


def in_words(request: HttpRequest) -> HttpResponse:
    """What the form means as it stands now."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    sent = request.POST.copy()
    sent["name"] = "Segment"  # not what the sentence is about
    form = SegmentForm(sent, version=None)
    if form.is_valid():
        said = f"{segment_words(form.cleaned_data['conditions'])}."
        return HttpResponse(said, "text/plain; charset=utf-8")
    mistakes = [str(error) for errors in form.errors.values() for error in errors]
    return HttpResponse("Not yet: " + " ".join(mistakes), "text/plain; charset=utf-8")


def _saved(
    request: HttpRequest, form: SegmentForm, version: SegmentVersion | None
) -> SegmentVersion | None:
    data, by = form.cleaned_data, actor(request)
    name, conditions, note = data["name"], data["conditions"], data["note"]
    try:
        if version is None:
            saved = operations.define_segment(name, conditions, by=by, note=note)
        else:
            saved = operations.redefine_segment(
                version.segment, name, conditions, by=by, note=note, newest=data["newest"]
            )
    except DomainError as error:
        messages.error(request, error.detail)
        return None
    messages.success(request, f"{saved.segment} {saved} is in force; its members are being found.")
    return saved


def _sample(request: HttpRequest, shown: Preview) -> list[dict[str, Any]]:
    """The sample with names for those who may read them; the reading is recorded."""
    customers = [customer for customer, _ in shown.sample]
    names: dict[int, str] = {}
    if customers and request.user.has_perm(PERSONAL):
        what = "preview of a segment"
        names = operations.disclose_names(customers, by=actor(request), what=what)
    return [_row(customer, facts, names) for customer, facts in shown.sample]


def _row(customer: Customer, facts: Facts, names: dict[int, str]) -> dict[str, Any]:
    value, currency = facts["lifetime_value"], facts.get("currency", "")
    return {
        "customer": customer,
        "url": reverse("admin:customers_customer_change", args=[customer.pk]),
        "name": names.get(customer.pk, "••••••"),
        "value": words.money(value, currency) if currency else "–",
        "orders": facts["orders"],
        "ago": facts.get("last_order_days"),
    }


def _version(pk: int) -> SegmentVersion:
    segment = get_object_or_404(Segment, pk=pk, ended_at=None)
    return segment.versions.select_related("segment").order_by("-number")[0]


def _newest(segment: Segment) -> SegmentVersion:
    """Versions are loaded newest first."""
    return segment.versions.all()[0]


def _link(name: str, title: str, icon: str, page: str) -> dict[str, Any]:
    """A button that leads to a page, as the templates draw it."""
    look = {"icon": icon, "variant": ActionVariant.DEFAULT, "folded": False}
    return {"name": name, "title": title, "path": page, **look}

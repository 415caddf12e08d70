"""Types of holds in Settings: the list, and one page to read and change a type."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from oms import words
from oms.admin import ReadOnlyAdmin, actor
from oms.conditions import builder
from oms.errors import DomainError
from orders import operations
from orders.enums import BY_SYSTEM, LiftedBy
from orders.forms.hold_types import HoldTypeForm
from orders.models import HoldType
from orders.queries.hold_tests import test_words
from orders.queries.rules.vocabulary import AFTERWARDS

ADD, CHANGE = "orders.add_holdtype", "orders.change_holdtype"


@admin.register(HoldType)
class HoldTypeAdmin(ReadOnlyAdmin):
    """Why orders wait; those that ship may be changed, but neither renamed in code nor removed."""

    list_empty = "The types that ship are made by the migrations."
    list_display = ("name_column", "owner_column", "due_column", "ends_column", "open_column")
    list_display_links = ("name_column",)
    ordering = ("name",)
    search_fields = ("code", "name")
    search_help_text = "Name or code"
    list_filter = ("is_active",)
    sortable_by: ClassVar = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever holds Django's permission."""
        return request.user.has_perm(ADD)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With how many of each are open."""
        still = Count("holds", filter=Q(holds__lifted_at=None))
        return super().get_queryset(request).annotate(open_holds=still)

    def get_urls(self) -> list[URLPattern]:
        """What the form means in words, before the pages of the rows."""
        wrap = self.admin_site.admin_view
        return [path("words/", wrap(in_words), name="orders_holdtype_words"), *super().get_urls()]

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """A blank form."""
        if not request.user.has_perm(ADD):
            raise PermissionDenied
        return _edit(request, None)

    def change_view(
        self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any
    ) -> HttpResponse:
        """The type as a form, which only shows it to those who may not change it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return _edit(request, get_object_or_404(HoldType, pk=object_id))

    @admin.display(description="Type")
    def name_column(self, kind: HoldType) -> SafeString:
        """Name, and what would unblock it."""
        return words.two_lines(kind.name, kind.unblock or kind.code)

    @admin.display(description="Looked after by")
    def owner_column(self, kind: HoldType) -> str:
        """Whose it is."""
        return kind.owner or "–"

    @admin.display(description="Due, escalates")
    def due_column(self, kind: HoldType) -> str:
        """Its clocks."""
        due = f"{kind.due_hours} h" if kind.due_hours else "as placed"
        if kind.escalate_hours is None:
            return due
        return f"{due}, then {kind.escalate_hours} h to {kind.escalate_to or 'the same'}"

    @admin.display(description="Ends")
    def ends_column(self, kind: HoldType) -> str:
        """By itself, and by whom."""
        if kind.code in BY_SYSTEM:
            return "Its own time or button"
        who = "" if kind.lifted_by == LiftedBy.NOBODY else LiftedBy(kind.lifted_by).label
        return "; ".join(part for part in (test_words(kind), who) if part)

    @admin.display(description="Open now")
    def open_column(self, kind: Any) -> SafeString | str:
        """How many orders wait for this."""
        return str(kind.open_holds) if kind.is_active else words.chip("Switched off")


def in_words(request: HttpRequest) -> HttpResponse:
    """What the form means as it stands now."""
    if not request.user.has_perm("orders.view_holdtype"):
        raise PermissionDenied
    sent = request.POST.copy()
    sent["name"] = sent.get("name") or "Type"
    sent["code"] = sent.get("code") or "type"
    form = HoldTypeForm(sent)
    if form.is_valid():
        said = _words(HoldType(code=sent["code"], **vars_of(form.terms())))
    else:
        mistakes = [str(error) for errors in form.errors.values() for error in errors]
        said = "Not yet: " + " ".join(mistakes)
    return HttpResponse(said, "text/plain; charset=utf-8")


def vars_of(terms: operations.Terms) -> dict[str, Any]:
    """Terms by name."""
    return {name: getattr(terms, name) for name in terms.__dataclass_fields__}


def _words(kind: HoldType) -> str:
    also = [
        *(["gets no stock"] if kind.stops_allocation else []),
        *(["is not charged"] if kind.stops_capture else []),
    ]
    stops = " and ".join(["is not released", *also])
    owner = f" {kind.owner} looks after it" if kind.owner else " Whoever is at work looks after it"
    due = f", within {kind.due_hours} h" if kind.due_hours else ""
    if kind.escalate_hours is not None:
        due += f"; {kind.escalate_hours} h later it goes to {kind.escalate_to or 'them again'}"
    test = test_words(kind)
    ends = f" It ends by itself when: {test[:1].lower()}{test[1:]}." if test else ""
    return f"While a hold of this type is open, the order {stops}.{owner}{due}.{ends}"


def _edit(request: HttpRequest, kind: HoldType | None) -> HttpResponse:
    may = request.user.has_perm(CHANGE if kind else ADD) and not (kind and kind.is_protected)
    form = HoldTypeForm(request.POST if request.method == "POST" and may else None, kind=kind)
    if not may:
        form.shut()
    if form.is_bound and form.is_valid() and _saved(request, form, kind):
        return HttpResponseRedirect(reverse("admin:orders_holdtype_changelist"))
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "opts": HoldType._meta,  # noqa: SLF001 (documented)
        "title": kind.name if kind else "New type of hold",
        "kind": kind,
        "form": form,
        "may": may,
        "vocabulary": builder(AFTERWARDS.values()),
        "history": reverse("admin:orders_holdtype_history", args=[kind.pk]) if kind else "",
        "back": reverse("admin:orders_holdtype_changelist"),
    }
    return TemplateResponse(request, "admin/orders/hold_type.html", context)


def _saved(request: HttpRequest, form: HoldTypeForm, kind: HoldType | None) -> bool:
    by, terms = actor(request), form.terms()
    try:
        if kind:
            operations.change_hold_type(kind, terms, by=by)
        else:
            operations.add_hold_type(form.cleaned_data["code"], terms, by=by)
    except DomainError as error:
        messages.error(request, error.detail)
        return False
    messages.success(request, f"{terms.name} is saved.")
    return True

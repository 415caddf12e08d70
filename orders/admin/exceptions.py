"""Holds: the queue of what waits for a person, soonest due first, with one button per row."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from oms import words
from oms.admin import ReadOnlyAdmin, actor
from orders import operations
from orders.admin import claims
from orders.admin.diagnosis import page_url
from orders.admin.hold_acts import HOLD_ACTS
from orders.models import Hold
from orders.models.claim import claimed_now, free_for
from orders.queries.hold_types import hold_names, remedy_of

LIFT = "orders.lift_hold"
COUNT_SECONDS = 15
STATES = {
    "": ("Open", Q(lifted_at=None, type__needs_person=True)),
    "waiting": ("Waiting for its time", Q(lifted_at=None, type__needs_person=False)),
    "lifted": ("Lifted", Q(lifted_at__isnull=False)),
    "all": ("All", Q()),
}


class StateFilter(DropdownFilter):
    """What needs a person, unless asked for others."""

    title = "state"
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Open first."""
        return [(name, title) for name, (title, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows in the chosen state."""
        return queryset.filter(STATES.get(self.value() or "", STATES[""])[1])


class TypeFilter(DropdownFilter):
    """One type of hold."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002
        """Every type, offered or not."""
        return list(hold_names())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Holds of this type."""
        return queryset.filter(type=self.value()) if self.value() else queryset


class ViewFilter(SimpleListFilter):
    """The saved views; drawn as tabs over the list, not among the filters."""

    title = "view"
    parameter_name = "view"
    template = "admin/orders/order/no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every view; without one, and nothing else asked, what one can take."""
        return [(name, name) for name in _views(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen view."""
        view = self.value() or ("todo" if claims.is_open_list(request) else "all")
        return queryset.filter(_views(request).get(view, Q()))


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """What waits for a person."""

    list_empty = (
        "Nothing waits for a person. Orders that cannot go on stand here with what would unblock "
        "them, who looks after them and until when."
    )
    acts = HOLD_ACTS
    claims_need = LIFT
    list_display = (
        "order_column",
        "what_column",
        "since_column",
        "due_column",
        "owner_column",
        "value_column",
        "promise_column",
        "do_column",
    )
    list_display_links = None
    list_select_related = ("order__channel", "type")
    list_filter = (ViewFilter, StateFilter, TypeFilter, "owner")
    list_filter_submit = True
    list_before_template = "admin/orders/exceptions.html"
    search_fields = ("order__number",)
    search_help_text = "Order number"
    sortable_by = ("since_column", "due_column", "value_column", "promise_column")
    fields: ClassVar = (
        "order", "type", "handle", "reason", "details", "owner", "placed_by", "placed_at", "due_at",
        "escalated_at", "claimed_by", "claimed_at", "lifted_by", "lifted_at", "lift_reason",
    )  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that loads its columns' facts at once."""
        return claims.ClaimedList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        """With the order and type that name a hold, also in runs over many."""
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Soonest due first; what was lifted, newest first."""
        if request.GET.get("state") in {"lifted", "all"}:
            return ("-pk",)
        return (F("due_at").asc(nulls_last=True), "pk")

    def get_urls(self) -> list[URLPattern]:
        """Claim and give back, before the pages of the rows."""
        wrap = self.admin_site.admin_view
        return [
            *claims.urls(Hold, wrap, LIFT, operations.claim_hold, operations.give_back_hold),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The queue under its tabs."""
        context = {"title": "Holds", "view_tabs": tabs(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Order")
    def order_column(self, hold: Hold) -> SafeString:
        """The order it stops, and where that came from."""
        url = reverse("admin:orders_order_change", args=[hold.order_id])
        number = format_html('<a class="oms-link" href="{}">{}</a>', url, hold.order.number)
        return words.two_lines(number, hold.order.channel.name)

    @admin.display(description="What is wrong")
    def what_column(self, hold: Hold) -> SafeString:
        """Type and reason, and under them what would unblock it."""
        chip = words.chip(hold.type.name, "" if hold.lifted_at else "warn")
        said = format_html('{} <span class="oms-reason">{}</span>', chip, hold.reason)
        return words.two_lines(said, hold.lift_reason if hold.lifted_at else hold.type.unblock)

    @admin.display(description="Since", ordering="placed_at")
    def since_column(self, hold: Hold) -> SafeString:
        """How long it waits."""
        return format_html('<span class="oms-nowrap">{}</span>', words.age(hold.placed_at))

    @admin.display(description="Due", ordering="due_at")
    def due_column(self, hold: Hold) -> SafeString | str:
        """When somebody should have looked, or when it was lifted."""
        if hold.lifted_at:
            return words.two_lines("lifted", words.moment(hold.lifted_at))
        now = timezone.now()
        if hold.escalated_at:
            return words.chip("Escalated", "bad", f"due {words.moment(hold.due_at)}")
        if hold.due_at and hold.due_at < now:
            return words.chip(f"{words.span(now - hold.due_at)} over", "bad")
        said = f"in {words.span(hold.due_at - now)}" if hold.due_at else "–"
        return format_html('<span class="oms-nowrap">{}</span>', said)

    @admin.display(description="Looked after by")
    def owner_column(self, hold: Any) -> SafeString:
        """Whose it is, and who works on it."""
        return words.two_lines(hold.owner or "nobody yet", hold.worker)

    @admin.display(description="Value", ordering="-order__total")
    def value_column(self, hold: Hold) -> str:
        """What the order is worth."""
        return words.money(hold.order.total, hold.order.currency)

    @admin.display(description="Ship by", ordering="order__promised_at")
    def promise_column(self, hold: Hold) -> SafeString:
        """What the buyer was promised."""
        late = hold.order.promised_at and hold.order.promised_at < timezone.now()
        return words.two_lines(
            words.moment(hold.order.promised_at) or "–", "late" if late else "", "bad"
        )

    @admin.display(description="")
    def do_column(self, hold: Any) -> SafeString | str:
        """The one button that clears it, and claiming it."""
        if hold.lifted_at or not hold.may:
            return ""
        address, label = remedy(hold, hold.back)
        return format_html(
            '<span class="oms-chips"><a class="oms-btn" href="{}">{}</a>{}</span>',
            address,
            label,
            claims.button(hold),
        )


def remedy(hold: Hold, back: str) -> tuple[str, str]:
    """Where the button of a hold leads, and what it says; the act done, the clerk is back."""
    act, label = remedy_of(hold.kind)
    back = "?" + urlencode({"next": back})
    if hold.names_prices:
        return reverse("admin:orders_hold_act", args=[hold.pk, "accept_prices"]) + back, label
    if act == "lift_hold":
        return reverse("admin:orders_hold_act", args=[hold.pk, "lift"]) + back, label
    if act == "see_stock":
        return reverse("admin:orders_order_change", args=[hold.order_id]), label
    return reverse("admin:orders_order_act", args=[hold.order_id, act]) + back, label


# --- Tabs -------------------------------------------------------------------------------------


def _views(request: HttpRequest) -> dict[str, Q]:
    return {
        "todo": free_for(actor(request)),
        "all": Q(),
        "overdue": Q(due_at__lt=timezone.now()),
        "escalated": Q(escalated_at__isnull=False),
        "mine": claimed_now() & Q(claimed_by=actor(request)),
    }


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """What one can take, everything, what presses, a tab for each type, and failed reactions."""
    by_type, pressing = _counts()
    views = _views(request)
    own = Hold.objects.filter(STATES[""][1]).aggregate(
        todo=Count("pk", filter=views["todo"]), mine=Count("pk", filter=views["mine"])
    )
    here = {name: request.GET.get(name, "") for name in ("view", "type")}
    rows = [
        ("Mine and unclaimed", {}, own["todo"]),
        ("All", {"view": "all"}, sum(count for _, _, count in by_type)),
        ("Overdue", {"view": "overdue"}, pressing["overdue"]),
        ("Escalated", {"view": "escalated"}, pressing["escalated"]),
        ("Mine", {"view": "mine"}, own["mine"]),
        *((name, {"type": code}, count) for code, name, count in by_type),
    ]
    shown = [
        {
            "title": title,
            "query": "?" + urlencode(wanted),
            "here": here == {"view": "", "type": "", **wanted}
            and (wanted or claims.is_open_list(request)),
            "count": f"{count:,}" if count else "",
        }
        for title, wanted, count in rows
    ]
    return [*shown, *_failed(request)]


def _counts() -> tuple[list[tuple[str, str, int]], dict[str, int]]:
    """Open holds by type, most first, and those that press."""
    found = cache.get("orders:exceptions")
    if found is None:
        rows = Hold.objects.filter(STATES[""][1])
        kinds = rows.values_list("type", "type__name").annotate(count=Count("pk"))
        pressing = rows.aggregate(
            overdue=Count("pk", filter=Q(due_at__lt=timezone.now())),
            escalated=Count("pk", filter=Q(escalated_at__isnull=False)),
        )
        found = list(kinds.order_by("-count", "type")), pressing
        cache.set("orders:exceptions", found, COUNT_SECONDS)
    return found


def _failed(request: HttpRequest) -> list[dict[str, Any]]:
    """Reactions and webhooks that were given up, on their own pages."""
    shown = []
    for title, label in (
        ("Failed reactions", "oms.Delivery"),
        ("Failed webhooks", "oms.WebhookDelivery"),
    ):
        model = apps.get_model(label)
        name = model._meta.model_name  # noqa: SLF001 (documented)
        if not request.user.has_perm(f"oms.view_{name}"):
            continue
        if count := model._default_manager.filter(~Q(state="done"), state="dead").count():  # noqa: SLF001
            url = page_url(f"oms_{name}_changelist") + "?state__exact=dead"
            shown.append({"title": title, "query": url, "here": False, "count": f"{count:,}"})
    return shown

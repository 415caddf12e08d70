"""Orders in the back office: the list, the page, the act buttons."""

from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from oms import words
from oms.admin import Act, ActForm, ReadOnlyAdmin
from orders.admin import changing, listing, page, scarce, sealed, statement, versions
from orders.admin.acts import ORDER_ACTS
from orders.admin.business import BUSINESS_ACTS
from orders.admin.handling import HANDLING_ACTS
from orders.enums import OrderStatus, PaymentStatus, Stage
from orders.models import Order

FINISHED = {OrderStatus.CLOSED, OrderStatus.CANCELLED}


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """The list answers what waits and why; the page answers what blocks it and clears it."""

    acts = (*BUSINESS_ACTS, *ORDER_ACTS, *HANDLING_ACTS)
    list_empty = (
        "Orders come through a channel (Settings > Channels): by Import, by the API, "
        "or put together by New order."
    )
    list_display = (
        "number_column",
        "channel_column",
        "buyer_column",
        "units_column",
        "total_column",
        "state_column",
        "progress_column",
        "promise_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("channel", "subject")
    list_filter = (
        listing.ViewFilter,
        ("stage", ChoicesDropdownFilter),
        listing.ChannelFilter,
        listing.HoldFilter,
        ("payment_status", ChoicesDropdownFilter),
        ("fulfillment_status", ChoicesDropdownFilter),
        listing.CountryFilter,
        listing.ImportFilter,
        ("placed_at", RangeDateFilter),
    )
    list_filter_submit = True
    list_before_template = "admin/orders/order/tabs.html"
    sortable_by: ClassVar = ()
    search_fields = ("number",)
    search_help_text = "Number, channel's number, SKU, e-mail, phone, name"
    change_form_template = "admin/orders/order/change_form.html"

    # --- The list -----------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that loads its columns' facts at once."""
        return listing.OrderChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first; within days by day, so that the index of the days serves."""
        if any(name.startswith("placed_at_") for name in request.GET):
            return ("-placed_at", "-pk")
        return ("-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact words only, each on its own index."""
        return listing.search(request, queryset, search_term), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list under its saved views, with the ways to add and to take away orders."""
        context = {
            "title": "Orders",
            "view_tabs": listing.tabs(request),
            "import_url": reverse("admin:orders_import"),
            "may_add": request.user.has_perm("orders.add_order"),
            "may_draft": request.user.has_perm("orders.add_draftorder"),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Order")
    def number_column(self, order: Order) -> SafeString:
        """Its number, and how long ago it was placed."""
        placed = timezone.localtime(order.placed_at)
        return words.two_lines(
            format_html('<b class="oms-strong">{}</b>', order.number),
            f"{words.age(order.placed_at, order.now)} ago",  # type: ignore[attr-defined]
            title=f"placed {placed:%d %b %Y %H:%M}",
        )

    @admin.display(description="Channel")
    def channel_column(self, order: Order) -> SafeString:
        """Where it came from, and what it is called there."""
        own = order.external_id if order.external_id != order.number else ""
        return words.two_lines(order.channel.name, own)

    @admin.display(description="Ship to")
    def buyer_column(self, order: Order) -> SafeString:
        """Who bought, for those who may know, and where it goes."""
        where = " ".join(part for part in (order.ship_country, order.ship_area) if part)
        name = order.buyer or sealed.MASK  # type: ignore[attr-defined]
        return words.two_lines(name, where or "no address")

    @admin.display(description="Units")
    def units_column(self, order: Order) -> SafeString:
        """Units still wanted, and on how many lines."""
        return words.two_lines(order.units, words.count(order.line_count, "line"))  # type: ignore[attr-defined]

    @admin.display(description="Total")
    def total_column(self, order: Order) -> str:
        """What is owed in all."""
        return words.money(order.total, order.currency)

    @admin.display(description="Where it stands")
    def state_column(self, order: Order) -> SafeString:
        """One chip: the stage in grey, or what needs a person in colour; and a mark when late."""
        held = order.held  # type: ignore[attr-defined]
        if order.status == OrderStatus.CANCELLED:
            shown = words.chip("Cancelled")
        elif held:
            more = f" +{len(held) - 1}" if len(held) > 1 else ""
            shown = words.chip(f"{held[0]}{more}", "warn", "On hold: " + ", ".join(held))
        elif order.stage == Stage.REPORTING:
            shown = words.chip("Done")
        else:
            shown = words.chip(str(Stage(order.stage).label))
        return format_html('<span class="oms-chips">{}{}</span>', shown, self._late_chip(order))

    def _late_chip(self, order: Order) -> SafeString | str:
        late = order.promised_at is not None and order.promised_at < order.now  # type: ignore[attr-defined]
        if not late or order.status in FINISHED or order.stage in {Stage.SHIPPING, Stage.REPORTING}:
            return ""
        return words.chip("Late", "bad", f"promised {words.moment(order.promised_at)}")

    @admin.display(description="Paid / sent")
    def progress_column(self, order: Order) -> SafeString:
        """How much is paid, and how much has left."""
        tone = "warn" if order.payment_status == PaymentStatus.OVERPAID else ""
        paid = format_html(
            '<span class="oms-{}">{}</span>',
            tone or "plain",
            words.sentence_case(order.get_payment_status_display()),
        )
        return words.two_lines(paid, words.sentence_case(order.get_fulfillment_status_display()))

    @admin.display(description="Ship by")
    def promise_column(self, order: Order) -> SafeString | str:
        """The promised ship date, and how far away it is."""
        if order.promised_at is None or order.status == OrderStatus.CANCELLED:
            return "–"
        if order.status in FINISHED or order.stage in {Stage.SHIPPING, Stage.REPORTING}:
            return words.two_lines(words.moment(order.promised_at, order.now), "")  # type: ignore[attr-defined]
        span = words.span(order.promised_at - order.now)  # type: ignore[attr-defined]
        late = order.promised_at < order.now  # type: ignore[attr-defined]
        when = words.moment(order.promised_at, order.now)  # type: ignore[attr-defined]
        return words.two_lines(
            when, f"{span} late" if late else f"in {span}", "bad" if late else ""
        )

    # --- The page -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Orders with their channel; the page needs the customer's number too."""
        rows = super().get_queryset(request)
        return rows.select_related("channel", "subject", "customer") if _is_page(request) else rows

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The order page: who and what, what blocks, lines, money, holds, papers, timeline."""
        if (order := kwargs.get("obj")) is not None:
            context |= page.context(request, order, lambda act: self.act_url(act, order))
            context["late"] = self._late_chip_of(order)
        return super().render_change_form(request, context, *args, **kwargs)

    def _late_chip_of(self, order: Order) -> SafeString | str:
        order.now = timezone.now()  # type: ignore[attr-defined]
        return self._late_chip(order)

    def _form(self, request: HttpRequest, act: Act, obj: Model | None) -> ActForm:
        """The address form begins with the present address, whose reading is recorded."""
        if act.name == "correct_address" and isinstance(obj, Order) and request.method == "GET":
            address = sealed.opened(request, obj).get("shipping_address", {})
            act = replace(act, initial=lambda _order: address)
        return super()._form(request, act, obj)

    def get_urls(self) -> list[URLPattern]:
        """The pages for scarce stock and for changes, before those of the rows."""
        wrap = self.admin_site.admin_view
        return [
            path("scarce/", wrap(scarce.scarce), name="orders_scarce"),
            path(
                "scarce/<int:product_id>/",
                wrap(scarce.scarce_product),
                name="orders_scarce_product",
            ),
            path("change/products/", wrap(changing.products), name="orders_order_change_products"),
            path("<int:pk>/change-order/", wrap(changing.page), name="orders_order_change_page"),
            path(
                "<int:pk>/change-order/preview/",
                wrap(changing.preview),
                name="orders_order_change_preview",
            ),
            path(
                "<int:pk>/change-order/decide/",
                wrap(changing.decide),
                name="orders_order_change_decide",
            ),
            path("<int:pk>/move-units/", wrap(changing.move), name="orders_order_move_page"),
            path("<int:pk>/change-order/row/", wrap(changing.row), name="orders_order_change_row"),
            path(
                "<int:pk>/change-order/lines/",
                wrap(changing.lines),
                name="orders_order_change_lines",
            ),
            path("<int:pk>/versions/", wrap(versions.compare), name="orders_order_versions"),
            path("<int:pk>/money/", wrap(statement.page), name="orders_order_money"),
            *super().get_urls(),
        ]


def _is_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and "object_id" in match.kwargs

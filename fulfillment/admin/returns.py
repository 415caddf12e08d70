"""Returns: who wants to send back what, and what became of it."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment import operations
from fulfillment.admin import acts, return_asking, return_desk
from fulfillment.admin.listing import PlaceFilter, StatusFilter, tabs
from fulfillment.admin.work import ask
from fulfillment.enums import ReturnStatus
from fulfillment.models import Exchange, Return
from fulfillment.queries.expecting import expected_credit
from oms import words
from oms.admin import ConfirmForm, ReadOnlyAdmin, actor
from oms.errors import DomainError
from oms.money import ZERO
from orders.queries import balance, order_by_id

TABS = (
    ("requested", "To approve"),
    ("approved", "To receive"),
    ("received", "To close"),
    ("closed", "Closed"),
    ("declined", "Declined"),
    ("expired", "Expired"),
    ("", "All"),
)
FROM_LINK = "by the buyer's link"
OFFER_HELP = (
    "The buyer gets a message with the link, by the template of order.return_offered; nothing "
    "is sent where the channel writes to its buyers itself. Copy the link from the order then."
)


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """The list tells what waits; the page tells outcome and credit."""

    list_empty = (
        "A return is requested on the page of its order, by the buyer's return link, or by the API."
    )

    acts = acts.RETURN_ACTS
    list_display = (
        "number_column",
        "order_column",
        "place_column",
        "units_column",
        "status_column",
        "credit_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("order", "location")
    list_filter = (StatusFilter, PlaceFilter)
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("number", "order__number", "reference")
    search_help_text = "Number, order, the channel's reference"
    sortable_by: ClassVar = ()
    change_form_template = "admin/fulfillment/return.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the units of the row."""
        return super().get_queryset(request).annotate(units=Sum("lines__quantity"))

    def get_urls(self) -> list[URLPattern]:
        """And the way from an order's page."""
        wrap = self.admin_site.admin_view
        return [
            path("exchange/<int:order_id>/", wrap(self.exchange_view), name="fulfillment_exchange"),
            path("desk/", wrap(self.desk_view), name="fulfillment_return_desk"),
            path("<int:pk>/scan/", wrap(self.scan_view), name="fulfillment_scan_return"),
            path(
                "request/<int:order_id>/",
                wrap(self.request_view),
                name="fulfillment_request_return",
            ),
            path("offer/<int:order_id>/", wrap(self.offer_view), name="fulfillment_offer_return"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its tabs."""
        context = {"title": "Returns", "view_tabs": tabs(request, self.model, TABS)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Return")
    def number_column(self, document: Return) -> SafeString:
        """Its number, and when it was asked for."""
        number = format_html('<b class="oms-strong">{}</b>', document.number)
        return words.two_lines(number, f"{words.age(document.requested_at)} ago")

    @admin.display(description="Order")
    def order_column(self, document: Return) -> SafeString:
        """The order that the goods belong to."""
        url = reverse("admin:orders_order_change", args=[document.order_id])
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, document.order.number)
        return words.two_lines(link, FROM_LINK if document.is_by_link else document.reference)

    @admin.display(description="Goes to")
    def place_column(self, document: Return) -> str:
        """Where it is expected."""
        return document.location.name

    @admin.display(description="Units")
    def units_column(self, document: Return) -> int:
        """Announced."""
        return document.units  # type: ignore[attr-defined]

    @admin.display(description="State")
    def status_column(self, document: Return) -> SafeString:
        """Colour while somebody has to decide."""
        tone = "warn" if document.status == ReturnStatus.REQUESTED else ""
        return words.chip(str(ReturnStatus(document.status).label), tone)

    @admin.display(description="Credit")
    def credit_column(self, document: Return) -> str:
        """What the buyer gets of it so far."""
        return words.money(document.refunded, document.order.currency) if document.credit else "–"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Lines with their outcomes."""
        if (document := kwargs.get("obj")) is not None:
            rows = document.lines.select_related("order_line__product", "reason")
            lines = list(rows.order_by("order_line__position"))
            expected = expected_credit(document, lines)
            context |= {
                "rma": document,
                "line_rows": lines,
                "expected": expected,
                "exchange": _exchange_of(document, expected.refund),
                "owed": max(-balance(document.order).balance, ZERO),
                "title": document.number,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def request_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for a return on behalf of the buyer."""
        return return_asking.request_return(self, request, order_by_id(order_id))

    def exchange_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Send something else in place of what comes back."""
        return return_asking.exchange(self, request, order_by_id(order_id))

    def desk_view(self, request: HttpRequest) -> HttpResponse:
        """Scan the number of a return."""
        return return_desk.desk(self, request)

    def scan_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Scan its units."""
        return return_desk.scan(self, request, pk)

    def offer_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Send the buyer the link to the return page."""
        if not request.user.has_perm("fulfillment.add_return"):
            raise PermissionDenied
        order = order_by_id(order_id)
        if request.method == "POST":
            try:
                operations.offer_return(order, by=actor(request))
                messages.success(request, f"The return link of {order} is on its way.")
                return acts.back_to_order(order)
            except DomainError as error:
                messages.error(request, error.detail)
        return ask(self, request, "Send the return link", ConfirmForm(), order, OFFER_HELP)


def _exchange_of(document: Return, expected: Decimal) -> dict[str, Any] | None:
    """What is sent in its place, and how the money of both orders stands.

    Of what the replacement lacks the credit that is still expected pays as much as it can; the
    rest is the buyer's.
    """
    made = Exchange.objects.filter(return_order=document).select_related("replacement").first()
    if made is None:
        return None
    money, first = balance(made.replacement), balance(document.order)
    lacking = max(money.balance, ZERO)
    return {
        "row": made,
        "paid": money.received,
        "due": lacking,
        "covered": min(lacking, expected),
        "to_pay": max(lacking - expected, ZERO),
        "over": max(-money.balance, ZERO),
        "first_due": max(first.balance, ZERO),
        "first_owed": max(-first.balance, ZERO),
    }

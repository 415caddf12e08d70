"""Holds, payments and refund grants as lists of work; each row's buttons are its own acts."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)

from oms import words
from oms.admin import ReadOnlyAdmin
from orders.admin.acts import GRANT_ACTS, HOLD_ACTS, PAYMENT_ACTS, left_of
from orders.models import Hold, Payment, RefundGrant


def order_link(order_id: int, number: str) -> SafeString:
    """A link to an order's page."""
    return format_html(
        '<a class="oms-link" href="/admin/orders/order/{}/change/">{}</a>', order_id, number
    )


class OpenFilter(DropdownFilter):
    """Open holds unless asked for others."""

    title = "state"
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Open first."""
        return [("", "Open"), ("lifted", "Lifted"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows in the chosen state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() != "lifted")


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """What waits for a person, oldest due first on its own page; newest first here."""

    list_empty = (
        "No order was ever held. A hold stops an order with a reason, an owner and a due time."
    )

    acts = HOLD_ACTS
    list_display = (
        "order_column",
        "kind_column",
        "reason",
        "owner_column",
        "placed_column",
        "due_column",
    )
    list_display_links = ("kind_column",)
    list_select_related = ("order", "type")
    list_filter = (OpenFilter, ("type", RelatedDropdownFilter), "owner")
    list_filter_submit = True
    search_fields = ("order__number",)
    search_help_text = "Order number"
    sortable_by: ClassVar = ()

    @admin.display(description="Order")
    def order_column(self, hold: Hold) -> SafeString:
        """The order it stops."""
        return order_link(hold.order_id, hold.order.number)

    @admin.display(description="Kind")
    def kind_column(self, hold: Hold) -> SafeString:
        """Orange while it is open."""
        return words.chip(hold.type.name, "" if hold.lifted_at else "warn")

    @admin.display(description="Looked after by")
    def owner_column(self, hold: Hold) -> str:
        """Whose it is."""
        return hold.owner or "nobody yet"

    @admin.display(description="Placed")
    def placed_column(self, hold: Hold) -> str:
        """How long ago."""
        return f"{words.age(hold.placed_at)} ago"

    @admin.display(description="Due")
    def due_column(self, hold: Hold) -> str:
        """When somebody should look again, or when it was lifted."""
        return (
            f"lifted {words.moment(hold.lifted_at)}"
            if hold.lifted_at
            else words.moment(hold.due_at)
        )


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Money by source, with every movement on its page."""

    list_empty = (
        "Payments come with orders, by the API or by Record payment on the page of an order."
    )

    acts = PAYMENT_ACTS
    list_display = (
        "number",
        "order_column",
        "method_column",
        "amount_column",
        "reference",
        "created_at",
    )
    list_select_related = ("order",)
    list_filter = (("method", ChoicesDropdownFilter),)
    list_filter_submit = True
    search_fields = ("number", "reference__exact", "order__number")
    search_help_text = "Payment number, reference, order number"
    sortable_by: ClassVar = ()
    readonly_fields = (
        "order_column",
        "number",
        "method",
        "reference",
        "amount_column",
        "moves",
        "created_at",
    )
    fields = readonly_fields

    @admin.display(description="Order")
    def order_column(self, payment: Payment) -> SafeString:
        """What it pays for."""
        return order_link(payment.order_id, payment.order.number)

    @admin.display(description="Method")
    def method_column(self, payment: Payment) -> str:
        """How it comes in."""
        return words.sentence_case(payment.get_method_display())

    @admin.display(description="Agreed")
    def amount_column(self, payment: Payment) -> str:
        """What was agreed; the movements say what came."""
        return words.money(payment.amount, payment.currency)

    @admin.display(description="Movements")
    def moves(self, payment: Payment) -> str:
        """What really moved, oldest first."""
        said = [
            f"{words.sentence_case(row.get_kind_display())} {words.money(row.amount, payment.currency)} {words.moment(row.at)}"
            for row in payment.transactions.order_by("pk")
        ]
        return "; ".join(said) or "nothing yet"


@admin.register(RefundGrant)
class RefundGrantAdmin(ReadOnlyAdmin):
    """Money that we decided to give back; paying is a duty of its own."""

    list_empty = "A refund is granted on the page of an order and paid by somebody with that duty."

    acts = GRANT_ACTS
    list_display = ("order_column", "amount_column", "left_column", "reason", "at")
    list_display_links = ("amount_column",)
    list_select_related = ("order",)
    search_fields = ("order__number",)
    search_help_text = "Order number"
    sortable_by: ClassVar = ()
    fields = ("order_column", "amount_column", "left_column", "reason", "reference", "at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Grants with what was paid of them."""
        return super().get_queryset(request).prefetch_related("transactions")

    @admin.display(description="Order")
    def order_column(self, grant: RefundGrant) -> SafeString:
        """Whose money it is."""
        return order_link(grant.order_id, grant.order.number)

    @admin.display(description="Granted")
    def amount_column(self, grant: RefundGrant) -> str:
        """How much goes back."""
        return words.money(grant.amount, grant.order.currency)

    @admin.display(description="To be paid")
    def left_column(self, grant: RefundGrant) -> SafeString | str:
        """What is not paid yet."""
        left = left_of(grant)
        return words.chip(words.money(left, grant.order.currency), "warn") if left > 0 else "paid"

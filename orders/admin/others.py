"""Payments and refund grants as lists of work; each row's buttons are its own acts."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from oms import words
from oms.admin import ReadOnlyAdmin
from orders.admin.acts import GRANT_ACTS, PAYMENT_ACTS
from orders.models import Payment, RefundGrant
from orders.queries import outstanding
from orders.queries.balance import left_of, moved_by


def order_link(order_id: int, number: str) -> SafeString:
    """A link to an order's page."""
    return format_html(
        '<a class="oms-link" href="/admin/orders/order/{}/change/">{}</a>', order_id, number
    )


class PaymentMoneyFilter(DropdownFilter):
    """Money on its way, as the finance page counts it."""

    title = "on its way"
    parameter_name = "money"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """What can be asked for."""
        return [("authorised", "Authorised, not captured"), ("gateway", "Held by a gateway")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows as chosen."""
        if self.value() == "authorised":
            return queryset.filter(pk__in=outstanding.authorised().values("pk"))
        return queryset.exclude(gateway="") if self.value() == "gateway" else queryset


class GrantMoneyFilter(DropdownFilter):
    """What is granted and not paid."""

    title = "paid"
    parameter_name = "money"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """What can be asked for."""
        return [("unpaid", "Not paid")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows as chosen."""
        if self.value() == "unpaid":
            return queryset.filter(pk__in=outstanding.unpaid_grants().values("pk"))
        return queryset


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
        "num_received",
        "reference",
        "created_at",
    )
    list_select_related = ("order",)
    list_filter = (("method", ChoicesDropdownFilter), PaymentMoneyFilter)
    list_filter_submit = True
    search_fields = ("number", "reference__exact", "order__number")
    search_help_text = "Payment number, reference, order number"
    sortable_by: ClassVar = ()
    readonly_fields = (
        "order_column",
        "number",
        "method_column",
        "reference",
        "amount_column",
        "num_received",
        "moves",
        "created_at",
    )
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Payments with what moved."""
        return super().get_queryset(request).prefetch_related("transactions")

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

    @admin.display(description="Received")
    def num_received(self, payment: Payment) -> SafeString:
        """What came and stayed; below, what went back and what can still come."""
        moved = moved_by(payment)

        def money(amount: Decimal) -> str:
            return words.money(amount, payment.currency)

        ends = payment.expires_at
        until = f" until {words.moment(ends)}" if ends else ""
        told = [
            f"{money(moved.refunded)} refunded" if moved.refunded else "",
            f"{money(moved.authorized)} authorised{until}" if moved.authorized else "",
            f"{money(moved.deferred)} promised" if moved.deferred else "",
        ]
        came = money(moved.received) if moved.captured else "–"
        return words.two_lines(came, ", ".join(filter(None, told)))

    @admin.display(description="Movements")
    def moves(self, payment: Payment) -> SafeString | str:
        """What really moved, oldest first: what, how much, when, by whom, and its reference."""
        rows = sorted(payment.transactions.all(), key=lambda row: row.pk)
        names = words.names_of(row.by for row in rows)
        said = [
            (
                words.sentence_case(row.get_kind_display()),
                words.money(row.amount, payment.currency),
                words.moment(row.at),
                names.get(row.by, row.by),
                f", {row.reference}" if row.reference else "",
            )
            for row in rows
        ]
        return format_html_join(mark_safe("<br>"), "{} {} · {} by {}{}", said) or "nothing yet"


@admin.register(RefundGrant)
class RefundGrantAdmin(ReadOnlyAdmin):
    """Money that we decided to give back; paying is a duty of its own."""

    list_empty = "A refund is granted on the page of an order and paid by somebody with that duty."

    acts = GRANT_ACTS
    list_display = ("order_column", "amount_column", "left_column", "reason", "at")
    list_display_links = ("amount_column",)
    list_select_related = ("order",)
    list_filter = (GrantMoneyFilter,)
    list_filter_submit = True
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

"""Store credit and gift cards: what we owe buyers, with every movement."""

from datetime import datetime, time
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor
from orders import operations
from orders.admin.diagnosis import page_url
from orders.admin.others import order_link
from orders.forms.credit import IssueForm
from orders.models import StoreCredit, StoreCreditEntry


def issue(request: HttpRequest, _none: None, data: dict[str, Any]) -> str:
    """Make a gift card, or give a customer credit."""
    day = data.pop("expires_on")
    expires_at = timezone.make_aware(datetime.combine(day, time())) if day else None
    done = operations.issue_credit(by=actor(request), expires_at=expires_at, **data)
    worth = words.money(done.credit.balance, done.credit.currency)
    if done.code:
        return f"{done.credit} over {worth}: the code is {done.code}. It is not shown again."
    return f"{done.credit} over {worth} for {done.credit.customer}."


ISSUE = Act(
    "issue",
    "Issue",
    "orders.issue_storecredit",
    issue,  # type: ignore[arg-type]  # an act of the list has no row
    form=IssueForm,
    help="Money that we owe from now on: to one customer, or to whoever has the code of a card.",
    icon="card_giftcard",
    variant=ActionVariant.PRIMARY,
    on_list=True,
)


@admin.register(StoreCredit)
class StoreCreditAdmin(ReadOnlyAdmin):
    """What is left of each, and what it was spent on."""

    list_empty = (
        "Nobody has store credit. Issue makes a gift card, or gives a customer credit; a granted "
        "refund can be paid as store credit, too."
    )
    acts = (ISSUE,)
    list_display = (
        "number",
        "kind_column",
        "customer_column",
        "balance_column",
        "expires_column",
        "reason",
    )
    list_display_links = ("number",)
    list_select_related = ("customer",)
    list_filter = (("kind", ChoicesDropdownFilter), "currency")
    list_filter_submit = True
    search_fields = ("number", "customer__number")
    search_help_text = "Number, customer's number"
    sortable_by: ClassVar = ()
    fields = (
        "number",
        "kind_column",
        "customer_column",
        "balance_column",
        "expires_column",
        "reason",
        "entries",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Newest first."""
        return super().get_queryset(request).order_by("-pk")

    @admin.display(description="Kind")
    def kind_column(self, credit: StoreCredit) -> str:
        """A gift card by the end of its code."""
        kind = words.sentence_case(credit.get_kind_display())
        return f"{kind} …{credit.code_end}" if credit.code_end else kind

    @admin.display(description="Whose")
    def customer_column(self, credit: StoreCredit) -> SafeString | str:
        """Who may spend it."""
        if credit.customer is None:
            return "whoever has its code"
        url = page_url("customers_customer_change", credit.customer_id)
        return format_html('<a class="oms-link" href="{}">{}</a>', url, credit.customer.number)

    @admin.display(description="Left")
    def balance_column(self, credit: StoreCredit) -> str:
        """What it can still pay."""
        return words.money(credit.balance, credit.currency)

    @admin.display(description="Expires")
    def expires_column(self, credit: StoreCredit) -> SafeString | str:
        """When, or that it has."""
        if credit.expires_at is None:
            return "never"
        expired = credit.expires_at <= timezone.now()
        return words.chip("expired") if expired else words.moment(credit.expires_at)

    @admin.display(description="Movements")
    def entries(self, credit: StoreCredit) -> SafeString:
        """Every movement, newest first, with what is left after it."""
        rows = credit.entries.select_related("transaction__payment__order").order_by("-pk")[:200]
        names = words.names_of(row.by for row in rows)
        return format_html_join(
            "",
            '<p class="oms-small"><span class="oms-strong">{}</span> {} · {} left · {} by {} {}</p>',
            (
                (
                    words.money(row.amount, credit.currency),
                    words.sentence_case(row.get_kind_display()),
                    words.money(row.balance, credit.currency),
                    words.moment(row.at),
                    names[row.by],
                    _order_of(row),
                )
                for row in rows
            ),
        )


def _order_of(row: StoreCreditEntry) -> SafeString | str:
    if row.transaction is None:
        return row.reason
    order = row.transaction.payment.order
    return order_link(order.pk, order.number)

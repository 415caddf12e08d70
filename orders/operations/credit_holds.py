"""Credit of orders on account, checked again when they are released.

Between placing and release others may have used it up, or the limit may have been lowered. Only
orders on account of buyers with a limit cost anything here. Whose credit is used is locked with
the order, before stock, so that two orders cannot both take what is left.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from customers import operations as customer_operations
from customers import queries as customers
from orders.enums import HoldKind, PaymentMethod
from orders.models import Hold, Order, Payment
from orders.operations import hold_rows
from orders.queries.exposure import exposures_of
from orders.queries.validation import Finding, beyond_credit

if TYPE_CHECKING:
    from customers.queries import CreditAccount
    from orders.operations.pipeline import Work

BY_TEST = "hold-test:"


def lock_credit(work: "Work") -> None:
    """Lock whose credit a locked order uses, if it is on account and a limit is set."""
    if not work.money.deferred or not _may_owe(work.order):
        return
    if not work.order.payments.filter(method=PaymentMethod.ON_ACCOUNT).exists():
        return
    work.accounts = _accounts(work.order)
    customer_operations.lock_accounts(work.accounts)


def lock_credit_of(orders: Iterable[Order]) -> None:
    """Lock whose credit and limits these locked orders use, all at once, before any stock.

    For acts on several orders, and for those that may make an order dearer; few statements for any
    number of orders.
    """
    owing = [(order, order.customer) for order in orders if order.customer and _may_owe(order)]
    if not owing:
        return
    rows = Payment.objects.filter(
        order__in=[order for order, _ in owing], method=PaymentMethod.ON_ACCOUNT
    )
    on_account = set(rows.values_list("order_id", flat=True))
    buys_for = customers.buys_for({buyer.pk: buyer for _, buyer in owing}.values())
    customer_operations.lock_accounts(
        (
            account
            for order, buyer in owing
            if order.pk in on_account
            for account in buys_for[buyer.pk].accounts
        ),
        buyers=(each.limited for each in buys_for.values() if each.limited),
    )


def place(work: "Work") -> None:
    """Hold a locked order on account that is beyond its credit now.

    What a person approved goes on, unless it has grown since.
    """
    for exposure in exposures_of(work.accounts, work.order.currency, waiting=work.order.pk):
        finding = beyond_credit(exposure, work.order.total)
        if finding and not _approved(work.order, finding):
            hold = Hold(reason=finding.reason[:300], details=finding.details)
            hold.type_id = HoldKind.CREDIT_LIMIT
            hold_rows.begin(work, hold)
            return


def _accounts(order: Order) -> "list[CreditAccount]":
    return customers.credit_accounts(order.customer) if order.customer else []


def _may_owe(order: Order) -> bool:
    buyer = order.customer
    if buyer is None:
        return False
    return buyer.credit_limit is not None or bool(buyer.company_id or buyer.merged_into_id)


def _approved(order: Order, finding: Finding) -> bool:
    """Whether somebody let an order of at least this total go beyond its credit.

    A hold placed by hand names no total, so that lifting it approves none.
    """
    rows = order.holds.filter(type__code=HoldKind.CREDIT_LIMIT, lifted_at__isnull=False)
    approved = [row for row in rows if not row.lifted_by.startswith(BY_TEST)]
    total = Decimal(finding.details["total"])
    totals = [Decimal(row.details["total"]) for row in approved if "total" in row.details]
    return any(each >= total for each in totals)

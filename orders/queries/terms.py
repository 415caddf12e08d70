"""Payment terms of an order: which ones hold, and until when an invoice is to be paid."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from customers.enums import TermsKind
from orders.enums import OrderStatus
from orders.models import Business, Channel, Order
from orders.queries.together import split_relatives

if TYPE_CHECKING:
    from customers.models import Company, Customer, PaymentTerms


@dataclass(frozen=True, slots=True)
class Due:
    """Until when an invoice is to be paid; within the discount's time, less a part of it."""

    on: date
    name: str
    discount_until: date | None = None
    discount_percent: Decimal = Decimal(0)

    @property
    def words(self) -> str:
        """A sentence for the document."""
        said = f"Payable by {self.on:%d %B %Y} ({self.name})."
        if self.discount_until is None:
            return said
        percent = f"{self.discount_percent.normalize():f}"
        return f"{said} Less {percent} % if paid by {self.discount_until:%d %B %Y}."


def terms_for(
    customer: "Customer | None", line: "Sequence[Company]", channel: Channel
) -> dict[str, Any]:
    """The terms an order is placed on, as it keeps them; empty where it is paid at once.

    Those of the company, or of the nearest in the `line` above it, else the customer's days, else
    the channel's.
    """
    if found := next((each.terms for each in line if each.terms), None):
        return kept(found)
    if customer is not None and customer.payment_terms_days:
        days = customer.payment_terms_days
        return {"code": "", "name": f"net {days} days", "kind": TermsKind.NET.value, "days": days}
    return kept(channel.terms) if channel.terms else {}


def kept(terms: "PaymentTerms") -> dict[str, Any]:
    """Terms as an order keeps them, so that a later change does not reach it."""
    return {
        "code": terms.code,
        "name": terms.name,
        "kind": terms.kind,
        "days": terms.days,
        "discount_percent": str(terms.discount_percent),
        "discount_days": terms.discount_days,
    }


def is_prepaid(terms: dict[str, Any]) -> bool:
    """Whether money must be here before anything is released."""
    return bool(terms) and terms["kind"] == TermsKind.PREPAYMENT


def business_of(order: Order) -> Business | None:
    """Company, purchase order number and terms of an order; none for a private one."""
    return Business.objects.select_related("company").filter(order=order).first()


def purchase_order_of(order: Order) -> str:
    """The buyer's purchase order number of an order; empty where there is none."""
    row = business_of(order)
    return row.purchase_order_number if row else ""


def due_of(order: Order, issued_on: date) -> Due | None:
    """Until when an invoice issued on this day is to be paid; none where the order has no terms."""
    row = business_of(order)
    return due_on(row.terms, issued_on) if row and row.terms else None


def due_on(terms: dict[str, Any], issued_on: date) -> Due:
    """The due date by these terms: days after the invoice, or after the end of its month."""
    start = issued_on
    if terms["kind"] == TermsKind.END_OF_MONTH:
        start = issued_on.replace(day=monthrange(issued_on.year, issued_on.month)[1])
    days = 0 if is_prepaid(terms) else int(terms["days"])
    percent = Decimal(terms.get("discount_percent") or 0)
    until = issued_on + timedelta(days=int(terms.get("discount_days") or 0)) if percent else None
    return Due(start + timedelta(days=days), terms["name"], until, percent)


def number_of(row: Business | None) -> tuple[int, str] | None:
    """The company and the number it gave, of an order that has both."""
    if row is None or row.company_id is None or not row.purchase_order_number:
        return None
    return row.company_id, row.purchase_order_number


def repeated_among(rows: Iterable[Business]) -> dict[tuple[int, str], str]:
    """Of the numbers of new orders those that their companies used, with the latest order each.

    Cancelled orders are left out. Two statements for any number of orders.
    """
    wanted = {key for row in rows if (key := number_of(row))}
    if not wanted:
        return {}
    used = Business.objects.filter(
        company__in={company for company, _ in wanted},
        purchase_order_number__in={number for _, number in wanted},
    ).exclude(order__status=OrderStatus.CANCELLED)
    keys = used.order_by().values_list("company", "purchase_order_number")
    latest = {
        (company, number): order
        for company, number, order in keys.annotate(latest=Max("order"))
        if (company, number) in wanted
    }
    names = Order.objects.filter(pk__in=latest.values()).values_list("pk", "number")
    numbers = dict(names) if latest else {}
    return {key: numbers[order] for key, order in latest.items()}


def repeated_in(row: Business) -> str:
    """An earlier order of the company with the same number; or nothing.

    Cancelled ones are left out, and so are parts that were split off from one another: they are
    one purchase.
    """
    family = split_relatives(row.order_id)
    rows = Business.objects.filter(
        company=row.company,
        purchase_order_number=row.purchase_order_number,
        order__lt=row.order_id,
    )
    rows = rows.exclude(order__in=family).exclude(order__status=OrderStatus.CANCELLED)
    return rows.order_by("-pk").values_list("order__number", flat=True).first() or ""

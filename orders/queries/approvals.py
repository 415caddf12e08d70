"""Who is asked to approve an order, by which link, and what the mail says."""

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from customers import queries as customers
from customers.queries import About, Amount, Notice, NoticeKind
from oms import links
from oms.models import Event
from oms.money import plain
from orders.models import Hold, Order
from orders.queries.notices import SAMPLE, notice_values, order_for_notice
from orders.queries.terms import business_of

PURPOSE = "approval"


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as its approver saw it: what it costs, and a mark of what is in it."""

    total: Decimal
    content: str = ""  # empty: whoever decided looked at the total alone

    @classmethod
    def of(cls, order: Order) -> "Seen":
        """As it is now; reads its lines."""
        rows = order.lines.order_by("position").values_list("sku", "quantity", "cancelled", "total")
        lines = [[sku, quantity - gone, f"{total:.4f}"] for sku, quantity, gone, total in rows]
        return cls(order.total, sha256(json.dumps(lines).encode()).hexdigest()[:16])

    @classmethod
    def read(cls, key: str) -> "Seen | None":
        """From its key; none from a link of before orders were marked."""
        total, _, content = key.partition(":")
        return cls(Decimal(total), content) if total else None

    @property
    def key(self) -> str:
        """As a link carries it."""
        return f"{self.total:.4f}:{self.content}"

    def changed(self, order: Order) -> str:
        """What is not as it was seen, in a sentence; empty where all is."""
        now, currency = Seen.of(order), order.currency
        if now.total != self.total:
            was, told = plain(self.total, currency), plain(now.total, currency)
            return f"The total is {told} {currency} now; it was {was} {currency}."
        if self.content and now.content != self.content:
            return "The total is as before, but products or units have changed."
        return ""


def approval_link(hold: Hold, approver: str) -> str:
    """The address under which an approver decides about an order as it is now."""
    return links.link("approval", PURPOSE, approval_key(hold, approver))


def approval_key(hold: Hold, approver: str) -> str:
    """What the link says: which hold, who was asked, and what they were shown."""
    return f"{hold.pk}/{approver}/{Seen.of(hold.order).key}"


def asked_by(key: str) -> tuple[Hold | None, str, Seen | None]:
    """The hold that a link is about, the number of the customer who was asked, and what they saw.

    No hold when that person does not approve for the buyer's company any more.
    """
    hold_id, number, seen, *_ = [*key.split("/"), ""]
    hold = Hold.objects.select_related("order__channel", "type").filter(pk=int(hold_id)).first()
    row = business_of(hold.order) if hold else None
    approvers = customers.approvers_of(row.company if row else None)
    known = hold if number in {each.number for each in approvers} else None
    return known, number, Seen.read(seen)


def _asked(event: Event) -> Notice | None:
    """A mail to the approver, whatever the channel tells its buyers itself."""
    approver = customers.customer_by_number(str(event.facts["approver"]))
    if approver is None or approver.subject.erased_at is not None:
        return None
    order, profile = order_for_notice(event.subject_id), customers.profile_of(approver)
    values = notice_values(order)
    if not values:
        return None
    values.pop("email")
    hold = Hold.objects.select_related("order").get(pk=event.facts["hold"])
    row = business_of(order)
    return Notice(
        customer_id=approver.pk,
        email=profile.get("email", ""),
        about=About("orders.order", order.pk, order.number),
        country=order.ship_country,
        values={
            **values,
            "buyer": values["customer"],
            "customer": profile.get("name", ""),
            "company": str(row.company) if row and row.company else "",
            "purchase_order": row.purchase_order_number if row else "",
            "why": hold.reason,
            "link": approval_link(hold, approver.number),
        },
    )


APPROVAL_ASKED = NoticeKind(
    {"en": "Approval asked for", "de": "Bitte um Genehmigung", "fr": "Demande d’approbation"},
    _asked,
    {
        **SAMPLE,
        "buyer": "Ben Cooper",
        "company": "Analytical Engines Ltd",
        "purchase_order": "PO-4711",
        "why": "1,250.00 EUR is more than the buyer's 1,000.00 an order",
        "link": "https://example.com/approvals/…",
        "total": Amount(SAMPLE["total"].amount, "EUR"),
    },
)

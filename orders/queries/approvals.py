"""Who is asked to approve an order, by which link, and what the mail says."""

from customers import queries as customers
from customers.queries import About, Amount, Notice, NoticeKind
from oms import links
from oms.models import Event
from orders.models import Hold
from orders.queries.notices import SAMPLE, notice_values, order_for_notice
from orders.queries.terms import business_of

PURPOSE = "approval"


def approval_link(hold_id: int, approver: str) -> str:
    """The address under which an approver decides about an order."""
    return links.link("approval", PURPOSE, f"{hold_id}/{approver}")


def asked_by(key: str) -> tuple[Hold | None, str]:
    """The hold that a link is about, and the number of the customer who was asked.

    None when that person does not approve for the buyer's company any more.
    """
    hold_id, _, number = key.partition("/")
    hold = Hold.objects.select_related("order__channel", "type").filter(pk=int(hold_id)).first()
    row = business_of(hold.order) if hold else None
    approvers = customers.approvers_of(row.company if row else None)
    return (hold if number in {each.number for each in approvers} else None), number


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
    hold = Hold.objects.get(pk=event.facts["hold"])
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
            "link": approval_link(hold.pk, approver.number),
        },
    )


APPROVAL_ASKED = NoticeKind(
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

"""The link of a quote, and what the buyer is told with it."""

from datetime import date
from typing import Any

from customers import queries as customers
from customers.queries import About, Amount, Notice, NoticeKind
from oms import links
from oms.models import Event
from orders.models import DraftOrder
from orders.queries.drafts import CONTEXT, quote_key
from orders.queries.notices import SAMPLE


def quote_link(document: DraftOrder) -> str:
    """The address under which the buyer reads and accepts the quote, without an account."""
    return links.link("quote", "quote", quote_key(document))


def quote_email(document: DraftOrder) -> str:
    """Where a quote can be sent; empty while no address is known, and once its buyer is erased."""
    return _contact(document).get("email", "")


def _contact(document: DraftOrder) -> dict[str, str]:
    if document.subject is None:
        return {}
    return customers.unseal(document.subject, document.sealed, CONTEXT).get("contact") or {}


def _of_quote(event: Event) -> Notice | None:
    """Nothing when it was changed, withdrawn or accepted before the mail was written."""
    rows = DraftOrder.objects.select_related("channel", "customer", "subject")
    document = rows.get(pk=event.subject_id)
    contact = _contact(document)
    stands = document.is_quote and document.revision == event.facts["revision"]
    if not (stands and contact.get("email") and document.customer_id and document.valid_until):
        return None
    return Notice(
        customer_id=document.customer_id,
        email=contact["email"],
        about=About("orders.draftorder", document.pk, document.number),
        country=document.ship_country,
        values={
            "customer": contact.get("name", ""),
            "shop": document.channel.name,
            "quote": document.number,
            "lines": [
                {
                    "sku": line.sku,
                    "name": line.name or line.sku,
                    "quantity": line.quantity,
                    "total": Amount(line.total, document.currency),
                }
                for line in document.lines.order_by("position")
            ],
            "total": Amount(document.total, document.currency),
            "valid_until": document.valid_until.date(),
            "quote_link": quote_link(document),
        },
    )


QUOTE: dict[str, Any] = {
    **{name: SAMPLE[name] for name in ("customer", "shop", "lines", "total")},
    "quote": "D100001",
    "valid_until": date(2026, 12, 31),
    "quote_link": "https://orders.example.com/quote/signed/",
}
QUOTE_SENT = NoticeKind(_of_quote, QUOTE)

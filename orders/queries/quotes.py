"""The link of a quote, and what the buyer is told with it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from customers import queries as customers
from customers.queries import About, Amount, Notice, NoticeKind
from oms import links
from oms.models import Event
from orders.enums import DraftStatus
from orders.models import DraftOrder
from orders.queries.charge_words import charges_told
from orders.queries.drafts import CONTEXT, quote_key
from orders.queries.notices import SAMPLE

SENT = "draft.quote_sent"  # the event, and its template


def quote_link(document: DraftOrder) -> str:
    """The address under which the buyer reads and accepts the quote, without an account."""
    return links.link("quote", "quote", quote_key(document))


def quote_email(document: DraftOrder) -> str:
    """Where a quote can be sent; empty while no address is known, and once its buyer is erased."""
    return _contact(document).get("email", "")


def is_open(document: DraftOrder, revision: int) -> bool:
    """Whether this revision of the draft is on offer now."""
    return (
        document.status == DraftStatus.OPEN
        and document.revision == revision
        and document.valid_until is not None
        and timezone.now() < document.valid_until
    )


def last_refusal(document: DraftOrder) -> Event | None:
    """When the buyer last said yes to what is on offer in vain; its facts say what was against it."""
    rows = Event.objects.filter(
        name="draft.quote_refused", subject_type="orders.draftorder", subject_id=document.pk
    )
    found = rows.order_by("-sequence").first()
    return found if found and found.facts["revision"] == document.revision else None


def unsendable(document: DraftOrder) -> str:
    """Why its quote cannot be mailed, in a sentence; empty where it can."""
    if not document.channel.notifies_customers:
        return "Its channel writes to its buyers itself."
    if document.customer_id is None or not customers.is_email(quote_email(document)):
        return "No e-mail address of the buyer is known."
    if not customers.template_for(SENT, document.customer_id, document.ship_country):
        return f"The template of {SENT} is switched off."
    if customers.is_muted(SENT, document.customer_id):
        return "The buyer stopped these messages."
    return ""


def offered(document: DraftOrder) -> dict[str, Any]:
    """What a quote offers, as a notice or a paper says it; everything is with tax but prices.

    `discount` is of the whole line, positive, and none where there is none.
    """

    def amount(of: Decimal) -> Amount:
        return Amount(of, document.currency)

    return {
        "lines": [
            {
                "sku": line.sku,
                "name": line.name or line.sku,
                "quantity": line.quantity,
                "unit_price": amount(line.unit_price),
                "discount": amount(line.discount) if line.discount else None,
                "total": amount(line.total),
            }
            for line in document.lines.order_by("position")
        ],
        "charges": charges_told(
            document.charges.order_by("pk"),
            document.currency,
            price_includes_tax=document.price_includes_tax,
        ),
        "tax": amount(document.tax_total),
        "total": amount(document.total),
    }


def last_day(until: datetime) -> date:
    """The last day on which what stands until a moment stands, in the time zone of the pages."""
    return timezone.localtime(until - timedelta(microseconds=1)).date()


def _contact(document: DraftOrder) -> dict[str, str]:
    if document.subject is None:
        return {}
    return customers.unseal(document.subject, document.sealed, CONTEXT).get("contact") or {}


def _of_quote(event: Event) -> Notice | None:
    """Nothing when it was changed, accepted or ended otherwise before the mail was written."""
    rows = DraftOrder.objects.select_related("channel", "customer", "subject")
    document = rows.get(pk=event.subject_id)
    contact = _contact(document)
    if not is_open(document, event.facts["revision"]) or not contact.get("email"):
        return None
    if document.customer_id is None or document.valid_until is None:
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
            **offered(document),
            "valid_until": last_day(document.valid_until),
            "quote_link": quote_link(document),
        },
    )


QUOTE: dict[str, Any] = {
    **{name: SAMPLE[name] for name in ("customer", "shop", "charges", "total")},
    "lines": [{**SAMPLE["lines"][0], "unit_price": Amount(Decimal("4.95"), "EUR"), "discount": ""}],
    "tax": Amount(Decimal("2.21"), "EUR"),
    "quote": "D100001",
    "valid_until": date(2026, 12, 31),
    "quote_link": "https://orders.example.com/quote/signed/",
}
QUOTE_SENT = NoticeKind({"en": "Quote", "de": "Angebot", "fr": "Devis"}, _of_quote, QUOTE)

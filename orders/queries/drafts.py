"""Drafts and quotes as callers ask for them."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils import timezone

from oms.ledgers import Invariant
from oms.money import ZERO
from orders.enums import DraftStatus
from orders.models import Channel, DraftCharge, DraftLine, DraftOrder

CONTEXT = "orders.draftorder.sealed"
BATCH = 500


def quote_key(document: DraftOrder) -> str:
    """What the link of a quote names: the draft and the revision that is offered."""
    return f"{document.number}:{document.revision}"


def quoted(key: str) -> tuple[DraftOrder | None, int]:
    """The draft and the revision that a quote's link names."""
    number, _, revision = key.partition(":")
    rows = DraftOrder.objects.select_related("channel", "subject", "order", "pickup_location")
    return rows.filter(number=number).first(), int(revision or 0)


def usual_channel(by: str) -> Channel | None:
    """Where this person's next draft most likely comes in: where the last one did.

    Before the first one the first channel by name that writes to its buyers, else the first.
    """
    active = Channel.objects.filter(is_active=True)
    last = DraftOrder.objects.filter(created_by=by, channel__in=active).order_by("-pk").first()
    if last is not None:
        return last.channel
    return active.order_by("-notifies_customers", "name").first()


def open_drafts() -> int:
    """Drafts that somebody still works on."""
    return DraftOrder.objects.filter(status=DraftStatus.OPEN).count()


def allowed_draft_actions(document: DraftOrder) -> list[str]:
    """Names of the acts that would not be refused now."""
    if document.status != DraftStatus.OPEN:
        return []
    expired = document.valid_until is not None and document.valid_until <= timezone.now()
    lines = list(document.lines.all())  # loaded along with a page of drafts
    complete = bool(document.customer_id and lines)
    rules = {
        "revise": True,
        "submit": complete,
        "quote": complete,
        "keep_stock": any(line.product_id for line in lines),
        "send_quote": document.is_quote and not expired and document.channel.notifies_customers,
        "give_stock_back": bool(document.reservation),
        "withdraw_quote": document.is_quote and not expired,
        "discard": True,
    }
    return [name for name, allowed in rules.items() if allowed]


def draft_invariants() -> list[Invariant]:
    """What must hold for drafts."""
    return [
        Invariant(
            "draft.totals",
            "A draft's total is the sum of its lines and charges.",
            count=DraftOrder.objects.count,
            violations=_wrong_totals,
        ),
    ]


def _wrong_totals() -> Iterator[str]:
    last = 0
    while True:
        rows = DraftOrder.objects.filter(pk__gt=last).order_by("pk")
        drafts = list(rows.prefetch_related("lines", "charges")[:BATCH])
        if not drafts:
            return
        last = drafts[-1].pk
        for draft in drafts:
            found = _sum(draft)
            if found != draft.total:
                yield f"{draft}: {draft.total}, lines and charges make {found}"


def _sum(draft: DraftOrder) -> Decimal:
    lines: list[DraftLine] = list(draft.lines.all())
    charges: list[DraftCharge] = list(draft.charges.all())
    extra = ZERO if draft.price_includes_tax else sum((c.tax_amount for c in charges), ZERO)
    return sum((row.total for row in lines), ZERO) + sum((c.amount for c in charges), extra)

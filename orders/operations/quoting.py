"""Quotes: drafts that are offered to the buyer until a day, and accepted by a link."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from oms.history import stamp
from oms.models import Event
from oms.money import plain
from orders.models import DraftOrder, Order
from orders.operations import composing, keeping
from orders.operations.working_out import content_of
from orders.queries.quote_words import say
from orders.queries.quotes import is_open, last_day, unsendable


class QuoteEndsInThePast(DomainError):
    """A quote is valid for some time."""

    code = "quote_ends_in_the_past"
    message = "A quote must be valid beyond this moment."


class QuoteEnded(DomainError):
    """The quote expired, was withdrawn, or its draft was changed since."""

    code = "quote_ended"
    message = "This quote is no longer valid. Ask for a new one."


class QuoteNotSendable(DomainError):
    """Nobody is written to from here; the link can still be handed over."""

    code = "quote_not_sendable"
    message = "{why} Give the link of the quote to the buyer by another way."


@transaction.atomic
def quote(document: DraftOrder, *, by: str, valid_until: datetime) -> DraftOrder:
    """Offer a draft as it stands; a repeat with the same time changes nothing.

    The link that is made of `orders.queries.quote_key` works until the quote expires, is
    withdrawn, or the draft is changed. Raises DraftEnded, DraftIncomplete, QuoteEndsInThePast.
    """
    document = keeping.lock(document)
    keeping.refuse_ended(document)
    composing.refuse_incomplete(document, content_of(document))
    if valid_until <= timezone.now():
        raise QuoteEndsInThePast
    if document.valid_until == valid_until:
        return document

    document.quoted_at, document.valid_until = timezone.now(), valid_until
    _save(document, by=by, reason="quoted")
    events.record(
        "draft.quoted",
        document,
        by=by,
        valid_until=valid_until.isoformat(),
        total=plain(document.total, document.currency),
        currency=document.currency,
    )
    return document


@transaction.atomic
def send_quote(document: DraftOrder, *, by: str) -> DraftOrder:
    """Write to the buyer with the link of the quote, by the template of `draft.quote_sent`.

    Each call is a message of its own. Raises DraftEnded, QuoteEnded when nothing is on offer, and
    QuoteNotSendable.
    """
    document = keeping.lock(document)
    keeping.refuse_ended(document)
    if not is_open(document, document.revision):
        raise QuoteEnded
    if why := unsendable(document):
        raise QuoteNotSendable(why=why)

    events.record("draft.quote_sent", document, by=by, revision=document.revision)
    return document


@transaction.atomic
def withdraw_quote(document: DraftOrder, *, by: str, reason: str) -> DraftOrder:
    """Take an offer back; the draft stays. A repeat changes nothing. Raises DraftEnded."""
    document = keeping.lock(document)
    keeping.refuse_ended(document)
    if not document.is_quote:
        return document

    document.quoted_at = document.valid_until = None
    _save(document, by=by, reason=reason)
    events.record("draft.quote_withdrawn", document, by=by, reason=reason)
    return document


@transaction.atomic
def accept_quote(document: DraftOrder, *, by: str, revision: int) -> Order:
    """Take the buyer's yes to the revision that was offered, and place the order.

    Accepting again gives the same order. Raises QuoteEnded when the offer does not stand any more,
    and what placing refuses, and changes nothing.
    """
    document = keeping.lock(document)
    if document.accepted_at is not None and document.order and document.revision == revision:
        return document.order
    if not is_open(document, revision):
        raise QuoteEnded

    document.accepted_at = timezone.now()
    _save(document, by=by, reason="accepted")
    events.record("draft.quote_accepted", document, by=by, revision=revision)
    return composing.submit(document, by=by)


@transaction.atomic
def note_refused_quote(document: DraftOrder, *, by: str, revision: int, why: DomainError) -> Event:
    """Keep that the buyer said yes in vain, and what was against it, for whoever made the quote."""
    document = keeping.lock(document)
    return events.record(
        "draft.quote_refused",
        document,
        by=by,
        revision=revision,
        code=why.code,
        reason=why.detail,
    )


def stock_said(language: str, document: DraftOrder) -> str:
    """Whether and until when the goods of a quote are kept for its buyer, in a sentence."""
    soft = keeping.kept(document)
    if soft is None:
        return say(language, "not_kept")
    return say(language, "kept", day=last_day(soft.expires_at))


def _save(document: DraftOrder, *, by: str, reason: str) -> None:
    stamp(document, by=by, reason=reason)
    document.save(update_fields=["quoted_at", "valid_until", "accepted_at"])

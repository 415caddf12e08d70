"""Drafts: orders being put together by a person in the back office or through the API.

Nothing is validated, promised or counted before a draft is submitted; then it is placed by the
very rules of every other order. Its prices and taxes are worked out at each change by the same
functions, so that what the buyer is told is what the order will say.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customers import operations as customer_operations
from customers import queries as customers
from customers.operations import Party
from inventory import operations as inventory
from inventory import queries as stock
from oms import events, numbers
from oms.errors import DomainError
from oms.history import stamp
from oms.money import ZERO, plain, quantize
from orders.enums import DRAFT_MOVES, DraftStatus
from orders.models import Channel, DraftCharge, DraftLine, DraftOrder, Order
from orders.operations import keeping
from orders.operations.drafting import nowhere, personal_of
from orders.operations.drafts import Draft
from orders.operations.nonsense import nonsense
from orders.operations.placing import place_one
from orders.operations.sent import ExternalIdReused, PlacedLine, PlacedOrder, PlacedPayment
from orders.operations.working_out import content_of, work_out
from orders.queries.drafts import CONTEXT

if TYPE_CHECKING:
    from customers.models import Customer

ANY_LINE = PlacedLine("any", 1, ZERO)  # a draft may begin without one


class DraftChanged(DomainError):
    """Somebody changed the draft after the caller had read it."""

    code = "draft_changed"
    message = "Draft {number} was changed meanwhile: it is at revision {revision}, not {seen}."


class DraftIncomplete(DomainError):
    """A draft says who buys and what before it becomes an order or a quote."""

    code = "draft_incomplete"
    message = "Draft {number} still lacks: {missing}"


@transaction.atomic
def draft(
    channel: Channel, content: PlacedOrder, *, by: str, customer: "Customer | None" = None
) -> tuple[DraftOrder, bool]:
    """Begin a draft; says whether it is new.

    A repeat with the same `external_id` and content gives the existing draft; with other content
    it raises ExternalIdReused. Raises InvalidOrder for what no order could hold. Payments, time
    and total of the content are not kept: they belong to placing.
    """
    content = _plain(content)
    _refuse_nonsense(channel, content)
    if known := _known(channel, content):
        return known, False

    begun = DraftOrder(
        number=numbers.take("draft")[0],
        channel=channel,
        external_id=content.external_id,
        currency=channel.currency,
        price_includes_tax=channel.price_includes_tax,
        customer=customer,
        created_by=by,
    )
    _write(begun, content, by=by, reason="begun")
    _record("draft.opened", begun, by=by)
    return begun, True


@transaction.atomic
def revise(
    document: DraftOrder,
    content: PlacedOrder,
    *,
    by: str,
    seen: int | None = None,
    customer: "Customer | None" = None,
) -> DraftOrder:
    """Replace the whole content of a draft; a quote that was made of it ends.

    `seen` is the revision that the caller looked at: DraftChanged is raised when it is no longer
    the present one. `customer` says who buys where that is known. The same content again changes
    nothing. Raises DraftEnded and InvalidOrder.
    """
    document = keeping.lock(document)
    keeping.refuse_ended(document)
    if seen is not None and seen != document.revision:
        raise DraftChanged(number=document.number, revision=document.revision, seen=seen)
    content = replace(_plain(content), external_id=document.external_id)
    _refuse_nonsense(document.channel, content)
    other = customer is not None and customer != document.customer
    if _is_kept(document, content) and not other:
        return document

    if customer is not None:
        document.customer = customer
    was_quote = document.is_quote
    was_kept = keeping.kept(document)
    document.quoted_at = document.valid_until = None
    document.revision += 1
    _write(document, content, by=by, reason="revised")
    _record("draft.revised", document, by=by)
    if was_kept:
        keeping.keep_the_same(document, was_kept, by=by)
    if was_quote:
        events.record("draft.quote_withdrawn", document, by=by, reason="The draft was changed.")
    return document


@transaction.atomic
def submit(document: DraftOrder, *, by: str, pay_by: str = "") -> Order:
    """Place an order with the draft's content, through the same rules as every other order.

    `pay_by` is how the whole will be paid (cash on delivery, on account, a transfer to come), if
    that is known. What was quoted is what is owed: should tax have changed since, the order waits
    for a person. A draft that was submitted before gives its order. Raises DraftEnded when it was
    discarded, DraftIncomplete, and what placing refuses, and changes nothing.
    """
    document = keeping.lock(document)
    if document.order is not None:
        return document.order
    keeping.refuse_ended(document)
    content = content_of(document)
    refuse_incomplete(document, content)

    order = _place(document, content, by=by, pay_by=pay_by)
    document.order = order
    _move(document, DraftStatus.SUBMITTED, by=by, reason=order.number)
    events.record("draft.submitted", document, by=by, order=order.pk, order_number=order.number)
    return order


@transaction.atomic
def discard(document: DraftOrder, *, by: str, reason: str) -> DraftOrder:
    """End a draft of which nothing comes; a repeat changes nothing.

    Raises DraftEnded when an order was placed with it.
    """
    document = keeping.lock(document)
    if document.status == DraftStatus.DISCARDED:
        return document
    keeping.refuse_ended(document)

    if soft := keeping.kept(document):
        inventory.put_back(soft, by=by)
    _move(document, DraftStatus.DISCARDED, by=by, reason=reason)
    events.record("draft.discarded", document, by=by, reason=reason)
    return document


def refuse_incomplete(document: DraftOrder, content: PlacedOrder) -> None:
    """Raise DraftIncomplete unless it says who buys and what."""
    lacks = {"a product": not content.lines, "who buys": not _is_known(content.customer)}
    if missing := [what for what, is_missing in lacks.items() if is_missing]:
        raise DraftIncomplete(number=document.number, missing=", ".join(missing))


def _place(document: DraftOrder, content: PlacedOrder, *, by: str, pay_by: str) -> Order:
    payments = (PlacedPayment(pay_by, document.total, "pending"),) if pay_by else ()
    total = quantize(document.total, document.currency) if document.is_quote else None
    content = replace(content, payments=payments, total=total, reservation=document.reservation)
    placed = place_one(document.channel, content, by=by)
    return placed.order  # type: ignore[return-value]  # place_one raises otherwise


def _plain(content: PlacedOrder) -> PlacedOrder:
    """The content without what belongs to placing; who has no name is called as the addressee.

    Tax that somebody stated stays: it is kept whatever we would assess.
    """
    party = content.customer
    if not party.name and (name := content.shipping_address.get("name", "")):
        party = replace(party, name=name)
    billing = content.billing_address or content.shipping_address
    return replace(
        content,
        customer=party,
        billing_address=billing,
        payments=(),
        placed_at=None,
        total=None,
    )


def _is_kept(document: DraftOrder, content: PlacedOrder) -> bool:
    """Whether the draft holds just this; names that were left to us do not make a difference."""
    kept = content_of(document)
    names = [line.name for line in kept.lines]
    named = tuple(
        replace(line, name=line.name or name)
        for line, name in zip(content.lines, names, strict=False)
    )
    return len(content.lines) == len(names) and replace(content, lines=named) == kept


def _refuse_nonsense(channel: Channel, content: PlacedOrder) -> None:
    checked = content if content.lines else replace(content, lines=(ANY_LINE,))
    if error := nonsense(channel, checked) or nowhere(content):
        raise error


def _known(channel: Channel, content: PlacedOrder) -> DraftOrder | None:
    if not content.external_id:
        return None
    rows = DraftOrder.objects.select_related(
        "channel", "customer__subject", "subject", "pickup_location"
    )
    known = rows.filter(channel=channel, external_id=content.external_id).first()
    if known is not None and not _is_kept(known, content):
        raise ExternalIdReused(external_id=content.external_id, number=known.number)
    return known


def _is_known(party: Party) -> bool:
    return any((party.name, party.company, party.email, party.phone))


def _write(document: DraftOrder, content: PlacedOrder, *, by: str, reason: str) -> None:
    """Seal who buys, work out what it costs, and save the draft with its rows."""
    _seal(document, content, by=by)
    code = content.pickup_location
    document.pickup_location = stock.pickup_places([code])[code] if code else None
    worked = work_out(document, content, by=by)
    document.ship_country = worked.order.ship_country
    document.priority, document.tags = content.priority, list(content.tags)
    document.purchase_order_number = content.purchase_order_number
    document.goods_total = worked.order.goods_total
    document.charges_total = worked.order.charges_total
    document.tax_total, document.total = worked.order.tax_total, worked.order.total
    document.changed_at = timezone.now()
    stamp(document, by=by, reason=reason)
    document.save()
    _replace_rows(document, worked)


def _seal(document: DraftOrder, content: PlacedOrder, *, by: str) -> None:
    party = content.customer
    if not _is_known(party):
        document.customer = document.subject = document.sealed = None
        return
    if document.customer is None or not _is_same(document, party):
        document.customer = customer_operations.identify([party], by=by)[0]
    document.subject = document.customer.subject
    document.sealed = customers.seal(document.subject, personal_of(content), CONTEXT)


def _is_same(document: DraftOrder, party: Party) -> bool:
    """Whether the draft's customer is still who the party is: by e-mail, else by phone."""
    known = customers.profile_of(document.customer) if document.customer else {}
    for token, now, then in (
        (customers.email_token, party.email, known.get("email", "")),
        (customers.phone_token, party.phone, known.get("phone", "")),
    ):
        if token(now) and token(then):
            return token(now) == token(then)
    return not (customers.email_token(party.email) or customers.phone_token(party.phone))


def _replace_rows(document: DraftOrder, worked: Draft) -> None:
    document.lines.all().delete()
    document.charges.all().delete()
    DraftLine.objects.bulk_create(
        DraftLine(
            draft=document,
            position=line.position,
            product=line.product,
            sku=line.sku,
            name=line.name,
            external_id=line.external_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
            discount=line.discount,
            tax_amount=line.tax_amount,
            stated_tax=sent.tax_amount,
            total=line.total,
        )
        for line, sent in zip(worked.lines, worked.placed.lines, strict=True)
    )
    DraftCharge.objects.bulk_create(
        DraftCharge(
            draft=document,
            kind=charge.kind,
            description=charge.description,
            amount=charge.amount,
            tax_amount=charge.tax_amount,
            stated_tax=sent.tax_amount,
        )
        for charge, sent in zip(worked.charges, worked.placed.charges, strict=True)
    )


def _move(document: DraftOrder, to: DraftStatus, *, by: str, reason: str) -> None:
    if to not in DRAFT_MOVES[document.status]:
        raise keeping.DraftEnded(number=document.number, status=document.status)
    document.status, document.changed_at = to, timezone.now()
    stamp(document, by=by, reason=reason)
    document.save()


def _record(name: str, document: DraftOrder, *, by: str) -> None:
    events.record(
        name,
        document,
        by=by,
        revision=document.revision,
        lines=document.lines.count(),
        total=plain(document.total, document.currency),
        currency=document.currency,
    )

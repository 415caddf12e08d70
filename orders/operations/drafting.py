"""Working out a batch of orders in memory.

Who buys, what it costs, what speaks against it, and from where it is served. Nothing is written
here but customers that were not known before.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone

from customers import operations as customer_operations
from customers import queries as customers
from inventory import operations as inventory
from inventory import queries as stock
from oms import numbers
from oms.countries import is_country
from oms.errors import DomainError
from oms.money import ZERO, quantize
from oms.prepared import prepared
from orders.enums import OrderStatus, TransactionKind
from orders.models import (
    Channel,
    Hold,
    Order,
    OrderCharge,
    OrderLine,
    SkuAlias,
)
from orders.operations import businesses, limits
from orders.operations.checking import place_holds
from orders.operations.draft_holds import test_holds, type_holds, wait_out
from orders.operations.draft_payments import build_payments
from orders.operations.drafts import Draft
from orders.operations.intake import understood
from orders.operations.nonsense import nonsense
from orders.operations.pipeline import settle_axes
from orders.operations.pricing import assess_taxes
from orders.operations.promising import promise_drafts
from orders.operations.sent import (
    TWICE,
    ExternalIdReused,
    InvalidOrder,
    OutOfStock,
    PlacedCharge,
    PlacedLine,
    PlacedOrder,
)
from orders.queries.axes import LineFacts
from orders.queries.balance import DEFERRED, Balance
from orders.queries.intake import shipping_methods, shipping_said
from orders.queries.routing import ASKED, request_of
from orders.queries.sealing import CONTEXT, area_of
from orders.queries.tax_ids import is_tax_id
from orders.queries.validation import missing_parts

if TYPE_CHECKING:
    from customers.models import Customer
    from inventory.models import Location, Product


def draft_batch(
    channel: Channel,
    batch: Sequence[PlacedOrder],
    *,
    by: str,
    locked: bool,
    refused: Mapping[int, DomainError],
) -> list[Draft]:
    """Work out every order of the batch against one view of customers, products and stock.

    `locked` holds the stock levels, for the attempt after somebody else was faster; `refused`
    gives the orders, by place in the batch, that are known to be impossible.
    """
    drafts = [Draft(placed, error=refused.get(at)) for at, placed in enumerate(batch)]
    _recognise(channel, _fresh(drafts))
    fresh = _fresh(drafts)
    places = stock.pickup_places({d.placed.pickup_location for d in fresh} - {""})
    for draft in fresh:
        draft.pickup = places.get(draft.placed.pickup_location)
        draft.error = nonsense(channel, draft.placed) or _nowhere(draft)
    fresh = _fresh(drafts)
    if fresh:
        _build(channel, fresh, by=by)
        _source(channel, fresh, by=by, locked=locked)
    return drafts


def _fresh(drafts: Sequence[Draft]) -> list[Draft]:
    return [draft for draft in drafts if not (draft.error or draft.order or draft.repeats)]


def _recognise(channel: Channel, drafts: Sequence[Draft]) -> None:
    """Find orders that the channel sent before, in the database or earlier in the batch."""
    ids = sorted({draft.placed.external_id for draft in drafts} - {""})
    if len(ids) == 1:
        rows = _sent_before_alone(channel=channel.pk, external_id=ids[0])
    else:
        rows = _sent_before(channel=channel.pk, ids=ids)
    known: dict[str, Order | None] = {order.external_id: order for order in rows}
    prints = {external_id: order.fingerprint for external_id, order in known.items()}
    first: dict[str, Draft] = {}
    for draft in drafts:
        external_id = draft.placed.external_id
        if not external_id:
            continue
        if external_id not in prints:
            prints[external_id] = draft.placed.fingerprint
        order = known.get(external_id)
        if not draft.placed.is_repeated_by(prints[external_id]):
            draft.error = (
                ExternalIdReused(external_id=external_id, number=order.number)
                if order
                else ExternalIdReused(TWICE, external_id=external_id)
            )
        elif order:
            order.channel = channel
            draft.order = order
        else:
            draft.repeats = first.get(external_id)
            first.setdefault(external_id, draft)


@prepared
def _sent_before_alone(channel: int, external_id: str) -> QuerySet[Order]:
    """Equality leaves the planner no choice but the unique index, however young the table is."""
    rows = Order.objects.filter(channel=channel, external_id=external_id)
    return rows.select_related("customer", "pickup_location")


@prepared
def _sent_before(channel: int, ids: list[str]) -> QuerySet[Order]:
    rows = Order.objects.filter(channel=channel, external_id__any=ids)
    return rows.select_related("customer", "pickup_location")


def nowhere(placed: PlacedOrder) -> InvalidOrder | None:
    """Refuse to have goods collected where nobody may."""
    code = placed.pickup_location
    return None if not code or stock.pickup_places([code]) else _not_at(code)


def _nowhere(draft: Draft) -> InvalidOrder | None:
    code = draft.placed.pickup_location
    return None if not code or draft.pickup else _not_at(code)


def _not_at(code: str) -> InvalidOrder:
    reason = f"Buyers cannot collect orders at {code}."
    return InvalidOrder(reason=reason, pointer="/pickup_location")


def _build(channel: Channel, drafts: Sequence[Draft], *, by: str) -> None:
    now = timezone.now()
    prints = [draft.placed.fingerprint for draft in drafts]  # of what was sent
    understood(channel, drafts)
    buyers = customer_operations.identify([draft.placed.customer for draft in drafts], by=by)
    products = products_of(channel, drafts)
    taken = numbers.take("order", len(drafts))
    for draft, buyer, number, sent in zip(drafts, buyers, taken, prints, strict=True):
        draft.is_new, draft.by = True, by
        if draft.pickup:
            draft.placed = at_place(draft.placed, draft.pickup)
        draft.order = _order(channel, draft.placed, buyer, number, now)
        draft.order.pickup_location, draft.order.fingerprint = draft.pickup, sent
        draft.lines = [
            line_of(position, line, products.get(line.sku), draft.placed)
            for position, line in enumerate(draft.placed.lines, start=1)
        ]
        draft.charges = [charge_of(charge) for charge in draft.placed.charges]
    _name_shipping(channel, drafts)
    build_payments(channel, drafts, by=by, now=now)
    businesses.describe(channel, drafts)
    businesses.lock_credit(drafts)


def _name_shipping(channel: Channel, drafts: Sequence[Draft]) -> None:
    """Put our method where the channel's words for shipping are known; keep those that nobody named."""
    known = shipping_methods(channel, (shipping_said(draft.charges) for draft in drafts))
    for draft in drafts:
        told = shipping_said(draft.charges)
        draft.method = known.get(told, told)
        if channel.checks_shipping and not draft.pickup and told not in known:
            draft.unnamed = told.strip()


def at_place(placed: PlacedOrder, place: "Location") -> PlacedOrder:
    """The order as if it were sent to where its buyer collects it; there it is taxed, too."""
    address = {**stock.address_of(place), "name": placed.customer.name}
    billing = placed.billing_address or placed.shipping_address
    return replace(placed, shipping_address=address, billing_address=billing)


def products_of(channel: Channel, drafts: Sequence[Draft]) -> "dict[str, Product]":
    """Products by what the channel calls them: our SKU first, then the channel's aliases."""
    skus = {line.sku for draft in drafts for line in draft.placed.lines}
    found = stock.products_by_sku(skus)
    if missing := skus - found.keys():
        aliases = SkuAlias.objects.filter(channel=channel, alias__in=missing)
        found |= {row.alias: row.product for row in aliases.select_related("product")}
    return found


def _order(
    channel: Channel, placed: PlacedOrder, buyer: "Customer", number: str, now: datetime
) -> Order:
    placed_at = placed.placed_at or now
    address = placed.shipping_address
    country = address.get("country", "")
    return Order(
        number=number,
        channel=channel,
        external_id=placed.external_id or number,
        customer=buyer,
        subject=buyer.subject,
        sealed=customers.seal(
            buyer.subject, {**personal_of(placed), **_wishes(buyer, now)}, CONTEXT
        ),
        currency=placed.currency,
        price_includes_tax=channel.price_includes_tax,
        ship_country=country if is_country(country) else "",
        ship_region=address.get("region", "")[:40],
        ship_area=area_of(address),
        buyer_tax_id=is_tax_id(placed.customer.tax_id, country),
        priority=placed.priority,
        tags=list(placed.tags),
        placed_at=placed_at,
        promised_at=placed_at + timedelta(days=channel.promise_days),
        created_at=now,
        stage_since=now,
    )


def _wishes(buyer: "Customer", now: datetime) -> dict[str, dict[str, str]]:
    """How a buyer wants it delivered, as they said before; who is new said nothing yet."""
    if buyer.created_at >= now or buyer.subject.erased_at is not None:
        return {}
    wishes = customers.delivery_wishes(buyer)
    return {"delivery": wishes} if wishes else {}


def personal_of(placed: PlacedOrder) -> dict[str, dict[str, str]]:
    """What is sealed: who buys, and the addresses."""
    party = placed.customer
    return {
        "contact": {
            "name": party.name,
            "email": party.email,
            "phone": party.phone,
            "company": party.company,
            "tax_id": party.tax_id,
        },
        "shipping_address": placed.shipping_address,
        "billing_address": placed.billing_address or placed.shipping_address,
    }


def line_of(
    position: int, line: PlacedLine, product: "Product | None", placed: PlacedOrder
) -> OrderLine:
    """A line as it would be inserted, before tax."""
    amount = quantize(line.quantity * line.unit_price - line.discount, placed.currency)
    return OrderLine(
        position=position,
        product=product,
        sku=line.sku,
        name=line.name or (product.name if product else ""),
        external_id=line.external_id,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=line.discount,
        tax_amount=line.tax_amount or ZERO,
        total=amount,
    )


def charge_of(charge: PlacedCharge) -> OrderCharge:
    """A charge as it would be inserted, before tax."""
    return OrderCharge(
        kind=charge.kind,
        description=charge.description,
        amount=charge.amount,
        tax_amount=charge.tax_amount or ZERO,
    )


def _source(channel: Channel, drafts: Sequence[Draft], *, by: str, locked: bool) -> None:
    """Plan stock, price taxes, validate, and plan again what holds set free and rules route."""
    claims = inventory.claim((d.placed.reservation for d in drafts), channel=channel.code)
    limited = {pk for draft in drafts for pk in limits.limited(draft.lines)}
    room = limits.Room(inventory.lock_limits(limited)) if locked and limited else None
    supply = stock.supply_of(
        (line.product_id for draft in drafts for line in draft.lines if line.product_id),
        channel_id=channel.pk,
        locked=locked,
    )
    for draft in drafts:
        draft.claim = claims.pop(draft.placed.reservation, None)
        if draft.claim:
            inventory.bring(draft.claim, supply)
        if not _surely_held(draft):
            allot(draft, supply)
    assess_taxes(drafts)
    place_holds(channel, drafts, by=by)
    type_holds(drafts)
    for draft in drafts:
        if not draft.may_allocate or draft.routed:
            _give_back(draft, supply)
    for draft in drafts:
        if draft.may_allocate:
            allot(draft, supply)
            _ask_person(draft, by)
    wait_out(channel, drafts, by=by)
    type_holds(drafts)
    _keep_within(channel, drafts, supply, room, by=by)
    for draft in drafts:
        if not draft.error:
            _conclude(channel, draft, supply)
    promise_drafts(drafts)


def _keep_within(
    channel: Channel,
    drafts: Sequence[Draft],
    supply: stock.Supply,
    room: limits.Room | None,
    *,
    by: str,
) -> None:
    """Refuse or hold what passes a limit; what it had is there for those after it."""
    is_more = False
    for draft in drafts:
        if is_more and draft.may_allocate:
            allot(draft, supply)
        if limits.keep_within(channel, draft, room, by=by):
            continue
        type_holds([draft])
        if draft.error or not draft.may_allocate:
            _give_back(draft, supply)
            is_more = True


def _surely_held(draft: Draft) -> bool:
    """Held whatever it costs, so that no stock is planned for it."""
    unknown = any(line.product_id is None for line in draft.lines)
    return unknown or bool(missing_parts(draft.placed.shipping_address))


def allot(draft: Draft, supply: stock.Supply) -> None:
    """Draw what the lines still lack from the supply, their buyer's basket included."""
    if draft.claim:
        inventory.lend(draft.claim, supply)
    _draw(draft, supply)
    if draft.claim:
        inventory.take_back(draft.claim, supply, draft.allotments)


def _draw(draft: Draft, supply: stock.Supply) -> None:
    method = draft.method or shipping_said(draft.charges)
    request = request_of(draft.order, draft.lines, method=method, keys=range(len(draft.lines)))
    if not request.demands:
        return
    plan = stock.source([request], supply)[0]
    if plan.parts or not draft.plans:
        draft.plans.append(plan)
    for part in plan.parts:
        draft.allotments.append(part)
        draft.lines[part.key].allocated += part.quantity


def _ask_person(draft: Draft, by: str) -> None:
    """Hold what the routing rules do not decide."""
    for asks in {plan.asks_person for plan in draft.plans} - {""}:
        kind, reason = ASKED[asks]
        at = draft.order.created_at
        draft.holds.append(Hold(type_id=kind, reason=reason, placed_by=by, placed_at=at))


def _give_back(draft: Draft, supply: stock.Supply) -> None:
    if draft.claim:
        inventory.lend(draft.claim, supply)
    stock.give_back(supply, draft.allotments)
    for part in draft.allotments:
        draft.lines[part.key].allocated -= part.quantity
    draft.allotments, draft.plans = [], []
    if draft.claim:
        inventory.take_back(draft.claim, supply, ())


def _conclude(channel: Channel, draft: Draft, supply: stock.Supply) -> None:
    """Refuse what the channel may not backorder; release what may go; write the axes."""
    missing = [line.sku for line in draft.lines if line.backordered and not _preordered(line)]
    if missing and draft.may_allocate and not channel.allows_backorder:
        draft.error = OutOfStock(skus=", ".join(dict.fromkeys(missing)))
        _give_back(draft, supply)
        return
    order, money = draft.order, _money(draft)
    draft.money = money
    test_holds(draft)
    ready = not channel.needs_payment or money.covers_due
    if not draft.holds and ready and _releasable(channel, draft):
        draft.released = True
        order.status, order.confirmed_at = OrderStatus.CONFIRMED, order.created_at
        for line in draft.lines:
            line.released = line.allocated
    settle_axes(
        order,
        LineFacts.of(draft.lines),
        money,
        on_hold=bool(draft.holds),
        ready=ready,
        now=order.created_at,
    )


def _preordered(line: OrderLine) -> bool:
    return line.product is not None and line.product.is_preorder


def _releasable(channel: Channel, draft: Draft) -> bool:
    if not channel.auto_release or not draft.allotments:
        return False
    return not channel.ships_complete or not any(line.backordered for line in draft.lines)


def _money(draft: Draft) -> Balance:
    sums = defaultdict(lambda: ZERO)
    for row in draft.transactions:
        sums[row.kind] += row.amount
    deferred = [row.amount for row in draft.payments if row.method in DEFERRED]
    return Balance(
        due=draft.order.total,
        authorized=sums[TransactionKind.AUTHORIZE],
        deferred=sum(deferred, ZERO) - _captured_of_deferred(draft),
        captured=sums[TransactionKind.CAPTURE],
    )


def _captured_of_deferred(draft: Draft) -> Decimal:
    return sum((row.amount for row in draft.transactions if row.payment.method in DEFERRED), ZERO)

"""Working out a batch of orders in memory.

Who buys, what it costs, what speaks against it, and from where it is served. Nothing is written
here but customers that were not known before.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from customers import operations as customer_operations
from customers import queries as customers
from customers.operations import Party
from inventory import operations as inventory
from inventory import queries as stock
from oms import numbers, sealed
from oms.errors import DomainError
from oms.events import Fact
from oms.money import ZERO, is_currency, quantize
from oms.taxes import TaxLine, TaxRequest
from orders.enums import OrderStatus, PaymentMethod, TransactionKind
from orders.models import (
    Channel,
    Hold,
    Order,
    OrderCharge,
    OrderLine,
    Payment,
    PaymentTransaction,
    SkuAlias,
)
from orders.operations.payments import EVENT_OF
from orders.operations.pipeline import settle_axes
from orders.queries.axes import LineFacts
from orders.queries.balance import DEFERRED, Balance, balances
from orders.queries.sealing import CONTEXT, area_of
from orders.queries.totals import totals_of
from orders.queries.validation import Candidate, findings, is_country, missing_parts

if TYPE_CHECKING:
    from customers.models import Customer
    from inventory.models import Product


class InvalidOrder(DomainError):
    """What was sent cannot be an order at all."""

    code = "invalid_order"
    message = "{reason}"


class ExternalIdReused(DomainError):
    """The channel sent this id before, with other content."""

    code = "external_id_reused"
    message = "Order {external_id} is already here as {number}, with different content."


class OutOfStock(DomainError):
    """The channel allows no backorder, and not everything is available."""

    code = "out_of_stock"
    message = "Not available in the ordered quantity: {skus}"


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line as the channel sent it; `discount` and `tax_amount` are of the whole line."""

    sku: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    tax_amount: Decimal | None = None
    external_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PlacedCharge:
    """A charge as the channel sent it, priced like the lines; discounts are negative."""

    kind: str
    amount: Decimal
    tax_amount: Decimal | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class PlacedPayment:
    """A payment as the channel knows it; `state` is pending, authorized or captured."""

    method: str
    amount: Decimal
    state: str = "captured"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the channel sent it. An empty `external_id` takes our number instead."""

    external_id: str
    currency: str
    customer: Party
    shipping_address: dict[str, str]
    lines: tuple[PlacedLine, ...]
    billing_address: dict[str, str] = field(default_factory=dict)
    charges: tuple[PlacedCharge, ...] = ()
    payments: tuple[PlacedPayment, ...] = ()
    placed_at: datetime | None = None
    total: Decimal | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Keyed digest of the content, by which a repeat is told from a reused id."""
        return sealed.digest(repr(self))


@dataclass(slots=True)
class Draft:
    """One order being worked out: its unsaved rows, or the reason why there are none."""

    placed: PlacedOrder
    order: Order | None = None
    error: DomainError | None = None
    is_new: bool = False
    lines: list[OrderLine] = field(default_factory=list)
    charges: list[OrderCharge] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    transactions: list[PaymentTransaction] = field(default_factory=list)
    allotments: list[stock.Allotment] = field(default_factory=list)
    released: bool = False

    def link(self) -> None:
        """Point the rows at the inserted order."""
        for row in (*self.lines, *self.charges, *self.holds, *self.payments):
            row.order = self.order

    def link_transactions(self) -> None:
        """Point the transactions at the inserted payments."""
        for row in self.transactions:
            row.payment_id = row.payment.pk

    def takes(self) -> Iterator[inventory.Take]:
        """The stock that the inserted lines want; an allotment's key is the line's index."""
        merged: dict[tuple[int, int, int], int] = defaultdict(int)
        for part in self.allotments:
            merged[part.key, part.level_id, part.location_id] += part.quantity
        for (key, level, location), quantity in merged.items():
            yield inventory.Take(self.lines[key].pk, level, location, quantity, self.released)

    def facts(self) -> Iterator[Fact]:
        """The events of placing, in the order of the pipeline."""
        order = self.order
        yield Fact("order.placed", order, self._placed_facts())
        for hold in self.holds:
            facts = {"hold": hold.pk, "kind": hold.kind, "reason": hold.reason}
            yield Fact("order.held", order, facts)
        yield from self._payment_facts()
        units = [[take.line_id, take.location_id, take.quantity] for take in self.takes()]
        if units and not self.released:
            yield Fact("order.allocated", order, {"units": units})
        missing = [[line.pk, line.backordered] for line in self.lines if line.backordered]
        if missing and not self.holds:
            yield Fact("order.backordered", order, {"lines": missing})
        if self.released:
            yield Fact("order.confirmed", order)
            yield Fact("order.released", order, {"units": units})

    def _placed_facts(self) -> dict[str, object]:
        order = self.order
        return {
            "total": str(order.total),
            "currency": order.currency,
            "units": sum(line.quantity for line in self.lines),
            "lines": len(self.lines),
            "day": order.placed_at.date().isoformat(),
            "products": [
                [line.product_id, line.quantity] for line in self.lines if line.product_id
            ],
        }

    def _payment_facts(self) -> Iterator[Fact]:
        for row in self.transactions:
            facts = {
                "payment": row.payment.number,
                "method": row.payment.method,
                "amount": str(row.amount),
            }
            yield Fact(EVENT_OF[TransactionKind(row.kind)], self.order, facts)


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
    for draft in fresh:
        draft.error = _nonsense(channel, draft.placed)
    fresh = _fresh(drafts)
    if fresh:
        _build(channel, fresh, by=by)
        _source(channel, fresh, by=by, locked=locked)
    return drafts


def _fresh(drafts: Sequence[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.error is None and (draft.is_new or not draft.order)]


def _recognise(channel: Channel, drafts: Sequence[Draft]) -> None:
    """Find orders that the channel sent before, in the database or earlier in the batch."""
    ids = {draft.placed.external_id for draft in drafts} - {""}
    known = {
        order.external_id: order
        for order in Order.objects.filter(channel=channel, external_id__in=ids)
    }
    prints = {external_id: order.fingerprint for external_id, order in known.items()}
    for draft in drafts:
        external_id = draft.placed.external_id
        if not external_id:
            continue
        fingerprint = prints.setdefault(external_id, draft.placed.fingerprint)
        order = known.get(external_id)
        if fingerprint != draft.placed.fingerprint:
            number = order.number if order else external_id
            draft.error = ExternalIdReused(external_id=external_id, number=number)
        elif order:
            order.channel = channel
            draft.order = order
        elif external_id in known:
            draft.error = InvalidOrder(reason=f"{external_id} stands twice in this batch.")
        else:
            known[external_id] = None  # the first of its kind in this batch


def _nonsense(channel: Channel, placed: PlacedOrder) -> InvalidOrder | None:
    """What no hold could put right."""
    if not placed.lines:
        return InvalidOrder(reason="An order needs at least one line.")
    if placed.currency != channel.currency or not is_currency(placed.currency):
        reason = f"Channel {channel.code} takes {channel.currency}, not {placed.currency}."
        return InvalidOrder(reason=reason)
    for line in placed.lines:
        if line.quantity <= 0:
            return InvalidOrder(reason=f"The quantity of {line.sku} must be positive.")
        if line.unit_price < 0 or not 0 <= line.discount <= line.quantity * line.unit_price:
            return InvalidOrder(reason=f"The price or discount of {line.sku} is not possible.")
    return None


def _build(channel: Channel, drafts: Sequence[Draft], *, by: str) -> None:
    now = timezone.now()
    buyers = customer_operations.identify([draft.placed.customer for draft in drafts], by=by)
    products = _products(channel, drafts)
    taken = numbers.take("order", len(drafts))
    for draft, buyer, number in zip(drafts, buyers, taken, strict=True):
        draft.is_new = True
        draft.order = _order(channel, draft.placed, buyer, number, now)
        draft.lines = [
            _line(position, line, products.get(line.sku), draft.placed)
            for position, line in enumerate(draft.placed.lines, start=1)
        ]
        draft.charges = [_charge(charge) for charge in draft.placed.charges]
        _build_payments(draft, by, now)


def _products(channel: Channel, drafts: Sequence[Draft]) -> "dict[str, Product]":
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
        fingerprint=placed.fingerprint,
        customer=buyer,
        subject=buyer.subject,
        sealed=customers.seal(buyer.subject, _personal(placed), CONTEXT),
        currency=placed.currency,
        price_includes_tax=channel.price_includes_tax,
        ship_country=country if is_country(country) else "",
        ship_region=address.get("region", "")[:40],
        ship_area=area_of(address),
        buyer_tax_id=bool(placed.customer.tax_id),
        priority=placed.priority,
        tags=list(placed.tags),
        placed_at=placed_at,
        promised_at=placed_at + timedelta(days=channel.promise_days),
        created_at=now,
        stage_since=now,
    )


def _personal(placed: PlacedOrder) -> dict[str, dict[str, str]]:
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


def _line(
    position: int, line: PlacedLine, product: "Product | None", placed: PlacedOrder
) -> OrderLine:
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


def _charge(charge: PlacedCharge) -> OrderCharge:
    return OrderCharge(
        kind=charge.kind,
        description=charge.description,
        amount=charge.amount,
        tax_amount=charge.tax_amount or ZERO,
    )


def _build_payments(draft: Draft, by: str, now: datetime) -> None:
    for index, placed in enumerate(draft.placed.payments, start=1):
        payment = Payment(
            number=f"{draft.order.number}-P{index}",
            method=placed.method,
            reference=placed.reference,
            amount=placed.amount,
            currency=draft.placed.currency,
            created_at=now,
        )
        draft.payments.append(payment)
        if kind := TRANSACTION_OF.get(placed.state):
            draft.transactions.append(
                PaymentTransaction(
                    payment=payment,
                    kind=kind,
                    amount=placed.amount,
                    reference=placed.reference,
                    by=by,
                    at=draft.order.placed_at,
                )
            )


def _source(channel: Channel, drafts: Sequence[Draft], *, by: str, locked: bool) -> None:
    """Plan stock, price taxes, validate, and plan again what holds set free."""
    supply = stock.supply_of(
        (line.product_id for draft in drafts for line in draft.lines if line.product_id),
        locked=locked,
    )
    for draft in drafts:
        if not _surely_held(draft):
            _allot(draft, supply)
    _assess_taxes(drafts)
    _validate(channel, drafts, supply, by=by)
    for draft in drafts:
        if not draft.holds:
            _allot(draft, supply)
        _conclude(channel, draft, supply)


def _surely_held(draft: Draft) -> bool:
    """Held whatever it costs, so that no stock is planned for it."""
    unknown = any(line.product_id is None for line in draft.lines)
    return unknown or bool(missing_parts(draft.placed.shipping_address))


def _allot(draft: Draft, supply: stock.Supply) -> None:
    """Draw what the lines still lack from the supply."""
    demands = tuple(
        stock.Demand(index, line.product_id, line.backordered)
        for index, line in enumerate(draft.lines)
        if line.backordered
    )
    if not demands:
        return
    order = draft.order
    place = stock.Destination(order.ship_country, order.ship_area)
    for part in stock.source([stock.Request(place, demands)], supply)[0]:
        draft.allotments.append(part)
        draft.lines[part.key].allocated += part.quantity


def _give_back(draft: Draft, supply: stock.Supply) -> None:
    for part in draft.allotments:
        supply.available[part.level_id] += part.quantity
        draft.lines[part.key].allocated -= part.quantity
    draft.allotments = []


def _assess_taxes(drafts: Sequence[Draft]) -> None:
    """Copy tax lines onto lines and charges; amounts that the channel stated are kept."""
    engine = import_string(settings.TAX_ENGINE)
    requests, targets = [], []
    for key, draft in enumerate(drafts):
        for row, stated in _taxable(draft):
            requests.append(_tax_request(key, draft, row))
            targets.append((draft, row, stated))
    for (draft, row, stated), assessed in zip(targets, engine(requests), strict=True):
        _apply_tax(draft, row, stated, assessed)


def _taxable(draft: Draft) -> Iterator[tuple[OrderLine | OrderCharge, Decimal | None]]:
    for line, sent in zip(draft.lines, draft.placed.lines, strict=True):
        yield line, sent.tax_amount
    for charge, given in zip(draft.charges, draft.placed.charges, strict=True):
        yield charge, given.tax_amount


def _tax_request(key: int, draft: Draft, row: OrderLine | OrderCharge) -> TaxRequest:
    order = draft.order
    product = row.product if isinstance(row, OrderLine) else None
    return TaxRequest(
        order_key=key,
        seller_location_id=draft.allotments[0].location_id if draft.allotments else None,
        ship_country=order.ship_country,
        ship_region=order.ship_region,
        ship_area=order.ship_area,
        buyer_has_tax_id=order.buyer_tax_id,
        price_includes_tax=order.price_includes_tax,
        currency=order.currency,
        on=order.placed_at.date(),
        tax_class=product.tax_class if product else "standard",
        amount=row.total if isinstance(row, OrderLine) else row.amount,
    )


def _apply_tax(
    draft: Draft,
    row: OrderLine | OrderCharge,
    stated: Decimal | None,
    assessed: Sequence[TaxLine],
) -> None:
    amounts = [line.amount for line in assessed]
    if stated is not None and stated != sum(amounts):
        amounts = [stated, *[ZERO] * (len(assessed) - 1)]
    row.tax_amount = sum(amounts, ZERO)
    row.tax_lines = [
        {
            "code": line.code,
            "rate": str(line.rate),
            "amount": str(amount),
            "category": line.category,
        }
        for line, amount in zip(assessed, amounts, strict=True)
    ]
    if isinstance(row, OrderLine) and not draft.order.price_includes_tax:
        row.total += row.tax_amount


def _validate(channel: Channel, drafts: Sequence[Draft], supply: stock.Supply, *, by: str) -> None:
    twins = _twins(channel, drafts)
    owed = _outstanding(drafts)
    for draft in drafts:
        totals = totals_of(draft.order, draft.lines, draft.charges)
        order = draft.order
        order.goods_total, order.charges_total = totals.goods, totals.charges
        order.tax_total, order.total = totals.tax, totals.total
        found = findings(_candidate(channel, draft, twins, owed))
        draft.holds = [
            Hold(
                kind=finding.kind,
                reason=finding.reason[:300],
                details=finding.details,
                placed_by=by,
                placed_at=order.created_at,
            )
            for finding in found
        ]
        if found:
            _give_back(draft, supply)


def _candidate(
    channel: Channel, draft: Draft, twins: dict[int, str], owed: dict[int, Decimal]
) -> Candidate:
    order, buyer = draft.order, draft.order.customer
    return Candidate(
        channel=channel,
        address=draft.placed.shipping_address,
        unknown_skus=tuple(
            dict.fromkeys(line.sku for line in draft.lines if line.product_id is None)
        ),
        total=order.total,
        stated_total=draft.placed.total,
        twin=twins.get(id(draft), ""),
        credit_limit=buyer.credit_limit,
        outstanding=owed.get(buyer.pk, ZERO),
        on_account=any(row.method == PaymentMethod.ON_ACCOUNT for row in draft.payments),
    )


def _basket(lines: Iterable[OrderLine]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((line.sku, line.quantity) for line in lines))


def _twins(channel: Channel, drafts: Sequence[Draft]) -> dict[int, str]:
    """Numbers of recent orders with the same buyer and basket, by draft."""
    if not channel.duplicate_window_minutes:
        return {}
    window = timedelta(minutes=channel.duplicate_window_minutes)
    seen: dict[tuple, list[tuple[datetime, str]]] = defaultdict(list)
    for order in _recent_orders(drafts, window):
        seen[order.customer_id, _basket(order.lines.all())].append((order.placed_at, order.number))
    twins = {}
    for draft in drafts:
        order, key = draft.order, (draft.order.customer.pk, _basket(draft.lines))
        near = [number for at, number in seen[key] if abs(order.placed_at - at) <= window]
        if near:
            twins[id(draft)] = near[0]
        seen[key].append((order.placed_at, order.number))
    return twins


def _recent_orders(drafts: Sequence[Draft], window: timedelta) -> Iterable[Order]:
    known = [d.order for d in drafts if d.order.customer.created_at < d.order.created_at]
    if not known:
        return []
    first = min(order.placed_at for order in known) - window
    last = max(order.placed_at for order in known) + window
    return (
        Order.objects.filter(
            customer__in={order.customer.pk for order in known},
            placed_at__range=(first, last),
        )
        .exclude(Q(status=OrderStatus.CANCELLED))
        .prefetch_related("lines")
    )


def _outstanding(drafts: Sequence[Draft]) -> dict[int, Decimal]:
    """What buyers with a credit limit still owe for open orders."""
    limited = {
        draft.order.customer.pk for draft in drafts if draft.order.customer.credit_limit is not None
    }
    if not limited:
        return {}
    orders = list(Order.objects.open().filter(customer__in=limited))
    money = balances(orders)
    owed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for order in orders:
        owed[order.customer_id] += max(money[order.pk].balance, ZERO)
    return owed


def _conclude(channel: Channel, draft: Draft, supply: stock.Supply) -> None:
    """Refuse what the channel may not backorder; release what may go; write the axes."""
    missing = [line.sku for line in draft.lines if line.backordered]
    if missing and not draft.holds and not channel.allows_backorder:
        draft.error = OutOfStock(skus=", ".join(dict.fromkeys(missing)))
        _give_back(draft, supply)
        return
    order, money = draft.order, _money(draft)
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


TRANSACTION_OF = {
    "authorized": TransactionKind.AUTHORIZE,
    "captured": TransactionKind.CAPTURE,
}

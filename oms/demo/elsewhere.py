"""What the other channels sent: invented orders of real goods, in euros, rupees and on account."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from oms.demo import goods, world
from oms.demo.people import address_of, somebody
from orders.operations import PlacedCharge, PlacedLine, PlacedOrder, PlacedPayment

A_DAY = {world.WEB: 0.9, world.MARKET: 0.8, world.DESK: 0.35}  # orders, on average
EUROS = Decimal("1.25")
WHOLESALE = Decimal("0.8")
COMPANIES = (("GB", ""), ("GB", ""), ("DE", "DE999999954"), ("IE", ""), ("FR", ""))


def orders_between(
    first: date, now: datetime, shelf: Sequence[PlacedLine]
) -> Iterator[tuple[str, PlacedOrder]]:
    """Orders of the other channels, with their channel's code; `shelf` is what sells."""
    dice = random.Random(11)  # noqa: S311 (the same orders every time)
    for days in range((now.date() - first).days + 1):
        day = first + timedelta(days=days)
        for code, often in A_DAY.items():
            for number in range(int(often + dice.random())):
                at = datetime.combine(day, time(dice.randrange(7, 20), dice.randrange(60)), UTC)
                if at < now:
                    yield code, make(code, f"{day:%y%m%d}-{number}", at, shelf, dice)


def make(
    code: str, key: str, at: datetime, shelf: Sequence[PlacedLine], dice: random.Random
) -> PlacedOrder:
    """One order of a channel."""
    return {world.WEB: _web, world.MARKET: _market, world.DESK: _desk}[code](key, at, shelf, dice)


def total_of(lines: Sequence[PlacedLine], charges: Sequence[PlacedCharge] = ()) -> Decimal:
    """What lines and charges come to where prices include tax."""
    goods_total = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    return goods_total + sum((charge.amount for charge in charges), Decimal(0))


def _web(key: str, at: datetime, shelf: Sequence[PlacedLine], dice: random.Random) -> PlacedOrder:
    lines = tuple(
        PlacedLine(line.sku, dice.randint(1, 3), _cents(line.unit_price * EUROS), name=line.name)
        for line in dice.sample(shelf, dice.randint(1, 4))
    )
    charges = (PlacedCharge("shipping", Decimal("4.90"), description="DHL Paket"),)
    buyer = f"W{dice.randrange(400)}"
    party = somebody(buyer)
    payment = PlacedPayment("card", total_of(lines, charges), "captured", f"pi_{key}")
    return PlacedOrder(
        external_id=f"DE-{key}",
        currency="EUR",
        customer=party,
        shipping_address=address_of(buyer, dice.choice(("DE", "DE", "DE", "AT", "NL")), party.name),
        lines=lines,
        charges=charges,
        payments=(payment,),
        placed_at=at,
    )


def _market(
    key: str, at: datetime, _shelf: Sequence[PlacedLine], dice: random.Random
) -> PlacedOrder:
    lines = tuple(
        PlacedLine(sku, dice.randint(1, 2), Decimal(price), name=name)
        for sku, name, _, price, *_ in dice.sample(goods.INDIAN, dice.randint(1, 3))
    )
    buyer = f"M{dice.randrange(400)}"
    party, total = somebody(buyer), total_of(lines)
    on_delivery = dice.random() < 1 / 2
    method, state = ("cash_on_delivery", "pending") if on_delivery else ("card", "captured")
    return PlacedOrder(
        external_id=f"IN-{key}",
        currency="INR",
        customer=party,
        shipping_address=address_of(buyer, "IN", party.name),
        lines=lines,
        payments=(PlacedPayment(method, total, state, "" if on_delivery else f"upi_{key}"),),
        placed_at=at,
    )


def _desk(key: str, at: datetime, shelf: Sequence[PlacedLine], dice: random.Random) -> PlacedOrder:
    lines = tuple(
        PlacedLine(line.sku, 6 * dice.randint(1, 3), _cents(line.unit_price * WHOLESALE))
        for line in dice.sample(shelf, dice.randint(2, 5))
    )
    number = dice.randrange(40)
    country, tax_id = COMPANIES[number % len(COMPANIES)]
    return desk_order(f"B2B-{key}", f"B{number}", lines, country=country, tax_id=tax_id, at=at)


def desk_order(
    external_id: str,
    buyer: str,
    lines: tuple[PlacedLine, ...],
    *,
    country: str = "GB",
    tax_id: str = "",
    at: datetime,
) -> PlacedOrder:
    """An order of a company, paid on account."""
    person = somebody(buyer)
    party = type(person)(
        name=person.name,
        email=person.email,
        phone=person.phone,
        company=person.company or f"{person.name.split()[-1]} Trading",
        tax_id=tax_id,
    )
    return PlacedOrder(
        external_id=external_id,
        currency="GBP",
        customer=party,
        shipping_address=address_of(buyer, country, party.name),
        lines=lines,
        payments=(PlacedPayment("on_account", total_of(lines), "pending"),),
        placed_at=at,
    )


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

"""The real orders of the demo, brought to the last quarter before today and to invented people."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from oms.demo.people import address_of, somebody
from oms.money import ZERO
from orders.adapters.tabular import Credit, Report, Sale, read, read_profile
from orders.operations import PlacedOrder, PlacedPayment

FILE = Path(__file__).parent / "data" / "online_retail_slice.csv.gz"
PROFILE = "uci-online-retail"
LAST_DAY = date(2011, 12, 9)  # a Friday


def shift_to(today: date) -> timedelta:
    """By how much dates move so that the last day of the slice is today or some days ahead.

    Whole weeks: orders keep their day of the week and time of the day. What would come after now is
    left out, so that the demo always ends today, with work that is fresh.
    """
    return timedelta(days=-(-(today - LAST_DAY).days // 7) * 7)


def documents(now: datetime, report: Report, file: Path = FILE) -> Iterator[Sale | Credit]:
    """Sales and credits with moved dates and invented people, up to now."""
    move = shift_to(now.date())
    for one in read(file, read_profile(PROFILE), currency="GBP", tell=report.add):
        moved = _moved_credit(one, move) if isinstance(one, Credit) else _moved_sale(one, move)
        if moved_at(moved) <= now:
            yield moved


def moved_at(document: Sale | Credit) -> datetime:
    """When it came."""
    at = document.at if isinstance(document, Credit) else document.placed.placed_at
    return at or datetime.max.replace(tzinfo=UTC)


def _moved_credit(credit: Credit, move: timedelta) -> Credit:
    email = somebody(credit.buyer).email
    return replace(credit, at=moved_at(credit) + move, email=email)


def _moved_sale(sale: Sale, move: timedelta) -> Sale:
    placed = sale.placed
    party = somebody(sale.buyer)
    country = placed.shipping_address["country"]
    moved = replace(
        placed,
        customer=party,
        shipping_address=address_of(sale.buyer, country, party.name),
        placed_at=moved_at(sale) + move,
    )
    return replace(sale, placed=replace(moved, payments=_payments(moved)))


def _payments(placed: PlacedOrder) -> tuple[PlacedPayment, ...]:
    """Two of three paid by card at once, the others later: by transfer or on account."""
    goods = sum((line.quantity * line.unit_price - line.discount for line in placed.lines), ZERO)
    total = goods + sum((charge.amount for charge in placed.charges), ZERO)
    kind = int(placed.external_id[-2:]) % 20
    reference = f"ch_{placed.external_id}"
    if kind == 0:
        return (PlacedPayment("on_account", total, "pending"),)
    if kind == 1:
        return (PlacedPayment("card", total, "authorized", reference),)
    return (PlacedPayment("card", total, "captured", reference),)

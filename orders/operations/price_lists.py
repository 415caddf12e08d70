"""Prices into lists, row by row: from a file or through the API, each row told what became of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from inventory import queries as stock
from oms import events
from oms.errors import DomainError, InvalidInput
from oms.history import record_changed, record_created, remove, stamp
from oms.money import is_currency
from oms.querysets import put
from orders.models import Channel, ListPrice, PriceList
from orders.queries.prices import users_of

if TYPE_CHECKING:
    from customers.models import Company, Segment

LARGEST = Decimal(10) ** 12
PLACES = -4
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One row as it was sent: text, with the line a person would look up."""

    line: int
    sku: str
    unit_price: str
    from_quantity: str = "1"


@dataclass(slots=True)
class PriceReport:
    """What became of the rows; `refused` are line, SKU and the reason."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The counts in a sentence."""
        return (
            f"{self.added} added, {self.changed} changed, {self.unchanged} as before,"
            f" {len(self.refused)} refused"
        )


class PriceListImpossible(InvalidInput):
    """What another system says of a list cannot be."""

    code = "price_list_impossible"
    message = "{reason}"


class PriceListInUse(DomainError):
    """Buyers pay by the list, or somebody decides by it."""

    code = "price_list_in_use"
    message = "{name} stays: {reason}."


@dataclass(frozen=True, slots=True)
class ListFace:
    """For whom a list is, in which currency, from when to when; without an end: for good."""

    name: str
    currency: str
    includes_tax: bool = True
    channel: Channel | None = None
    group: str = ""
    company: "Company | None" = None
    segment: "Segment | None" = None
    valid_from: date | None = None
    valid_to: date | None = None
    rank: int = 100
    is_active: bool = True


@transaction.atomic
def put_price_list(code: str, given: ListFace, *, by: str, reason: str) -> tuple[PriceList, bool]:
    """Have a list be as said, made where its code is new; says whether it was. Its prices stay.

    The same again changes nothing; of two who make it at once the later changes what the first one
    made. Raises PriceListImpossible.
    """
    rows = PriceList.objects.select_for_update(of=("self",))
    take_over = partial(_take_over, given=given, by=by, reason=reason)
    row, is_new, is_changed = put(rows, take_over, code=code)
    if is_changed:
        events.record("price_list.set", row, by=by, reason=reason, active=row.is_active)
    return row, is_new


def _take_over(row: PriceList, given: ListFace, *, by: str, reason: str) -> bool:
    """Write what is said onto a list, and save it where that is news. Raises PriceListImpossible."""
    told = {name: getattr(given, name) for name in ListFace.__dataclass_fields__}
    if row.pk and all(getattr(row, name) == value for name, value in told.items()):
        return False
    if given.segment and given.segment.ended_at and given.segment.pk != row.segment_id:
        raise PriceListImpossible(pointer="/segment", reason="This segment has ended.")
    for name, value in told.items():
        setattr(row, name, value)
    if not is_currency(given.currency):
        raise PriceListImpossible(pointer="/currency", reason="There is no such currency.")
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as wrong:
        name, reasons = next(iter(wrong.message_dict.items()))
        pointer = "" if name == "__all__" else f"/{name}"
        raise PriceListImpossible(pointer=pointer, reason=reasons[0]) from wrong
    stamp(row, by=by, reason=reason)
    row.save()
    return True


@transaction.atomic
def remove_prices(
    price_list: PriceList, sku: str, *, by: str, reason: str, from_quantity: int | None = None
) -> int:
    """Take the prices of a product out of a list, or the one from so many units; how many went.

    Orders keep what they were placed at. What is not there is not an error: 0.
    """
    price_list = PriceList.objects.select_for_update().get(pk=price_list.pk)
    found = price_list.prices.filter(product__sku=sku)
    if from_quantity is not None:
        found = found.filter(from_quantity=from_quantity)
    removed = remove(list(found), by=by, reason=reason)
    if removed:
        events.record(
            "price_list.prices_removed", price_list, by=by, reason=reason, removed=removed
        )
    return removed


@transaction.atomic
def remove_price_list(price_list: PriceList, *, by: str, reason: str) -> None:
    """Delete a list with its prices; its history stays.

    Raises PriceListInUse while it is in force for anybody, or open holds compare with it.
    """
    price_list = PriceList.objects.select_for_update().get(pk=price_list.pk)
    if users := users_of(price_list):
        raise PriceListInUse(name=price_list.name, reason=" and ".join(users))

    removed = remove(list(price_list.prices.all()), by=by, reason=reason)
    events.record("price_list.removed", price_list, by=by, reason=reason, prices=removed)
    remove([price_list], by=by, reason=reason)


def set_prices(price_list: PriceList, rows: Sequence[PriceRow], *, by: str) -> PriceReport:
    """Write prices into a list and report row by row; a repeat changes nothing.

    Rows that cannot be are refused, with the reason, and the others are taken; prices that are not
    named stay. Of two rows for the same product and quantity the later is refused.
    """
    return _set(price_list, rows, by=by, keep=True)


def try_prices(price_list: PriceList, rows: Sequence[PriceRow], *, by: str) -> PriceReport:
    """Report what `set_prices` would do; nothing is written."""
    return _set(price_list, rows, by=by, keep=False)


@transaction.atomic
def _set(price_list: PriceList, rows: Sequence[PriceRow], *, by: str, keep: bool) -> PriceReport:
    price_list = PriceList.objects.select_for_update().get(pk=price_list.pk)
    report, wanted = PriceReport(), _understood(rows)
    products = stock.products_by_sku({row.sku for row, *_ in wanted})
    there = {
        (price.product_id, price.from_quantity): price for price in price_list.prices.iterator()
    }
    new: list[ListPrice] = []
    changed: list[ListPrice] = []
    seen: set[tuple[int, int]] = set()
    for row, start, amount, problem in wanted:
        product = products.get(row.sku)
        key = (product.pk if product else 0, start)
        again = "The same product and quantity stand in an earlier row." if key in seen else ""
        unknown = "" if product else "There is no product with this SKU."
        if wrong := problem or unknown or again:
            report.refused.append((row.line, row.sku, wrong))
            continue
        seen.add(key)
        price = there.get(key)
        if price is None:
            made = ListPrice(price_list=price_list, product=product, from_quantity=start)
            made.unit_price = amount
            new.append(made)
        elif price.unit_price == amount:
            report.unchanged += 1
        else:
            price.unit_price = amount
            changed.append(price)
    report.added, report.changed = len(new), len(changed)
    if keep and (new or changed):
        _write(price_list, new, changed, by=by)
    return report


def _write(
    price_list: PriceList, new: list[ListPrice], changed: list[ListPrice], *, by: str
) -> None:
    ListPrice.objects.bulk_create(new, batch_size=BATCH)
    ListPrice.objects.bulk_update(changed, ["unit_price"], batch_size=BATCH)
    record_created(new, by=by, reason="prices set")
    record_changed(changed, by=by, reason="prices set")
    events.record("price_list.prices_set", price_list, by=by, added=len(new), changed=len(changed))


Understood = tuple[PriceRow, int, Decimal, str]


def _understood(rows: Iterable[PriceRow]) -> list[Understood]:
    found: list[Understood] = []
    for row in rows:
        start, amount, wrong = 1, Decimal(0), ""
        try:
            start = int(row.from_quantity or "1")
            amount = Decimal(row.unit_price.replace(" ", ""))
        except (ValueError, InvalidOperation):
            wrong = "Price and quantity must be numbers, such as 12.50 and 10."
        else:
            wrong = _impossible(start, amount)
        found.append((row, start, amount, wrong))
    return found


def _impossible(start: int, amount: Decimal) -> str:
    if not 1 <= start <= 1_000_000_000:  # noqa: PLR2004 (as lines have it)
        return "A price counts from at least 1 unit."
    if not amount.is_finite() or not 0 <= amount < LARGEST:
        return "A price is not negative and less than a million millions."
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < PLACES:
        return "A price has at most four decimals."
    return ""

"""One row of a table understood: who, what, how much; or why it cannot be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from oms.errors import DomainError
from oms.money import ZERO
from orders.adapters.tabular.profile import Profile

T = TypeVar("T")
MOST_DIGITS = 12  # before the decimal point; longer figures are typing errors
LONGEST_SKU = 64


class RowRefused(DomainError):
    """A row that cannot be understood; `kind` is the code in the report."""

    code = "row_refused"

    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        super().__init__("{reason}", reason=reason)


@dataclass(frozen=True, slots=True)
class Item:
    """One understood row."""

    row: int
    sku: str
    name: str
    quantity: int
    price: Decimal
    discount: Decimal
    tax: Decimal | None

    @property
    def amount(self) -> Decimal:
        """What the row comes to."""
        return self.quantity * self.price - self.discount


class Cells:
    """Finds and converts the cells of a row by what they mean."""

    def __init__(self, profile: Profile, columns: Mapping[str, int]) -> None:
        self.profile = profile
        self.columns = columns
        self._zone = profile.zone

    def text(self, cells: Sequence[str], meaning: str) -> str:
        """A cell's text, empty where the file has no such column."""
        at = self.columns.get(meaning)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    def item(self, number: int, cells: Sequence[str]) -> Item:
        """The row as a line of an order. Raises RowRefused, which tells every fault of the row."""
        faults: list[RowRefused] = []

        def tried(read: Callable[[], T], instead: T) -> T:
            try:
                return read()
            except RowRefused as fault:
                faults.append(fault)
                return instead

        has_tax = bool(self.text(cells, "tax_amount"))
        item = Item(
            row=number,
            sku=tried(lambda: self._sku(cells), ""),
            name=self.text(cells, "description"),
            quantity=tried(lambda: self._quantity(self.text(cells, "quantity")), 0),
            price=tried(lambda: self.amount(cells, "unit_price"), ZERO),
            discount=tried(lambda: self.amount(cells, "discount", empty=ZERO), ZERO),
            tax=tried(lambda: self.amount(cells, "tax_amount"), ZERO) if has_tax else None,
        )
        if faults:
            raise RowRefused(faults[0].kind, " ".join(fault.detail for fault in faults))
        return item

    def amount(
        self, cells: Sequence[str], meaning: str, *, empty: Decimal | None = None
    ) -> Decimal:
        """A cell as money. Raises RowRefused for what is no number, and for nothing unless allowed."""
        told = self.text(cells, meaning)
        if not told and empty is not None:
            return empty
        amount = self._number(told)
        if amount is None:
            label = meaning.replace("_", " ")
            raise RowRefused(f"bad_{meaning}", f"The {label} is not an amount.")
        return amount

    def moment(self, cells: Sequence[str]) -> datetime | None:
        """When the order was placed, in UTC; none where the file does not say. Raises RowRefused."""
        told = self.text(cells, "placed_at")
        if not told:
            return None
        moment = self._parsed(told)
        if moment is None:
            raise RowRefused("bad_placed_at", f"The date is in no known form: {self._forms()}.")
        return (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).astimezone(UTC)

    def _forms(self) -> str:
        """The forms of dates that are understood, each by an example."""
        day = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
        forms = [f"{day:%Y-%m-%d}", f"{day:%Y-%m-%dT%H:%M}+01:00"]
        return " or ".join([*forms, *(day.strftime(form) for form in self.profile.date_formats)])

    def _sku(self, cells: Sequence[str]) -> str:
        sku = self.text(cells, "sku")
        if self.profile.upper_case_sku:
            sku = sku.upper()
        if not sku or len(sku) > LONGEST_SKU:
            raise RowRefused("missing_sku", "The row names no product code.")
        return sku

    def _parsed(self, told: str) -> datetime | None:
        try:
            return datetime.fromisoformat(told)
        except ValueError:
            pass
        for form in self.profile.date_formats:
            try:
                return datetime.strptime(told, form)  # noqa: DTZ007 (the zone is the profile's)
            except ValueError:
                continue
        return None

    def _quantity(self, told: str) -> int:
        quantity = self._number(told)
        if quantity is None or quantity != int(quantity):
            raise RowRefused("bad_quantity", "The quantity is not a whole number.")
        return int(quantity)

    def _number(self, told: str) -> Decimal | None:
        """A figure as the file writes it, or none for what is no figure that could be meant."""
        plain = told.replace(".", "").replace(",", ".") if self.profile.decimal_comma else told
        try:
            number = Decimal(plain)
        except InvalidOperation:
            return None
        return number if number.is_finite() and number.adjusted() < MOST_DIGITS else None

"""Rows grouped into sales and credits, in the order of the file."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from orders import operations as orders
from orders.adapters.tabular import files
from orders.adapters.tabular.building import buyer, placed_order
from orders.adapters.tabular.findings import Finding, Level
from orders.adapters.tabular.profile import Profile, ProfileInvalid
from orders.adapters.tabular.rows import Cells, Item, RowRefused

OPEN_GROUPS = 20  # an order whose rows are parted by more other orders than this is two orders
LONGEST_ID = 80
MOST_NAMED = 5  # rows that one sentence names
MOST_TITLES, LONGEST_TITLE = 10, 40  # columns that one sentence names

Tell = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class Sale:
    """An order of the file. `buyer` tells buyers apart within it; empty for a guest."""

    row: int
    buyer: str
    placed: orders.PlacedOrder
    rows: int  # how many rows of the file went into it


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Units that a buyer gives back or no longer wants."""

    row: int
    sku: str
    quantity: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Credit:
    """Units given back, by a document of its own that names no order."""

    row: int
    external_id: str
    buyer: str
    email: str
    at: datetime | None
    lines: tuple[CreditLine, ...]


@dataclass(slots=True)
class Group:
    """The rows of one order while more may come."""

    external_id: str
    row: int
    cells: list[str]  # of the first row: what is told once an order
    customer: str
    items: list[Item] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)  # rows that were left out


def read(
    path: files.Source, profile: Profile, *, currency: str, tell: Tell
) -> Iterator[Sale | Credit]:
    """Sales and credits of a file; what is left out of them is told with its row and reason.

    Raises Unreadable, and ProfileInvalid when a needed column is missing.
    """
    table = files.rows(path, encoding=profile.encoding)
    header = next(table, None)
    if header is None:
        raise ProfileInvalid(name=profile.name, reason="the file is empty")
    if unknown := profile.unknown_in(header[1]):
        tell(Finding(header[0], "", Level.NOTE, "ignored_column", _ignored(unknown)))
    cells = Cells(profile, profile.columns_in(header[1]))
    reader = Reader(cells, currency=profile.currency or currency, tell=tell)
    for group in reader.groups(table):
        yield from reader.documents(group)


def _ignored(titles: list[str]) -> str:
    named = ", ".join(title[:LONGEST_TITLE] for title in titles[:MOST_TITLES])
    more = f" and {len(titles) - MOST_TITLES} more" if titles[MOST_TITLES:] else ""
    return f"Not known, and ignored: column {named}{more}."


class Reader:
    """Makes documents of the rows of one file."""

    def __init__(self, cells: Cells, *, currency: str, tell: Tell) -> None:
        self.cells = cells
        self.profile = cells.profile
        self.currency = currency
        self.tell = tell

    def groups(self, table: Iterable[files.Row]) -> Iterator[Group]:
        """Rows of equal order id; a handful of orders may lie interleaved."""
        groups: OrderedDict[str, Group] = OrderedDict()
        for number, cells in table:
            external_id = self.cells.text(cells, "external_id")
            if self._is_refused(number, external_id):
                continue
            group = groups.get(external_id)
            if group is None:
                customer = self.cells.text(cells, "customer")
                group = groups[external_id] = Group(external_id, number, cells, customer)
                if len(groups) > OPEN_GROUPS:
                    yield groups.popitem(last=False)[1]
            self._add(group, number, cells)
        yield from groups.values()

    def documents(self, group: Group) -> Iterator[Sale | Credit]:
        """The sale or credit that a group is, or nothing when it cannot be either."""
        try:
            at = self.cells.moment(group.cells)
            prefix = self.profile.credit_prefix
            if prefix and group.external_id.startswith(prefix):
                yield from self._credit(group, at)
            else:
                yield from self._sale(group, at)
        except RowRefused as refusal:
            self._leave_out(group.row, group, refusal.kind, refusal.detail)

    def _is_refused(self, number: int, external_id: str) -> bool:
        if not external_id or len(external_id) > LONGEST_ID:
            reason = "The row names no order."
            self.tell(Finding(number, external_id, Level.LEFT_OUT, "missing_order_id", reason))
            return True
        for prefix, reason in self.profile.not_orders.items():
            if external_id.startswith(prefix):
                self.tell(Finding(number, external_id, Level.LEFT_OUT, "not_an_order", reason))
                return True
        return False

    def _add(self, group: Group, number: int, cells: list[str]) -> None:
        customer = self.cells.text(cells, "customer")
        if customer and group.customer and customer != group.customer:
            reason = "The row names another buyer than the first row of its order."
            self._leave_out(number, group, "other_buyer", reason)
            return
        try:
            group.items.append(self.cells.item(number, cells))
        except RowRefused as refusal:
            self._leave_out(number, group, refusal.kind, refusal.detail)

    def _sale(self, group: Group, at: datetime | None) -> Iterator[Sale]:
        goods = [item for item in group.items if self._is_sold(group, item)]
        charges = [item for item in goods if self.profile.charge_kind(item.sku)]
        goods = [item for item in goods if not self.profile.charge_kind(item.sku)]
        if not goods:
            for item in charges:
                reason = f"{item.sku} is a charge, and the order has no product beside it."
                self._leave_out(item.row, group, "no_goods", reason)
            return
        for item in charges:
            kind = self.profile.charge_kind(item.sku)
            self._note(item.row, group, "charge", f"{item.sku} is a charge ({kind}), no product.")
        if group.broken and self.profile.whole_orders:
            self._leave_out_whole(group)
            return
        self._tell_repeats(group, goods)
        self._tell_country(group)
        placed = placed_order(self.cells, group, goods, charges, at=at, currency=self.currency)
        who = group.customer or placed.customer.email
        yield Sale(group.row, who, placed, len(goods) + len(charges))

    def _is_sold(self, group: Group, item: Item) -> bool:
        """Whether a row is something that the buyer is charged for; tells why not."""
        if reason := self.profile.cost_of(item.sku):
            self._leave_out(item.row, group, "not_sold", f"{item.sku}: {reason}")
        elif item.quantity == 0:
            self._leave_out(item.row, group, "bad_quantity", "The quantity is zero.")
        elif self.profile.charge_kind(item.sku):
            if item.amount == 0:
                self._leave_out(item.row, group, "zero_price", f"{item.sku} charges nothing.")
            return item.amount != 0
        elif item.quantity < 0:
            reason = f"{item.quantity} units of {item.sku} outside a credit: a stock correction."
            self._leave_out(item.row, group, "negative_quantity", reason)
        elif item.price < 0:
            self._leave_out(item.row, group, "bad_unit_price", "The price is negative.")
        elif item.price == 0:
            reason = f"{item.sku} has no price: a gift or a note about stock, not a sale."
            self._leave_out(item.row, group, "zero_price", reason)
        else:
            return True
        return False

    def _credit(self, group: Group, at: datetime | None) -> Iterator[Credit]:
        lines = [item for item in group.items if self._is_given_back(group, item)]
        if not lines:
            return
        if not group.customer and not self.cells.text(group.cells, "email"):
            for item in lines:
                reason = "A credit without a buyer matches no sale."
                self._leave_out(item.row, group, "credit_without_buyer", reason)
            return
        email = buyer(self.cells, group).email
        yield Credit(
            row=group.row,
            external_id=group.external_id,
            buyer=group.customer or email,
            email=email,
            at=at,
            lines=tuple(CreditLine(i.row, i.sku, -i.quantity, i.price) for i in lines),
        )

    def _is_given_back(self, group: Group, item: Item) -> bool:
        if reason := self.profile.cost_of(item.sku):
            self._leave_out(item.row, group, "not_sold", f"{item.sku}: {reason}")
        elif self.profile.charge_kind(item.sku):
            reason = f"{item.sku} gives back a charge, and the credit names no order to lower."
            self._leave_out(item.row, group, "charge_credit", reason)
        elif item.quantity >= 0:
            reason = "A credit takes back a negative number of units."
            self._leave_out(item.row, group, "bad_quantity", reason)
        else:
            return True
        return False

    def _tell_repeats(self, group: Group, goods: list[Item]) -> None:
        seen: set[tuple[str, int, Decimal]] = set()
        for item in goods:
            key = (item.sku, item.quantity, item.price)
            if key in seen:
                reason = f"{item.sku} stands in this order before, with the same figures; kept."
                self._note(item.row, group, "repeated_row", reason)
            seen.add(key)

    def _tell_country(self, group: Group) -> None:
        told = self.cells.text(group.cells, "country")
        if told and not self.profile.country_code(told):
            reason = "Its country is none that is known; the order waits for an address."
            self._note(group.row, group, "unknown_country", reason)

    def _leave_out_whole(self, group: Group) -> None:
        broken = ", ".join(str(row) for row in sorted(group.broken)[:MOST_NAMED])
        reason = f"Not placed until its rows can all be used; look at row {broken}."
        self.tell(Finding(group.row, group.external_id, Level.LEFT_OUT, "incomplete_order", reason))

    def _leave_out(self, row: int, group: Group, code: str, reason: str) -> None:
        group.broken.append(row)
        self.tell(Finding(row, group.external_id, Level.LEFT_OUT, code, reason))

    def _note(self, row: int, group: Group, code: str, reason: str) -> None:
        self.tell(Finding(row, group.external_id, Level.NOTE, code, reason))

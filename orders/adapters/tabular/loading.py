"""Sales and credits of a file handed to the operations, in batches, with a report of what was not."""

import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from inventory import operations as inventory
from oms.errors import DomainError
from oms.rehearsing import rehearse
from oms.statistics import Growth
from orders import operations as orders
from orders import queries
from orders.adapters.tabular.files import Source, form_of
from orders.adapters.tabular.findings import Finding, Level, Report
from orders.adapters.tabular.objects import Understand, read_objects
from orders.adapters.tabular.profile import Profile
from orders.adapters.tabular.reading import Credit, CreditLine, Sale, Tell, read
from orders.adapters.tabular.sales import Match, Sales, SoldLine
from orders.models import Channel, Order

MOST_ORDERS = 250  # a batch is placed in one transaction
MOST_LINES = 5_000
RETURN_REASON = "The channel sent a credit."

Progress = Callable[[int], None]  # told the row of the file that was reached
Place = Callable[[Sequence[orders.PlacedOrder]], list[orders.Placed]]


@dataclass(slots=True)
class Summary:
    """What an import did, in figures."""

    rows: int = 0  # rows that went into orders or credits
    placed: int = 0
    known: int = 0  # sent before, with the same content
    refused: int = 0
    held: int = 0
    lines: int = 0
    credits: int = 0  # credit documents with at least one unit matched
    units_credited: int = 0
    products: int = 0
    seconds: float = 0.0
    findings: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def orders(self) -> int:
        """Orders that the file holds, whatever became of them."""
        return self.placed + self.known + self.refused

    @property
    def rows_per_second(self) -> float:
        """Rows that went in, by the clock on the wall."""
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def orders_per_second(self) -> float:
        """Orders of the file, by the clock on the wall."""
        return self.orders / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a file is understood and its orders are placed, where that is not the default."""

    understand: Understand | None = None  # orders of a JSON file; none: such files are unreadable
    place: Place | None = None
    dry_run: bool = False
    progress: Progress = lambda _row: None


def load(
    path: Source, channel: Channel, profile: Profile, report: Report, *, by: str, way: Way
) -> Summary:
    """Read a file and place what it holds; a dry run gives the same report and writes nothing.

    Repeatable: what was placed or credited before is recognised. Raises Unreadable and
    ProfileInvalid.
    """
    begun, progress = time.monotonic(), way.progress
    above = 0 if _is_objects(path, way) else 1  # the header is no row to be read
    with Sales() as sales:
        loader = Loader(channel, profile, report, sales, by=by, way=way)
        for document in _documents(path, channel, profile, way, report.add):
            loader.take(document)
            progress(document.row - above)
        loader.finish()
    loader.summary.seconds = time.monotonic() - begun
    loader.summary.findings = report.counts
    return loader.summary


def _is_objects(path: Source, way: Way) -> bool:
    return way.understand is not None and form_of(path) == "json"


def _documents(
    path: Source, channel: Channel, profile: Profile, way: Way, tell: Tell
) -> Iterator[Sale | Credit]:
    if way.understand is not None and _is_objects(path, way):
        yield from read_objects(path, way.understand, tell=tell)
    else:
        yield from read(path, profile, currency=channel.currency, tell=tell)


def peak_memory_mb() -> float:
    """The most memory that this process ever had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


class Loader:
    """Collects documents into batches and hands each batch to the operations."""

    def __init__(
        self,
        channel: Channel,
        profile: Profile,
        report: Report,
        sales: Sales,
        *,
        by: str,
        way: Way,
    ) -> None:
        self.channel = channel
        self.profile = profile
        self.report = report
        self.sales = sales
        self.by = by
        self.dry_run = way.dry_run
        self.place = way.place or partial(orders.place, channel, by=by)
        self.summary = Summary()
        self._batch: list[Sale] = []
        self._credits: list[Credit] = []
        self._lines = 0
        self._skus: set[str] = set()  # known to be products
        self._growth = Growth(Order)
        self._made: set[str] = set()  # made by this import; a dry run makes them time and again

    def take(self, document: Sale | Credit) -> None:
        """Add a document; a full batch is handed over."""
        if isinstance(document, Credit):
            self._credits.append(document)
            return
        self._batch.append(document)
        self._lines += len(document.placed.lines)
        if len(self._batch) >= MOST_ORDERS or self._lines >= MOST_LINES:
            self.finish()

    def finish(self) -> None:
        """Hand over what is left: sales first, as a credit never takes back a later sale."""
        if self._batch:
            self._place(self._batch)
        for credit in self._credits:
            self._take_back(credit)
        self._batch, self._credits, self._lines = [], [], 0
        self.report.flush()

    def _place(self, batch: list[Sale]) -> None:
        results = rehearse(lambda: self._write(batch)) if self.dry_run else self._write(batch)
        taken = []
        for sale, result in zip(batch, results, strict=True):
            self._count(sale, result)
            if result.error is None:
                taken.append(sale)
        if not self.dry_run:
            self._growth.add(len(taken))
        self.sales.add(line for sale in taken for line in _sold_lines(sale))

    def _write(self, batch: list[Sale]) -> list[orders.Placed]:
        if self.profile.create_products:
            self._introduce(batch)
        self.channel.refresh_from_db()  # a long import obeys what people decide meanwhile
        return self.place([sale.placed for sale in batch])

    def _introduce(self, batch: list[Sale]) -> None:
        names: dict[str, str] = {}
        for line in (line for sale in batch for line in sale.placed.lines):
            if line.sku not in self._skus and not names.get(line.sku):
                names[line.sku] = line.name
        if names:
            made = inventory.introduce(names, by=self.by)
            self._made |= {product.sku for product in made}
            self.summary.products = len(self._made)
        if not self.dry_run:
            self._skus |= names.keys()

    def _count(self, sale: Sale, result: orders.Placed) -> None:
        if result.error:
            self.summary.refused += 1
            self._tell(sale, Level.LEFT_OUT, result.error.code, result.error.detail)
            return
        self.summary.rows += sale.rows
        self.summary.lines += len(sale.placed.lines)
        if not result.created:
            self.summary.known += 1
            return
        self.summary.placed += 1
        self.summary.held += bool(result.detail.holds)
        for hold in result.detail.holds:
            self._tell(sale, Level.HELD, hold.kind, hold.reason)

    def _tell(self, sale: Sale, level: Level, code: str, reason: str) -> None:
        self.report.add(Finding(sale.row, sale.placed.external_id, level, code, reason))

    def _take_back(self, credit: Credit) -> None:
        matches = [match for line in credit.lines for match in self._matched(credit, line)]
        if not matches:
            return
        self.summary.credits += 1
        self.summary.units_credited += sum(match.quantity for match in matches)
        if not self.dry_run:
            self._announce(credit, matches)

    def _matched(self, credit: Credit, line: CreditLine) -> list[Match]:
        """The sales that a credit line takes back; tells how many units found none."""
        wanted = {"price": line.price, "at": credit.at}
        matches = self.sales.take(credit.buyer, line.sku, line.quantity, **wanted)
        missing = line.quantity - sum(match.quantity for match in matches)
        if missing and self._ask_database(credit, line.sku):
            matches += self.sales.take(credit.buyer, line.sku, missing, **wanted)
            missing = line.quantity - sum(match.quantity for match in matches)
        if missing:
            whole = missing == line.quantity
            reason = f"No earlier sale to this buyer has {missing} units of {line.sku} left."
            code = "credit_unmatched" if whole else "credit_partly_matched"
            self.report.add(
                Finding(line.row, credit.external_id, Level.LEFT_OUT, code, reason),
            )
        self.summary.rows += bool(matches)
        return matches

    def _ask_database(self, credit: Credit, sku: str) -> bool:
        """Look for sales of files imported earlier; says whether there may be some now."""
        if not credit.email or not self.sales.is_first_question(credit.buyer, sku):
            return False
        told = queries.units_sold(self.channel, credit.email, sku, reference=credit.external_id)
        known = self.sales.known(credit.buyer, sku)
        found = [row for row in told if (row.external_id, row.position) not in known]
        self.sales.add(
            SoldLine(
                credit.buyer,
                sku,
                row.unit_price,
                row.placed_at,
                row.external_id,
                row.position,
                row.quantity,
            )
            for row in found
        )
        return bool(found)

    def _announce(self, credit: Credit, matches: Iterable[Match]) -> None:
        units: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for match in matches:
            units[match.external_id][match.position] += match.quantity
        found = queries.orders_sent(self.channel, units)
        for external_id, positions in units.items():
            order = found[external_id]
            try:
                orders.announce_return(
                    order,
                    by=self.by,
                    quantities=_by_line(order, positions),
                    reference=credit.external_id,
                    reason=RETURN_REASON,
                )
            except DomainError as error:
                finding = (Level.LEFT_OUT, error.code, error.detail)
                self.report.add(Finding(credit.row, credit.external_id, *finding))


def _by_line(order: Order, positions: dict[int, int]) -> dict[int, int]:
    return {
        line.pk: positions[line.position]
        for line in order.lines.all()
        if line.position in positions
    }


def _sold_lines(sale: Sale) -> Iterable[SoldLine]:
    for position, line in enumerate(sale.placed.lines, start=1):
        yield SoldLine(
            sale.buyer,
            line.sku,
            line.unit_price,
            sale.placed.placed_at,
            sale.placed.external_id,
            position,
            line.quantity,
        )

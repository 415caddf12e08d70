"""What each buyer bought so far, on disk: the place where credits find the sales they take back."""

import sqlite3
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

EVER = "9999"

SCHEMA = """
CREATE TABLE sale (
  id INTEGER PRIMARY KEY, buyer TEXT, sku TEXT, price TEXT, at TEXT,
  external_id TEXT, position INTEGER, left_units INTEGER
);
CREATE INDEX sale_by_buyer ON sale (buyer, sku);
CREATE TABLE asked (buyer TEXT, sku TEXT, PRIMARY KEY (buyer, sku)) WITHOUT ROWID;
"""

# The same price first, then sales that suffice alone, then the latest.
CANDIDATES = """
SELECT id, external_id, position, left_units FROM sale
WHERE buyer = ? AND sku = ? AND at <= ? AND left_units > 0
ORDER BY price = ? DESC, left_units >= ? DESC, at DESC, id DESC
"""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of a sale that may be taken back."""

    buyer: str
    sku: str
    price: Decimal
    at: datetime | None
    external_id: str
    position: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Match:
    """Units of a sale that a credit takes back."""

    external_id: str
    position: int
    quantity: int


class Sales:
    """A scratch table in a file that vanishes with it: a long import costs disk, not memory."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "sales.sqlite3", isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, lines: Iterable[SoldLine]) -> None:
        """Remember lines that may be taken back later."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO sale (buyer, sku, price, at, external_id, position, left_units)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    line.buyer,
                    line.sku,
                    _text(line.price),
                    _moment(line.at, ""),
                    line.external_id,
                    line.position,
                    line.quantity,
                )
                for line in lines
            ),
        )
        self._db.execute("COMMIT")

    def is_first_question(self, buyer: str, sku: str) -> bool:
        """Whether nobody asked about this buyer and SKU before; remembers that somebody did."""
        done = self._db.execute("INSERT OR IGNORE INTO asked VALUES (?, ?)", (buyer, sku))
        return done.rowcount == 1

    def known(self, buyer: str, sku: str) -> set[tuple[str, int]]:
        """Lines already remembered, by order and position."""
        rows = self._db.execute(
            "SELECT external_id, position FROM sale WHERE buyer = ? AND sku = ?", (buyer, sku)
        )
        return set(rows.fetchall())

    def take(
        self, buyer: str, sku: str, quantity: int, *, price: Decimal, at: datetime | None
    ) -> list[Match]:
        """Take units out of earlier sales, as many as there are up to `quantity`."""
        wanted = (buyer, sku, _moment(at, EVER), _text(price), quantity)
        found = []
        for pk, external_id, position, left in self._db.execute(CANDIDATES, wanted).fetchall():
            part = min(left, quantity)
            if part <= 0:
                break
            self._db.execute("UPDATE sale SET left_units = left_units - ? WHERE id = ?", (part, pk))
            found.append(Match(external_id, position, part))
            quantity -= part
        return found


def _text(price: Decimal) -> str:
    return format(price.normalize(), "f")


def _moment(at: datetime | None, otherwise: str) -> str:
    return at.isoformat() if at else otherwise

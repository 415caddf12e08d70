"""What became of rows that did not simply become an order: counted, and kept in a CSV file."""

import csv
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from oms.downloads import harmless

TITLES = ("row", "external_id", "level", "code", "reason")


class Level(StrEnum):
    """How much a finding matters."""

    LEFT_OUT = "left out"  # did not go in; the reason says why
    HELD = "held"  # went in and waits for a person
    NOTE = "note"  # went in otherwise than it stood in the file


@dataclass(frozen=True, slots=True)
class Finding:
    """One row, or the first row of one order, and what is to be said about it."""

    row: int
    external_id: str
    level: Level
    code: str
    reason: str


MOST_KEPT = 10_000  # findings in memory


class Report:
    """Findings in the order of the file's rows, of a batch of orders at a time.

    Reading tells of rows before the orders of their batch are placed and tell of theirs; so a batch
    is sorted when it has ended. No more than so many wait for that: a long file costs no memory.
    """

    def __init__(self, path: Path) -> None:
        """Begin the file; an earlier report under the same name is replaced."""
        self.path = path
        self.counts: Counter[tuple[str, str]] = Counter()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8-sig", newline="")  # Excel reads the mark
        self._writer = csv.writer(self._file)
        self._writer.writerow(TITLES)
        self._kept: list[Finding] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        self._file.close()

    def add(self, finding: Finding) -> None:
        """Write a finding down."""
        self.counts[finding.level, finding.code] += 1
        self._kept.append(finding)
        if len(self._kept) >= MOST_KEPT:
            self.flush()

    def flush(self) -> None:
        """A batch has ended: write what was found, so that a reader sees it."""
        for finding in sorted(self._kept, key=attrgetter("row")):
            self.write(finding)
        self._kept.clear()
        self._file.flush()

    def write(self, finding: Finding) -> None:
        """Write one finding, in its place among the others."""
        told = (finding.level, finding.code, harmless(finding.reason))
        self._writer.writerow((finding.row, harmless(finding.external_id), *told))

    def total(self, level: Level) -> int:
        """How many findings of one level there are."""
        return sum(count for (of, _), count in self.counts.items() if of == level)

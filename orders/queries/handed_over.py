"""Remittances whose money is not on our account yet, and which of them a bank line may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from django.db.models import Exists, F, OuterRef, QuerySet

from orders.models import BankLine, Remittance, RemittancePayout
from orders.queries.bank import words_of

MOST = 12  # of one carrier of which sums are tried


@dataclass(frozen=True, slots=True)
class Lump:
    """Remittances that come to what is left of a line, and why they may be it."""

    remittances: tuple[Remittance, ...]
    amount: Decimal
    why: str


def not_handed_over() -> QuerySet[Remittance]:
    """Remittances that were read and whose net no bank line is, the oldest first."""
    paid = RemittancePayout.objects.filter(remittance=OuterRef("pk"), undone_at=None)
    rows = Remittance.objects.filter(~Exists(paid), collected__gt=F("fees"))
    return rows.exclude(finished_at=None).order_by("pk")


def lumps(line: BankLine, told: dict[str, str]) -> list[Lump]:
    """What carriers handed over by an open line: one remittance, else several of one carrier.

    `told` is what the line says, or nothing for whoever may not read it.
    """
    left = line.amount - line.matched
    rows = list(not_handed_over().filter(currency=line.currency))
    named = {word.upper() for word in words_of(told)}
    whole = [row for row in rows if row.net == left]
    found = [
        Lump((row,), left, "The line names it, and is what it comes to.")
        for row in whole
        if row.number.upper() in named
    ]
    found += [
        Lump((row,), left, "It comes to exactly this.")
        for row in whole
        if (row,) not in [each.remittances for each in found]
    ]
    return found or _together(rows, left)


def _together(rows: Sequence[Remittance], left: Decimal) -> list[Lump]:
    for carrier in dict.fromkeys(row.carrier for row in rows):
        own = [row for row in rows if row.carrier == carrier][:MOST]
        for size in range(2, len(own) + 1):
            for chosen in combinations(own, size):
                if sum(row.net for row in chosen) == left:
                    why = f"Remittances of {carrier}, which come to exactly this together."
                    return [Lump(chosen, left, why)]
    return []

"""Messages of the orders API: from where an order is served, and why."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from inventory.queries.decisions import Candidate, Explained
from oms.wire import message, utc

CENT = Decimal("0.01")


@message
class SourcingFiguresOut(msgspec.Struct):
    """The plan added up. Costs are in the currency in which locations state them."""

    parcels: int
    km: int
    shipping: Decimal
    handling: Decimal
    co2e_g: int
    days: int
    units: int
    missing: int

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> "SourcingFiguresOut":
        """What is not known is nothing."""
        return cls(
            figures.get("parcels", 0),
            figures.get("km", 0),
            _money(figures.get("shipping", 0)),
            _money(figures.get("handling", 0)),
            figures.get("co2e_g", 0),
            figures.get("days", 0),
            figures.get("units", 0),
            figures.get("missing", 0),
        )


@message
class SourcingCandidateOut(msgspec.Struct):
    """A location that was looked at: the units it serves, or the reason why it serves none."""

    location: str
    km: int | None
    units: int
    reason: str

    @classmethod
    def of(cls, row: Candidate) -> "SourcingCandidateOut":
        """As decisions tell it."""
        return cls(row.location, row.km, row.units, row.reason)


@message
class SourcingDecisionOut(msgspec.Struct):
    """A decision about an order: `rule` of `version` (empty: the built-in rule), and what came of it.

    `cause` is why the order was routed: placed, advanced, rejected, rerouted, moved, split.
    `verdict` is complete, partial, none, hold or queue, `sentence` the same in words. `passed_over` are
    rules that were for the order and could not serve all of it. `exact` says whether the plan is proven
    to be the best.
    """

    at: datetime
    cause: str
    verdict: str
    sentence: str
    version: str
    rule: str
    passed_over: list[str]
    exact: bool
    figures: SourcingFiguresOut
    candidates: list[SourcingCandidateOut]

    @classmethod
    def of(cls, row: Explained) -> "SourcingDecisionOut":
        """A decision as it was kept."""
        return cls(
            utc(row.at),
            row.why,
            row.outcome,
            row.sentence,
            row.version,
            row.rule,
            row.passed_over,
            row.exact,
            SourcingFiguresOut.of(row.amounts),
            [SourcingCandidateOut.of(one) for one in row.candidates],
        )


def _money(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(CENT)

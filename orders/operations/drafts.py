"""One order being worked out in memory: its unsaved rows and the events of its placing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from customers.queries import NOBODY, BuysFor
from inventory import operations as inventory
from inventory import queries as stock
from oms.errors import DomainError
from oms.events import Fact
from oms.money import plain
from orders.enums import TransactionKind
from orders.models import (
    Business,
    Hold,
    Order,
    OrderCharge,
    OrderLine,
    Payment,
    PaymentTransaction,
    Promise,
    RuleRun,
)
from orders.operations.payments import EVENT_OF
from orders.operations.sent import PlacedOrder
from orders.queries.balance import Balance
from orders.queries.detail import OrderDetail

if TYPE_CHECKING:
    from inventory.models import Location


@dataclass(slots=True)
class Draft:
    """One order being worked out: its unsaved rows, or the reason why there are none."""

    placed: PlacedOrder
    order: Order = None  # type: ignore[assignment]  # set unless there is an error
    error: DomainError | None = None
    is_new: bool = False
    repeats: "Draft | None" = None  # the same order, earlier in the batch
    lines: list[OrderLine] = field(default_factory=list)
    charges: list[OrderCharge] = field(default_factory=list)
    method: str = ""  # how it is shipped: ours where it is known, else the channel's words
    unnamed: str = ""  # those words, where somebody has to name ours
    holds: list[Hold] = field(default_factory=list)
    runs: list[RuleRun] = field(default_factory=list)  # rules that it fitted
    routed: bool = False  # a rule gave it a tag that routing rules ask about
    payments: list[Payment] = field(default_factory=list)
    transactions: list[PaymentTransaction] = field(default_factory=list)
    allotments: list[stock.Allotment] = field(default_factory=list)
    claim: inventory.Claim | None = None  # what the buyer's basket had set aside
    plans: list[stock.Plan] = field(default_factory=list)  # how it was sourced
    promise: Promise | None = None  # where it waits for supply
    business: Business | None = None  # purchase order number and terms, where there are any
    buys_for: BuysFor = NOBODY  # whose limits it must keep
    pickup: "Location | None" = None  # where the buyer collects it
    by: str = ""
    released: bool = False
    money: Balance = None  # type: ignore[assignment]  # set once concluded

    @property
    def may_allocate(self) -> bool:
        """Whether no hold keeps it from getting stock; its holds know their types."""
        return not any(hold.type.stops_allocation for hold in self.holds)

    def link(self) -> None:
        """Point the rows at the numbered order and payments."""
        promises = [self.promise] if self.promise else []
        terms = [self.business] if self.business else []
        for row in (
            *self.lines,
            *self.charges,
            *self.holds,
            *self.runs,
            *self.payments,
            *promises,
            *terms,
        ):
            row.order = self.order  # type: ignore[attr-defined]  # each of them has one
        for row in self.transactions:
            row.payment = row.payment  # takes over the key

    def takes(self) -> Iterator[inventory.Take]:
        """The stock that the inserted lines want; an allotment's key is the line's index."""
        merged: dict[tuple[int, int, int], list[stock.Allotment]] = defaultdict(list)
        for part in self.allotments:
            merged[part.key, part.level_id, part.location_id].append(part)
        for (key, level, location), parts in merged.items():
            yield inventory.Take(
                self.lines[key].pk,
                level,
                location,
                sum(part.quantity for part in parts),
                self.released,
                draws=tuple(draw for part in parts for draw in part.draws),
                spare=parts[0].spare,
            )

    def sourced(self) -> Iterator[inventory.Sourced]:
        """How the inserted order was sourced; a plan's keys are the lines' indexes."""
        for plan in self.plans:
            yield inventory.Sourced(self.order.pk, plan, [line.pk for line in self.lines])

    def detail(self) -> OrderDetail:
        """The inserted order as it is answered, without reading it back."""
        promises = [self.promise] if self.promise else []
        order, rows = self.order, (self.lines, self.charges, self.holds)
        return OrderDetail(order, *rows, self.money, self.business, promises)

    def facts(self) -> Iterator[Fact]:
        """The events of placing, in the order of the pipeline."""
        order = self.order
        yield Fact("order.placed", order, self._placed_facts())
        for hold in self.holds:
            facts = {"hold": hold.pk, "kind": hold.kind, "reason": hold.reason}
            yield Fact("order.held", order, facts)
        for run in self.runs:
            version = run.version
            facts = {"rule": version.rule.name, "version": version.number}
            yield Fact("order.rule_ran", order, {**facts, "did": run.did, "saw": run.saw})
        yield from self._payment_facts()
        units = [[take.line_id, take.location_id, take.quantity] for take in self.takes()]
        if units and not self.released:
            yield Fact("order.allocated", order, {"units": units})
        missing = [[line.pk, line.backordered] for line in self.lines if line.backordered]
        if missing and self.may_allocate:
            yield Fact("order.backordered", order, {"lines": missing})
        if self.released:
            yield Fact("order.confirmed", order)
            yield Fact("order.released", order, {"units": units})

    def _placed_facts(self) -> dict[str, object]:
        order = self.order
        return {
            "total": plain(order.total, order.currency),
            "currency": order.currency,
            "units": sum(line.quantity for line in self.lines),
            "lines": len(self.lines),
            "day": order.placed_at.date().isoformat(),
            "products": [
                [line.product_id, line.quantity] for line in self.lines if line.product_id
            ],
        }

    def _payment_facts(self) -> Iterator[Fact]:
        order = self.order
        for row in self.transactions:
            facts = {
                "payment": row.payment.number,
                "method": row.payment.method,
                "amount": plain(row.amount, order.currency),
            }
            yield Fact(EVENT_OF[TransactionKind(row.kind)], self.order, facts)

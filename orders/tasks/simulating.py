"""Replaying past orders under two sets of routing rules, side by side; nothing is reserved.

Both sides start from the same stock: what is available now and what those orders took. What was
received in the meantime counts as there from the beginning, so that neither side is favoured.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

from django.utils import timezone

from inventory import queries as stock
from inventory.operations.routing import keep_simulation
from inventory.queries.simulations import Spares, leaving, spares, supply_before, trial_of, under
from inventory.queries.sourcing.days import days_of
from oms import jobs
from oms.models import Job
from orders.enums import ChargeKind, OrderStatus
from orders.models import Order, OrderCharge, OrderLine
from orders.queries.routing import method_of, request_of

MOST_ORDERS = 20_000
AT_ONCE = 500
MOST_CHANGES = 200  # changed orders kept by name, the greatest differences; the file has them all
FIGURES = ("parcels", "km", "cost", "co2e_g", "days", "missing")  # of an order, before and after


@dataclass(slots=True)
class Side:
    """One rule set's replay: its supply, drawn down, and the sums so far."""

    supply: stock.Supply
    spares: Spares  # what each channel leaves
    given: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(int))
    load: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def play(self, request: stock.Request, order: Order) -> stock.Plan:
        """Plan one order as if it were placed at its time."""
        self.supply.days = days_of(self.supply.sites.values(), order.placed_at)
        for location, day in self.supply.days.items():
            day.orders = self.given[location, day.leaves_on]
        with leaving(self.supply, request, self.spares):
            plan = stock.source([request], self.supply)[0]
        for slot in plan.slots:
            self.given[slot] += 1
        self._add(plan, order)
        return plan

    def _add(self, plan: stock.Plan, order: Order) -> None:
        figures, sums = plan.decision.figures, self.sums
        for name in ("parcels", "km", "shipping", "handling", "co2e_g", "units", "missing"):
            sums[name] += figures.get(name, 0)
        sums["served"] += bool(plan.parts)
        sums["split"] += figures.get("parcels", 0) > 1
        sums["asks"] += bool(plan.asks_person)
        sums["late"] += bool(plan.parts) and self._late(plan, order)
        for location in {part.location_id for part in plan.parts}:
            self.load[location][0] += 1
        for part in plan.parts:
            self.load[part.location_id][1] += part.quantity

    def _late(self, plan: stock.Plan, order: Order) -> bool:
        if order.promised_at is None:
            return False
        last = max(self.supply.days[part.location_id].leaves_on for part in plan.parts)
        return last > order.promised_at.date()


def simulate_routing(job: Job) -> None:
    """Run a simulation named by the job and keep its result. Repeatable: it writes nothing else."""
    pk = job.params["simulation"]
    trial = trial_of(pk)
    keys = _keys(trial.days)
    products = OrderLine.objects.filter(order_id__in=keys, product__isnull=False)
    wanted = set(products.values_list("product_id", flat=True))
    supply, left = supply_before(keys, wanted), spares()
    old = Side(under(trial.before, deepcopy(supply)), left)
    new = Side(under(trial.after, supply), left)
    changes = _replay(job, keys, old, new)
    keep_simulation(pk, _result(keys, old, new, changes))
    jobs.attach(job, f"routing-simulation-{pk}.csv", BytesIO(_file(changes).encode()))
    jobs.progress(job, len(keys), max(len(keys), 1))


def _keys(days: int) -> list[int]:
    since = timezone.now() - timedelta(days=days)
    orders = Order.objects.filter(placed_at__gte=since).exclude(status=OrderStatus.CANCELLED)
    return list(orders.order_by("placed_at", "pk").values_list("pk", flat=True)[:MOST_ORDERS])


def _replay(job: Job, keys: list[int], old: Side, new: Side) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    for done, request, order in _requests(keys):
        before, after = old.play(request, order), new.play(request, order)
        if _places(before) != _places(after):
            changes.append({
                "order": order.number, "pk": order.pk,
                "from": _places(before), "to": _places(after),
                "figures": {name: [_figure(before, name), _figure(after, name)] for name in FIGURES},
            })  # fmt: skip
        jobs.progress(job, done, len(keys))
    return changes


def _requests(keys: list[int]) -> Iterator[tuple[int, stock.Request, Order]]:
    """Number, request and order; each as it was asked for, with nothing allocated yet."""
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        lines: dict[int, list[OrderLine]] = defaultdict(list)
        for line in OrderLine.objects.filter(order_id__in=some).order_by("position"):
            lines[line.order_id].append(line)
            lines[line.order_id][-1].allocated = 0
        rows = Order.objects.select_related("channel", "customer").in_bulk(some)
        shipping = OrderCharge.objects.filter(order_id__in=some, kind=ChargeKind.SHIPPING)
        methods = dict(shipping.order_by("-pk").values_list("order_id", "description"))
        for at, pk in enumerate(some, start=start + 1):
            yield (
                at,
                request_of(rows[pk], lines[pk], method=method_of(rows[pk], methods.get(pk, ""))),
                rows[pk],
            )


def _figure(plan: stock.Plan, name: str) -> float:
    figures = plan.decision.figures
    if name == "cost":
        return round(figures.get("shipping", 0) + figures.get("handling", 0), 4)
    figure: float = figures.get(name, 0)
    return figure


def _difference(change: Mapping[str, Any]) -> tuple[float, ...]:
    """How much an order changes: units that wait before money, parcels and kilometres."""
    figures = change["figures"]
    return tuple(
        abs(figures[name][1] - figures[name][0]) for name in ("missing", "cost", "parcels", "km")
    )


def _file(changes: list[dict[str, Any]]) -> str:
    """Every order that would change as CSV, in the order of placing."""
    served = (pk for one in changes for pk, _ in [*one["from"], *one["to"]])
    codes = stock.location_codes(set(served))
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(["order", "served_before", "served_after",
                   *(f"{name}_{side}" for name in FIGURES for side in ("before", "after"))])  # fmt: skip
    for one in changes:
        places = [
            ", ".join(f"{count} from {codes.get(pk, pk)}" for pk, count in one[side])
            for side in ("from", "to")
        ]
        rows.writerow(
            [one["order"], *places, *(x for name in FIGURES for x in one["figures"][name])]
        )
    return text.getvalue()


def _places(plan: stock.Plan) -> list[list[int]]:
    units: dict[int, int] = defaultdict(int)
    for part in plan.parts:
        units[part.location_id] += part.quantity
    return [[location, count] for location, count in sorted(units.items())]


def _result(keys: list[int], old: Side, new: Side, changes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "orders": len(keys),
        "old": dict(old.sums),
        "new": dict(new.sums),
        "load": {str(pk): [*old.load[pk], *new.load[pk]] for pk in sorted({*old.load, *new.load})},
        "changed": len(changes),
        "changes": sorted(changes, key=_difference, reverse=True)[:MOST_CHANGES],
    }

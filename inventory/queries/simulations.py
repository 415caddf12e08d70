"""What a simulation of routing rules is to replay, and from what stock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db.models import F, Sum

from inventory.enums import ReservationState, RuleSetState
from inventory.models import (
    ChannelSafetyStock,
    FenceUse,
    Reservation,
    RoutingRuleSet,
    RoutingSimulation,
    StockLevel,
)
from inventory.queries.fences import Kept
from inventory.queries.sourcing import Request, Rules, Supply, rules_for, supply_of

Spares = Mapping[int, Mapping[int | None, int]]  # channel -> product, or every other -> units


@dataclass(frozen=True, slots=True)
class Trial:
    """A simulation's two sets of rules and how many days of orders it replays."""

    days: int
    before: Rules
    after: Rules


def trial_of(pk: int) -> Trial:
    """What the simulation compares."""
    row = RoutingSimulation.objects.get(pk=pk)
    return Trial(row.days, rules_for(row.against_id), rules_for(row.rule_set_id))


def tried(rule_set: RoutingRuleSet) -> RoutingSimulation | None:
    """The newest finished simulation of what the rule set says now; none where it says something else."""
    rows = rule_set.simulations.exclude(result={}).defer("result").order_by("-pk")
    if rule_set.state == RuleSetState.DRAFT:
        rows = rows.filter(stamp=rule_set.stamp)
    return rows.first()


def is_of_now(row: RoutingSimulation) -> bool:
    """Whether the rules are known not to have changed since; activating changes nothing they say."""
    return row.rule_set.state != RuleSetState.DRAFT or row.stamp == row.rule_set.stamp


def supply_before(order_ids: Iterable[int], product_ids: Iterable[int]) -> Supply:
    """What is available now together with what these orders took, as if they had not been placed.

    Safety stock of locations stays where it is, and what the orders had of fences is behind them
    again. What a channel leaves depends on the order: see `leaving`.
    """
    orders, products = list(order_ids), list(product_ids)
    supply = supply_of(products)
    taken = (
        Reservation.objects.filter(order_line__order_id__in=orders)
        .exclude(state=ReservationState.RELEASED)
        .values_list("level_id", "level__product_id", "level__location_id")
        .annotate(units=Sum("quantity"))
        .order_by()
    )
    free = _free(products)
    for level, product, location, units in taken:
        if location in supply.sites:
            supply.levels[product][location] = level
            free[level] = free.get(level, 0) + units
    for level, units in _fence_again(supply, orders).items():
        free[level] -= units
    supply.available = {level: max(free[level], 0) for level in supply.available | free}
    return supply


@contextmanager
def leaving(supply: Supply, request: Request, spares: Spares) -> Iterator[None]:
    """Take what the request's channel leaves out of the supply, as long as the request is planned."""
    per_product = spares.get(request.taker.channel_id or 0, {})
    left: dict[int, int] = {}
    for product in {demand.product_id for demand in request.demands}:
        spare = per_product.get(product, per_product.get(None, 0))
        for level in supply.levels.get(product, {}).values():
            left[level] = min(spare, supply.available[level])
            supply.available[level] -= left[level]
    yield
    for level, units in left.items():
        supply.available[level] += units


def spares() -> Spares:
    """The safety stock of every channel."""
    found: dict[int, dict[int | None, int]] = defaultdict(dict)
    rows = ChannelSafetyStock.objects.values_list("channel_id", "product_id", "quantity")
    for channel, product, units in rows:
        found[channel][product] = units
    return found


def _free(product_ids: list[int]) -> dict[int, int]:
    """Units by level that are neither reserved nor fenced nor safety stock; fewer than none, too."""
    rows = StockLevel.objects.filter(product_id__in=product_ids, location__is_active=True)
    free = F("on_hand") - F("reserved") - F("safety_stock") - F("fenced")
    return dict(rows.values_list("pk", free))


def _fence_again(supply: Supply, order_ids: list[int]) -> dict[int, int]:
    """Put what the orders had of open fences behind them again; units by level."""
    rows = (
        FenceUse.objects.filter(order_line__order_id__in=order_ids, fence__lifted_at=None)
        .values_list(
            "fence_id",
            "level_id",
            "level__product_id",
            "level__location_id",
            "fence__channel_id",
            "fence__group",
            "fence__location_id",
        )
        .annotate(units=Sum("quantity"))
        .order_by("fence_id", "level_id")
    )
    again: Counter[int] = Counter()
    for fence, level, product, location, channel, group, place, units in rows:
        if units <= 0 or location not in supply.sites:
            continue
        again[level] += units
        kept = Kept(0, fence, level, product, channel, group, place is None, units)
        supply.kept.setdefault(product, []).append(kept)
    return again


def under(rules: Rules, supply: Supply) -> Supply:
    """The supply as these rules see it."""
    supply.rules = rules
    supply.sites = {pk: rules.served(site) for pk, site in supply.sites.items()}
    return supply

"""What a simulation of routing rules is to replay, and from what stock."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum

from inventory.enums import ReservationState
from inventory.models import Reservation, RoutingSimulation
from inventory.queries.sourcing import Rules, Supply, rules_for, supply_of


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


def supply_before(order_ids: Iterable[int], product_ids: Iterable[int]) -> Supply:
    """What is available now together with what these orders took, as if they had not been placed."""
    supply = supply_of(product_ids)
    taken = (
        Reservation.objects.filter(order_line__order_id__in=list(order_ids))
        .exclude(state=ReservationState.RELEASED)
        .values_list("level_id", "level__product_id", "level__location_id")
        .annotate(units=Sum("quantity"))
        .order_by()
    )
    for level, product, location, units in taken:
        if location in supply.sites:
            supply.levels[product][location] = level
            supply.available[level] = supply.available.get(level, 0) + units
    return supply


def under(rules: Rules, supply: Supply) -> Supply:
    """The supply as these rules see it."""
    supply.rules = rules
    supply.sites = {pk: rules.served(site) for pk, site in supply.sites.items()}
    return supply

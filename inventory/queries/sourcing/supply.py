"""Reading what there is to promise, and the rules in force, in one statement."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.enums import MovementKind, RuleSetState
from inventory.models import (
    ChannelSafetyStock,
    LocationDay,
    RoutingRuleSet,
    StockLevel,
    StockMovement,
)
from inventory.queries.fences import kept_units, per_product, takeable
from inventory.queries.sourcing.asked import Site, Supply
from inventory.queries.sourcing.days import days_of
from inventory.queries.sourcing.rules import BUILT_IN, Rules, rules_of
from oms.prepared import prepared


def supply_of(
    product_ids: Iterable[int], *, channel_id: int | None = None, locked: bool = False
) -> Supply:
    """What active locations can promise a channel of these products, and the rule set in force.

    One statement; one more where fences keep some of it; where rules are in force, one more for the days that limit work, and one for
    stock ages when a ranking asks for them. `locked` holds the levels, in key order, until the
    transaction ends: for the second attempt after somebody else was faster.
    """
    wanted, channels = sorted(set(product_ids)), [channel_id or 0]
    if locked:
        rows = list(_levels(wanted, channels).select_for_update(of=("self",)))
    else:
        rows = _seen(wanted=wanted, channels=channels)
    supply, fenced = Supply(), set()
    for level_id, product_id, weight, goods, free, kept, spare, pk, stamp, *place in rows:
        if supply.rules is None:
            supply.rules = BUILT_IN if pk is None else rules_of(pk, stamp)
        supply.goods[product_id] = (weight, goods)
        site = _site(place, supply.rules)
        supply.sites[site.location_id] = site
        available = takeable(0, free, spare)
        if available > 0 or kept:
            supply.levels[product_id][site.location_id] = level_id
            supply.available[level_id] = available
        if kept:
            fenced.add(product_id)
        if spare:
            supply.spare[level_id] = spare
    if fenced:
        there = (row for row in kept_units(fenced) if row.level_id in supply.available)
        supply.kept = per_product(there)
    if supply.rules is not None and supply.rules.pk is not None:
        look_ahead(supply, timezone.now())
    return supply


def look_ahead(supply: Supply, now: datetime) -> None:
    """Add when each location's work would leave, how full that day is, and how old stock is."""
    supply.days = days_of(supply.sites.values(), now)
    capped = [pk for pk, site in supply.sites.items() if site.service.capacity is not None]
    if capped:
        for row in LocationDay.objects.filter(
            location_id__in=capped, day__in={supply.days[pk].leaves_on for pk in capped}
        ):
            day = supply.days[row.location_id]
            if day.leaves_on == row.day:
                day.orders = row.orders
    if "age" in supply.rules.criteria:
        supply.ages = _ages(supply, now)


def _levels(wanted: list[int], channels: list[int]) -> QuerySet[StockLevel, tuple]:
    rows = StockLevel.objects.filter(product_id__any=wanted, location__is_active=True)
    active = RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE)
    return (
        rows.annotate(spare=_spare(channels))
        .order_by("pk")
        .values_list(
            "pk",
            "product_id",
            "product__weight_g",
            "product__goods_class",
            F("on_hand") - F("reserved") - F("safety_stock") - F("fenced"),
            "fenced",
            "spare",
            Subquery(active.values("pk")[:1]),
            Subquery(active.values("stamp")[:1]),
            "location_id",
            "location__priority",
            "location__latitude",
            "location__longitude",
            "location__country",
            "location__kind",
            "location__time_zone",
            "location__cutoff",
        )
    )


_seen = prepared(_levels)


def _spare(channels: list[int]) -> Coalesce:
    """What the channel leaves of a level's product: its own figure, or that of every product."""
    rows = ChannelSafetyStock.objects.filter(channel_id__any=channels)
    own = rows.filter(product_id=OuterRef("product_id")).values("quantity")
    every = rows.filter(product=None).values("quantity")
    return Coalesce(Subquery(own), Subquery(every), 0)


def _site(place: list[Any], rules: Rules) -> Site:
    site = Site(*place)  # in the order of the columns
    return rules.served(site) if rules.network else site


def _ages(supply: Supply, now: datetime) -> dict[int, int]:
    received = StockMovement.objects.filter(
        level_id__in=supply.available, kind=MovementKind.RECEIVED
    )
    last = received.values_list("level_id").annotate(last=Max("at")).order_by()
    return {level: (now - at).days for level, at in last}

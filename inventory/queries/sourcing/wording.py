"""A routing rule in plain words, so that who activates it knows what it does."""

from collections.abc import Mapping, Sequence
from typing import Any

from inventory.enums import LocationKind, OnFailure
from inventory.queries.sourcing.vocabulary import CRITERION, NAMED
from oms import words
from oms.conditions import sentence

FAILS = {
    OnFailure.NEXT: "the next rule is tried",
    OnFailure.SPLIT: "it is split into as many parcels as it takes",
    OnFailure.BACKORDER: "what can be served is, and the rest waits for stock",
    OnFailure.HOLD: "nothing is served and the order goes on hold",
    OnFailure.QUEUE: "nothing is served and a person decides",
}
KINDS = {
    f"kind:{LocationKind.WAREHOUSE}": "warehouses",
    f"kind:{LocationKind.STORE}": "stores",
    f"kind:{LocationKind.THIRD_PARTY}": "third parties",
    f"kind:{LocationKind.SUPPLIER}": "suppliers",
}


def rule_words(rule: Any, groups: Mapping[str, str]) -> str:
    """What a rule does, in four sentences; `groups` are names by code."""
    orders = sentence(rule.conditions, NAMED, empty="")
    parts = [
        f"For orders where {orders}:" if orders else "For every order:",
        f"{_where(rule, groups)}.",
        f"Best is {_ranking(rule.ranking)}.",
        _limits(rule),
        f"If not all can be served this way, {FAILS[OnFailure(rule.on_failure)]}.",
    ]
    return " ".join(part for part in parts if part)


def _where(rule: Any, groups: Mapping[str, str]) -> str:
    names = {**groups, **KINDS}
    said = ["from " + (_listed(rule.groups, names) or "any location")]
    if rule.without:
        said.append(f"but not {_listed(rule.without, names)}")
    if rule.max_km is not None:
        said.append(f"at most {rule.max_km:,} km away")
    if rule.leaves_within is not None:
        said.append(_within(rule.leaves_within))
    if rule.min_accuracy is not None:
        said.append(f"with a stock accuracy of at least {words.percent(rule.min_accuracy)}")
    if rule.keeps_back:
        said.append(f"that keep {words.count(rule.keeps_back, 'unit')} of each product back")
    if rule.minds_capacity:
        said.append("where the day is not full")
    return ", ".join(said)


def _within(days: int) -> str:
    return (
        "from where it leaves today"
        if days == 0
        else f"from where it leaves within {words.count(days, 'day')}"
    )


def _ranking(ranking: Mapping[str, Any]) -> str:
    if prices := ranking.get("prices"):
        weighed = [f"{price} per {_one(name)}" for name, price in prices.items()]
        return f"the least of {', '.join(weighed)} together"
    return ", then ".join(CRITERION[name].words for name in ranking.get("order", ()))


def _one(name: str) -> str:
    """What a price is for one of."""
    row = CRITERION[name]
    return {"parcels": "parcel", "km": "km", "kg": "kg of CO2e", "days": "day"}.get(
        row.unit, f"unit of {row.label.lower()}"
    )


def _limits(rule: Any) -> str:
    said = []
    if rule.max_parcels:
        said.append(f"in at most {words.count(rule.max_parcels, 'parcel')}")
    if rule.min_parcel_value:
        said.append(f"split only where each parcel is worth {rule.min_parcel_value:.2f} or more")
    if rule.one_country:
        said.append("all from one country")
    said += [f"{first} never with {second}" for first, second in rule.apart]
    return f"Only {'; '.join(said)}." if said else ""


def _listed(codes: Sequence[str], names: Mapping[str, str]) -> str:
    said = [names.get(code, code) for code in codes]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)

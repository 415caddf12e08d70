"""Drafting routing rules and putting them in force."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from inventory.enums import OnFailure, RuleSetState
from inventory.models import RoutingRule, RoutingRuleSet, RoutingSimulation
from inventory.models.service import fresh_stamp
from inventory.queries.sourcing.vocabulary import CRITERION, NAMED
from oms import events, jobs, words
from oms.conditions import refuse_bad
from oms.errors import DomainError

COPIED = [
    field.name
    for field in RoutingRule._meta.concrete_fields  # noqa: SLF001 (documented API)
    if field.name not in {"id", "rule_set", "position"}
]


class RulesInForce(DomainError):
    """What is or was in force is never changed."""

    code = "routing_not_a_draft"
    message = "{rules} is {state} and stays as it is; draft a new version from it."


class NoRules(DomainError):
    """A set without rules would decide nothing that the built-in rule does not."""

    code = "routing_no_rules"
    message = "{rules} has no rule yet."


class BadRule(DomainError):
    """A rule ranks by what does not exist, or contradicts itself."""

    code = "routing_bad_rule"
    message = "{reason}"


@transaction.atomic
def draft_rules(
    name: str,
    *,
    by: str,
    based_on: RoutingRuleSet | None = None,
    rules: Sequence[Mapping[str, Any]] = (),
    note: str = "",
) -> RoutingRuleSet:
    """Begin a version of the routing rules: a copy of another, of a template's rules, or empty.

    It decides nothing until it is activated. Raises BadCondition and BadRule.
    """
    for values in rules:
        refuse_bad(values.get("conditions", CATCH_ALL), NAMED)
        _refuse_ranking(values.get("ranking", {}))
    version = RoutingRuleSet.objects.aggregate(last=Max("version"))["last"] or 0
    drafted = RoutingRuleSet.objects.create(
        version=version + 1, name=name, note=note, based_on=based_on, created_by=by
    )
    if based_on is not None:
        rules = [
            {field: getattr(row, field) for field in COPIED}
            for row in based_on.rules.order_by("position")
        ]
    for position, values in enumerate(rules, start=1):
        RoutingRule.objects.create(rule_set=drafted, position=position, **values)
    events.record("routing.drafted", drafted, by=by, version=drafted.version)
    return drafted


@transaction.atomic
def save_rule(
    rule_set: RoutingRuleSet, values: Mapping[str, Any], *, by: str, rule: RoutingRule | None = None
) -> RoutingRule:
    """Add a rule at the end of a draft, or change one of its rules.

    Raises RulesInForce, BadCondition (with the place of each mistake) and BadRule.
    """
    rule_set = _lock_draft(rule_set)
    refuse_bad(values["conditions"], NAMED)
    _refuse_ranking(values["ranking"])
    row = rule or RoutingRule(rule_set=rule_set, position=rule_set.rules.count() + 1)
    for field, value in values.items():
        setattr(row, field, value)
    row.full_clean(exclude=["rule_set"])
    row.save()
    _changed(rule_set, by, rule=row.pk, position=row.position)
    return row


@transaction.atomic
def order_rules(rule_set: RoutingRuleSet, pks: Sequence[int], *, by: str) -> None:
    """Put a draft's rules in this order; rules that are left out are removed. Raises RulesInForce."""
    rule_set = _lock_draft(rule_set)
    rows = {row.pk: row for row in rule_set.rules.all()}
    rule_set.rules.exclude(pk__in=pks).delete()
    kept = [rows[pk] for pk in pks if pk in rows]
    for offset in (len(rows) + 1, 1):  # aside first: two rules never share a position
        for at, row in enumerate(kept):
            row.position = at + offset
        RoutingRule.objects.bulk_update(kept, ["position"])
    _changed(rule_set, by, order=[row.pk for row in kept])


@transaction.atomic
def activate_rules(rule_set: RoutingRuleSet, *, by: str) -> RoutingRuleSet:
    """Put a draft, or a version that was in force before, in force; it decides from this commit on.

    The version in force until now retires. Raises NoRules; RulesInForce when it is in force already.
    """
    found = RoutingRuleSet.objects.lock(
        *RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE).values_list("pk", flat=True),
        rule_set.pk,
    )
    chosen = next(row for row in found if row.pk == rule_set.pk)
    if chosen.state == RuleSetState.ACTIVE:
        raise RulesInForce(rules=str(chosen), state=chosen.state)
    if not chosen.rules.exists():
        raise NoRules(rules=str(chosen))

    for row in found:
        if row.state == RuleSetState.ACTIVE:
            _retire(row, by=by)
    chosen.state, chosen.activated_at, chosen.activated_by = (
        RuleSetState.ACTIVE,
        timezone.now(),
        by,
    )
    chosen.retired_at, chosen.stamp = None, fresh_stamp()
    chosen.save()
    events.record("routing.activated", chosen, by=by, version=chosen.version)
    return chosen


@transaction.atomic
def deactivate_rules(rule_set: RoutingRuleSet, *, by: str) -> RoutingRuleSet:
    """Retire the version in force; the built-in rule decides from now on. Raises RulesInForce."""
    row = RoutingRuleSet.objects.lock_one(rule_set.pk)
    if row.state != RuleSetState.ACTIVE:
        raise RulesInForce(rules=str(row), state=row.state)
    return _retire(row, by=by)


@transaction.atomic
def simulate(rule_set: RoutingRuleSet, *, days: int, by: str) -> RoutingSimulation:
    """Begin to replay the last days' orders under a rule set beside the one in force.

    A worker does it; the simulation's job tells how far it is. Raises NoRules.
    """
    if not rule_set.rules.exists():
        raise NoRules(rules=str(rule_set))
    active = RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE).exclude(pk=rule_set.pk)
    row = RoutingSimulation.objects.create(
        rule_set=rule_set, stamp=rule_set.stamp, against=active.first(), days=days, created_by=by
    )
    title = f"{rule_set} on the orders of {words.count(days, 'day')}"
    row.job = jobs.start("routing", title, {"simulation": row.pk}, by=by)
    row.save(update_fields=["job"])
    return row


def keep_simulation(pk: int, result: Mapping[str, Any]) -> None:
    """Keep what a simulation found."""
    RoutingSimulation.objects.filter(pk=pk).update(result=result)


def network_changed() -> None:
    """Say that groups, calendars, costs or accuracy changed: the rules in force are read anew."""
    RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE).update(stamp=fresh_stamp())


def _retire(row: RoutingRuleSet, *, by: str) -> RoutingRuleSet:
    row.state, row.retired_at = RuleSetState.RETIRED, timezone.now()
    row.save()
    events.record("routing.retired", row, by=by, version=row.version)
    return row


def _lock_draft(rule_set: RoutingRuleSet) -> RoutingRuleSet:
    row = RoutingRuleSet.objects.lock_one(rule_set.pk)
    if row.state != RuleSetState.DRAFT:
        raise RulesInForce(rules=str(row), state=row.state)
    return row


def _changed(rule_set: RoutingRuleSet, by: str, **facts: Any) -> None:
    rule_set.stamp = fresh_stamp()
    rule_set.save(update_fields=["stamp"])
    events.record("routing.changed", rule_set, by=by, version=rule_set.version, **facts)


def _refuse_ranking(ranking: Mapping[str, Any]) -> None:
    named = [*ranking.get("order", ()), *ranking.get("prices", {})]
    if not named:
        raise BadRule(reason="A rule ranks locations by at least one criterion.")
    for name in named:
        if name not in CRITERION:
            raise BadRule(reason=f"Locations cannot be ranked by {name}.")


CATCH_ALL: dict[str, Any] = {"all": []}
WAREHOUSES = ["kind:warehouse", "kind:third_party"]
TEMPLATES: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "nearest": (
        "Nearest first",
        "Every order from the locations nearest to the buyer.",
        [{"name": "Nearest", "ranking": {"order": ["distance", "parcels"]}}],
    ),
    "cheapest": (
        "Cheapest",
        "The least shipping and handling together, as stated at each location.",
        [{"name": "Cheapest", "ranking": {"order": ["cost", "parcels", "distance"]}}],
    ),
    "parcels": (
        "Fewest parcels",
        "As few parcels as possible; among equals the nearest.",
        [{"name": "Fewest parcels", "ranking": {"order": ["parcels", "distance"]}}],
    ),
    "stores_last": (
        "Ship from store last",
        "Warehouses first; stores help only where no warehouse can serve the whole order.",
        [
            {
                "name": "Warehouses",
                "groups": WAREHOUSES,
                "ranking": {"order": ["parcels", "distance"]},
                "on_failure": OnFailure.NEXT,
            },
            {
                "name": "Warehouses and stores",
                "ranking": {"order": ["parcels", "distance"]},
                "on_failure": OnFailure.BACKORDER,
            },
        ],
    ),
    "greenest": (
        "Greenest",
        "The least CO2e on the way to the buyer; then the fewest parcels.",
        [{"name": "Greenest", "ranking": {"order": ["co2e", "parcels", "distance"]}}],
    ),
}


def draft_from_template(key: str, *, by: str) -> RoutingRuleSet:
    """Begin a version with the rules of a template."""
    name, note, rules = TEMPLATES[key]
    return draft_rules(
        name, by=by, note=note, rules=[{"conditions": CATCH_ALL, **r} for r in rules]
    )

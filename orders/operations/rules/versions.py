"""Drafting rules, putting a version in force, switching a rule off, trying a version."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from oms import events, jobs
from oms.conditions import refuse_bad
from oms.errors import DomainError
from orders.enums import RuleMoment, RuleState
from orders.models import Channel, Rule, RuleTrial, RuleVersion
from orders.queries.rules.actions import mistakes_in
from orders.queries.rules.vocabulary import EVENTS, vocabulary

MOST_MINUTES = 7 * 24 * 60


class BadRule(DomainError):
    """A rule does what does not exist, or never acts."""

    code = "bad_rule"
    message = "{reason}"


class RuleInForce(DomainError):
    """A version is put in force once at a time, and a rule that is off cannot be switched off."""

    code = "rule_state"
    message = "{rule} is {state}."


@dataclass(frozen=True, slots=True)
class Wording:
    """What a version says. `actions` as in `orders.queries.rules.actions`."""

    moment: str
    actions: list[dict[str, Any]]
    conditions: dict[str, Any] = field(default_factory=lambda: {"all": []})
    events: list[str] = field(default_factory=list)  # where it acts on events
    every_minutes: int | None = None  # where it acts by schedule
    note: str = ""


@transaction.atomic
def draft_rule(name: str, wording: Wording, *, by: str) -> RuleVersion:
    """Write a new version of the rule of this name, which is made when there is none.

    It acts on nothing until it is activated. Raises BadRule, and BadCondition with the place of
    each mistake.
    """
    _refuse_bad(name, wording)
    rule, _ = Rule.objects.get_or_create(name=name.strip(), defaults={"created_by": by})
    rule = Rule.objects.lock_one(rule.pk)
    last = rule.versions.aggregate(last=Max("number"))["last"] or 0
    version = RuleVersion.objects.create(
        rule=rule, number=last + 1, created_by=by, **asdict(wording)
    )
    events.record("rule.drafted", rule, by=by, version=version.number)
    return version


@transaction.atomic
def activate_rule(version: RuleVersion, *, by: str) -> RuleVersion:
    """Put a draft or an earlier version in force; the one in force until now retires.

    Raises RuleInForce when it is in force already.
    """
    rule = Rule.objects.lock_one(version.rule_id)
    version = RuleVersion.objects.get(pk=version.pk)
    if version.state == RuleState.ACTIVE:
        raise RuleInForce(rule=str(version), state="in force already")

    _retire(rule)
    version.state, version.retired_at = RuleState.ACTIVE, None
    version.activated_by, version.activated_at = by, timezone.now()
    version.next_at = timezone.now() if version.moment == RuleMoment.SCHEDULE else None
    version.save()
    _changed()
    events.record("rule.activated", rule, by=by, version=version.number)
    return version


@transaction.atomic
def switch_off(rule: Rule, *, by: str, reason: str) -> Rule:
    """Let a rule act on nothing any more; its versions and runs stay. Raises RuleInForce."""
    rule = Rule.objects.lock_one(rule.pk)
    if not _retire(rule):
        raise RuleInForce(rule=rule.name, state="off already")
    _changed()
    events.record("rule.switched_off", rule, by=by, reason=reason)
    return rule


@transaction.atomic
def try_rule(version: RuleVersion, *, days: int, by: str) -> RuleTrial:
    """Begin to look which orders of the last days a version is for; a worker does it.

    Nothing is done to any order. The trial's job tells how far it is.
    """
    trial = RuleTrial.objects.create(version=version, days=days, created_by=by)
    title = f"{version} on the orders of {days} days"
    trial.job = jobs.start("rule", title, {"trial": trial.pk}, by=by)
    trial.save(update_fields=["job"])
    return trial


def keep_trial(pk: int, result: Mapping[str, Any]) -> None:
    """Keep what a trial found."""
    RuleTrial.objects.filter(pk=pk).update(result=result)


def _retire(rule: Rule) -> int:
    rows = RuleVersion.objects.filter(rule=rule, state=RuleState.ACTIVE)
    return rows.update(state=RuleState.RETIRED, retired_at=timezone.now())


def _changed() -> None:
    """Let every process read the rules of placing anew."""
    Channel.objects.update(rules_stamp=uuid.uuid4())


def _refuse_bad(name: str, wording: Wording) -> None:
    if not 0 < len(name.strip()) <= 100:  # noqa: PLR2004 (as the column)
        raise BadRule(reason="A rule has a name of at most 100 characters.")
    if wording.moment not in RuleMoment.values:
        raise BadRule(reason=f"There is no moment {wording.moment}.")
    if wording.moment == RuleMoment.EVENT and not wording.events:
        raise BadRule(reason="Choose at least one event.")
    if unknown := set(wording.events) - set(EVENTS):
        raise BadRule(reason=f"Rules do not act on {', '.join(sorted(unknown))}.")
    scheduled = wording.moment == RuleMoment.SCHEDULE
    if scheduled and not 0 < (wording.every_minutes or 0) <= MOST_MINUTES:
        raise BadRule(reason="A schedule says every how many minutes, a week at most.")
    if not scheduled and wording.every_minutes is not None:
        raise BadRule(reason="Only a schedule says every how many minutes.")
    refuse_bad(wording.conditions, vocabulary(wording.moment))
    if mistakes := mistakes_in(wording.actions, wording.moment):
        raise BadRule(reason=" ".join(mistakes[:5]))

"""Drafting rules, putting a version in force, switching a rule off, trying a version."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from oms import events, jobs
from oms.conditions import refuse_bad
from oms.errors import DomainError
from orders.enums import RuleAction, RuleMoment, RuleState, RuleSubject
from orders.models import Channel, HoldType, Rule, RuleTrial, RuleVersion
from orders.operations import holds
from orders.queries.rules.actions import mistakes_in, rights_of, spelt
from orders.queries.rules.vocabulary import EVENTS, vocabulary

MOST_MINUTES = 7 * 24 * 60


class BadRule(DomainError):
    """A rule does what does not exist, or never acts."""

    code = "bad_rule"
    message = "{reason}"


class RuleInForce(DomainError):
    """A version is put in force once at a time, and only what is in force can be switched off."""

    code = "rule_state"
    message = "{rule} is {state}."


class RuleChanged(DomainError):
    """Somebody drafted another version since this person looked."""

    code = "rule_changed"
    message = (
        "{newest} was drafted since you looked. Read it, then switch on the version that you mean."
    )


class RuleNameTaken(DomainError):
    """Two rules of one name could not be told apart."""

    code = "rule_name_taken"
    message = "There is another rule {name}. Write its next version there, or choose another name."


class RightMissing(DomainError):
    """A rule may do no more than whoever switches it on may do by hand."""

    code = "right_missing"
    message = (
        "{rule} would {acts}, which you may not do by hand. "
        "Ask somebody to switch it on who has the right: {rights}."
    )


@dataclass(frozen=True, slots=True)
class Wording:
    """What a version says. `actions` as in `orders.queries.rules.actions`."""

    moment: str
    actions: list[dict[str, Any]]
    conditions: dict[str, Any] = field(default_factory=lambda: {"all": []})
    events: list[str] = field(default_factory=list)  # where it acts on events
    every_minutes: int | None = None  # where it acts by schedule
    note: str = ""
    subject: str = RuleSubject.ORDER.value


@transaction.atomic
def draft_rule(name: str, wording: Wording, *, by: str) -> RuleVersion:
    """Write a new version of the rule of this name, which is made when there is none.

    It acts on nothing until it is activated. Raises BadRule, and BadCondition with the place of
    each mistake.
    """
    _refuse_bad(name, wording)
    rule, _ = Rule.objects.get_or_create(
        name=name.strip(), defaults={"created_by": by, "position": _last_position()}
    )
    return _next_version(Rule.objects.lock_one(rule.pk), wording, by=by)


@transaction.atomic
def redraft_rule(rule: Rule, name: str, wording: Wording, *, by: str) -> RuleVersion:
    """Write the next version of a rule, under this name from now on.

    Raises RuleNameTaken when another rule has the name, BadRule and BadCondition.
    """
    _refuse_bad(name, wording)
    rule, name = Rule.objects.lock_one(rule.pk), name.strip()
    if Rule.objects.filter(name=name).exclude(pk=rule.pk).exists():
        raise RuleNameTaken(name=name)

    if name != rule.name:
        before, rule.name = rule.name, name
        rule.save(update_fields=["name"])
        events.record("rule.renamed", rule, by=by, before=before, after=name)
    return _next_version(rule, wording, by=by)


@transaction.atomic
def order_rules(keys: Sequence[int], *, by: str) -> None:
    """Let rules run in this order; those that are not named follow, as they were.

    Orders that are looked at meanwhile see the order of before or after, never a mixture.
    """
    rules = {
        rule.pk: rule for rule in Rule.objects.lock(*Rule.objects.values_list("pk", flat=True))
    }
    rest = sorted(rules.values(), key=lambda rule: (rule.position, rule.pk))
    named = [rules[pk] for pk in dict.fromkeys(keys) if pk in rules]
    for at, rule in enumerate([*named, *(one for one in rest if one not in named)], start=1):
        if rule.position != at:
            before, rule.position = rule.position, at
            rule.save(update_fields=["position"])
            events.record("rule.moved", rule, by=by, before=before, after=at)
    _changed()


@transaction.atomic
def activate_rule(
    version: RuleVersion,
    *,
    by: str,
    may: Callable[[str], bool],
    newest: int | None = None,
) -> RuleVersion:
    """Put a draft or an earlier version in force; the one in force until now retires.

    `may` says whether whoever asks has a permission of the back office: a rule does what its
    activator may do by hand. `newest` is the number of the newest version that the person has
    seen. Raises RuleChanged when there is a newer one, RuleInForce when the version is in force
    already, RightMissing, NotYoursToLift for holds that their types let others lift, and BadRule
    when what it names is there no longer.
    """
    rule = Rule.objects.lock_one(version.rule_id)
    version = RuleVersion.objects.select_related("rule").get(pk=version.pk)
    last = rule.versions.order_by("-number")[0]
    if newest is not None and last.number > newest:
        raise RuleChanged(newest=str(last))
    if version.state == RuleState.ACTIVE:
        raise RuleInForce(rule=str(version), state="in force already")
    _refuse_overreaching(version, may)
    _refuse_lifting(version, by)

    _retire(rule)
    version.state, version.retired_at = RuleState.ACTIVE, None
    version.activated_by, version.activated_at = by, timezone.now()
    version.next_at = timezone.now() if version.moment == RuleMoment.SCHEDULE else None
    version.save()
    _changed()
    events.record("rule.activated", rule, by=by, version=version.number)
    return version


@transaction.atomic
def switch_off(rule: Rule, *, by: str, reason: str, version: RuleVersion | None = None) -> Rule:
    """Let a rule act on nothing any more; its versions and runs stay.

    Raises RuleInForce when it is off, or when `version` is given and another one is in force.
    """
    rule = Rule.objects.lock_one(rule.pk)
    active = rule.versions.filter(state=RuleState.ACTIVE).first()
    if active is None:
        raise RuleInForce(rule=rule.name, state="off already")
    if version is not None and version.pk != active.pk:
        raise RuleInForce(
            rule=str(version), state=f"not in force; version {active.number} of it is"
        )

    _retire(rule)
    _changed()
    events.record("rule.switched_off", rule, by=by, reason=reason, version=active.number)
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


def _next_version(rule: Rule, wording: Wording, *, by: str) -> RuleVersion:
    last = rule.versions.aggregate(last=Max("number"))["last"] or 0
    wording = replace(wording, actions=spelt(wording.actions))
    version = RuleVersion.objects.create(
        rule=rule, number=last + 1, created_by=by, **asdict(wording)
    )
    events.record("rule.drafted", rule, by=by, version=version.number)
    return version


def _last_position() -> int:
    return (Rule.objects.aggregate(last=Max("position"))["last"] or 0) + 1


def _refuse_overreaching(version: RuleVersion, may: Callable[[str], bool]) -> None:
    lacking = {
        right: words for right, words in rights_of(version.actions).items() if not may(right)
    }
    if lacking:
        raise RightMissing(
            rule=version.rule.name,
            acts=" and ".join(dict.fromkeys(lacking.values())),
            rights=", ".join(lacking),
        )


def _refuse_lifting(version: RuleVersion, by: str) -> None:
    kinds = {row["kind"] for row in version.actions if row["do"] == RuleAction.LIFT}
    holds.refuse_others(HoldType.objects.filter(code__in=kinds), by)
    if mistakes := mistakes_in(version.actions, version.moment, version.subject):
        raise BadRule(reason=" ".join(mistakes[:5]))


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
    if wording.subject not in RuleSubject.values:
        raise BadRule(reason=f"Rules look at no {wording.subject}.")
    if wording.subject != RuleSubject.ORDER and wording.moment != RuleMoment.SCHEDULE:
        raise BadRule(reason="Products and purchase orders are looked at again and again.")
    if wording.moment == RuleMoment.EVENT and not wording.events:
        raise BadRule(reason="Choose at least one event.")
    if unknown := set(wording.events) - set(EVENTS):
        raise BadRule(reason=f"Rules do not act on {', '.join(sorted(unknown))}.")
    scheduled = wording.moment == RuleMoment.SCHEDULE
    if scheduled and not 0 < (wording.every_minutes or 0) <= MOST_MINUTES:
        raise BadRule(reason="A schedule says every how many minutes, a week at most.")
    if not scheduled and wording.every_minutes is not None:
        raise BadRule(reason="Only a schedule says every how many minutes.")
    refuse_bad(wording.conditions, vocabulary(wording.moment, wording.subject))
    if mistakes := mistakes_in(wording.actions, wording.moment, wording.subject):
        raise BadRule(reason=" ".join(mistakes[:5]))

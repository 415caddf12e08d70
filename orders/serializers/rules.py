"""Messages about rules for orders."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from oms.wire import Sent, message, utc
from orders.models import RuleRun, RuleTrial, RuleVersion
from orders.queries.rules.wording import version_words


@message
class RuleIn(Sent):
    """A new version of the rule of this name; `conditions` and `actions` are trees of data."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    moment: str
    actions: list[dict[str, Any]]
    conditions: dict[str, Any] = msgspec.field(default_factory=lambda: {"all": []})
    events: list[str] = []
    every_minutes: int | None = None
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    subject: str = "order"


@message
class RuleOut(msgspec.Struct):
    """A version of a rule; `rule` is what all its versions share, `says` is it in words."""

    rule: int
    name: str
    version: int
    state: str
    says: str
    subject: str
    moment: str
    events: list[str]
    every_minutes: int | None
    conditions: dict[str, Any]
    actions: list[dict[str, Any]]
    note: str
    created_at: datetime
    activated_at: datetime | None

    @classmethod
    def of(cls, version: RuleVersion) -> "RuleOut":
        """As the API shows it."""
        return cls(
            rule=version.rule_id,
            name=version.rule.name,
            version=version.number,
            state=version.state,
            says=version_words(version),
            subject=version.subject,
            moment=version.moment,
            events=version.events,
            every_minutes=version.every_minutes,
            conditions=version.conditions,
            actions=version.actions,
            note=version.note,
            created_at=version.created_at,
            activated_at=utc(version.activated_at),
        )


@message
class RuleRunOut(msgspec.Struct):
    """What a version saw and what came of each action; `about` is an order, SKU or purchase order."""

    about: str
    order: str | None
    version: int
    trigger: str
    outcome: str
    saw: dict[str, Any]
    did: list[dict[str, Any]]
    at: datetime

    @classmethod
    def of(cls, run: RuleRun) -> "RuleRunOut":
        """As the API shows it."""
        return cls(
            about=run.about,
            order=run.order.number if run.order else None,
            version=run.version.number,
            trigger=run.trigger,
            outcome=run.outcome,
            saw=run.saw,
            did=run.did,
            at=run.at,
        )


@message
class RuleOrderIn(Sent):
    """Rules by their ids, the first to look first."""

    rules: Annotated[list[int], msgspec.Meta(max_length=1_000)]


@message
class TrialIn(Sent):
    """How many days of past orders."""

    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 30


@message
class TrialOut(msgspec.Struct):
    """A back-test: `state` and progress of its job, then what it found.

    `result` has how many orders were looked at and matched, both for each day they were placed on
    (`by_day`), the worth of the matches by currency, what each action would have come to
    (`effects`: `done`, `nothing` to change, `refused`), the stages in which the matches are `today`,
    how many are `unknown` because their buyer was erased, and the newest 200 matches, each with the
    moment `at` which the version would first have acted and the stage `then`.
    """

    trial: int
    version: int
    days: int
    state: str
    done: int
    total: int
    result: dict[str, Any]

    @classmethod
    def of(cls, trial: RuleTrial) -> "TrialOut":
        """As the API shows it."""
        job = trial.job
        return cls(
            trial=trial.pk,
            version=trial.version.number,
            days=trial.days,
            state=job.state if job else "done",
            done=job.done if job else 0,
            total=job.total if job else 0,
            result=trial.result,
        )

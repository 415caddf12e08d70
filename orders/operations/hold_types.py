"""Types of holds: added and changed as data, with history."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.db import transaction

from oms import events
from oms.conditions import refuse_bad
from oms.errors import DomainError
from oms.history import stamp
from orders.enums import LiftedBy, ReleaseTest
from orders.models import HoldType
from orders.queries.rules.vocabulary import AFTERWARDS


class HoldTypeExists(DomainError):
    """Codes name types in messages and rules, so each is there once."""

    code = "hold_type_exists"
    message = "There is a type of hold {kind} already."


class HoldTypeProtected(DomainError):
    """Operations place and end these holds by themselves; changed, they would do something else."""

    code = "hold_type_protected"
    message = "The system itself places and ends holds of the type {kind}; it stays as it is."


class BadHoldType(DomainError):
    """A type that could not do what it says."""

    code = "bad_hold_type"
    message = "{reason}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a type says; times in hours, `conditions` as in oms.conditions."""

    name: str
    unblock: str = ""
    owner: str = ""
    due_hours: int | None = None
    escalate_hours: int | None = None
    escalate_to: str = ""
    test: str = ""
    conditions: dict[str, Any] = field(default_factory=dict)
    stops_allocation: bool = True
    stops_capture: bool = False
    lifted_by: str = LiftedBy.ANYONE.value
    needs_person: bool = True
    is_active: bool = True


@transaction.atomic
def add_hold_type(code: str, terms: Terms, *, by: str) -> HoldType:
    """Add a type of hold. Raises HoldTypeExists, BadHoldType and BadCondition."""
    if HoldType.objects.filter(code=code).exists():
        raise HoldTypeExists(kind=code)
    terms = _checked(terms)

    kind = HoldType(code=code, **asdict(terms))
    stamp(kind, by=by)
    kind.save()
    events.record("hold_type.added", kind, by=by, code=code)
    return kind


@transaction.atomic
def change_hold_type(kind: HoldType, terms: Terms, *, by: str) -> HoldType:
    """Change what a type says; its code stays.

    Open holds keep the owner and times they were given; test and what they stop count from now on.
    Raises HoldTypeProtected, BadHoldType and BadCondition.
    """
    kind = HoldType.objects.select_for_update().get(pk=kind.pk)
    if kind.is_protected:
        raise HoldTypeProtected(kind=kind.code)
    terms = _checked(terms)

    for name, value in asdict(terms).items():
        setattr(kind, name, value)
    stamp(kind, by=by)
    kind.full_clean()
    kind.save()
    events.record("hold_type.changed", kind, by=by, code=kind.code)
    return kind


def _checked(terms: Terms) -> Terms:
    """The same terms, without conditions that nothing asks."""
    if terms.lifted_by == LiftedBy.NOBODY and not terms.test:
        raise BadHoldType(reason="What nobody may lift needs a test that does.")
    if terms.lifted_by == LiftedBy.OWNERS and not terms.owner:
        raise BadHoldType(reason="Say which role looks after it, if only that role lifts it.")
    if terms.test != ReleaseTest.CONDITION:
        return replace(terms, conditions={})
    refuse_bad(terms.conditions, AFTERWARDS)
    if not any(terms.conditions.values()):
        raise BadHoldType(reason="A condition of its own has at least one comparison.")
    return terms

"""Reason codes: which movement may give which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from inventory.enums import MovementKind
from inventory.models import ReasonCode
from oms import events
from oms.errors import DomainError
from oms.history import stamp


class UnknownReason(DomainError):
    """There is no such reason code, it is switched off, or it is for other kinds of movements."""

    code = "unknown_reason"
    message = "{reason} is no reason code for movements of the kind {kind}; known: {known}."


class ReasonMissing(DomainError):
    """Whoever changes stock by hand says why."""

    code = "reason_missing"
    message = "A reason code is needed to change stock by hand."


class ReasonProtected(DomainError):
    """Operations give this reason by name; changed, they would fail or say something else."""

    code = "reason_protected"
    message = "The system itself gives the reason {reason}; it stays as it is."


class ReasonExists(DomainError):
    """Codes name reasons in files and messages, so each is there once."""

    code = "reason_exists"
    message = "There is a reason {reason} already."


class NoSuchKind(DomainError):
    """A reason is for kinds of movements that exist."""

    code = "reason_kind_unknown"
    message = "There is no kind of movement {kind}."


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody changes stock by hand: a reason code, own words, a document where there is one."""

    code: str
    words: str = ""
    reference: str = ""

    def given(self) -> str:
        """The code. Raises ReasonMissing when there is none."""
        if not self.code:
            raise ReasonMissing
        return self.code


@transaction.atomic
def add_reason(code: str, *, by: str, name: str, kinds: Sequence[str] = ()) -> ReasonCode:
    """Add a reason for movements of these kinds (none: all). Raises ReasonExists and NoSuchKind."""
    if ReasonCode.objects.filter(code=code).exists():
        raise ReasonExists(reason=code)
    _refuse_kinds(kinds)

    reason = ReasonCode(code=code, name=name, kinds=list(kinds))
    stamp(reason, by=by)
    reason.save()
    events.record("reason.added", reason, by=by, code=code)
    return reason


@transaction.atomic
def change_reason(
    reason: ReasonCode, *, by: str, name: str, kinds: Sequence[str], is_active: bool
) -> ReasonCode:
    """Rename a reason, say what it is for, switch it off or on; its code stays.

    Movements that gave it keep it. Raises ReasonProtected for those in `GIVEN_BY_OPERATIONS`, and
    NoSuchKind.
    """
    reason = ReasonCode.objects.select_for_update().get(pk=reason.pk)
    if reason.is_protected:
        raise ReasonProtected(reason=reason.code)
    _refuse_kinds(kinds)

    reason.name, reason.kinds, reason.is_active = name, list(kinds), is_active
    stamp(reason, by=by)
    reason.save(update_fields=["name", "kinds", "is_active"])
    events.record("reason.changed", reason, by=by, code=reason.code, is_active=is_active)
    return reason


def _refuse_kinds(kinds: Iterable[str]) -> None:
    for kind in kinds:
        if kind not in MovementKind.values:
            raise NoSuchKind(kind=kind)


def reason_ids(wanted: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Keys of reason codes by code, for pairs of code and movement kind; no code needs none.

    Raises UnknownReason.
    """
    pairs = {(code, kind) for code, kind in wanted if code}
    if not pairs:
        return {}
    found = {row.code: row for row in ReasonCode.objects.filter(code__in={c for c, _ in pairs})}
    for code, kind in sorted(pairs):
        if code not in found or not found[code].fits(kind):
            fits = [row.code for row in ReasonCode.objects.order_by("code") if row.fits(kind)]
            raise UnknownReason(reason=code, kind=kind, known=", ".join(fits) or "none")
    return {code: row.pk for code, row in found.items()}

"""Reason codes: which movement may give which."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.models import ReasonCode
from oms.errors import DomainError


class UnknownReason(DomainError):
    """There is no such reason code, it is switched off, or it is for other kinds of movements."""

    code = "unknown_reason"
    message = "{reason} is no reason code for movements of the kind {kind}."


class ReasonMissing(DomainError):
    """Whoever changes stock by hand says why."""

    code = "reason_missing"
    message = "A reason code is needed to change stock by hand."


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
            raise UnknownReason(reason=code, kind=kind)
    return {code: row.pk for code, row in found.items()}

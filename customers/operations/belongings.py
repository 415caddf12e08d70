"""What a survivor of a merge lacks and takes over, and gives back when the merge is undone."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from customers.models import Buyer, ContactPreference, Customer, CustomerMerge
from customers.operations.delivery import keep_wishes
from customers.queries import preference_of, profile_of, root_of
from oms.history import stamp


def take_over(merged: Customer, survivor: Customer, *, by: str, reason: str) -> dict[str, Any]:
    """Give a locked survivor company, role, limits and wishes where it has none; says what.

    What the merged one has stopped stays stopped.
    """
    taken: dict[str, Any] = {}
    if survivor.company_id is None and merged.company_id is not None:
        _set_company(survivor, merged.company_id, by=by, reason=reason)
        taken["company"] = merged.company_id
    buyer = Buyer.objects.filter(customer=merged).first()
    belongs = survivor.company_id == merged.company_id
    if buyer and belongs and not Buyer.objects.filter(customer=survivor).exists():
        _hand(buyer, survivor, by=by, reason=reason)
        taken["buyer"] = buyer.pk
    wishes: Any = profile_of(merged).get("delivery")
    if wishes and not profile_of(survivor).get("delivery"):
        keep_wishes(survivor, wishes, by=by, reason=reason)
        taken["wishes"] = True
    return {**taken, **_take_wishes(merged, survivor, by=by, reason=reason)}


def give_back(
    merged: Customer, survivor: Customer, taken: dict[str, Any], *, by: str, reason: str
) -> None:
    """Take from a locked survivor what it got by a merge, as far as nobody changed it since."""
    if taken.get("company") and survivor.company_id == taken["company"]:
        _set_company(survivor, None, by=by, reason=reason)
    buyer = Buyer.objects.filter(pk=taken.get("buyer", 0), customer=survivor).first()
    if buyer:
        _hand(buyer, merged, by=by, reason=reason)
    _give_wishes_back(merged, survivor, taken, by=by, reason=reason)
    if taken.get("wishes") and survivor.subject.erased_at is None:
        same = profile_of(survivor).get("delivery") == profile_of(merged).get("delivery")
        if same:
            keep_wishes(survivor, {}, by=by, reason=reason)


def decided_since(
    survivor: Customer, messages: Collection[str], *, of: Collection[str] = ("muted", "own")
) -> None:
    """Note that messages were stopped or allowed by a locked survivor since others were merged in.

    Undoing a merge then neither takes the stop from the survivor (`muted`) nor keeps it from the
    merged one as older than the merge (`own`).
    """
    for merge in CustomerMerge.objects.filter(survivor=survivor, undone_at=None):
        rest = {name: set(merge.taken.get(name, [])) - set(messages) for name in of}
        merge.taken |= {name: sorted(events) for name, events in rest.items()}
        merge.save(update_fields=["taken"])


def _take_wishes(merged: Customer, survivor: Customer, *, by: str, reason: str) -> dict[str, Any]:
    """What the person has stopped under one number is stopped; a language where there was none.

    `own` is what the survivor had stopped before.
    """
    theirs, ours = preference_of(merged), preference_of(survivor)
    muted = sorted(set(theirs.muted) - set(ours.muted))
    language = "" if ours.language else theirs.language
    taken = {"own": ours.muted} if ours.muted else {}
    if muted or language:
        _keep_wishes(
            ours, muted=ours.muted + muted, language=ours.language or language, by=by, reason=reason
        )
        taken |= {"muted": muted, "language": language}
    return taken


def _give_wishes_back(
    merged: Customer, survivor: Customer, taken: dict[str, Any], *, by: str, reason: str
) -> None:
    """What was stopped since, by either, is stopped for the merged one, too.

    The survivor loses what came with the merge, unless it was stopped again under their number.
    """
    ours, theirs = preference_of(survivor), preference_of(merged)
    since = set(preference_of(root_of(survivor)).muted) - set(taken.get("own", []))
    if merged.subject.erased_at is None and not since <= set(theirs.muted):
        both = since | set(theirs.muted)
        _keep_wishes(theirs, muted=[*both], language=theirs.language, by=by, reason=reason)
    language = "" if ours.language == taken.get("language") else ours.language
    muted = [event for event in ours.muted if event not in taken.get("muted", [])]
    if ours.pk and (muted, language) != (ours.muted, ours.language):
        _keep_wishes(ours, muted=muted, language=language, by=by, reason=reason)


def _keep_wishes(
    row: ContactPreference, *, muted: list[str], language: str, by: str, reason: str
) -> None:
    row.muted, row.language, row.changed_at = sorted(muted), language, timezone.now()
    stamp(row, by=by, reason=reason)
    row.save()


def _set_company(customer: Customer, company_id: int | None, *, by: str, reason: str) -> None:
    customer.company_id = company_id
    stamp(customer, by=by, reason=reason)
    customer.save(update_fields=["company"])


def _hand(buyer: Buyer, to: Customer, *, by: str, reason: str) -> None:
    buyer.customer = to
    stamp(buyer, by=by, reason=reason)
    buyer.save(update_fields=["customer"])

"""What a survivor of a merge lacks and takes over, and gives back when the merge is undone."""

from typing import Any

from django.utils import timezone

from customers.models import Buyer, ContactPreference, Customer
from customers.operations.delivery import keep_wishes
from customers.queries import preference_of, profile_of
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
    _give_wishes_back(survivor, taken, by=by, reason=reason)
    if taken.get("wishes") and survivor.subject.erased_at is None:
        same = profile_of(survivor).get("delivery") == profile_of(merged).get("delivery")
        if same:
            keep_wishes(survivor, {}, by=by, reason=reason)


def _take_wishes(merged: Customer, survivor: Customer, *, by: str, reason: str) -> dict[str, Any]:
    """What the person has stopped under one number is stopped; a language where there was none."""
    theirs, ours = preference_of(merged), preference_of(survivor)
    muted = sorted(set(theirs.muted) - set(ours.muted))
    language = "" if ours.language else theirs.language
    if muted or language:
        _keep_wishes(
            ours, muted=ours.muted + muted, language=ours.language or language, by=by, reason=reason
        )
    return {"muted": muted, "language": language} if muted or language else {}


def _give_wishes_back(survivor: Customer, taken: dict[str, Any], *, by: str, reason: str) -> None:
    ours, gone = preference_of(survivor), set(taken.get("muted", []))
    language = "" if ours.language == taken.get("language") else ours.language
    muted = [event for event in ours.muted if event not in gone]
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

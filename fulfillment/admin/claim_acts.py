"""The buttons of claims; each makes one operation call."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.enums import ActionVariant

from fulfillment import forms, operations, queries
from fulfillment.enums import ClaimRemedy
from fulfillment.models import Claim, Shipment
from fulfillment.queries.claims import WAITED_FOR, claimable_kinds
from oms import words
from oms.admin import Act, ActForm, ReasonForm, Told, Undo, actor
from oms.errors import DomainError
from orders.admin import previews
from orders.forms.changing import seen_of
from orders.operations import Preview, as_seen

Data = dict[str, Any]
ADD = "fulfillment.add_claim"
CHANGE = "fulfillment.change_claim"
BOOK = "fulfillment.book_claim"
NEEDS = {
    ClaimRemedy.REFUND: "fulfillment.change_return",
    ClaimRemedy.REPLACEMENT: "orders.add_order",
}
NOT_WITH_CARRIER = ("Nothing is waited for from its carrier.", ~Q(status__in=WAITED_FOR))


class RemedyNotYours(DomainError):
    """A role may claim and still not give money or goods away."""

    code = "remedy_not_yours"
    message = "Your role may not give that to the buyer; open the claim without it."


def may_claim(name: str) -> Callable[[Claim], bool]:
    """Whether the claim allows this act now."""
    return lambda claim: name in queries.allowed_claim_actions(claim)


def claimable(shipment: Shipment) -> bool:
    """Something of it can be claimed now."""
    return bool(claimable_kinds(shipment))


def open_claim(request: HttpRequest, shipment: Shipment, data: Data) -> HttpResponse:
    """Write it down, and go to its page."""
    asked = _asked(request, data)
    claim = as_seen(
        shipment.order,
        lambda: operations.open_claim(shipment, by=actor(request), asked=asked),
        seen=seen_of(request.POST),
    )
    return HttpResponseRedirect(reverse("admin:fulfillment_claim_change", args=[claim.pk]))


def preview_claim(request: HttpRequest, shipment: Shipment, form: ActForm) -> HttpResponse:
    """What the carrier would owe by when, and what the buyer would get at once."""

    def look(data: Data) -> Preview:
        asked = _asked(request, data)
        return operations.preview_claim(shipment, by=actor(request), asked=asked, says=_said)

    return previews.of_form(request, shipment.order, form, look, lambda seen: seen.made)


def _asked(request: HttpRequest, data: Data) -> operations.Asked:
    remedy, may = data["remedy"], request.user.has_perm
    waived = bool(data["waiver"]) and not may("fulfillment.waive_return_policy")
    if waived or (remedy in NEEDS and not may(NEEDS[remedy])):
        raise RemedyNotYours
    return operations.Asked(
        kind=data["kind"],
        amount=data["amount"],
        evidence=data["evidence"],
        units=data["units"],
        parcel=int(data["parcel"]) if data.get("parcel") else None,
        remedy=remedy,
        waiver=data["waiver"],
    )


def _said(claim: Claim) -> dict[str, str]:
    currency = claim.currency
    said = {
        "Claimed of": claim.carrier.name,
        "Amount": words.money(claim.amount, currency),
        "Its limit of liability": "not known"
        if claim.liable is None
        else words.money(claim.liable, currency),
        "Last day to claim": "not known"
        if claim.claim_by is None
        else f"{claim.claim_by:%d %b %Y}",
        "The buyer gets": claim.get_remedy_display(),
    }
    if claim.credit is not None:
        said["Credited to the buyer"] = words.money(claim.credit.refunded, currency)
    return said


def send(request: HttpRequest, claim: Claim, data: Data) -> str:
    """The carrier has it."""
    claim = operations.send_claim(claim, by=actor(request), **data)
    return f"{claim} is with {claim.carrier.name}; an answer is due by {claim.due_on:%d %b}."


def answer(request: HttpRequest, claim: Claim, data: Data) -> str:
    """The carrier said what it pays."""
    claim = operations.answer_claim(claim, by=actor(request), **data)
    accepted = words.money(claim.accepted, claim.currency)
    return f"{claim}: {claim.get_status_display().lower()}, {accepted} to come."


def book(request: HttpRequest, claim: Claim, data: Data) -> str:
    """Money came."""
    claim = operations.book_claim(claim, by=actor(request), **data)
    left = words.money(claim.open, claim.currency)
    return f"{claim}: booked, {left} left to come."


def write_off(request: HttpRequest, claim: Claim, data: Data) -> Told:
    """The rest will not come."""
    claim = operations.write_off_claim(claim, by=actor(request), reason=data["reason"])
    entry = claim.entries.latest("pk")
    lost = words.money(entry.amount, claim.currency)
    return Told(f"{claim}: {lost} written off; nobody waits for it any more.", {"entry": entry.pk})


def undo_write_off(request: HttpRequest, claim: Claim, back: Data) -> str:
    """A run of write-offs was a mistake."""
    entry = claim.entries.get(pk=back["entry"])
    operations.undo_claim_entry(entry, by=actor(request), reason="the run was taken back")
    return f"{claim}: {words.money(entry.amount, claim.currency)} is owed again."


def undo(request: HttpRequest, claim: Claim, data: Data) -> str:
    """An entry was a mistake."""
    entry = claim.entries.get(pk=data["entry"])
    operations.undo_claim_entry(entry, by=actor(request), reason=data["reason"])
    return f"{claim}: {words.money(entry.amount, claim.currency)} is owed again."


def withdraw(request: HttpRequest, claim: Claim, data: Data) -> str:
    """Claimed no more."""
    operations.withdraw_claim(claim, by=actor(request), reason=data["reason"])
    return f"{claim} is withdrawn; what the buyer got stays as it is."


OPEN_CLAIM = Act(
    "open_claim", "Open a claim", ADD, open_claim, forms.OpenClaimForm, claimable,
    help="Against the carrier, for a parcel that is lost, damaged, short or late. The last day and "
    "the limit of liability come from the carrier's terms.", icon="gavel",
    preview=preview_claim,
)  # fmt: skip

CLAIM_ACTS = (
    Act("send", "Sent to the carrier", CHANGE, send, forms.SendClaimForm, may_claim("send"),
        help="From now on the carrier owes an answer.", icon="send",
        variant=ActionVariant.PRIMARY),
    Act("answer", "Record the answer", CHANGE, answer, forms.AnswerClaimForm, may_claim("answer"),
        help="What the carrier accepts is owed; nothing means that it declines.", icon="reply",
        variant=ActionVariant.PRIMARY),
    Act("book", "Book money", BOOK, book, forms.BookClaimForm, may_claim("book"),
        help="What the carrier paid. When all that it accepted is here, the claim is paid.",
        icon="payments", variant=ActionVariant.PRIMARY),
    Act("write_off", "Write off", BOOK, write_off, ReasonForm, may_claim("write_off"),
        help="What is still open will not come; what was received stays. The claim ends. It can be "
        "taken back.", icon="money_off", variant=ActionVariant.DANGER, bulk=True,
        refuses=(NOT_WITH_CARRIER,),
        undo=Undo(BOOK, undo_write_off, "what was written off here is owed again.")),
    Act("undo", "Take back an entry", BOOK, undo, forms.UndoClaimForm, may_claim("undo"),
        help="The entry stays, beside one that takes it back; the money is owed again.",
        icon="undo", folded=True),
    Act("withdraw", "Withdraw", CHANGE, withdraw, ReasonForm, may_claim("withdraw"),
        help="We claim it no more. What the buyer got stays as it is.", icon="block",
        variant=ActionVariant.DANGER),
)  # fmt: skip

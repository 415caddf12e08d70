"""The buttons of a customer's page: each a form and one operation call."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from customers import operations, queries
from customers.enums import ConsentPurpose
from customers.forms import (
    AddressForm,
    BuyerForm,
    ClassifyForm,
    CompareForm,
    ConsentForm,
    ContactPreferenceForm,
    CorrectForm,
    DeliveryForm,
    NoteForm,
    TagForm,
    TermsForm,
    UntagForm,
    WithdrawForm,
)
from customers.models import Customer
from customers.operations import BuyerTerms, DeliveryWishes, Party
from oms.admin import Act, actor

Data = dict[str, Any]
PERSONAL = "customers.view_personal_data"


def _correct(request: HttpRequest, customer: Customer, data: Data) -> str:
    reason = data.pop("reason")
    operations.correct(customer, by=actor(request), party=Party(**data), reason=reason)
    return f"{customer} is corrected; orders keep the contact they were placed with."


def _set_terms(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_terms(customer, by=actor(request), **data)
    return f"The terms of {customer} are set."


def _note(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.add_note(customer, by=actor(request), **data)
    return f"The note about {customer} is kept."


def _tag(request: HttpRequest, customer: Customer, data: Data) -> str:
    added, _ = operations.tag_customer(customer, by=actor(request), add=data["tags"])
    return f"{customer} is tagged {', '.join(added)}." if added else f"{customer} had these tags."


def _untag(request: HttpRequest, customer: Customer, data: Data) -> str:
    _, gone = operations.tag_customer(customer, by=actor(request), remove=data["tags"])
    return f"{customer} is no longer tagged {', '.join(gone)}." if gone else "Nothing changed."


def _classify(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.classify(customer, by=actor(request), **data)
    return f"{customer} is classified."


def _set_buyer(request: HttpRequest, customer: Customer, data: Data) -> str:
    reason = data.pop("reason")
    operations.set_buyer(customer, BuyerTerms(**data), by=actor(request), reason=reason)
    return f"Role and limits of {customer} are set."


def _buyer(customer: Customer) -> Data:
    row = queries.buyer_of(customer)
    names = BuyerTerms.__dataclass_fields__
    return {name: getattr(row, name) for name in names} if row else {}


def _buys_for_company(customer: Customer) -> bool:
    return _lives(customer) and customer.company_id is not None and not customer.merged_into_id


def _add_address(request: HttpRequest, customer: Customer, data: Data) -> str:
    kind = data.pop("kind")
    operations.add_address(customer, by=actor(request), kind=kind, address=data)
    return f"{customer} has a new address."


def _set_delivery_wishes(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_delivery_wishes(customer, DeliveryWishes(**data), by=actor(request))
    return f"The delivery wishes of {customer} are noted; new orders carry them."


def _set_contact_preference(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.set_contact_preference(customer, by=actor(request), **data)
    return f"The wishes of {customer} are noted."


def _give_consent(request: HttpRequest, customer: Customer, data: Data) -> str:
    purpose = ConsentPurpose(data.pop("purpose"))
    operations.give_consent(customer, purpose, by=actor(request), **data)
    return f"Consent of {customer} is recorded."


def _withdraw_consent(request: HttpRequest, customer: Customer, data: Data) -> str:
    purpose = ConsentPurpose(data.pop("purpose"))
    row = operations.withdraw_consent(customer, purpose, by=actor(request), **data)
    return "The withdrawal is recorded." if row else "No consent stood; nothing changed."


def _compare(_request: HttpRequest, customer: Customer, data: Data) -> HttpResponse:
    """Both side by side, where they are merged or kept apart."""
    pair = operations.suspect_duplicate(customer, data["other"])
    return HttpResponseRedirect(reverse("admin:customers_duplicatepair_change", args=[pair.pk]))


def _undo_merge(request: HttpRequest, customer: Customer, data: Data) -> str:
    operations.undo_merge(customer, by=actor(request), **data)
    return f"{customer} stands by itself again."


def _is_merged(customer: Customer) -> bool:
    return customer.merged_into_id is not None


def _may_merge(customer: Customer) -> bool:
    return _lives(customer) and not _is_merged(customer)


def _wishes(customer: Customer) -> Data:
    row = queries.preference_of(customer)
    return {"language": row.language, "muted": row.muted}


def _lives(customer: Customer) -> bool:
    return customer.subject.erased_at is None


CHANGE = "customers.change_customer"
ACTS = (
    Act(
        "note",
        "Add note",
        "customers.note_customer",
        _note,
        form=NoteForm,
        allowed=_lives,
        help="Kept for good beside your name, sealed like all that is known of a person.",
        icon="sticky_note_2",
    ),
    Act(
        "tag",
        "Add tags",
        "customers.tag_customer",
        _tag,
        form=TagForm,
        allowed=_lives,
        help="Rules, segments and the list of customers ask about tags.",
        icon="sell",
        bulk=True,
        refuses=(("The person's data was erased.", Q(subject__erased_at__isnull=False)),),
    ),
    Act(
        "untag",
        "Remove tags",
        "customers.tag_customer",
        _untag,
        form=UntagForm,
        allowed=_lives,
        help="From all numbers of the person.",
        icon="label_off",
        bulk=True,
        folded=True,
        refuses=(("The person's data was erased.", Q(subject__erased_at__isnull=False)),),
    ),
    Act(
        "correct",
        "Correct",
        PERSONAL,
        _correct,
        form=CorrectForm,
        allowed=_lives,
        help="Replaces the profile. Orders keep the contact that they were placed with.",
        icon="edit",
    ),
    Act(
        "set_terms",
        "Set credit and terms",
        CHANGE,
        _set_terms,
        form=TermsForm,
        allowed=_lives,
        initial=lambda customer: {
            "credit_limit": customer.credit_limit,
            "payment_terms_days": customer.payment_terms_days,
        },
        help="Applies to orders from now on; one that goes over the limit is put on hold.",
        icon="account_balance_wallet",
    ),
    Act(
        "classify",
        "Set group and company",
        CHANGE,
        _classify,
        form=ClassifyForm,
        allowed=_lives,
        initial=lambda customer: {"group": customer.group, "company": customer.company_id},
        icon="group",
        folded=True,
    ),
    Act(
        "set_buyer",
        "Set role and limits",
        CHANGE,
        _set_buyer,
        form=BuyerForm,
        allowed=_buys_for_company,
        initial=_buyer,
        help="What this person may order for the company; beyond it an approver is asked.",
        icon="supervisor_account",
        folded=True,
    ),
    Act(
        "add_address",
        "Add address",
        CHANGE,
        _add_address,
        form=AddressForm,
        allowed=_lives,
        icon="add_location_alt",
        folded=True,
    ),
    Act(
        "set_delivery_wishes",
        "Set delivery wishes",
        CHANGE,
        _set_delivery_wishes,
        form=DeliveryForm,
        allowed=_lives,
        help="Kept with the person's data; new orders carry a copy, shown on the packing slip.",
        icon="local_shipping",
        folded=True,
    ),
    Act(
        "set_contact_preference",
        "Set message wishes",
        CHANGE,
        _set_contact_preference,
        form=ContactPreferenceForm,
        allowed=_lives,
        initial=_wishes,
        help="What the contract demands, such as confirmations, is always sent.",
        icon="notifications_off",
        folded=True,
    ),
    Act(
        "give_consent",
        "Record consent",
        CHANGE,
        _give_consent,
        form=ConsentForm,
        allowed=_lives,
        help="Kept with its words and its source, so that it can be shown.",
        icon="thumb_up",
        folded=True,
    ),
    Act(
        "withdraw_consent",
        "Record withdrawal",
        CHANGE,
        _withdraw_consent,
        form=WithdrawForm,
        allowed=_lives,
        icon="thumb_down",
        folded=True,
    ),
    Act(
        "merge",
        "Merge with another",
        "customers.merge_customer",
        _compare,
        form=CompareForm,
        allowed=_may_merge,
        help="The same person under two numbers. First shows both side by side; nothing changes yet.",
        icon="merge",
        folded=True,
    ),
    Act(
        "undo_merge",
        "Undo the merge",
        "customers.merge_customer",
        _undo_merge,
        allowed=_is_merged,
        help="Orders placed since the merge stay with the other customer.",
        icon="undo",
    ),
)

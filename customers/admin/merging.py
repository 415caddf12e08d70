"""Two customers who may be one person: side by side, then one decision."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from unfold.decorators import display

from customers import operations, queries
from customers.admin.merge_preview import preview_merge, sides
from customers.enums import DuplicateState
from customers.forms import SurvivorForm
from customers.models import Customer, DuplicatePair
from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor

PERSONAL = "customers.view_personal_data"
MASK = "••••••"
MERGING = "customers.merge_customer"


@dataclass(frozen=True, slots=True)
class Side:
    """One customer of a pair, as the page shows it."""

    customer: Customer
    profile: dict[str, str]
    orders: int
    more: bool
    owed: str


def is_open(pair: DuplicatePair) -> bool:
    """Whether nobody has decided yet."""
    return pair.state == DuplicateState.OPEN


def _merge(request: HttpRequest, pair: DuplicatePair, data: dict[str, Any]) -> str:
    stays, goes = sides(pair, data["survivor"])
    operations.merge(goes, into=stays, by=actor(request), reason=data["reason"])
    return f"{goes} is {stays} from now on. The customer's page can undo it."


def _dismiss(request: HttpRequest, pair: DuplicatePair, _data: dict[str, Any]) -> str:
    operations.dismiss_duplicate(pair, by=actor(request))
    return f"{pair.first} and {pair.second} are two people."


@admin.register(DuplicatePair)
class DuplicatePairAdmin(ReadOnlyAdmin):
    """Suspicions, and what was decided."""

    list_empty = (
        "Every night customers with the same e-mail address, phone number or name and "
        "postcode are put side by side here, to be merged or kept apart."
    )

    acts = (
        Act("merge", "Merge", MERGING, _merge, SurvivorForm, is_open, icon="merge",
            help="Nothing moves: the other keeps its number and orders and points to the one who "
            "stays, so that this can be undone. Credit terms of the one who stays count.",
            preview=preview_merge),
        Act("dismiss", "Two people", MERGING, _dismiss, ConfirmForm, is_open, icon="call_split",
            help="They are not suspected again.", bulk=True),
    )  # fmt: skip
    list_display = ("first", "second", "why", "state_column", "found")
    list_filter = ("state",)
    list_filter_submit = True
    list_select_related = ("first", "second")
    sortable_by: ClassVar = ()
    change_form_template = "admin/customers/duplicate.html"

    @display(description="Because of the same")
    def why(self, pair: DuplicatePair) -> str:
        """What they share."""
        return ", ".join(pair.reasons) or "somebody's word"

    @display(description="State")
    def state_column(self, pair: DuplicatePair) -> SafeString:
        """Open ones wait for a person."""
        return words.chip(pair.get_state_display(), "warn" if is_open(pair) else "")

    @display(description="Found")
    def found(self, pair: DuplicatePair) -> str:
        """When."""
        return words.moment(pair.found_at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Both side by side; the reading is recorded."""
        pair = kwargs.get("obj")
        if isinstance(pair, DuplicatePair):
            context |= {
                "pair": pair,
                "title": f"{pair.first} and {pair.second}",
                "sides": [_side(request, each) for each in (pair.first, pair.second)],
                "open": is_open(pair),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _side(request: HttpRequest, customer: Customer) -> Side:
    profile: dict[str, str] = {"name": MASK}
    if request.user.has_perm(PERSONAL):
        what = f"customers.customer {customer.number}"
        profile = operations.disclose(
            customer.subject, customer.profile, queries.PROFILE, by=actor(request), what=what
        )
    dealings = import_string(import_module("oms.wiring").ANSWERS["customers.dealings_of"])
    found = dealings(customer.pk)
    owed = ", ".join(words.money(amount, code) for code, amount in sorted(found.owed.items()))
    return Side(customer, profile, len(found.orders), found.more, owed or "nothing")

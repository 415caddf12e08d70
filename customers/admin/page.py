"""What a customer's page shows: the person, dealings asked of the apps above, and the timeline."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from customers import operations, queries
from customers.admin.acts import PERSONAL, Data
from customers.admin.company import standings
from customers.models import Consent, Customer, Disclosure
from customers.operations import Reading
from customers.queries.moments import Moment, timeline_of
from oms import words
from oms.admin import actor

READINGS_SHOWN = 20


def page_of(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Everything that the template draws."""
    may_read = request.user.has_perm(PERSONAL)
    members = queries.family_of(customer)
    addresses = list(customer.addresses.order_by("pk"))
    known = opened(request, customer, addresses) if may_read else []
    wishes = queries.preference_of(customer)
    readings = Disclosure.objects.filter(subject=customer.subject).order_by("-at")
    shown, said = list(readings[:READINGS_SHOWN]), queries.consent_history(customer)
    return {
        "title": str(customer),
        "subtitle": None,
        "customer": customer,
        "erased": customer.subject.erased_at is not None,
        "may_read": may_read,
        "profile": known[0] if known else {},
        "delivery": queries.wishes_in_words(known[0].get("delivery", {})) if known else [],
        "addresses": list(zip(addresses, known[1:], strict=True)) if known else [],
        "readings": shown,
        "writers": words.names_of([*(row.reader for row in shown), *(row.by for row in said)]),
        "audit_url": url_of("audit", "customers.customer", customer.number),
        "merged": list(customer.merged.order_by("pk")),
        "tags": queries.tags_of(members),
        "segments": [
            (row, url_of("customers_segment_change", row.pk))
            for row in queries.segments_of(customer)
        ],
        "wishes": wishes,
        "language": queries.language_name(wishes.language) if wishes.language else "",
        "muted": [queries.message_name(event) for event in wishes.muted],
        **_consents(said),
        "buyer": queries.buyer_of(customer),
        "company_terms": queries.terms_of(queries.company_of(customer)),
        "standings": standings(request, queries.credit_accounts(customer)),
        **_dealings(request, customer),
        **_returns(request, members),
        **_promises(request, members),
        **_timeline(request, members),
    }


def opened(request: HttpRequest, customer: Customer, addresses: Sequence[Any]) -> list[Data]:
    """Profile and addresses, their reading recorded together."""
    what = f"customers.customer {customer.number}"
    subject = customer.subject
    profile = Reading(subject, customer.profile, queries.PROFILE, what)
    kept = [Reading(subject, row.sealed, queries.ADDRESS, f"{what} address") for row in addresses]
    return operations.disclose_all([profile, *kept], by=actor(request))


def url_of(page: str, *args: object) -> str:
    """Address of a page that another app may or may not bring."""
    try:
        return reverse(f"admin:{page}", args=args)
    except NoReverseMatch:
        return ""


def _answer(request: HttpRequest, question: str, permission: str) -> Any:
    """Who answers in an app above, for those who may see it there."""
    path = import_module("oms.wiring").ANSWERS.get(question)
    return import_string(path) if path and request.user.has_perm(permission) else None


def _consents(said: Sequence[Consent]) -> dict[str, Any]:
    """What stands, and everything the person ever said, the last first."""
    standing = {row.purpose: row for row in reversed(said)}
    return {
        "consents": list(standing.values()),
        "consent_history": said,
    }


def _dealings(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Orders, debts and credit."""
    ask = _answer(request, "customers.dealings_of", "orders.view_order")
    if ask is None:
        return {}
    dealings = ask(customer.pk)
    orders = [(order, url_of("orders_order_change", order.pk)) for order in dealings.orders]
    limit = customer.credit_limit
    owed = [
        (words.money(amount, currency), limit is not None and amount > limit)
        for currency, amount in sorted(dealings.owed.items())
    ]
    lifetime = [
        {
            "value": words.money(row.value, row.currency),
            "average": words.money(row.value / row.orders, row.currency),
            "orders": row.orders,
            "last": row.last,
        }
        for row in dealings.lifetime
    ]
    credits_ = [
        (row, words.money(row.balance, row.currency), url_of("orders_storecredit_change", row.pk))
        for row in dealings.credits
    ]
    return {
        "orders": orders,
        "more_orders": dealings.more,
        "owed": owed,
        "lifetime": lifetime,
        "credits": credits_,
    }


def _returns(request: HttpRequest, members: Sequence[int]) -> dict[str, Any]:
    """Returns with their reasons."""
    ask = _answer(request, "customers.returns_of", "fulfillment.view_return")
    if ask is None:
        return {}
    found = ask(members)
    rows = [
        (row, reasons, words.money(row.refunded, row.order.currency),
         url_of("fulfillment_return_change", row.pk))
        for row, reasons in found.newest
    ]  # fmt: skip
    return {"returns": found, "return_rows": rows}


def _promises(request: HttpRequest, members: Sequence[int]) -> dict[str, Any]:
    """What became of what the person was promised."""
    ask = _answer(request, "customers.promises_to", "orders.view_order")
    return {"promises": ask(members, timezone.now())} if ask else {}


def _timeline(request: HttpRequest, members: Sequence[int]) -> dict[str, Any]:
    sent = request.GET.get("before", "")
    before = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else None  # noqa: PLR2004 (a bigint)
    page = timeline_of(members, may=request.user.has_perm, before=before)
    notes = _notes(request, page.moments)
    who = words.names_of(moment.who for moment in page.moments)
    return {
        "timeline": [
            {
                "row": moment,
                "who": who[moment.who],
                "url": url_of(*moment.page) if moment.page else "",
                "note": notes.get(moment.note or 0),
            }
            for moment in page.moments
        ],
        "older": page.older,
        "newer": before is not None,
    }


def _notes(request: HttpRequest, moments: Sequence[Moment]) -> dict[int, str]:
    """Texts of the notes of a page by key, their reading recorded, for those who may read them."""
    rows = queries.notes_among(moment.note for moment in moments if moment.note)
    if not rows or not request.user.has_perm(PERSONAL):
        return dict.fromkeys(rows, "")
    what = {key: f"customers.customer {row.customer.number} notes" for key, row in rows.items()}
    readings = [
        Reading(row.customer.subject, row.sealed, queries.NOTE, what[key])
        for key, row in rows.items()
    ]
    values = operations.disclose_all(readings, by=actor(request))
    return {
        key: str(value.get("text", "[erased]")) for key, value in zip(rows, values, strict=True)
    }

"""Personal data on order pages: opened only for readers with the permission, and recorded."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from customers import operations as customers
from oms.admin import actor
from oms.sealed import ERASED
from orders.models import DraftOrder, Order
from orders.queries import drafts as drafting
from orders.queries.sealing import CONTEXT

PERMISSION = "customers.view_personal_data"
MASK = "••••••"


def may_read(request: HttpRequest) -> bool:
    """Whether this person may read who bought."""
    return request.user.has_perm(PERMISSION)


def opened(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Contact and addresses of one order; nothing without the permission or after erasure."""
    if not may_read(request):
        return {}
    return customers.disclose(
        order.subject, order.sealed, CONTEXT, by=actor(request), what=f"orders.order {order.number}"
    )


def looked_at(request: HttpRequest, order: Order) -> dict[str, Any]:
    """As `opened`, for a page that goes on being looked at: recorded once, not for each entry."""
    if not may_read(request):
        return {}
    return customers.disclose_on(
        order.subject, order.sealed, CONTEXT, by=actor(request), what=f"orders.order {order.number}"
    )


def names(request: HttpRequest, orders: Sequence[Order]) -> dict[int, str]:
    """Names of the buyers of a page of orders, whose subjects were selected along."""
    if not may_read(request):
        return {}
    readings = [
        customers.Reading(order.subject, order.sealed, CONTEXT, f"orders.order {order.number}")
        for order in orders
    ]
    opened_ones = customers.disclose_all(readings, by=actor(request))
    return {order.pk: _name(values) for order, values in zip(orders, opened_ones, strict=True)}


def draft_opened(request: HttpRequest, draft: DraftOrder) -> dict[str, Any]:
    """Contact and addresses of one draft; nothing without the permission or before it is known."""
    if not may_read(request) or draft.subject is None:
        return {}
    what = f"orders.draftorder {draft.number}"
    return customers.disclose(
        draft.subject, draft.sealed, drafting.CONTEXT, by=actor(request), what=what
    )


def draft_names(request: HttpRequest, drafts: Sequence[DraftOrder]) -> dict[int, str]:
    """Names of the buyers of a page of drafts, as far as they are known."""
    known = [draft for draft in drafts if draft.subject is not None]
    if not may_read(request):
        return {}
    readings = [
        customers.Reading(
            draft.subject,  # type: ignore[arg-type]  # looked at above
            draft.sealed,
            drafting.CONTEXT,
            f"orders.draftorder {draft.number}",
        )
        for draft in known
    ]
    opened_ones = customers.disclose_all(readings, by=actor(request))
    return {draft.pk: _name(values) for draft, values in zip(known, opened_ones, strict=True)}


def _name(values: dict[str, Any]) -> str:
    contact, address = values.get("contact", {}), values.get("shipping_address", {})
    return contact.get("name") or contact.get("company") or address.get("name") or ERASED

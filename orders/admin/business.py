"""What people do about orders of companies: approve, decline, enter the purchase order number."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ReasonForm, actor
from orders import operations, queries
from orders.forms.business import ApproveForm, NumberForm
from orders.models import Order
from orders.queries.approvals import Seen
from orders.queries.terms import business_of

Data = dict[str, Any]
APPROVE = "orders.approve_order"


def _may(name: str) -> Any:
    return lambda order: name in queries.allowed_actions(order)


def _seen(order: Order) -> Data:
    return {"seen": Seen.of(order).key}


def _number(order: Order) -> Data:
    row = business_of(order)
    return {"number": row.purchase_order_number if row else ""}


def approve(request: HttpRequest, order: Order, data: Data) -> str:
    """Let it go on."""
    seen = Seen.read(data["seen"])
    order = operations.approve(order, by=actor(request), note=data["note"], seen=seen)
    return f"{order} is approved; it is in {words.sentence_case(order.get_stage_display())}."


def decline(request: HttpRequest, order: Order, data: Data) -> str:
    """Cancel it."""
    operations.decline(order, by=actor(request), reason=data["reason"])
    return f"{order} is declined and cancelled."


def send_back(request: HttpRequest, order: Order, data: Data) -> HttpResponse:
    """Cancel it and show the draft that was made of it."""
    document = operations.send_back(order, by=actor(request), reason=data["reason"])
    return HttpResponseRedirect(reverse("admin:orders_draftorder_change", args=[document.pk]))


def set_number(request: HttpRequest, order: Order, data: Data) -> str:
    """Write the number down."""
    operations.set_purchase_order_number(order, by=actor(request), number=data["number"])
    return f"{order} has the purchase order number {data['number']}."


BUSINESS_ACTS = (
    Act(
        "approve",
        "Approve",
        APPROVE,
        approve,
        form=ApproveForm,
        initial=_seen,
        allowed=_may("approve"),
        help="Lets the order go on although it is beyond what its buyer may order.",
        icon="verified",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "decline",
        "Decline",
        APPROVE,
        decline,
        form=ReasonForm,
        allowed=_may("decline"),
        help="Cancels the order; stock and authorised money are given up.",
        icon="block",
    ),
    Act(
        "send_back",
        "Send back",
        APPROVE,
        send_back,
        form=ReasonForm,
        allowed=_may("decline"),
        help="Cancels the order and opens a draft with its content, to be changed and placed again.",
        icon="undo",
        folded=True,
    ),
    Act(
        "set_purchase_order",
        "Set purchase order number",
        "orders.correct_order",
        set_number,
        form=NumberForm,
        allowed=_may("place_hold"),
        initial=_number,
        help="The buyer's own number. Invoices that were issued keep what they say.",
        icon="tag",
        folded=True,
    ),
)

"""The buttons that cancel orders and units of them, and what stands beside their forms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ActForm, ConfirmForm, Told, Undo, actor
from oms.words import money
from orders import operations
from orders.admin import previews, refusals
from orders.admin.refusals import may
from orders.enums import HoldKind, OrderStatus
from orders.forms import CancelForm, CancelLinesForm
from orders.forms.changing import seen_of
from orders.models import Order

Data = dict[str, Any]


def cancel(request: HttpRequest, order: Order, data: Data) -> str | Told:
    """End the order, when its channel's window closes."""
    begun = timezone.now()
    order = operations.as_seen(
        order,
        lambda: operations.ask_cancel(order, by=actor(request), **data),
        seen=seen_of(request.POST),
    )
    if order.status == OrderStatus.CANCELLED:
        last = order.cancellations.latest("pk")
        return f"{order} is cancelled; its total fell by {money(last.amount, order.currency)}."
    minutes = words.count(order.channel.undo_minutes, "minute")
    said = f"{order} will be cancelled in {minutes}; until then it can be undone."
    hold = order.holds.get(type=HoldKind.CANCELLING, lifted_at=None)
    return Told(said, {"hold": hold.pk}) if hold.placed_at >= begun else said


def undo_cancel(request: HttpRequest, order: Order, back: Data) -> str:
    """Let the order go on; of a run, only when it still waits by that run's cancel."""
    order = operations.undo_cancel(order, by=actor(request), hold=back.get("hold"))
    return f"{order} goes on; it is in {words.sentence_case(order.get_stage_display())}."


def cancel_lines(request: HttpRequest, order: Order, data: Data) -> str:
    """Give up some units."""
    asked = {name: data[name] for name in ("quantities", "reason", "note")}
    cancellation = operations.as_seen(
        order,
        lambda: operations.cancel_lines(order, by=actor(request), **asked),
        seen=seen_of(request.POST),
    )
    total = money(cancellation.amount, order.currency)
    return f"{words.count(sum(data['quantities'].values()), 'unit')} cancelled; total less {total}."


def preview_cancel(request: HttpRequest, order: Order, form: ActForm) -> HttpResponse:
    """What would be left of the order and its money; when, where its channel leaves a window."""

    def look(data: Data) -> operations.Preview:
        return operations.preview_cancel(
            order,
            by=actor(request),
            reason=data["reason"],
            note=data["note"],
            quantities=data.get("quantities"),
        )

    minutes = 0 if isinstance(form, CancelLinesForm) else order.channel.undo_minutes
    when = f"in {words.count(minutes, 'minute')}; until then it can be undone"
    said = {"Done": when if minutes else "at once; this cannot be undone"}
    return previews.of_form(request, order, form, look, lambda _seen: said)


CANCEL_ACTS = (
    Act(
        "cancel_lines",
        "Cancel lines",
        "orders.cancel_order",
        cancel_lines,
        form=CancelLinesForm,
        preview=preview_cancel,
        allowed=may("cancel_lines"),
        help="Only units that no location works on; the others are recalled first.",
        icon="playlist_remove",
        variant=ActionVariant.DANGER,
        folded=True,
    ),
    Act(
        "cancel",
        "Cancel order",
        "orders.cancel_order",
        cancel,
        form=CancelForm,
        preview=preview_cancel,
        allowed=may("cancel"),
        help="Ends the order, gives its stock back and voids open authorisations, when the minutes "
        "of its channel are over. It can be undone until then, and not afterwards.",
        icon="block",
        variant=ActionVariant.DANGER,
        bulk=True,
        refuses=refusals.CANCEL,
        undo=Undo("orders.cancel_order", undo_cancel, "orders not yet cancelled go on."),
        folded=True,
    ),
    Act(
        "undo_cancel",
        "Undo cancel",
        "orders.cancel_order",
        undo_cancel,
        form=ConfirmForm,
        allowed=may("undo_cancel"),
        help="The order goes on as if nobody had asked to cancel it.",
        icon="undo",
        variant=ActionVariant.PRIMARY,
    ),
)

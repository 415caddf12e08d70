"""The buttons of holds; each makes one operation call."""

from django.db.models import Q
from django.http import HttpRequest
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, Told, Undo, actor
from orders import operations
from orders.admin.acts import UNDONE, Data
from orders.enums import BY_SYSTEM
from orders.forms import AcceptPricesForm
from orders.models import Hold


def lift_hold(request: HttpRequest, hold: Hold, data: Data) -> Told:
    """Lift one hold."""
    order = operations.lift_hold(hold, by=actor(request), reason=data["reason"])
    said = f"Hold lifted; {order} is in {words.sentence_case(order.get_stage_display())}."
    return Told(said, {"hold": hold.pk})


def undo_lift_hold(request: HttpRequest, hold: Hold, back: Data) -> str:
    """Place that hold again."""
    operations.hold_again(hold.order, by=actor(request), lifted=[back["hold"]], reason=UNDONE)
    return f"{hold.order} is on hold again."


def accept_prices(request: HttpRequest, hold: Hold, data: Data) -> str:
    """Let it go on at the channel's prices."""
    by, reason = actor(request), data["reason"]
    if not data["remember"]:
        order = operations.lift_hold(hold, by=by, reason=reason)
        return f"{order} goes on at its own prices."
    order = operations.remember_prices(hold, by=by, reason=reason)
    return f"{order} goes on; these are prices of {order.channel} from now on."


HOLD_ACTS = (
    Act(
        "accept_prices",
        "Accept price",
        "orders.lift_hold",
        accept_prices,
        form=AcceptPricesForm,
        allowed=lambda hold: hold.lifted_at is None and hold.names_prices,
        help="The order goes on at the prices that its channel states.",
        icon="price_check",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "lift",
        "Lift hold",
        "orders.lift_hold",
        lift_hold,
        allowed=lambda hold: hold.lifted_at is None and hold.kind not in BY_SYSTEM,
        help="The order goes as far as its other holds, stock and money allow.",
        icon="lock_open",
        variant=ActionVariant.PRIMARY,
        bulk=True,
        refuses=(
            ("It was lifted already.", Q(lifted_at__isnull=False)),
            ("Undo cancel or Release now ends it.", Q(type__in=BY_SYSTEM)),
        ),
        undo=Undo("orders.place_hold", undo_lift_hold, "the holds lifted here are placed again."),
    ),
)

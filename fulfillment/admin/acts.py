"""The buttons of fulfilment pages; each makes one operation call."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.enums import ActionVariant

from fulfillment import forms, operations, queries
from fulfillment.adapters import paper
from fulfillment.admin.claim_acts import OPEN_CLAIM
from fulfillment.admin.origin_acts import ORIGIN_ACTS
from fulfillment.enums import FulfillmentOrderStatus as Status
from fulfillment.enums import ReturnStatus
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine, Return, Shipment
from fulfillment.operations.tracking import FINAL
from fulfillment.queries.actions import has_label
from oms import words
from oms.admin import Act, ConfirmForm, ReasonForm, actor
from oms.downloads import pdf
from orders.queries.rests import open_rest

Data = dict[str, Any]
WORK = "fulfillment.change_fulfillmentorder"
SHIP = "fulfillment.change_shipment"
RETURN = "fulfillment.change_return"

# Why documents would refuse an act: what `queries.allowed_actions` says, counted over many.
LINES = FulfillmentOrderLine.objects.filter(fulfillment_order=OuterRef("pk"))
TO_PICK = Exists(LINES.filter(quantity__gt=F("dropped") + F("picked")))
HELD = (
    "Its order is on hold.",
    Exists(
        FulfillmentOrder.objects.filter(
            pk=OuterRef("pk"), order__holds__isnull=False, order__holds__lifted_at=None
        )
    ),
)
TAKEN_ON = ("It was accepted before, or has ended.", ~Q(status=Status.OPEN))
PICKED = (
    ("It is picked, or has ended.", ~Q(status__in=[Status.OPEN, Status.ACCEPTED]) | ~TO_PICK),
    HELD,
)
NOT_AT_COUNTER = ("It does not wait for its buyer.", ~Q(status=Status.READY_FOR_PICKUP))
DECIDED = ("It was decided before.", ~Q(status=ReturnStatus.REQUESTED))
NOT_RECEIVED = ("Its goods are not all here, or it is closed.", ~Q(status=ReturnStatus.RECEIVED))
ARRIVED = ("Its way has ended.", Q(status__in=FINAL))


def may(name: str) -> Callable[[FulfillmentOrder], bool]:
    """Whether the fulfilment order allows this act now."""
    return lambda document: name in queries.allowed_actions(document)


def may_return(name: str) -> Callable[[Return], bool]:
    """Whether the return allows this act now."""
    return lambda document: name in queries.allowed_return_actions(document)


def accept(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> str:
    """Take the work on."""
    operations.accept(document, by=actor(request))
    return f"{document} is accepted."


def pick(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> str:
    """Everything is in the trolley."""
    operations.pick(document, by=actor(request))
    return f"Every unit of {document} is picked."


def pack(request: HttpRequest, document: FulfillmentOrder, data: Data) -> str:
    """Close one parcel."""
    contents = forms.units_in(data)
    parcel = operations.PackedParcel(data["weight_g"], contents, lots=forms.lots_in(data))
    operations.pack(document, by=actor(request), parcels=[parcel])
    return f"Packed {words.count(sum(contents.values()), 'unit')} of {document} in a parcel of {data['weight_g']} g."


def ship(request: HttpRequest, document: FulfillmentOrder, data: Data) -> str:
    """Hand the parcels over."""
    shipment = operations.ship(document, by=actor(request), **data)
    return f"{shipment} is with {shipment.carrier.name}; stock is issued."


def make_ready(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> str:
    """Behind the counter."""
    document = operations.make_ready(document, by=actor(request))
    return f"{document} is ready to be collected until {words.moment(document.collect_by)}."


def collect(request: HttpRequest, document: FulfillmentOrder, data: Data) -> str:
    """The buyer has it."""
    shipment = operations.collect(document, by=actor(request), **data)
    return f"{document} is collected; stock is issued by {shipment}."


def give_up(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> str:
    """Nobody came."""
    operations.give_up(document, by=actor(request))
    return f"{document} is back in stock, and its units are cancelled."


def reject(request: HttpRequest, document: FulfillmentOrder, data: Data) -> str:
    """The location cannot supply."""
    named = {name: data[name] for name in ("reason", "note", "quantities")}
    document = operations.reject(document, by=actor(request), **named)
    again = "routed again"
    if rest := open_rest(document.order_id):
        again = f"to be routed again with other orders {words.moment(rest.due_at)}"
    if data["quantities"]:
        units = words.count(sum(data["quantities"].values()), "unit")
        return f"{units} of {document} given up and {again}."
    return f"{document} is rejected, its units {again}."


def recall(request: HttpRequest, document: FulfillmentOrder, data: Data) -> str:
    """Take back what has not left."""
    operations.recall(document, by=actor(request), reason=data["reason"])
    return f"{document} is recalled; its stock is free again."


def pick_list(_request: HttpRequest, document: FulfillmentOrder, _data: Data) -> HttpResponse:
    """The pick list as PDF."""
    return pdf(f"{document}-pick-list", paper.pick_list([document]))


def packing_slip(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> HttpResponse:
    """The packing slip as PDF, with the address."""
    content = paper.packing_slip(document, by=actor(request))
    return pdf(f"{document}-packing-slip", content)


def label(request: HttpRequest, document: FulfillmentOrder, _data: Data) -> HttpResponse:
    """Parcel labels as PDF, with the address."""
    return pdf(f"{document}-label", paper.labels(document, by=actor(request)))


def track(request: HttpRequest, shipment: Shipment, data: Data) -> str:
    """Note what was said of the shipment."""
    operations.track(shipment, by=actor(request), **data)
    return f"Noted for {shipment}."


def deliver(request: HttpRequest, shipment: Shipment, _data: Data) -> str:
    """The buyer has it."""
    operations.deliver(shipment, by=actor(request))
    return f"{shipment} is delivered."


def withdraw(request: HttpRequest, document: Return, _data: Data) -> str:
    """The buyer keeps the goods."""
    operations.withdraw(document, by=actor(request))
    return f"{document} is withdrawn."


def reopen(request: HttpRequest, document: Return, data: Data) -> str:
    """The goods come after all."""
    document = operations.reopen(document, by=actor(request), reason=data["reason"])
    return f"{document} is waited for until {document.expires_at:%d %b}."


def give_up_rest(request: HttpRequest, document: Return, data: Data) -> str:
    """The rest never came."""
    operations.give_up_rest(document, by=actor(request), reason=data["reason"])
    return f"{document} is received; nobody waits for the rest."


def refund_instead(request: HttpRequest, document: Return, data: Data) -> str:
    """The replacement cannot be supplied."""
    operations.refund_instead(document.exchange, by=actor(request), reason=data["reason"])  # type: ignore[attr-defined]
    return f"{document} goes on with a refund; its replacement is cancelled."


def send_anyway(request: HttpRequest, document: Return, data: Data) -> str:
    """Not everything came, and the replacement leaves all the same."""
    made = operations.send_anyway(document.exchange, by=actor(request), reason=data["reason"])  # type: ignore[attr-defined]
    return f"{made.replacement} may leave; what was not credited is due on it."


def let_keep(request: HttpRequest, document: Return, data: Data) -> str:
    """The buyer keeps the goods."""
    may_waive = request.user.has_perm("fulfillment.waive_return_policy")
    act = operations.waive_missing if may_waive else operations.let_keep
    document = act(document, by=actor(request), reason=data["reason"])
    credited = words.money(document.credit, document.order.currency)
    return f"{document}: nobody waits for the goods; {credited} credited in all."


def inspect(request: HttpRequest, document: Return, data: Data) -> str:
    """Quarantined units were looked at."""
    document = operations.inspect(
        document,
        by=actor(request),
        accepted=forms.verdicts_in(data, "accepted"),
        refused=forms.verdicts_in(data, "refused"),
        note=data["note"],
    )
    return f"{document}: {words.money(document.credit, document.order.currency)} credited in all."


def return_label(_request: HttpRequest, document: Return, _data: Data) -> HttpResponse:
    """The label with the return's barcode, and the slip for the parcel."""
    return pdf(document.number, paper.return_slip(document))


def approve(request: HttpRequest, document: Return, _data: Data) -> str:
    """The goods may be sent."""
    operations.approve(document, by=actor(request))
    return f"{document} is approved."


def decline(request: HttpRequest, document: Return, data: Data) -> str:
    """The goods may not be sent."""
    operations.decline(document, by=actor(request), reason=data["reason"])
    return f"{document} is declined."


def receive(request: HttpRequest, document: Return, data: Data) -> str:
    """The goods are here."""
    outcomes: dict[int, dict[str, int]] = {}
    for name, quantity in data.items():
        if quantity and name.startswith("line_"):
            _, pk, outcome = name.split("_", 2)
            outcomes.setdefault(int(pk), {})[outcome] = quantity
    document = operations.receive(
        document, by=actor(request), outcomes=outcomes, named=_named(data, outcomes)
    )
    return f"{document}: units received; {words.money(document.credit, document.order.currency)} credited in all."


def _named(
    data: Data, outcomes: dict[int, dict[str, int]]
) -> dict[tuple[int, str], list[tuple[str, int]]]:
    """The lots of each outcome: those that were written, dealt out in the outcomes' order."""
    named: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for pk, split in outcomes.items():
        codes = [code for code, units in data.get(f"lots_{pk}") or () for _ in range(units or 1)]
        for outcome, quantity in split.items() if codes else ():
            mine, codes = codes[:quantity], codes[quantity:]
            named[pk, outcome] = list(Counter(mine).items())
    return named


def close(request: HttpRequest, document: Return, _data: Data) -> str:
    """Nothing is left to do."""
    operations.close(document, by=actor(request))
    return f"{document} is closed."


def undelivered(shipment: Shipment) -> bool:
    """Still on its way."""
    return shipment.status not in FINAL


def labelled(document: FulfillmentOrder) -> bool:
    """A parcel exists."""
    return document.parcels.exists()


WORK_ACTS = (
    Act("accept", "Accept", WORK, accept, ConfirmForm, may("accept"),
        help="The location takes the work on.", icon="check", bulk=True, refuses=(TAKEN_ON,)),
    Act("pick", "Pick all", WORK, pick, ConfirmForm, may("pick"),
        help="Every unit counts as picked. To count one by one, scan on the page.",
        icon="shopping_cart", variant=ActionVariant.PRIMARY, bulk=True, refuses=PICKED),
    Act("pack", "Pack a parcel", WORK, pack, forms.PackForm, may("pack"),
        help="What is left out goes into the next parcel.", icon="package_2",
        variant=ActionVariant.PRIMARY),
    Act("ship", "Ship", WORK, ship, forms.ShipForm, may("ship"),
        help="Every packed parcel is handed over and its stock issued. This cannot be undone; "
        "goods that come back are a return.", icon="local_shipping",
        variant=ActionVariant.PRIMARY),
    Act("make_ready", "Ready for pickup", WORK, make_ready, ConfirmForm, may("make_ready"),
        help="The goods wait at the counter, and the buyer is told.", icon="storefront",
        variant=ActionVariant.PRIMARY, bulk=True),
    Act("collect", "Collected", WORK, collect, forms.CollectForm, may("collect"),
        help="The buyer has the goods: stock is issued and the invoice follows. This cannot be "
        "undone; goods that come back are a return.", icon="shopping_bag",
        variant=ActionVariant.PRIMARY),
    Act("give_up", "Not collected", WORK, give_up, ConfirmForm, may("give_up"),
        help="The goods go back to stock and their units of the order are cancelled; what was "
        "paid can be refunded.", icon="undo", variant=ActionVariant.DANGER, bulk=True,
        refuses=(NOT_AT_COUNTER,)),
    Act("pick_list", "Pick list", "fulfillment.view_fulfillmentorder", pick_list, ConfirmForm,
        help="A PDF with barcodes, a page for each.", icon="list_alt", folded=True, bulk=True,
        paper=True, gather=lambda _request, documents: paper.pick_list(documents)),
    Act("wave", "Consolidated pick list", "fulfillment.view_fulfillmentorder", pick_list,
        ConfirmForm, lambda _document: False, help="A PDF: each SKU once, with the units of each "
        "order.", icon="list_alt", folded=True, bulk=True,
        gather=lambda _request, documents: paper.wave_pick_list(documents)),
    Act("packing_slip", "Packing slip", "customers.view_personal_data", packing_slip, ConfirmForm,
        help="A PDF with the buyer's address; the reading is recorded.", icon="description",
        folded=True, paper=True),
    Act("label", "Parcel label", "customers.view_personal_data", label, ConfirmForm, labelled,
        help="A PDF, 4 by 6 inches; the reading is recorded.", icon="label", folded=True,
        paper=True),
    Act("reject", "Reject", WORK, reject, forms.RejectForm, may("reject"),
        help="Name the units that are missing. They are routed to other locations.", icon="block",
        variant=ActionVariant.DANGER, folded=True),
    Act("recall", "Recall", WORK, recall, forms.RecallForm, may("recall"),
        help="Unshipped units go back to the shelf and wait for a decision.", icon="undo",
        variant=ActionVariant.DANGER, folded=True),
)  # fmt: skip

SHIPMENT_ACTS = (
    Act("deliver", "Delivered", SHIP, deliver, ConfirmForm, undelivered,
        help="The buyer has received it. Final.", icon="task_alt",
        variant=ActionVariant.PRIMARY, bulk=True, refuses=(ARRIVED,)),
    Act("track", "Add tracking event", SHIP, track, forms.TrackForm, undelivered,
        help="A shipment never runs backwards: late events are kept and change nothing.",
        icon="location_on"),
    *ORIGIN_ACTS,
    OPEN_CLAIM,
)  # fmt: skip

RETURN_ACTS = (
    Act("approve", "Approve", RETURN, approve, ConfirmForm, may_return("approve"),
        help="The buyer may send the goods.", icon="check", variant=ActionVariant.PRIMARY,
        bulk=True, refuses=(DECIDED,)),
    Act("receive", "Receive", RETURN, receive, forms.ReceiveForm, may_return("receive"),
        help="Restock makes units sellable; quarantine and scrap do not; what is sent back to "
        "the sender is not credited.", icon="inventory", variant=ActionVariant.PRIMARY),
    Act("label", "Print label", "fulfillment.view_return", return_label, allowed=has_label,
        icon="label", paper=True),
    Act("inspect", "Inspect", RETURN, inspect, forms.InspectForm, may_return("inspect"),
        help="Accepted units are credited, refused ones are not. Their stock stays in quarantine "
        "until it is released there.", icon="search", variant=ActionVariant.PRIMARY),
    Act("give_up_rest", "Rest will not come", RETURN, give_up_rest, forms.GiveUpForm,
        may_return("give_up_rest"), help="What is here counts; the return is received. What was "
        "credited for the rest is charged again.", icon="event_busy"),
    Act("reopen", "Comes after all", RETURN, reopen, ReasonForm, may_return("reopen"),
        help="The expired return is waited for again. What was charged again for it stays charged; "
        "take it back by changing the order.", icon="refresh"),
    Act("withdraw", "Buyer keeps it", RETURN, withdraw, ConfirmForm, may_return("withdraw"),
        help="Nothing comes back.", icon="undo", folded=True),
    Act("let_keep", "Refund, keep goods", RETURN, let_keep, ReasonForm, may_return("let_keep"),
        help="What is missing is credited now, free of fees, and need not come back. Up to the "
        "policy's limit; whoever may waive the policy can go beyond.", icon="redeem", folded=True),
    Act("send_anyway", "Send it anyway", RETURN, send_anyway, ReasonForm,
        may_return("send_anyway"), help="The replacement leaves although not everything came back; "
        "what was not credited stays due on it.", icon="local_shipping"),
    Act("refund_instead", "Refund instead", RETURN, refund_instead, ReasonForm,
        may_return("refund_instead"), help="The replacement is cancelled and its money moved back; "
        "the return goes on with a refund.", icon="currency_exchange", folded=True),
    Act("close", "Close", RETURN, close, ConfirmForm, may_return("close"),
        help="Nothing is left to do.", icon="done_all", bulk=True, refuses=(NOT_RECEIVED,)),
    Act("decline", "Decline", RETURN, decline, forms.DeclineForm, may_return("decline"),
        help="The buyer is told no, or we stop waiting.", icon="block",
        variant=ActionVariant.DANGER),
)  # fmt: skip


def back_to_order(order: Any) -> HttpResponse:
    """The page of an order."""
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))

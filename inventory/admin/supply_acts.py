"""The buttons of purchase orders, receipts and transfers; each makes one operation call."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.enums import ActionVariant

from inventory import operations
from inventory.adapters import paper
from inventory.enums import PurchaseOrderStatus, TransferStatus
from inventory.forms import CorrectForm
from inventory.forms import supply as forms
from inventory.models import GoodsReceipt, PurchaseOrder, Transfer
from oms import words
from oms.admin import Act, ConfirmForm, ReasonForm, actor
from oms.downloads import pdf

Data = dict[str, Any]
BUY = "inventory.buy"
BRING = "inventory.move_between_locations"
SEE = "inventory.view_purchaseorder"


def page_of(document: Any) -> HttpResponseRedirect:
    """The document's page."""
    name = f"admin:inventory_{document._meta.model_name}_change"  # noqa: SLF001
    return HttpResponseRedirect(reverse(name, args=[document.pk]))


def draft(request: HttpRequest, _obj: None, data: Data) -> HttpResponse:
    """Write a purchase order."""
    terms = operations.Terms(
        exchange_rate=data["exchange_rate"], expected_on=data["expected_on"], note=data["note"]
    )
    made = operations.draft_purchase_order(
        data["supplier"],
        data["location"],
        forms.wanted(data["lines"]),
        by=actor(request),
        terms=terms,
    )
    return page_of(made)


def rewrite(request: HttpRequest, order: PurchaseOrder, data: Data) -> str:
    """Replace the lines."""
    rows = forms.wanted(data["lines"])
    operations.rewrite_purchase_order(order, rows, by=actor(request))
    return f"{order} has {words.count(len(rows), 'line')}."


def send(request: HttpRequest, order: PurchaseOrder, _data: Data) -> str:
    """Take it as given to the supplier."""
    order = operations.send_purchase_order(order, by=actor(request))
    return f"{order} is sent; its units are expected on {order.expected_on}."


def confirm(request: HttpRequest, order: PurchaseOrder, data: Data) -> str:
    """Note the supplier's answer."""
    operations.confirm_purchase_order(order, by=actor(request), **data)
    return f"{order} is confirmed."


def close(request: HttpRequest, order: PurchaseOrder, data: Data) -> str:
    """Expect no more."""
    operations.close_purchase_order(order, by=actor(request), reason=data["reason"])
    return f"{order} is closed; nothing more is expected of it."


def cancel(request: HttpRequest, order: PurchaseOrder, data: Data) -> str:
    """Withdraw it."""
    operations.cancel_purchase_order(order, by=actor(request), reason=data["reason"])
    return f"{order} is cancelled."


def print_order(_request: HttpRequest, order: PurchaseOrder, _data: Data) -> HttpResponse:
    """The order as PDF."""
    return pdf(order.number, paper.purchase_order(order))


def request_transfer(request: HttpRequest, _obj: None, data: Data) -> HttpResponse:
    """Ask for units of another location."""
    quantities: dict[int, int] = {}
    for product, quantity, _ in data["lines"]:
        quantities[product] = quantities.get(product, 0) + quantity
    plan = operations.Plan(
        expected_on=data["expected_on"], note=data["note"], exchange_rate=data["exchange_rate"]
    )
    made = operations.request_transfer(
        data["source"], data["destination"], quantities, by=actor(request), plan=plan
    )
    return page_of(made)


def ship(request: HttpRequest, transfer: Transfer, data: Data) -> str:
    """Send it off."""
    quantities = {int(name.removeprefix("line_")): units for name, units in data.items()}
    operations.ship_transfer(transfer, by=actor(request), quantities=quantities)
    return f"{transfer} is on its way; {words.count(sum(quantities.values()), 'unit')} left."


def settle(request: HttpRequest, transfer: Transfer, data: Data) -> str:
    """Explain what did not come."""
    choice = forms.settlement(data)
    operations.settle_transfer(transfer, choice, by=actor(request))
    return f"{transfer} has ended; what did not come is explained."


def cancel_transfer(request: HttpRequest, transfer: Transfer, data: Data) -> str:
    """Call it off."""
    operations.cancel_transfer(
        transfer, by=actor(request), reason=data["reason"], settlement=forms.settlement(data)
    )
    return f"{transfer} is cancelled."


def add_cost(request: HttpRequest, receipt: GoodsReceipt, data: Data) -> str:
    """Spread a cost over what came."""
    cost = operations.add_landed_cost(receipt, forms.landed(data), by=actor(request))
    currency = receipt.location.cost_currency
    return f"{words.money(cost.amount, currency)} spread over the units of {receipt}."


def undo_receipt(request: HttpRequest, receipt: GoodsReceipt, data: Data) -> str:
    """It never came."""
    why = operations.Why(data["reason_code"], data["reason"])
    operations.undo_receipt(receipt, by=actor(request), why=why)
    return f"{receipt} is undone; its units are off the shelf again."


def can_be_undone(receipt: GoodsReceipt) -> bool:
    """It stands, and no transfer is behind it."""
    return receipt.undone_at is None and receipt.transfer_id is None


def stands(receipt: GoodsReceipt) -> bool:
    """It is not undone."""
    return receipt.undone_at is None


def is_draft(order: PurchaseOrder) -> bool:
    """The supplier knows nothing."""
    return order.status == PurchaseOrderStatus.DRAFT


def is_open(order: PurchaseOrder) -> bool:
    """The supplier has to deliver."""
    return order.is_open


def is_untouched(order: PurchaseOrder) -> bool:
    """Nothing has come."""
    return order.status in {PurchaseOrderStatus.DRAFT, PurchaseOrderStatus.SENT}


def is_requested(transfer: Transfer) -> bool:
    """Nothing has left."""
    return transfer.status == TransferStatus.REQUESTED


def on_the_way(transfer: Transfer) -> bool:
    """Units are on their way."""
    return transfer.is_on_the_way


def can_be_called_off(transfer: Transfer) -> bool:
    """Nothing has come."""
    return transfer.status in {TransferStatus.REQUESTED, TransferStatus.SHIPPED}


PURCHASE_ACTS = (
    Act("new", "New purchase order", BUY, draft, forms.NewPurchaseOrderForm,
        help="A draft: the supplier knows of it once you send it.", icon="add",
        variant=ActionVariant.PRIMARY, on_list=True),
    Act("send", "Send", BUY, send, ConfirmForm, is_draft,
        help="From now on its units are expected and may be promised. Give the supplier the PDF.",
        icon="send", variant=ActionVariant.PRIMARY, bulk=True),
    Act("lines", "Edit lines", BUY, rewrite, forms.PurchaseLinesForm, is_draft, icon="edit"),
    Act("confirm", "Confirmation", BUY, confirm, forms.ConfirmOrderForm, is_open,
        help="What the supplier answered. A new day changes what is promised to customers.",
        icon="event_available",
        initial=lambda order: {"reference": order.reference, "expected_on": order.expected_on}
        if order else {}),
    Act("pdf", "PDF", SEE, print_order, ConfirmForm, help="For the supplier.", icon="picture_as_pdf",
        paper=True),
    Act("close", "Close", BUY, close, ReasonForm, is_open,
        help="What is missing will not come; it is expected no more.", icon="done_all",
        folded=True),
    Act("cancel", "Cancel", BUY, cancel, ReasonForm, is_untouched, icon="block",
        help="Withdraws it; nothing has come.", variant=ActionVariant.DANGER, folded=True),
)  # fmt: skip

TRANSFER_ACTS = (
    Act("new", "New transfer", BRING, request_transfer, forms.NewTransferForm,
        help="A request: nothing moves until the source ships it.", icon="add",
        variant=ActionVariant.PRIMARY, on_list=True),
    Act("ship", "Ship", BRING, ship, forms.ShipTransferForm, is_requested,
        help="Units leave the source now. What you leave out is not sent any more.",
        icon="local_shipping", variant=ActionVariant.PRIMARY),
    Act("settle", "Explain what is missing", BRING, settle, forms.SettleForm, on_the_way,
        help="Ends the transfer: every unit that did not come gets an outcome and a reason.",
        icon="help_center"),
    Act("cancel", "Cancel", BRING, cancel_transfer, forms.CancelTransferForm, can_be_called_off,
        help="Nothing is reversed silently: for units on their way you choose what becomes of "
        "them.", icon="block", variant=ActionVariant.DANGER, folded=True),
)  # fmt: skip

RECEIPT_ACTS = (
    Act("cost", "Add landed cost", "inventory.add_landed_cost", add_cost, forms.LandedCostForm,
        stands,
        help="Units still there become dearer; the part of those that left is an expense of today.",
        icon="request_quote", variant=ActionVariant.PRIMARY),
    Act("undo", "Undo receipt", "inventory.correct_stock", undo_receipt, CorrectForm,
        can_be_undone,
        help="For a receipt that was booked by mistake: every unit is taken off again and the "
        "purchase order misses it. Refused once units have left or are promised.",
        icon="undo", variant=ActionVariant.DANGER, folded=True),
)  # fmt: skip

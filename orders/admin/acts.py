"""The buttons of orders, holds, payments and refund grants; each makes one operation call."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ConfirmForm, ReasonForm, Told, Undo, actor
from oms.money import plain
from oms.words import moment, money
from orders import operations, queries
from orders.admin import refusals
from orders.admin.cancel_acts import CANCEL_ACTS
from orders.admin.refusals import may
from orders.enums import HoldKind, PaymentMethod
from orders.forms import (
    AddressForm,
    CaptureForm,
    GrantRefundForm,
    HoldForm,
    NameShippingForm,
    PaymentForm,
    PayRefundForm,
    PriorityForm,
    PromiseForm,
    SolveSkuForm,
    TagForm,
)
from orders.forms.credit import RedeemForm, RefundToCreditForm
from orders.models import Order, Payment, RefundGrant
from orders.operations.payments import open_amount
from orders.queries.balance import left_of

Data = dict[str, Any]
UNDONE = "Run undone"  # the reason in the history
LATER = {PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.ON_ACCOUNT}


def has_unknown_sku(order: Order) -> bool:
    """A line whose product nobody knows, on an order that is still open."""
    return may("place_hold")(order) and order.lines.filter(product=None).exists()


def has_unknown_shipping(order: Order) -> bool:
    """An open hold for words that nobody has named."""
    kind = HoldKind.UNKNOWN_SHIPPING
    return order.holds.filter(type__code=kind, lifted_at=None).exists()


def release(request: HttpRequest, order: Order, _data: Data) -> str:
    """Hand what has stock to its locations."""
    order = operations.release(order, by=actor(request))
    held = order.holds.filter(lifted_at=None).first()
    return f"{order} is held: {held.reason}" if held else f"{order} is released to its locations."


def reroute(request: HttpRequest, order: Order, _data: Data) -> str:
    """Plan anew."""
    operations.reroute(order, by=actor(request))
    return f"{order} is routed again by the rules in force; Sourcing says why."


def place_hold(request: HttpRequest, order: Order, data: Data) -> str | Told:
    """Stop the order."""
    begun = timezone.now()
    hold = operations.ask_hold(order, by=actor(request), **data)
    said = f"{order} is on hold: {hold.type.name}."
    return Told(said, {"hold": hold.pk}) if hold.placed_at >= begun else said


def undo_hold(request: HttpRequest, order: Order, back: Data) -> str:
    """Lift exactly that hold."""
    hold = order.holds.get(pk=back["hold"])
    operations.lift_hold(hold, by=actor(request), reason=UNDONE)
    return f"The hold of {order} is lifted again."


def lift_holds(request: HttpRequest, order: Order, data: Data) -> Told:
    """Lift every open hold."""
    lifted = operations.lift_holds(order, by=actor(request), reason=data["reason"])
    said = f"{words.count(len(lifted), 'hold')} of {order} lifted."
    return Told(said, {"holds": [hold.pk for hold in lifted]})


def undo_lift(request: HttpRequest, order: Order, back: Data) -> str:
    """Place those holds again."""
    held = operations.hold_again(order, by=actor(request), lifted=back["holds"], reason=UNDONE)
    return f"{order} is on hold again: {words.count(len(held), 'hold')}."


def release_now(request: HttpRequest, order: Order, _data: Data) -> str:
    """Wait for the buyer no longer."""
    order = operations.release_now(order, by=actor(request))
    return f"{order} goes on; it is in {words.sentence_case(order.get_stage_display())}."


def record_payment(request: HttpRequest, order: Order, data: Data) -> str:
    """Money that came, or is promised."""
    later = data["method"] in LATER
    record = operations.record_pending if later else operations.record_capture
    payment = record(order, by=actor(request), **data)
    amount = money(data["amount"], order.currency)
    over = queries.balance(order).refundable
    more = f" That is {money(over, order.currency)} more than is due." if over else ""
    return f"{amount} {'promised' if later else 'received'} as {payment}.{more}"


def redeem_credit(request: HttpRequest, order: Order, data: Data) -> str:
    """Pay with a gift card or the buyer's store credit."""
    row = operations.redeem_credit(order, by=actor(request), **data)
    return f"{money(row.amount, order.currency)} paid with {row.payment.reference}."


def write_off(request: HttpRequest, order: Order, data: Data) -> str:
    """Give up a small difference."""
    row = operations.write_off(order, by=actor(request), reason=data["reason"])
    return f"{money(row.amount, order.currency)} written off; {order} is settled."


def owes_little(order: Order) -> bool:
    """Something is owed, and no more than the channel lets people give up."""
    return 0 < queries.balance(order).balance <= (order.channel.write_off_limit or 0)


def grant_refund(request: HttpRequest, order: Order, data: Data) -> str:
    """Decide that money goes back."""
    grant = operations.grant_refund(order, by=actor(request), **data)
    return f"{money(grant.amount, order.currency)} granted; somebody with that duty pays it."


def solve_sku(request: HttpRequest, order: Order, data: Data) -> str:
    """Say what an unknown SKU is."""
    line, product = data["line"], data["product"]
    if not data["remember"]:
        operations.solve_sku(line, by=actor(request), product=product)
        return f"{line.sku} is {product} in this order."
    operations.remember_sku(line, by=actor(request), product=product)
    return f"{line.sku} is {product} in every order of {order.channel}; those that wait go on."


def name_shipping(request: HttpRequest, order: Order, data: Data) -> str:
    """Say which way of shipping the channel means."""
    operations.remember_shipping(order, by=actor(request), **data)
    return f"It is {data['method']} in every order of {order.channel}; those that wait go on."


def correct_address(request: HttpRequest, order: Order, data: Data) -> str:
    """Replace the shipping address."""
    reason, remember = data.pop("reason"), data.pop("remember")
    act = operations.remember_country if remember else operations.correct_address
    act(order, by=actor(request), shipping_address=data, reason=reason)
    return f"The address of {order} is corrected."


def change_promise(request: HttpRequest, order: Order, data: Data) -> str:
    """Give another date."""
    row = operations.change_promise(order, by=actor(request), **data)
    return f"{order} is promised for {moment(row.promised_at)}."


def set_priority(request: HttpRequest, order: Order, data: Data) -> str | Told:
    """Put it elsewhere in the line."""
    after = data["priority"]
    before = operations.set_priority(order, by=actor(request), **data)
    said = f"{order} has priority {after}; promises follow within seconds."
    return said if before == after else Told(said, {"before": before, "after": after})


def undo_priority(request: HttpRequest, order: Order, back: Data) -> str:
    """Put it where it was in the line."""
    before = operations.put_priority_back(order, by=actor(request), reason=UNDONE, **back)
    return f"{order} has priority {before} again."


def tag(request: HttpRequest, order: Order, data: Data) -> str | Told:
    """Add words."""
    _, added, removed = operations.change_tags(order, by=actor(request), add=data["tags"])
    return _tagged(order, added, removed)


def untag(request: HttpRequest, order: Order, data: Data) -> str | Told:
    """Take words off."""
    _, added, removed = operations.change_tags(order, by=actor(request), remove=data["tags"])
    return _tagged(order, added, removed)


def _tagged(order: Order, added: list[str], removed: list[str]) -> str | Told:
    changes = [f"tagged {', '.join(added)}"] if added else []
    changes += [f"no longer tagged {', '.join(removed)}"] if removed else []
    if not changes:
        return f"{order} was so already."
    return Told(f"{order} is {' and '.join(changes)}.", {"added": added, "removed": removed})


def undo_tags(request: HttpRequest, order: Order, back: Data) -> str:
    """Give it back the tags it had."""
    operations.put_tags_back(order, by=actor(request), reason=UNDONE, **back)
    return f"{order} has the tags that it had before."


ORDER_ACTS = (
    Act(
        "release",
        "Release",
        "orders.release_order",
        release,
        form=ConfirmForm,
        allowed=may("release"),
        help="Hands everything that has stock to its locations. They start picking.",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        bulk=True,
        refuses=refusals.RELEASE,
    ),
    Act(
        "reroute",
        "Route again",
        "orders.release_order",
        reroute,
        form=ConfirmForm,
        allowed=may("reroute"),
        help="Plans what no location works on yet by the rules in force now. "
        "The order keeps its stock when that would serve less.",
        icon="route",
        bulk=True,
        refuses=refusals.REROUTE,
        folded=True,
    ),
    Act(
        "solve_sku",
        "Map SKU",
        "orders.correct_order",
        solve_sku,
        form=SolveSkuForm,
        allowed=has_unknown_sku,
        help="Says which of our products the channel means, and lifts the hold.",
        icon="alt_route",
    ),
    Act(
        "name_shipping",
        "Name shipping method",
        "orders.correct_order",
        name_shipping,
        form=NameShippingForm,
        allowed=has_unknown_shipping,
        help="Says which of our methods the channel means, remembers it, and lifts the hold.",
        icon="local_shipping",
    ),
    Act(
        "correct_address",
        "Correct address",
        "orders.correct_order",
        correct_address,
        form=AddressForm,
        allowed=may("correct_address"),
        help="Replaces the shipping address. Tax stays as it was agreed when the order was placed.",
        icon="edit_location_alt",
        folded=True,
    ),
    Act(
        "change_promise",
        "Change promise",
        "orders.change_promised_date",
        change_promise,
        form=PromiseForm,
        allowed=may("place_hold"),
        initial=lambda order: {"promised_at": order.promised_at},
        help="Gives the buyer another ship-by date. The promise ledger keeps both, and the reason.",
        icon="event",
        folded=True,
    ),
    Act(
        "set_priority",
        "Set priority",
        "orders.set_priority",
        set_priority,
        form=PriorityForm,
        allowed=may("place_hold"),
        initial=lambda order: {"priority": order.priority},
        help="Decides who gets the next units where stock is scarce.",
        icon="low_priority",
        folded=True,
        bulk=True,
        refuses=refusals.HOLD,
        undo=Undo("orders.set_priority", undo_priority, "each order gets its former priority."),
    ),
    Act(
        "record_payment",
        "Record payment",
        "orders.take_payment",
        record_payment,
        form=PaymentForm,
        allowed=may("record_payment"),
        initial=lambda order: {"amount": plain(queries.balance(order).balance, order.currency)},
        help="Money that came in outside the channel. Cash on delivery and on account are promises.",
        icon="payments",
    ),
    Act(
        "redeem_credit",
        "Redeem store credit",
        "orders.redeem_storecredit",
        redeem_credit,
        form=RedeemForm,
        allowed=may("record_payment"),
        initial=lambda order: {"amount": plain(queries.balance(order).balance, order.currency)},
        help="Pays with a gift card or the buyer's own credit; the rest can be paid otherwise.",
        icon="card_giftcard",
        folded=True,
    ),
    Act(
        "write_off",
        "Write off difference",
        "orders.write_off_balance",
        write_off,
        allowed=owes_little,
        help="Gives up the small rest that the buyer owes. Invoices stay as they are.",
        icon="money_off",
        folded=True,
    ),
    Act(
        "grant_refund",
        "Grant refund",
        "orders.grant_refund",
        grant_refund,
        form=GrantRefundForm,
        allowed=may("grant_refund"),
        initial=lambda order: {"amount": plain(queries.balance(order).refundable, order.currency)},
        help="Decides that overpaid money goes back. Paying it is another person's act.",
        icon="currency_exchange",
    ),
    Act(
        "place_hold",
        "Place hold",
        "orders.place_hold",
        place_hold,
        form=HoldForm,
        allowed=may("place_hold"),
        help="Nothing is allocated, released or shipped until the hold is lifted.",
        icon="front_hand",
        bulk=True,
        refuses=refusals.HOLD,
        undo=Undo("orders.lift_hold", undo_hold, "the holds placed here are lifted."),
    ),
    Act(
        "lift_holds",
        "Lift holds",
        "orders.lift_hold",
        lift_holds,
        form=ReasonForm,
        allowed=may("lift_hold"),
        help="Lifts every open hold; the order goes as far as stock and money allow.",
        icon="lock_open",
        bulk=True,
        refuses=refusals.LIFT,
        undo=Undo("orders.place_hold", undo_lift, "the holds lifted here are placed again."),
        folded=True,
    ),
    Act(
        "tag",
        "Add tags",
        "orders.tag_order",
        tag,
        form=TagForm,
        help="Words by which people and rules find orders again.",
        icon="new_label",
        bulk=True,
        folded=True,
        undo=Undo("orders.tag_order", undo_tags, "the tags added here are taken off."),
    ),
    Act(
        "untag",
        "Remove tags",
        "orders.tag_order",
        untag,
        form=TagForm,
        allowed=lambda order: bool(order.tags),
        help="Orders that have none of them stay as they are.",
        icon="label_off",
        bulk=True,
        folded=True,
        refuses=(("It has no tags.", Q(tags=[])),),
        undo=Undo("orders.tag_order", undo_tags, "the tags removed here are added again."),
    ),
    *CANCEL_ACTS,
    Act(
        "release_now",
        "Release now",
        "orders.release_order",
        release_now,
        form=ConfirmForm,
        allowed=may("release_now"),
        help="Waits no longer for the buyer to change their mind; other holds stay.",
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        bulk=True,
    ),
)


REPAIRS = {
    HoldKind.UNKNOWN_SKU: "solve_sku",
    HoldKind.UNKNOWN_SHIPPING: "name_shipping",
    HoldKind.INCOMPLETE_ADDRESS: "correct_address",
}


def asked_for(payment: Payment, amount: Any) -> str:
    """What is said when a gateway will do it."""
    return (
        f"{payment.get_gateway_display()} is asked for {money(amount, payment.currency)} "
        f"of {payment}; its answer is on the order's page within seconds."
    )


def capture(request: HttpRequest, payment: Payment, data: Data) -> str:
    """Take what is open."""
    if payment.gateway:
        operations.ask_capture(payment, by=actor(request), amount=data["amount"])
        return asked_for(payment, data["amount"])
    operations.capture(payment, by=actor(request), **data)
    return f"{money(data['amount'], payment.currency)} taken from {payment}."


def void(request: HttpRequest, payment: Payment, _data: Data) -> str:
    """Give up what is open."""
    if payment.gateway:
        return asked_for(payment, operations.ask_void(payment, by=actor(request)).amount)
    operations.void(payment, by=actor(request))
    return f"What was open of {payment} is given up."


def is_open(payment: Payment) -> bool:
    """Whether something may still be captured or given up."""
    return open_amount(payment) > 0


PAYMENT_ACTS = (
    Act(
        "capture",
        "Capture",
        "orders.take_payment",
        capture,
        form=CaptureForm,
        allowed=is_open,
        initial=lambda payment: {"amount": plain(open_amount(payment), payment.currency)},
        help="A gateway is asked for the money; otherwise this records that it was received.",
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
        bulk=False,
    ),
    Act(
        "void",
        "Void",
        "orders.take_payment",
        void,
        form=ConfirmForm,
        allowed=is_open,
        help="Gives up what is still authorised or promised, at its gateway too.",
        icon="cancel",
        variant=ActionVariant.DANGER,
    ),
)


def pay_refund(request: HttpRequest, grant: RefundGrant, data: Data) -> str:
    """Record that money went back, or have a gateway send it."""
    payment = data["payment"]
    if payment.method == PaymentMethod.STORE_CREDIT:
        return pay_as_credit(request, grant, {"payment": payment, "amount": data["amount"]})
    if payment.gateway:
        operations.ask_refund(grant, by=actor(request), payment=payment, amount=data["amount"])
        return asked_for(payment, data["amount"])
    row = operations.pay_refund(grant, by=actor(request), **data)
    return f"{money(row.amount, grant.order.currency)} paid back through {row.payment}."


def pay_as_credit(request: HttpRequest, grant: RefundGrant, data: Data) -> str:
    """Owe it as store credit."""
    row = operations.refund_to_credit(grant, by=actor(request), **data)
    return f"{money(row.amount, grant.order.currency)} is on {row.credit_entry.credit}."


GRANT_ACTS = (
    Act(
        "pay",
        "Pay refund",
        "orders.pay_refund",
        pay_refund,
        form=PayRefundForm,
        allowed=lambda grant: left_of(grant) > 0,
        initial=lambda grant: {"amount": plain(left_of(grant), grant.order.currency)},
        help="A gateway sends the money back by itself; otherwise this records that you have sent it.",
        icon="currency_exchange",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "credit",
        "Pay as store credit",
        "orders.pay_refund",
        pay_as_credit,
        form=RefundToCreditForm,
        allowed=lambda grant: left_of(grant) > 0,
        initial=lambda grant: {"amount": plain(left_of(grant), grant.order.currency)},
        help="The money stays with us and is owed as credit; what was paid by store credit goes "
        "back onto it.",
        icon="card_giftcard",
    ),
)

"""Exchanges: the replacement is reserved at once; whatever becomes of it, the money adds up."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from fulfillment import operations as fulfillment
from fulfillment.consumers import settle_exchange
from fulfillment.models import Exchange, Return, ReturnPolicy
from fulfillment.queries.policies import returnable
from oms.errors import DomainError
from oms.models import Event, User
from orders import operations as orders
from orders.models import Order
from orders.queries import balance
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
Wish, Swap = fulfillment.Wish, fulfillment.Swap


@pytest.fixture
def sold(floor):
    """Two mugs of ten pounds each, paid, shipped and delivered, in a shop that wants its money."""
    floor.channel.needs_payment = True
    floor.channel.save()
    payment = orders.PlacedPayment("card", Decimal(20), "captured", "ch_1")
    order = world.place(floor.channel, ("MUG", 2), payments=(payment,))
    shipment = pack_and_ship(floor, order)
    fulfillment.deliver(shipment, by=BY)
    order.refresh_from_db()
    return order


def pack_and_ship(floor, order):
    floor.dispatch(order)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    return fulfillment.ship(document, by=BY, carrier="royal-mail")


def at_once(**terms):
    ReturnPolicy.objects.create(name="Instant", exchange_ships="at_once", **terms)


def swap(order, units=1, sku="CUP", price=None, **more):
    wish = Wish(units, "wrong_item")
    price = None if price is None else Decimal(price)
    return fulfillment.exchange(
        order, by=BY, swaps={order.lines.get().pk: Swap(wish, sku, price)}, **more
    )


def owed(order):
    return balance(Order.objects.get(pk=order.pk)).balance


def tell(name):
    """What the worker does with the latest event of this name."""
    settle_exchange(Event.objects.filter(name=name).latest("pk"))


def expire(document):
    Return.objects.filter(pk=document.pk).update(expires_at=timezone.now() - timedelta(days=1))
    fulfillment.expire_due()
    tell("return.expired")


def test_exchange_at_once_reserves_and_pays_the_replacement_now(sold):
    at_once()

    made = swap(sold, 2, reference="X1")

    other = made.replacement
    assert other.lines.get().allocated == 2
    other.refresh_from_db()
    assert (other.total, other.payment_status, other.stage) == (20, "paid", "fulfilment")
    assert (owed(sold), owed(other), sold.links_out.get().kind) == (0, 0, "exchange")
    assert made.return_order.status == "approved"
    assert swap(sold, 2, reference="X1") == made
    assert Order.objects.count() == 2
    assert_ledgers_hold()


def test_exchange_on_receipt_waits_on_hold_for_the_goods(sold):
    made = swap(sold)
    assert made.replacement.lines.get().allocated == 1
    assert (owed(sold), owed(made.replacement)) == (0, 10)
    assert made.replacement.holds.get().reason == f"Ships when return {made.return_order} is here"
    row = made.return_order.lines.get()

    fulfillment.receive(made.return_order, by=BY, outcomes={row.pk: {"restock": 1}})
    for _ in range(2):
        tell("return.received")

    made.refresh_from_db()
    assert (made.status, owed(sold), owed(made.replacement)) == ("done", 0, 0)
    assert made.replacement.holds.get().lifted_at is not None
    assert made.replacement.lines.get().released == 1
    assert_ledgers_hold()


def test_exchange_under_a_policy_that_approves_and_credits_keeps_no_fees(sold):
    ReturnPolicy.objects.create(
        name="Quick", approves_itself=True, refund_on="approval", fee_percent=15
    )

    document = swap(sold).return_order

    row = document.lines.get()
    assert (document.status, row.credited, row.fee_percent) == ("approved", 0, 0)
    document = fulfillment.receive(document, by=BY, outcomes={row.pk: {"restock": 1}})
    tell("return.received")
    assert (document.credit, document.fee, document.charged) == (10, 0, 0)
    assert (owed(sold), owed(document.exchange.replacement)) == (0, 0)
    assert_ledgers_hold()


@pytest.mark.parametrize("outcome", ["sent_back", "given_up"])
def test_exchange_of_which_not_all_is_kept_waits_for_a_person(sold, outcome):
    made = swap(sold, 2)
    row = made.return_order.lines.get()
    first = {"send_back": 1} if outcome == "sent_back" else {}

    fulfillment.receive(made.return_order, by=BY, outcomes={row.pk: {"restock": 1, **first}})
    if outcome == "given_up":
        fulfillment.give_up_rest(made.return_order, by=BY, reason="One was lost")
    tell("return.received")

    made.refresh_from_db()
    assert made.status == "open"
    assert made.replacement.holds.filter(lifted_at=None).count() == 2
    made = fulfillment.refund_instead(made, by=BY, reason="The other one is not coming")
    assert (made.status, owed(made.replacement)) == ("refunded", 0)
    assert_ledgers_hold()


@pytest.mark.parametrize(("price", "due", "back"), [("13.50", "3.50", 0), ("8", 0, "-2")])
def test_exchange_leaves_the_difference_due_or_owed(sold, price, due, back):
    at_once()

    made = swap(sold, price=price)

    assert (owed(made.replacement), owed(sold)) == (Decimal(due), Decimal(back))
    assert_ledgers_hold()


def test_exchange_of_units_that_do_not_divide_leaves_no_cent(floor):
    at_once()
    order, shipment = floor.shipped(("MUG", 3, "3.3333"))
    fulfillment.deliver(shipment, by=BY)

    totals = [swap(order).replacement.total for _ in range(3)]

    assert totals == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("sku", "said"),
    [
        ("SAUCER", "take the goods back with a refund instead"),
        ("MUG-GONE", "There is no product MUG-GONE"),
    ],
)
def test_exchange_for_what_is_not_there_is_refused_and_changes_nothing(sold, floor, sku, said):
    at_once()
    world.stocked("SAUCER", floor.london, 1)

    with pytest.raises(DomainError) as refused:
        swap(sold, 2, sku=sku)

    assert said in refused.value.detail
    assert (Return.objects.count(), Order.objects.count(), owed(sold)) == (0, 1, 0)


def test_exchange_whose_goods_never_come_charges_what_has_left(sold, floor):
    at_once()
    made = swap(sold)
    pack_and_ship(floor, made.replacement)

    expire(made.return_order)

    made.refresh_from_db()
    assert (made.status, owed(sold), owed(made.replacement)) == ("charged", 10, 0)
    assert_ledgers_hold()


def test_exchange_whose_goods_never_come_calls_off_what_has_not_left(sold, floor):
    at_once()
    made = swap(sold)
    floor.dispatch(made.replacement)

    expire(made.return_order)

    made.refresh_from_db()
    made.replacement.refresh_from_db()
    assert (made.status, made.replacement.status) == ("cancelled", "cancelled")
    assert (owed(sold), owed(made.replacement)) == (0, 0)
    assert_ledgers_hold()


def test_refund_instead_of_a_replacement_that_cannot_be_supplied(sold, floor):
    at_once()
    made = swap(sold)
    floor.dispatch(made.replacement)

    made = fulfillment.refund_instead(made, by=BY, reason="The last one is broken")

    made.replacement.refresh_from_db()
    assert (made.status, made.replacement.status) == ("refunded", "cancelled")
    assert (balance(Order.objects.get(pk=sold.pk)).refundable, owed(made.replacement)) == (10, 0)
    with pytest.raises(fulfillment.ExchangeEnded):
        fulfillment.refund_instead(made, by=BY, reason="Again")
    assert_ledgers_hold()


def test_refund_instead_of_a_replacement_that_has_left_is_refused(sold, floor):
    at_once()
    made = swap(sold)
    pack_and_ship(floor, made.replacement)

    with pytest.raises(fulfillment.ReplacementLeft):
        fulfillment.refund_instead(made, by=BY, reason="Too late")

    made.refresh_from_db()
    assert (made.status, owed(sold)) == ("open", 0)


def test_refund_instead_looks_at_the_replacement_after_locking_it(sold, floor):
    at_once()
    made = swap(sold)
    floor.dispatch(made.replacement)
    waiting = {made.replacement.pk}

    def ships_first(execute, sql, params, many, context):
        """Somebody who held the replacement when its row is first asked for."""
        if sql.startswith("SELECT") and 'FROM "orders_order" ' in sql and waiting & {*params}:
            waiting.clear()
            pack_and_ship(floor, made.replacement)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ships_first), pytest.raises(fulfillment.ReplacementLeft):
        fulfillment.refund_instead(made, by=BY, reason="Too late by a moment")


def test_exchange_form_sent_twice_exchanges_once(sold, admin_client):
    url = reverse("admin:fulfillment_exchange", args=[sold.pk])
    token = admin_client.get(url).context["once"]
    pk = sold.lines.get().pk
    sent = {"reason": "wrong_item", f"line_{pk}": 1, f"swap_{pk}": "CUP", "once": token}

    for _ in range(2):
        assert admin_client.post(url, sent).status_code == 302

    assert Exchange.objects.count() == 1


@pytest.mark.parametrize(
    ("permissions", "status", "price"),
    [
        (["add_return"], 403, None),
        (["add_return", "add_order"], 302, 10),
        (["add_return", "add_order", "correct_order"], 302, 1),
    ],
)
def test_exchange_asks_for_the_right_to_place_orders_and_to_set_prices(
    sold, client, permissions, status, price
):
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    pk = sold.lines.get().pk
    sent = {"reason": "wrong_item", f"line_{pk}": 1, f"swap_{pk}": "CUP", f"price_{pk}": "1"}

    answer = client.post(reverse("admin:fulfillment_exchange", args=[sold.pk]), sent)

    assert answer.status_code == status
    made = Exchange.objects.first()
    assert (made and made.replacement.lines.get().unit_price) == price


def test_exchange_from_the_page_of_the_order(sold, floor, admin_client):
    url = reverse("admin:fulfillment_exchange", args=[sold.pk])
    line = sold.lines.get()
    assert admin_client.get(url).status_code == 200
    sent = {"reason": "wrong_item", "note": "", "state": "", f"line_{line.pk}": 1}

    answer = admin_client.post(url, {**sent, f"swap_{line.pk}": "CUP", f"price_{line.pk}": "12"})

    made = Exchange.objects.get()
    floor.dispatch(made.replacement)
    page = admin_client.get(answer.url).content.decode()
    assert made.replacement.number in page
    assert "£12.00" in page
    act = reverse("admin:fulfillment_return_act", args=[made.return_order.pk, "refund_instead"])
    admin_client.post(act, {"act": "refund_instead", "reason": "Not there after all"})
    made.refresh_from_db()
    assert made.status == "refunded"


@pytest.mark.parametrize(
    ("price", "covered", "to_pay"),
    [("10", "£10.00", "nothing"), ("12", "£10.00", "£2.00"), ("8", "£8.00", "nothing")],
)
def test_page_says_what_the_credit_pays_and_what_is_left_for_the_buyer(
    sold, admin_client, price, covered, to_pay
):
    rma = swap(sold, price=price).return_order
    url = reverse("admin:fulfillment_return_change", args=[rma.pk])

    told = " ".join(strip_tags(admin_client.get(url).content.decode().replace("<", " <")).split())

    assert f"Paid so far £0.00 To be paid by the credit of this return {covered} once" in told
    assert f"The buyer has to pay {to_pay}" in told
    assert "if all that is announced arrives and is accepted £10.00" in told
    fulfillment.receive(rma, by=BY, outcomes={rma.lines.get().pk: {"restock": 1}})
    tell("return.received")
    told = " ".join(strip_tags(admin_client.get(url).content.decode().replace("<", " <")).split())
    assert f"It costs £{price}.00 Paid so far {covered}" in told
    assert ("The buyer has to pay £2.00" in told) == (price == "12")
    assert ("Owed to the buyer of" in told) == (price == "8")


def split_one(order):
    step = orders.Step("split_off", order.lines.get().pk, {"quantity": 1})
    orders.confirm_change(orders.draft_change(order, by=BY, steps=[step]), by=BY)
    return Order.objects.get(links_in__source=order, links_in__kind="split")


@pytest.mark.parametrize("end", ["expired", "waived"])
def test_exchange_at_once_of_which_a_part_comes_back_ends(sold, floor, end):
    at_once()
    made = swap(sold, 2)
    pack_and_ship(floor, made.replacement)
    document, row = made.return_order, made.return_order.lines.get()
    fulfillment.receive(document, by=BY, outcomes={row.pk: {"restock": 1}})

    if end == "waived":
        fulfillment.waive_missing(document, by=BY, reason="A loyal customer")
    else:
        Return.objects.update(expires_at=timezone.now() - timedelta(days=1))
        fulfillment.expire_due()
    tell("return.received")

    made.refresh_from_db()
    document.refresh_from_db()
    assert (made.status, owed(sold)) == (("done", 0) if end == "waived" else ("charged", 10))
    assert (owed(made.replacement), document.status, document.charged) == (
        0,
        "received",
        owed(sold),
    )
    assert_ledgers_hold()


def test_exchange_on_receipt_of_which_a_part_comes_is_sent_anyway(sold):
    made = swap(sold, 2)
    row = made.return_order.lines.get()
    fulfillment.receive(made.return_order, by=BY, outcomes={row.pk: {"restock": 1}})
    with pytest.raises(fulfillment.GoodsAwaited):
        fulfillment.send_anyway(made, by=BY, reason="Now")
    fulfillment.give_up_rest(made.return_order, by=BY, reason="One was lost")
    tell("return.received")
    kinds = set(made.replacement.holds.filter(lifted_at=None).values_list("type", flat=True))
    assert kinds == {"awaits_return", "other"}

    made = fulfillment.send_anyway(made, by=BY, reason="They pay for the other")

    assert (made.status, owed(made.replacement), owed(sold)) == ("done", 10, 0)
    assert not made.replacement.holds.filter(lifted_at=None).exists()
    assert_ledgers_hold()


@pytest.mark.parametrize("comes", [True, False])
def test_exchange_knows_what_was_split_off_its_replacement(sold, comes):
    made = swap(sold, 2)
    other = split_one(made.replacement)
    row = made.return_order.lines.get()

    if comes:
        fulfillment.receive(made.return_order, by=BY, outcomes={row.pk: {"restock": 2}})
        tell("return.received")
    else:
        expire(made.return_order)

    other.refresh_from_db()
    ended = ("done", 1) if comes else ("cancelled", 0)
    assert (Exchange.objects.get().status, other.lines.get().due) == ended
    assert not other.holds.filter(lifted_at=None).exists()
    assert (owed(sold), owed(made.replacement), owed(other)) == (0, 0, 0)
    assert_ledgers_hold()


def test_replacement_is_not_merged_with_other_orders(sold, floor):
    made = swap(sold)
    other = world.place(floor.channel, ("MUG", 1))

    for one, two in ((made.replacement, other), (other, made.replacement)):
        step = orders.Step("merge_from", values={"order": two.number})
        with pytest.raises(orders.StepImpossible, match="sent by itself"):
            orders.confirm_change(orders.draft_change(one, by=BY, steps=[step]), by=BY)


def test_exchange_called_off_promises_the_cash_at_the_door_again(floor):
    at_once()
    floor.channel.needs_payment = True
    floor.channel.save()
    cash = orders.PlacedPayment("cash_on_delivery", Decimal(20), "pending", "")
    order = world.place(floor.channel, ("MUG", 2), payments=(cash,))
    fulfillment.deliver(pack_and_ship(floor, order), by=BY)
    made = swap(order, 2)
    assert balance(made.replacement).deferred == 20
    floor.dispatch(made.replacement)

    expire(made.return_order)

    money = balance(Order.objects.get(pk=order.pk))
    assert (money.due, money.deferred, balance(made.replacement).deferred) == (20, 20, 0)
    assert_ledgers_hold()


def test_refund_without_goods_stays_within_the_limit_and_is_credited_once(sold, floor):
    policy = ReturnPolicy.objects.create(
        name="R", channel=floor.channel, fee_percent=15, keep_limit=9
    )
    wish = {sold.lines.get().pk: Wish(1, "unwanted")}
    document = fulfillment.request_return(sold, by=BY, wishes=wish)
    with pytest.raises(fulfillment.AboveKeepLimit):
        fulfillment.let_keep(document, by=BY, reason="Cheap")
    policy.keep_limit = 10
    policy.save()

    document = fulfillment.let_keep(document, by=BY, reason="Cheap")

    assert (document.status, document.credit, document.fee, owed(sold)) == ("closed", 10, 0, -10)
    assert returnable(sold.lines.all()) == {sold.lines.get().pk: 1}
    fulfillment.scan_return(document, by=BY, code="MUG", outcome="restock")
    row = document.lines.get()
    assert (row.waived, row.restocked, row.credited, owed(sold)) == (0, 1, 1, -10)
    assert Event.objects.get(name="return.waived").facts["reason"] == "Cheap"
    assert_ledgers_hold()

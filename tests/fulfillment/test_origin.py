"""Return to origin: a parcel comes back undelivered, is received, and somebody decides."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import (
    Claim,
    Exchange,
    OriginReturn,
    Return,
    ReturnLine,
    ReturnPolicy,
    Shipment,
    TrackingEvent,
)
from fulfillment.queries import allowed_return_actions, units_of
from fulfillment.queries.policies import Wish
from oms.errors import DomainError
from oms.models import Event
from orders import operations as orders
from orders.models import Order, RefundGrant, Task
from orders.queries import balance
from orders.queries.outstanding import cash_by_order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
NOW = timezone.now()


def ship(floor, *, method="card", state="captured", lines=(("MUG", 2),), **more):
    total = Decimal(sum(units for _, units, *_ in lines) * 10)
    paid = orders.PlacedPayment(method, total, state, "" if state == "pending" else "ch_1")
    order = world.place(floor.channel, *lines, payments=(paid,), **more)
    floor.dispatch(order)
    shipments = []
    for found in order.fulfillment_orders.order_by("pk"):
        work = fulfillment.pick(found, by=BY)
        contents = {line.pk: line.picked for line in work.lines.all()}
        fulfillment.pack(work, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
        shipments.append(fulfillment.ship(work, by=BY, carrier="royal-mail"))
    return shipments


def fresh(order):
    return Order.objects.get(pk=order.pk)


def scan_all(row, outcome="restock"):
    document = Return.objects.get(pk=row.return_order_id)
    for line in document.lines.select_related("order_line__product"):
        for _ in range(line.missing):
            fulfillment.scan_return(
                document, by=BY, code=line.order_line.product.sku, outcome=outcome
            )
    return OriginReturn.objects.select_related("order", "shipment", "return_order").get(pk=row.pk)


def figures(order):
    line = order.lines.get()
    return line.shipped, line.delivered, line.undelivered, line.returned, line.credited


def test_parcel_comes_back_is_received_by_scan_and_is_sent_once_more(floor):
    (shipment,) = ship(floor)
    order = shipment.order
    row = fulfillment.bring_back(shipment, by=BY, reason="address_unknown", note="No such house")
    order = fresh(order)
    assert (row.return_order.status, row.cash) == ("approved", 0)
    assert figures(order) == (2, 0, 2, 0, 0)
    assert (order.stage, order.fulfillment_status, order.status) == (
        "reporting", "shipped", "confirmed",
    )  # fmt: skip
    task = Task.objects.get()
    assert (task.owner, task.done_at) == ("Support", None)
    assert (
        Event.objects.get(name="shipment.returned_to_origin").facts["reason"] == "address_unknown"
    )
    with pytest.raises(fulfillment.GoodsAwaited):
        fulfillment.reship(row, by=BY, reason="New address")
    assert_ledgers_hold()

    row = scan_all(row)
    order = fresh(order)
    assert (figures(order), order.fulfillment_status) == ((2, 0, 2, 2, 2), "returned")
    where = {**world.LONDON, "line1": "1 Baker Street"}
    row = fulfillment.reship(row, by=BY, reason="New address", shipping_address=where)

    made = Exchange.objects.get(return_order=row.return_order).replacement
    assert (made.lines.get().allocated, made.payment_status, made.total) == (2, "paid", 20)
    assert [balance(fresh(each)).balance for each in (order, made)] == [0, 0]
    assert (row.decision, fresh(order).status) == ("reship", "closed")
    task.refresh_from_db()
    assert task.note == "Sent once more"
    facts = Event.objects.get(name="shipment.origin_decided").facts
    assert (facts["decision"], facts["replacement"]) == ("reship", made.number)
    assert_ledgers_hold()


def test_cash_on_delivery_is_called_off_with_the_carrier_and_promised_for_the_second_try(floor):
    (shipment,) = ship(floor, method="cash_on_delivery", state="pending")
    order = shipment.order
    assert [(row.order.pk, row.amount) for row in cash_by_order()] == [(order.pk, 20)]

    row = fulfillment.bring_back(shipment, by=BY, reason="refused")

    assert (row.cash, cash_by_order()) == (20, [])
    assert balance(fresh(order)).deferred == 0
    row = scan_all(row)
    assert balance(fresh(order)).balance == 0
    row = fulfillment.reship(row, by=BY, reason="Takes it now")
    made = Exchange.objects.get(return_order=row.return_order).replacement
    money = balance(made)
    assert (money.deferred, money.balance) == (20, 20)
    assert_ledgers_hold()


def test_only_the_cash_of_the_parcel_that_came_back_is_called_off(floor):
    near, far = ship(floor, method="cash_on_delivery", state="pending", lines=(("MUG", 15),))
    assert near.order_id == far.order_id

    row = fulfillment.bring_back(far, by=BY, reason="uncollected")

    worth = 10 * sum(units.quantity for units in units_of(far))
    assert (row.cash, balance(fresh(near.order)).deferred) == (worth, 150 - worth)
    fulfillment.deliver(near, by=BY)
    assert fresh(near.order).stage == "reporting"
    assert_ledgers_hold()


def test_refund_grants_what_was_credited_and_the_order_closes_when_it_is_paid(floor):
    (shipment,) = ship(floor)
    row = scan_all(fulfillment.bring_back(shipment, by=BY, reason="refused"), "quarantine")

    row = fulfillment.keep_for_later(row, by=BY, reason="Buyer is on holiday")
    assert (row.decision, Task.objects.get().done_at) == ("hold", None)
    row = fulfillment.refund_origin(row, by=BY, reason="Does not want it")

    grant = RefundGrant.objects.get()
    assert (grant.amount, grant.reference) == (20, row.return_order.number)
    order = fresh(shipment.order)
    assert order.status == "confirmed"
    orders.pay_refund(grant, by="user:2", payment=order.payments.get(), amount=Decimal(20))
    assert fresh(order).status == "closed"
    with pytest.raises(fulfillment.DecidedBefore):
        fulfillment.keep_for_later(row, by=BY, reason="Again")
    assert_ledgers_hold()


def test_parcel_that_comes_back_is_credited_as_it_is_received_whatever_the_policy_says(floor):
    ReturnPolicy.objects.create(name="Strict", refund_on="inspection", fee_percent=10)
    (shipment,) = ship(floor)
    row = scan_all(back(shipment, "refused"), "quarantine")

    assert (row.return_order.refunded, figures(fresh(shipment.order))) == (20, (2, 0, 2, 2, 2))
    fulfillment.refund_origin(row, by=BY, reason="Does not want it")
    assert RefundGrant.objects.get().amount == 20
    assert_ledgers_hold()


def test_nothing_is_decided_before_what_earlier_releases_wait_for_is_inspected(floor):
    (shipment,) = ship(floor)
    row = back(shipment, "refused")
    ReturnLine.objects.update(refund_on="inspection")
    row = scan_all(row, "quarantine")
    document = row.return_order

    for decide in (fulfillment.refund_origin, fulfillment.reship):
        with pytest.raises(fulfillment.NotInspected):
            decide(row, by=BY, reason="x")
    row.refresh_from_db()
    assert (row.decision, Order.objects.count(), RefundGrant.objects.count()) == ("waiting", 1, 0)
    assert Task.objects.get().done_at is None

    accepted = {document.lines.get().pk: 2}
    fulfillment.inspect(document, by=BY, accepted=accepted, refused={}, note="Fine")
    fulfillment.refund_origin(row, by=BY, reason="Does not want it")
    assert RefundGrant.objects.get().amount == 20
    assert_ledgers_hold()


def test_parcel_that_comes_back_is_waited_for_until_it_is_here(floor):
    (shipment,) = ship(floor)
    row = back(shipment, "refused")
    document = row.return_order
    Return.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert fulfillment.expire_due() == 0
    assert allowed_return_actions(document) == ["receive", "let_keep"]
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.decline(document, by=BY, reason="Too late")
    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.withdraw(document, by=BY)

    row = scan_all(row)
    fulfillment.refund_origin(row, by=BY, reason="Does not want it")
    assert RefundGrant.objects.get().amount == 20
    assert_ledgers_hold()


def test_carrier_says_it_first_and_a_person_only_gives_the_reason(floor):
    (shipment,) = ship(floor)
    fulfillment.track(shipment, by="carrier:royal-mail", status="returned_to_sender")
    row = OriginReturn.objects.get()
    assert (row.reason, row.decision) == ("other", "waiting")

    again = fulfillment.bring_back(shipment, by=BY, reason="refused", note="Not ordered")

    assert (again.pk, again.reason, OriginReturn.objects.count()) == (row.pk, "refused", 1)
    assert (Return.objects.count(), Task.objects.count()) == (1, 1)


def test_delivered_and_unsupplied_are_refused_and_nothing_changes(floor):
    (shipment,) = ship(floor)
    fulfillment.deliver(shipment, by=BY)
    with pytest.raises(fulfillment.CannotComeBack):
        fulfillment.bring_back(shipment, by=BY, reason="refused")
    assert not OriginReturn.objects.exists()

    (other,) = ship(floor)
    row = scan_all(fulfillment.bring_back(other, by=BY, reason="refused"), "scrap")
    world.place(floor.channel, ("MUG", 16))
    orders_before = Order.objects.count()
    for refused, more in (
        ("address_incomplete", {"shipping_address": {"line1": "1 Baker Street"}}),
        ("not_available", {}),
    ):
        with pytest.raises(DomainError) as error:
            fulfillment.reship(row, by=BY, reason="x", **more)
        assert error.value.code == refused
    row.refresh_from_db()
    assert (row.decision, Order.objects.count()) == ("waiting", orders_before)
    assert_ledgers_hold()


def test_same_goods_sent_once_more_are_no_duplicate_of_what_came_back(floor):
    floor.channel.duplicate_window_minutes = 60
    floor.channel.save()
    (shipment,) = ship(floor, placed_at=timezone.now())
    row = scan_all(fulfillment.bring_back(shipment, by=BY, reason="refused"))

    row = fulfillment.reship(row, by=BY, reason="Takes it now")

    made = Exchange.objects.get(return_order=row.return_order).replacement
    assert (list(made.holds.all()), made.lines.get().allocated) == ([], 2)
    assert_ledgers_hold()


def test_replacement_that_would_be_held_is_refused_with_the_reason_of_the_hold(floor):
    (shipment,) = ship(floor)
    row = scan_all(fulfillment.bring_back(shipment, by=BY, reason="refused"))
    floor.channel.review_limit = 15
    floor.channel.save()
    orders_before = Order.objects.count()

    with pytest.raises(fulfillment.ReplacementHeld) as refused:
        fulfillment.reship(row, by=BY, reason="Takes it now")

    reasons = "The total of 20.00 GBP is above the review limit of 15.00 GBP"
    assert refused.value.params == {"reasons": reasons}
    row.refresh_from_db()
    assert (row.decision, Order.objects.count()) == ("waiting", orders_before)
    assert_ledgers_hold()


def test_goods_that_never_arrive_back_cannot_be_sent_and_are_claimed(floor):
    (shipment,) = ship(floor)
    row = fulfillment.bring_back(shipment, by=BY, reason="damaged")
    document = row.return_order
    fulfillment.waive_missing(document, by=BY, reason="Carrier lost it on the way back")
    row = OriginReturn.objects.get()

    with pytest.raises(fulfillment.NothingCameBack):
        fulfillment.reship(row, by=BY, reason="x")
    asked = fulfillment.Asked("damaged", Decimal(20), "Crushed", {shipment.order.lines.get().pk: 2})
    fulfillment.open_claim(Shipment.objects.get(pk=shipment.pk), by=BY, asked=asked)
    fulfillment.refund_origin(row, by=BY, reason="Gone")
    assert RefundGrant.objects.get().amount == 20
    assert_ledgers_hold()


def test_lost_parcel_leaves_the_stage_of_shipping_and_may_still_arrive(floor):
    (shipment,) = ship(floor)
    line = shipment.order.lines.get().pk
    asked = fulfillment.Asked(
        "lost", Decimal(20), "No scan", {line: 2}, remedy="refund", waiver="Lost"
    )
    claim = fulfillment.open_claim(shipment, by=BY, asked=asked)
    order = fresh(shipment.order)
    assert (figures(order), order.stage) == ((2, 0, 2, 0, 2), "reporting")
    assert_ledgers_hold()

    fulfillment.deliver(Shipment.objects.get(pk=shipment.pk), by=BY)
    order = fresh(order)
    assert (figures(order), order.stage) == ((2, 2, 0, 0, 2), "reporting")
    fulfillment.withdraw_claim(claim, by=BY, reason="It arrived")
    assert figures(fresh(order)) == (2, 2, 0, 0, 2)
    assert_ledgers_hold()


def test_lost_parcel_that_comes_back_was_made_good_before(floor):
    (shipment,) = ship(floor)
    line = shipment.order.lines.get().pk
    asked = fulfillment.Asked("lost", Decimal(20), "No scan", {line: 2}, remedy="replacement")
    claim = fulfillment.open_claim(shipment, by=BY, asked=asked)

    row = fulfillment.bring_back(Shipment.objects.get(pk=shipment.pk), by=BY, reason="other")

    assert (row.decision, row.return_order, Task.objects.count()) == ("settled", None, 0)
    fulfillment.scan_return(claim.credit, by=BY, code="MUG", outcome="restock")
    assert figures(fresh(shipment.order)) == (2, 0, 2, 1, 2)
    assert_ledgers_hold()


def test_lost_cash_on_delivery_is_not_collected(floor):
    (shipment,) = ship(floor, method="cash_on_delivery", state="pending")
    line = shipment.order.lines.get().pk
    asked = fulfillment.Asked(
        "lost", Decimal(20), "No scan", {line: 2}, remedy="refund", waiver="Lost"
    )

    fulfillment.open_claim(shipment, by=BY, asked=asked)

    order = fresh(shipment.order)
    assert (cash_by_order(), balance(order).balance, order.status) == ([], 0, "closed")
    assert balance(order).deferred == 0
    assert_ledgers_hold()


def lost(shipment, **more):
    """Everything in it claimed as lost, and refunded."""
    units = {row.line_id: row.quantity for row in units_of(shipment)}
    kind = more.pop("kind", "lost")
    more = {"remedy": "refund", "waiver": "Lost", **more}
    asked = fulfillment.Asked(kind, Decimal(10), "No scan", units, **more)
    return fulfillment.open_claim(Shipment.objects.get(pk=shipment.pk), by=BY, asked=asked)


def back(shipment, reason="other"):
    return fulfillment.bring_back(Shipment.objects.get(pk=shipment.pk), by=BY, reason=reason)


def test_parcel_made_good_as_lost_is_not_credited_again_from_the_other_parcel(floor):
    _, far = ship(floor, lines=(("MUG", 15),))
    claim = lost(far)

    row = back(far)

    units = sum(each.quantity for each in units_of(far))
    assert (row.decision, row.return_order, Return.objects.count()) == ("settled", None, 1)
    for _ in range(units):
        fulfillment.scan_return(claim.credit, by=BY, code="MUG", outcome="restock")
    assert figures(fresh(far.order)) == (15, 0, units, units, units)
    assert balance(fresh(far.order)).due == 150 - 10 * units
    assert_ledgers_hold()


def test_parcel_that_comes_back_is_not_made_good_by_a_claim_as_well(floor):
    _, far = ship(floor, lines=(("MUG", 15),))
    row = back(far)

    with pytest.raises(fulfillment.NothingClaimed):
        lost(far, kind="damaged")
    assert not Claim.objects.exists()
    claim = lost(far, kind="damaged", remedy="nothing")
    assert_ledgers_hold()
    Claim.objects.filter(pk=claim.pk).update(remedy="refund", credit=row.return_order)
    with pytest.raises(AssertionError, match="made good"):
        assert_ledgers_hold()


def test_unit_of_the_other_parcel_is_not_made_good_with_what_comes_back(floor):
    near, far = ship(floor, lines=(("MUG", 15),))
    fulfillment.deliver(near, by=BY)
    document = scan_all(back(far)).return_order
    units = sum(each.quantity for each in units_of(far))

    found = fulfillment.scan_return(document, by=BY, code="MUG", outcome="restock")

    assert (found.how, document.lines.get().quantity) == ("foreign", units)
    assert figures(fresh(near.order)) == (15, 15 - units, units, units, units)
    assert_ledgers_hold()


def test_what_came_back_before_is_to_be_decided_only_while_it_is_waited_for(floor):
    shipments = [ship(floor, lines=(("MUG", 1),))[0] for _ in range(5)]
    rows = [back(shipment) for shipment in shipments]
    scan_all(rows[1])
    Return.objects.filter(pk=rows[2].return_order_id).update(status="expired", ended_at=NOW)
    lost_on_the_way = rows[3].return_order
    fulfillment.waive_missing(lost_on_the_way, by=BY, reason="Carrier lost it")
    Return.objects.filter(pk=rows[4].return_order_id).update(reference="")
    said = {row.shipment_id: row.at for row in TrackingEvent.objects.all()}
    OriginReturn.objects.all().delete()
    Task.objects.all().delete()

    migration = import_module("fulfillment.migrations.0021_origin_before")
    migration.count(apps, SimpleNamespace(connection=connection))

    made = [OriginReturn.objects.get(shipment=shipment) for shipment in shipments]
    assert [row.decision for row in made] == ["waiting", "refund", "settled", "refund", "settled"]
    documents = [row.return_order for row in made]
    assert [row.decided_at for row in made] == [
        None, documents[1].received_at, NOW, documents[3].closed_at, shipments[4].shipped_at,
    ]  # fmt: skip
    assert all(row.said_at == said[row.shipment_id] for row in made)
    task = Task.objects.get()
    assert (task.order_id, task.owner) == (shipments[0].order_id, "Support")
    for row in made[1:]:
        with pytest.raises(fulfillment.DecidedBefore):
            fulfillment.reship(row, by=BY, reason="x")
    fulfillment.refund_origin(scan_all(made[0]), by=BY, reason="Gone")
    assert not Task.objects.filter(done_at=None).exists()


def settled(order):
    """Whatever the buyer has to get is granted and paid."""
    spare = balance(fresh(order)).refundable
    grant = orders.grant_refund(order, by=BY, amount=spare, reason="Credited", reference="x")
    orders.pay_refund(grant, by="user:2", payment=order.payments.get(), amount=spare)


def test_withdrawn_claim_whose_buyer_was_made_good_leaves_the_order_closed(floor):
    (shipment,) = ship(floor)
    order = shipment.order
    claim = lost(shipment)
    settled(order)
    assert fresh(order).status == "closed"

    fulfillment.withdraw_claim(claim, by=BY, reason="Our own fault")
    assert (figures(fresh(order)), fresh(order).status) == ((2, 0, 2, 0, 2), "closed")
    assert_ledgers_hold()

    lost(shipment, remedy="nothing")
    assert (figures(fresh(order)), fresh(order).status) == ((2, 0, 2, 0, 2), "closed")
    fulfillment.deliver(shipment, by=BY)
    assert (figures(fresh(order)), fresh(order).status) == ((2, 2, 0, 0, 2), "closed")
    assert_ledgers_hold()


def test_order_waits_for_paid_units_that_come_back_though_as_many_others_are_credited(floor):
    near, far = ship(floor, lines=(("MUG", 15),))
    order, units = near.order, sum(each.quantity for each in units_of(far))
    fulfillment.deliver(near, by=BY)
    row = back(far)
    wishes = {order.lines.get().pk: Wish(units, "unwanted")}
    other = fulfillment.request_return(order, by=BY, wishes=wishes, waiver="Kind")
    other = fulfillment.approve(other, by=BY)
    for _ in range(units):
        fulfillment.scan_return(other, by=BY, code="MUG", outcome="restock")
    settled(order)

    assert (figures(fresh(order)), fresh(order).status) == (
        (15, 15 - units, units, units, units), "confirmed",
    )  # fmt: skip
    assert_ledgers_hold()
    row = scan_all(row)
    fulfillment.refund_origin(row, by=BY, reason="Does not want it")
    grant = RefundGrant.objects.latest("pk")
    orders.pay_refund(grant, by="user:2", payment=order.payments.get(), amount=grant.amount)
    assert fresh(order).status == "closed"
    assert_ledgers_hold()


def test_cash_of_a_lost_parcel_is_called_off_once_and_the_other_is_collected(floor):
    near, far = ship(floor, method="cash_on_delivery", state="pending", lines=(("MUG", 15),))
    rest = 150 - 10 * sum(each.quantity for each in units_of(far))

    lost(far)
    assert [(row.order.pk, row.amount) for row in cash_by_order()] == [(near.order_id, rest)]
    row = back(far)

    assert (row.cash, balance(fresh(near.order)).deferred) == (0, rest)
    assert_ledgers_hold()


def test_more_than_was_in_the_parcel_is_found_with_it_and_credited_to_nobody(floor):
    near, far = ship(floor, lines=(("MUG", 15),))
    row = scan_all(fulfillment.bring_back(far, by=BY, reason="refused"))
    credited = row.return_order.credit

    unit = fulfillment.scan_return(row.return_order, by=BY, code="MUG", outcome="restock")

    row.return_order.refresh_from_db()
    assert (unit.how, row.return_order.credit) == ("foreign", credited)
    assert figures(near.order)[3] == sum(units.quantity for units in units_of(far))
    assert_ledgers_hold()

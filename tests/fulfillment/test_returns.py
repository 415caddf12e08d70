"""Returns under a policy: what may come back, when it is credited, and how each one can end."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import msgspec
import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Return, ReturnPolicy, ReturnReason
from fulfillment.queries.expecting import expected_refund
from fulfillment.serializers.returns import RefusalIn
from inventory.models import StockMovement
from inventory.operations import Units
from oms.models import Event, User
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
Wish = fulfillment.Wish
migration = import_module("fulfillment.migrations.0013_returns_expire")


@pytest.fixture
def sold(floor):
    """Three mugs of ten pounds each, shipped and delivered."""
    order, shipment = floor.shipped(("MUG", 3))
    fulfillment.deliver(shipment, by=BY)
    return order


def policy(**terms):
    return ReturnPolicy.objects.create(**{"name": "House rules", **terms})


def ask(order, units=2, reason="unwanted", **more):
    state = more.pop("state", "")
    wishes = {order.lines.get().pk: Wish(units, reason, state)}
    return fulfillment.request_return(order, by=BY, wishes=wishes, **more)


def receive(document, **outcomes):
    return fulfillment.receive(document, by=BY, outcomes={document.lines.get().pk: outcomes})


def total(order):
    return Order.objects.get(pk=order.pk).total


# --- What may come back -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "state", "said"),
    [
        ({"final_sale": True}, "", "It was sold for good. Broken, wrong or misdescribed"),
        ({"window_days": 0}, "", "The 0 days after delivery ended on"),
        ({"least_state": "unopened"}, "unused", "Taken back is only what is unopened. Somebody"),
    ],
)
def test_request_outside_the_policy_is_refused_with_the_way_that_is_open(sold, terms, state, said):
    policy(**terms)

    with pytest.raises(fulfillment.OutsidePolicy) as refused:
        ask(sold, state=state)

    assert said in refused.value.detail
    assert not Return.objects.exists()
    assert ask(sold, reason="defective").status == "requested"  # not the buyer's doing


def test_request_with_a_waiver_comes_back_free_whatever_the_policy_says(sold, floor):
    policy(channel=floor.channel, final_sale=True, fee_percent=50)

    document = ask(sold, waiver="Loyal customer")

    assert (document.waiver, document.lines.get().fee_percent) == ("Loyal customer", 0)
    assert Event.objects.get(name="return.requested").facts["waiver"] == "Loyal customer"


def test_request_takes_the_most_specific_policy(sold, floor):
    policy(final_sale=True)
    policy(channel=floor.channel, fee_percent=10)
    policy(channel=floor.channel, goods_class="glass", fee_percent=20)
    assert ask(sold, 1).lines.get().fee_percent == 10

    floor.mug.goods_class = "glass"
    floor.mug.save()

    assert ask(sold, 1).lines.get().fee_percent == 20


def test_request_for_a_reason_that_was_switched_off_is_refused(sold):
    ReturnReason.objects.filter(code="late").update(is_active=False)

    known = "unwanted, damaged, defective, wrong_item, not_as_described, undelivered, other"
    with pytest.raises(fulfillment.UnknownReason, match=f"no return reason late; known: {known}"):
        ask(sold, reason="late")


def test_request_of_units_that_no_location_of_ours_packed_goes_where_they_left(floor):
    """Orders that were taken over from elsewhere have shipped units and no work behind them."""
    order = world.place(floor.channel, ("MUG", 1))
    line = order.lines.get()
    moved = [Units(line.pk, floor.london.pk, 1)]
    orders.record_shipment(order, by=BY, units=moved, reference="OLD-1")

    assert ask(order, 1).location == floor.london


def test_policy_approves_by_itself_where_every_line_allows_it(sold):
    policy(approves_itself=True, expires_days=14)

    document = ask(sold)

    assert document.status == "approved"
    assert document.expires_at.date() == timezone.now().date() + timedelta(days=14)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "terms",
    [
        {"fee_percent": 101},
        {"fee_percent": 10, "fee_each": 1},
        {"fee_each": 1},  # in which currency?
        {"label_payer": "seller", "label_cost": 3},
        {"expires_days": 0},
    ],
)
def test_policy_that_makes_no_sense_is_refused_by_the_database(terms):
    with pytest.raises(IntegrityError), transaction.atomic():
        policy(**terms)


# --- When it is credited ----------------------------------------------------------------------


def test_credit_on_receipt_keeps_fee_and_label_once(sold, floor):
    policy(
        channel=floor.channel, fee_percent=10, label_payer="deducted", label_cost=Decimal("2.50")
    )
    lines = {line.pk: line for line in sold.lines.select_related("product")}
    expected = expected_refund(sold, lines, {next(iter(lines)): Wish(2, "unwanted")})
    document = fulfillment.approve(ask(sold), by=BY)
    assert document.credit == 0

    document = receive(document, restock=1)
    assert (document.credit, document.fee) == (10, Decimal("3.50"))
    document = receive(document, scrap=1)

    assert (document.credit, document.fee, document.refunded) == (
        20,
        Decimal("4.50"),
        expected.refund,
    )
    assert total(sold) == Decimal("14.50")
    kinds = sold.charges.order_by("pk").values_list("kind", "amount")
    assert [(kind, amount) for kind, amount in kinds] == [
        ("return", -10),
        ("return_fee", Decimal("3.50")),
        ("return", -10),
        ("return_fee", 1),
    ]
    assert_ledgers_hold()


def test_credit_on_approval_is_charged_again_when_nothing_comes(sold, floor):
    policy(channel=floor.channel, refund_on="approval", fee_percent=10)
    document = fulfillment.approve(ask(sold), by=BY)
    assert (total(sold), document.refunded) == (12, 18)
    Return.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert (fulfillment.expire_due(), fulfillment.expire_due()) == (1, 0)

    document.refresh_from_db()
    assert (document.status, document.refunded, total(sold)) == ("expired", 0, 30)
    assert sold.lines.get().returned == 0
    assert Event.objects.filter(name="return.charged").count() == 1
    assert_ledgers_hold()


def test_credit_on_inspection_waits_for_the_quarantined(sold):
    policy(refund_on="inspection")
    document = fulfillment.approve(ask(sold, 3), by=BY)
    line = document.lines.get()

    document = receive(document, restock=1, quarantine=2)
    assert document.credit == 10
    with pytest.raises(fulfillment.NotInspected):
        fulfillment.close(document, by=BY)
    document = fulfillment.inspect(
        document, by=BY, accepted={line.pk: 1}, refused={line.pk: 1}, note="Scratched"
    )

    assert (document.credit, total(sold)) == (20, 10)
    with pytest.raises(fulfillment.NothingToInspect):
        fulfillment.inspect(document, by=BY, accepted={line.pk: 1}, refused={}, note="")
    assert fulfillment.close(document, by=BY).status == "closed"
    assert_ledgers_hold()


def test_credit_on_approval_of_units_refused_later_is_charged_again(sold):
    policy(refund_on="approval")
    document = fulfillment.approve(ask(sold, 3), by=BY)
    line = document.lines.get()

    document = receive(document, restock=1, quarantine=1, send_back=1)
    assert (document.credit, document.charged) == (30, 10)
    document = fulfillment.inspect(
        document, by=BY, accepted={}, refused={line.pk: 1}, note="Not ours"
    )

    assert (document.refunded, total(sold)) == (10, 20)
    assert_ledgers_hold()


# --- Complaint 8: every state has a legal way out ---------------------------------------------


def test_complaint_8_a_return_whose_rest_never_arrives_is_ended(sold):
    document = fulfillment.approve(ask(sold, 3), by=BY)
    with pytest.raises(fulfillment.NothingArrived):
        fulfillment.give_up_rest(document, by=BY, reason="Lost")
    receive(document, restock=1)

    document = fulfillment.give_up_rest(document, by=BY, reason="Lost on the way")

    assert (document.status, document.lines.get().given_up, document.credit) == ("received", 2, 10)
    assert fulfillment.close(document, by=BY).status == "closed"
    assert ask(sold, 2).status == "requested"  # and the units can be asked back anew
    assert_ledgers_hold()


def test_complaint_8_an_expired_return_is_waited_for_again(sold):
    document = fulfillment.approve(ask(sold, 3), by=BY)
    Return.objects.update(expires_at=timezone.now() - timedelta(days=1))
    fulfillment.expire_due()
    document.refresh_from_db()

    document = fulfillment.reopen(document, by=BY, reason="The parcel is here")

    assert receive(document, restock=3).status == "received"
    assert total(sold) == 0
    assert_ledgers_hold()


def test_reopen_units_that_came_back_otherwise_is_refused(sold):
    document = fulfillment.approve(ask(sold, 3), by=BY)
    Return.objects.update(expires_at=timezone.now() - timedelta(days=1))
    fulfillment.expire_due()
    document.refresh_from_db()
    ask(sold, 1)

    with pytest.raises(fulfillment.NotReturnable):
        fulfillment.reopen(document, by=BY, reason="Here")

    document.refresh_from_db()
    assert document.status == "expired"


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_return_of_which_something_is_here_is_neither_declined_nor_withdrawn(sold, act):
    document = fulfillment.approve(ask(sold, 3), by=BY)
    receive(document, restock=1)
    more = {"reason": "Too late"} if act == "decline" else {}

    with pytest.raises(fulfillment.IllegalMove):
        getattr(fulfillment, act)(document, by=BY, **more)

    document.refresh_from_db()
    assert (document.status, document.decline_reason) == ("approved", "")


def test_inspect_of_a_closed_return_is_refused(sold):
    document = receive(fulfillment.approve(ask(sold), by=BY), quarantine=2)
    fulfillment.close(document, by=BY)
    row = document.lines.get()

    with pytest.raises(fulfillment.IllegalMove):
        fulfillment.inspect(document, by=BY, accepted={}, refused={row.pk: 1}, note="Worn")

    row.refresh_from_db()
    assert (row.refused, row.charged, total(sold)) == (0, 0, 10)


def test_return_approved_before_returns_expired_is_waited_for_30_days(sold):
    late, ended = (fulfillment.approve(ask(sold, 1), by=BY) for _ in range(2))
    fulfillment.withdraw(ended, by=BY)
    Return.objects.update(expires_at=None)

    migration.set_expiry(apps, connection.schema_editor())

    late.refresh_from_db()
    ended.refresh_from_db()
    assert late.expires_at - late.approved_at == timedelta(days=30)
    assert ended.expires_at is None


def test_decline_tells_the_buyer_why(sold):
    document = fulfillment.decline(ask(sold), by=BY, reason="Sent too late")

    assert (document.status, document.decline_reason) == ("declined", "Sent too late")
    assert document.ended_at is not None
    assert Event.objects.get(name="return.declined").facts["why"] == "Sent too late"


def test_decline_message_takes_no_longer_reason_than_a_return_keeps():
    most = Return._meta.get_field("decline_reason").max_length

    assert msgspec.convert({"reason": "x" * most}, RefusalIn).reason == "x" * most
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"reason": "x" * (most + 1)}, RefusalIn)


# --- Unit by unit -------------------------------------------------------------------------------


@pytest.fixture
def ben(client):
    """Ben of the warehouse, signed in."""
    user = User.objects.create_user("ben", password="ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    return client


def scan(document, code, outcome="restock"):
    return fulfillment.scan_return(document, by=BY, code=code, outcome=outcome).how


def moved(document):
    rows = StockMovement.objects.filter(reference=document.number).order_by("pk")
    return [(row.kind, row.condition, row.order_line is not None) for row in rows]


def test_scan_takes_in_what_was_announced_what_was_not_and_what_is_not_ours(sold):
    document = fulfillment.approve(ask(sold, 2), by=BY)

    taken = [scan(document, "MUG"), scan(document, "MUG", "scrap")]
    assert Return.objects.get().status == "received"
    taken += [scan(document, " MUG "), scan(document, "MUG"), scan(document, "CUP")]

    assert taken == ["announced", "announced", "unannounced", "foreign", "foreign"]
    assert moved(document) == [
        ("returned", "available", True),
        ("returned", "damaged", True),
        ("scrapped", "damaged", True),
        ("returned", "quarantined", True),
        ("returned", "quarantined", False),
        ("returned", "quarantined", False),
    ]
    row = document.lines.get()
    assert (row.quantity, row.received, sold.lines.get().returned, total(sold)) == (3, 3, 3, 0)
    assert_ledgers_hold()


def test_scan_of_another_line_of_the_order_waits_for_its_inspection(floor):
    order, shipment = floor.shipped(("MUG", 1), ("MUG", 2))
    fulfillment.deliver(shipment, by=BY)
    first, second = order.lines.order_by("position")
    document = fulfillment.request_return(order, by=BY, wishes={first.pk: Wish(1, "unwanted")})
    document = fulfillment.approve(document, by=BY)
    scan(document, "MUG")

    assert scan(document, "MUG") == "unannounced"

    row = document.lines.get(order_line=second)
    assert (row.quarantined, row.credited, row.reason_id) == (1, 0, "other")
    fulfillment.inspect(document, by=BY, accepted={row.pk: 1}, refused={}, note="")
    row.refresh_from_db()
    assert row.credited == 1
    assert_ledgers_hold()


def test_scan_of_an_unknown_code_or_into_an_unapproved_return_changes_nothing(sold):
    document = ask(sold, 2)
    with pytest.raises(fulfillment.IllegalMove):
        scan(document, "MUG")
    document = fulfillment.approve(document, by=BY)
    with pytest.raises(fulfillment.UnknownCode):
        scan(document, "NOPE")

    assert moved(document) == []


def test_desk_opens_a_return_by_its_label_and_counts_each_scan_once(sold, ben):
    document = fulfillment.approve(ask(sold, 2), by=BY)
    desk = reverse("admin:fulfillment_return_desk")
    page = reverse("admin:fulfillment_scan_return", args=[document.pk])
    assert ben.get(desk).status_code == 200
    assert ben.post(desk, {"code": document.number.lower()}).url == page
    assert ben.post(desk, {"code": sold.number}).url == page
    assert "No return of ours" in ben.post(desk, {"code": "RMA9"}).content.decode()

    sent = {"code": "MUG", "outcome": "quarantine", "once": ben.get(page).context["once"]}
    for _ in range(2):
        again = ben.post(page, sent, follow=True)

    assert "it counts once" in again.content.decode()
    assert again.context["chosen"] == "quarantine"
    assert document.lines.get().quarantined == 1

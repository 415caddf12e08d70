"""Card payments at Stripe, spoken to over HTTP: a fake one on localhost that fails in every way."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import Channel, GatewayNotice, GatewayRequest, Hold, Payment, PaymentTransaction
from orders.operations import payments, payments_gateway
from orders.operations.payments import AmountTooHigh, NothingOpen
from orders.queries import balance
from orders.tasks.gateways import ask_gateways
from tests import factories as world
from tests.factories.documents import send
from tests.factories.stripe import BROKEN, DECLINE, SECRET, FakeStripe, late
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def gateway(httpserver, settings):
    fake = FakeStripe(httpserver)
    settings.OMS_STRIPE_KEY, settings.OMS_STRIPE_URL = "sk_test_1", fake.url
    settings.OMS_STRIPE_WEBHOOK_SECRETS = [SECRET]
    return fake


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 10)
    return world.shop(needs_payment=True, gateway="stripe", duplicate_window_minutes=0)


@pytest.fixture
def payment(gateway, shop):
    """Twenty pounds, authorised at Stripe before the order came."""
    gateway.intent("pi_1", 2000)
    paid = orders.PlacedPayment("card", Decimal(20), "authorized", "pi_1")
    world.place(shop, ("MUG", 2, "10.00"), payments=(paid,))
    return Payment.objects.get()


def moved(payment=None):
    rows = PaymentTransaction.objects.order_by("pk")
    return [(row.kind, float(row.amount)) for row in rows]


def due_now(request):
    GatewayRequest.objects.filter(pk=request.pk).update(next_attempt_at=datetime.now(UTC))


def test_capture_is_asked_for_then_done_by_the_worker_and_booked_once(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    assert (moved(), gateway.calls) == ([("authorize", 20.0)], [])

    assert (ask_gateways(), ask_gateways()) == (1, 0)

    request.refresh_from_db()
    assert (request.state, moved()[1:]) == ("done", [("capture", 20.0)])
    assert gateway.calls == [
        (
            "payment_intents/pi_1/capture",
            {"amount_to_capture": "2000", "expand[0]": "latest_charge"},
            str(request.key),
        )
    ]
    assert balance(payment.order).balance == 0
    assert_ledgers_hold()


def test_capture_in_two_parts_leaves_the_rest_open(gateway, payment):
    for amount in ("12.34", "7.66"):
        orders.ask_capture(payment, by=BY, amount=Decimal(amount))
        ask_gateways()

    assert moved() == [("authorize", 20.0), ("capture", 12.34), ("capture", 7.66)]
    assert gateway.intents["pi_1"]["amount_received"] == 2000


def test_part_of_a_card_that_captures_once_gives_up_the_rest_and_holds_the_order(gateway, payment):
    gateway.intent("pi_1", 2000, in_parts=False)
    orders.ask_capture(payment, by=BY, amount=Decimal(5))

    ask_gateways()

    assert moved() == [("authorize", 20.0), ("capture", 5.0), ("void", 15.0)]
    assert "was given up by the gateway" in Hold.objects.get().reason


def test_answer_that_is_lost_is_asked_for_again_and_takes_the_money_once(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    gateway.fail(late)

    ask_gateways()
    request.refresh_from_db()
    assert (request.state, request.attempts, moved()) == ("waiting", 1, [("authorize", 20.0)])
    due_now(request)
    ask_gateways()

    assert moved()[1:] == [("capture", 20.0)]
    assert gateway.intents["pi_1"]["amount_received"] == 2000
    assert [name for name, _, _ in gateway.calls] == ["payment_intents/pi_1/capture"]


def test_answer_that_is_lost_and_then_told_by_webhook_takes_a_part_once(gateway, payment, client):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(5))
    gateway.fail(late)
    ask_gateways()
    gateway.webhook(client, "payment_intent.succeeded", "pi_1")
    ask_gateways()
    assert moved()[1:] == [("capture", 5.0)]

    gateway.answers.clear()  # Stripe forgets keys after a day
    due_now(request)
    ask_gateways()

    request.refresh_from_db()
    assert (request.state, moved()[1:]) == ("done", [("capture", 5.0)])
    assert gateway.intents["pi_1"]["amount_received"] == 500


def test_gateway_that_is_down_is_tried_later_and_later_then_left_to_a_person(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    gateway.fail(*[BROKEN] * 11)
    waits = []
    for _ in range(11):
        due_now(request)
        ask_gateways()
        request.refresh_from_db()
        assert request.error == "Stripe failed: Something went wrong."
        waits.append(request.next_attempt_at)

    assert (request.state, moved()) == ("given_up", [("authorize", 20.0)])
    assert waits[9] - waits[0] > timedelta(hours=20)
    assert len({key for _, _, key in gateway.calls}) == 1
    assert Event.objects.filter(name="order.gateway_unanswered").count() == 2
    orders.try_again(request, by=BY)
    ask_gateways()
    assert moved()[1:] == [("capture", 20.0)]


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, "invalid_request_error", "Stripe refuses our key (OMS_STRIPE_KEY)."),
        (429, "invalid_request_error", "Stripe was asked too often."),
    ],
)
def test_silence_is_told_in_words(gateway, payment, status, kind, said):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    gateway.fail((status, {"error": {"type": kind, "message": "Long words of a machine"}}))

    ask_gateways()

    request.refresh_from_db()
    assert (request.state, request.error) == ("waiting", said)


def test_gateway_that_cannot_be_reached_is_told_in_words(gateway, payment, settings):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    settings.OMS_STRIPE_URL = "http://127.0.0.1:1"

    ask_gateways()

    request.refresh_from_db()
    assert request.error == "Stripe could not be reached, or did not answer in time."


def test_decline_is_kept_for_a_person_who_tries_again_with_a_new_key(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    gateway.fail(DECLINE)

    ask_gateways()

    request.refresh_from_db()
    assert (request.state, request.error) == ("declined", "Your card was declined.")
    assert ask_gateways() == 0
    orders.try_again(request, by="user:2")
    with pytest.raises(orders.NotToTryAgain):
        orders.try_again(request, by="user:2")
    ask_gateways()
    assert moved()[1:] == [("capture", 20.0)]
    assert len({key for _, _, key in gateway.calls}) == 2


def test_ask_for_more_than_is_open_and_not_asked_for_changes_nothing(gateway, payment):
    orders.ask_capture(payment, by=BY, amount=Decimal(15))

    with pytest.raises(AmountTooHigh):
        orders.ask_capture(payment, by=BY, amount=Decimal("5.01"))
    with pytest.raises(NothingOpen):
        orders.ask_void(payment, by=BY)

    assert GatewayRequest.objects.count() == 1


def test_ask_of_a_payment_that_no_gateway_holds_is_refused(shop):
    order = world.place(shop, ("MUG", 1, "10.00"))
    cash = orders.record_pending(order, by=BY, method="cash_on_delivery", amount=Decimal(10))

    with pytest.raises(orders.NoGateway):
        orders.ask_capture(cash, by=BY, amount=Decimal(10))


def test_refund_goes_back_once_by_the_grant_that_allows_it(gateway, payment):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    order = payment.order
    order.refresh_from_db()
    grant = _granted(order, payment)
    request = orders.ask_refund(grant, by="user:2", payment=payment, amount=Decimal(5))
    with pytest.raises(AmountTooHigh):
        orders.ask_refund(grant, by="user:2", payment=payment, amount=Decimal(1))
    gateway.fail(late)

    ask_gateways()
    due_now(request)
    ask_gateways()

    assert moved()[-1] == ("refund", 5.0)
    assert len(gateway.refunds) == 1
    assert PaymentTransaction.objects.get(kind="refund").grant == grant
    assert_ledgers_hold()


def test_declined_refund_whose_grant_is_asked_for_again_is_not_sent_twice(gateway, payment):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    payment.order.refresh_from_db()
    grant = _granted(payment.order, payment)
    first = orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    gateway.fail(DECLINE)
    ask_gateways()
    orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))

    with pytest.raises(AmountTooHigh):
        orders.try_again(first, by=BY)
    ask_gateways()
    with pytest.raises(AmountTooHigh):
        orders.try_again(first, by=BY)

    assert ask_gateways() == 0
    assert len(gateway.refunds) == 1


def test_refund_given_up_without_an_answer_is_outstanding_until_it_is_heard_of(
    gateway, payment, client
):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    payment.order.refresh_from_db()
    grant = _granted(payment.order, payment)
    request = orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    GatewayRequest.objects.filter(pk=request.pk).update(state="given_up")

    with pytest.raises(AmountTooHigh):
        orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    gateway.refund("pi_1", 500, request=str(request.key))
    gateway.webhook(client, "charge.refunded", "pi_1")
    ask_gateways()

    request.refresh_from_db()
    assert (request.state, moved()[-1]) == ("done", ("refund", 5.0))


def test_declined_capture_is_not_tried_again_beside_another_nor_on_hold(gateway, payment):
    first = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    gateway.fail(DECLINE)
    ask_gateways()
    orders.place_hold(payment.order, by=BY, kind="fraud", reason="Looks odd")
    with pytest.raises(orders.OrderOnHold):
        orders.try_again(first, by=BY)
    orders.lift_holds(payment.order, by=BY, reason="Looked at")
    orders.ask_capture(payment, by=BY, amount=Decimal(5))

    with pytest.raises(AmountTooHigh):
        orders.try_again(first, by=BY)

    first.refresh_from_db()
    assert first.state == "declined"


def _granted(order, payment):
    """Five pounds more came in than are due."""
    orders.record_capture(order, by=BY, method="bank_transfer", amount=Decimal(5), reference="bt")
    return orders.grant_refund(order, by=BY, amount=Decimal(5), reason="Paid twice")


def test_cancel_gives_up_the_authorisation_at_the_gateway(gateway, shop):
    Channel.objects.update(auto_release=False)
    shop.refresh_from_db()
    gateway.intent("pi_2", 1000)
    paid = orders.PlacedPayment("card", Decimal(10), "authorized", "pi_2")
    order = world.place(shop, ("MUG", 1, "10.00"), payments=(paid,))

    orders.cancel(order, by=BY, reason="customer")
    assert moved() == [("authorize", 10.0)]
    ask_gateways()

    assert moved() == [("authorize", 10.0), ("void", 10.0)]
    assert gateway.intents["pi_2"]["status"] == "canceled"
    assert_ledgers_hold()


@pytest.mark.parametrize("sent", [False, True])
def test_cancelled_order_is_not_charged_by_a_capture_that_waits(gateway, shop, sent):
    Channel.objects.update(auto_release=False)
    shop.refresh_from_db()
    gateway.intent("pi_2", 1000)
    paid = orders.PlacedPayment("card", Decimal(10), "authorized", "pi_2")
    order = world.place(shop, ("MUG", 1, "10.00"), payments=(paid,))
    request = orders.ask_capture(order.payments.get(), by=BY, amount=Decimal(10))
    if sent:
        gateway.fail(BROKEN)
        ask_gateways()
        due_now(request)

    orders.cancel(order, by=BY, reason="customer")
    ask_gateways()
    ask_gateways()

    request.refresh_from_db()
    assert (request.state, gateway.intents["pi_2"]["amount_received"]) == ("withdrawn", 0)
    assert moved() == [("authorize", 10.0), ("void", 10.0)]


def test_held_order_is_charged_only_after_its_hold(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    orders.place_hold(payment.order, by=BY, kind="fraud", reason="Looks odd")
    ask_gateways()
    assert gateway.calls == []

    orders.lift_holds(payment.order, by=BY, reason="Looked at")
    due_now(request)
    ask_gateways()

    assert moved()[1:] == [("capture", 20.0)]


def test_capture_at_shipment_takes_each_parcel_with_its_share_to_the_cent(gateway, shop):
    order = _ships_in_parts(gateway, shop, policy="shipment")
    drain(webhooks=False)
    assert GatewayRequest.objects.count() == 0

    first = send(order, MUG=1)
    drain(webhooks=False)
    ask_gateways()
    second = send(order, MUG=2)
    drain(webhooks=False)
    drain(webhooks=False)
    ask_gateways()

    # 3 mugs of 3.33 and 1.00 postage: 3.33 + 0.33, then what is left of 10.99
    assert moved()[1:] == [("capture", 3.66), ("capture", 7.33)]
    asked = GatewayRequest.objects.order_by("pk").values_list("cause", flat=True)
    assert list(asked) == [first.number, second.number]
    assert balance(order).balance == 0
    assert_ledgers_hold()


def test_capture_at_placement_waits_for_holds(gateway, shop):
    order = _ships_in_parts(gateway, shop, policy="placement")
    orders.place_hold(order, by=BY, kind="fraud", reason="Looks odd")
    drain(webhooks=False)
    assert GatewayRequest.objects.count() == 0

    orders.lift_holds(order, by=BY, reason="Looked at")
    drain(webhooks=False)
    ask_gateways()

    assert moved()[1:] == [("capture", 10.99)]


def test_capture_by_hand_is_asked_for_by_nobody_else(gateway, shop):
    order = _ships_in_parts(gateway, shop, policy="by_hand")
    drain(webhooks=False)
    send(order)
    drain(webhooks=False)

    assert (GatewayRequest.objects.count(), moved()) == (0, [("authorize", 10.99)])


def _ships_in_parts(gateway, shop, *, policy):
    Channel.objects.update(capture_policy=policy)
    shop.refresh_from_db()
    gateway.intent("pi_3", 1099)
    paid = orders.PlacedPayment("card", Decimal("10.99"), "authorized", "pi_3")
    postage = orders.PlacedCharge("shipping", Decimal(1))
    return world.place(shop, ("MUG", 3, "3.33"), payments=(paid,), charges=(postage,))


def test_webhook_books_what_happened_at_the_gateway_once_in_any_order(gateway, payment, client):
    intent = gateway.intents["pi_1"]
    intent |= {"amount_received": 2000, "amount_capturable": 0, "status": "succeeded"}
    gateway.refund("pi_1", 300)

    for event, name in (("evt_2", "charge.refunded"), ("evt_1", "payment_intent.succeeded")) * 2:
        assert gateway.webhook(client, name, "pi_1", event=event).status_code == 204
    ask_gateways()

    assert moved() == [("authorize", 20.0), ("capture", 20.0), ("refund", 3.0)]
    assert GatewayNotice.objects.filter(done_at__isnull=False).count() == 2
    assert payment.order.refund_grants.get().reason == "Refunded at the gateway, not here"
    assert_ledgers_hold()


def test_webhook_before_its_order_is_kept_until_the_order_is_here(gateway, shop, client):
    intent = gateway.intent("pi_9", 1000)
    intent |= {"amount_received": 1000, "amount_capturable": 0, "status": "succeeded"}
    gateway.webhook(client, "payment_intent.succeeded", "pi_9")
    ask_gateways()
    order = world.place(shop, ("MUG", 1, "10.00"))
    orders.record_pending(order, by=BY, method="card", amount=Decimal(10), reference="pi_9")

    GatewayNotice.objects.update(next_attempt_at=datetime.now(UTC))
    ask_gateways()

    assert moved() == [("capture", 10.0)]
    order.refresh_from_db()
    assert order.payment_status == "paid"


@pytest.mark.parametrize("wrong", [{"secret": "whsec_other"}, {"at": 1_700_000_000}])
def test_webhook_that_is_forged_or_old_is_refused(gateway, payment, client, wrong):
    answer = gateway.webhook(client, "payment_intent.succeeded", "pi_1", **wrong)

    assert (answer.status_code, GatewayNotice.objects.count()) == (400, 0)


def test_row_that_cannot_be_booked_does_not_keep_the_others_waiting(gateway, payment, shop, client):
    gateway.intent("pi_2", 1000)
    paid = orders.PlacedPayment("card", Decimal(10), "authorized", "pi_2")
    order = world.place(shop, ("MUG", 1, "10.00"), payments=(paid,))
    for row in (payment, order.payments.get()):
        intent = gateway.intents[row.reference]
        intent |= {"amount_received": 1000, "amount_capturable": 0, "status": "succeeded"}
        gateway.webhook(client, "payment_intent.succeeded", row.reference, event=row.reference)
    _other_amount(payment, kind="capture", reference="pi_1@10.00", by=BY)

    assert ask_gateways() == 2

    broken, done = GatewayNotice.objects.order_by("pk")
    assert (broken.error, broken.done_at) == ("ReferenceReused; the log says more.", None)
    assert done.done_at
    assert order.payments.get().transactions.filter(kind="capture").exists()


def _other_amount(payment, **used):
    PaymentTransaction.objects.create(payment=payment, amount=Decimal(3), **used)


def test_answer_that_comes_after_the_request_ended_does_not_end_it_otherwise(gateway, payment):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()

    payments_gateway.note_declined(request, "Too late.", None)
    payments_gateway.note_unanswered(request, "Too late.")

    request.refresh_from_db()
    assert (request.state, request.error, request.attempts) == ("done", "", 0)


def test_payment_whose_money_was_moved_and_came_back_is_booked_on(gateway, payment, client):
    orders.ask_capture(payment, by=BY, amount=Decimal(5))
    ask_gateways()
    for kind in ("moved_out", "moved_in"):
        _other_amount(payment, kind=kind, reference=kind, by=BY)

    orders.ask_capture(payment, by=BY, amount=Decimal(15))
    ask_gateways()

    assert moved()[-1] == ("capture", 15.0)


def test_webhook_signed_at_a_moment_of_endless_digits_is_refused(gateway, client):
    answer = client.post(
        "/api/v1/gateways/stripe/events/",
        "{}",
        content_type="application/json",
        headers={"Stripe-Signature": f"t={'1' * 5_000},v1=x"},
    )

    assert answer.status_code == 400


def test_expired_authorisation_is_given_up_and_holds_the_order(gateway, payment):
    Payment.objects.update(expires_at=datetime.now(UTC) - timedelta(minutes=1))

    assert (orders.expire_authorizations(), orders.expire_authorizations()) == (1, 0)

    assert moved() == [("authorize", 20.0), ("void", 20.0)]
    assert "has expired; ask the buyer to pay again" in Hold.objects.get().reason
    assert_ledgers_hold()


def test_reference_of_another_order_is_refused_and_named_among_the_exceptions(
    gateway, payment, shop
):
    paid = orders.PlacedPayment("card", Decimal(20), "authorized", "pi_1")
    first = payment.order
    placed = world.place(shop, ("MUG", 2, "10.00"), payments=(paid,))
    other = world.place(shop, ("MUG", 1, "10.00"))

    for act in (orders.record_pending, orders.record_capture):
        with pytest.raises(orders.ReferenceTaken) as refused:
            act(other, by=BY, method="card", amount=Decimal(10), reference="pi_1")

    said = f"Stripe payment pi_1 already pays order {first.number}; it is booked there."
    assert (refused.value.detail, Payment.objects.get()) == (said, payment)
    holds = Hold.objects.filter(type="reference_taken").order_by("pk")
    assert [(hold.order, hold.reason, hold.owner) for hold in holds] == [
        (placed, said, "Finance"),
        (other, said, "Finance"),
    ]
    gateway.intents["pi_1"] |= {"amount_received": 2000, "amount_capturable": 0}
    orders.bring_in_line(payment, payments_gateway.GatewayState("pi_1", Decimal(20), Decimal(0)))
    assert [balance(row).received for row in (first, placed, other)] == [20, 0, 0]
    orders.record_capture(other, by=BY, method="card", amount=Decimal(10), reference="pi_2")
    assert [hold.lifted_at is None for hold in holds.all()] == [True, False]


def test_same_reference_twice_in_a_batch_pays_the_first_order(gateway, shop):
    paid = orders.PlacedPayment("card", Decimal(10), "captured", "pi_7")
    batch = [world.wish(("MUG", 1), payments=(paid,), external_id=key) for key in "ab"]

    first, second = (row.order for row in orders.place(shop, batch, by=BY))

    assert [balance(order).received for order in (first, second)] == [10, 0]
    assert second.holds.get().details == {"reference": "pi_7", "order": first.number}
    assert_ledgers_hold()


def test_refund_that_fails_after_days_is_reversed_once_and_given_to_finance(
    gateway, payment, client
):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    payment.order.refresh_from_db()
    grant = _granted(payment.order, payment)
    request = orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    ask_gateways()
    row = next(iter(gateway.refunds.values()))
    row |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}

    for event in ("evt_1", "evt_2"):
        gateway.webhook(client, "refund.failed", "pi_1", event=event)
    ask_gateways()

    assert moved()[-2:] == [("refund", 5.0), ("reversed", 5.0)]
    assert (balance(payment.order).refunded, payments.left_of(grant)) == (0, 5)
    task = payment.order.tasks.get()
    assert (task.owner, task.title) == (
        "Finance",
        f"Refund of 5.00 GBP failed ({row['id']}): pay it another way",
    )
    request.refresh_from_db()
    said = "Stripe could not send it: expired or canceled card."
    assert (request.state, request.error) == ("declined", said)
    orders.try_again(request, by=BY)
    ask_gateways()
    assert (moved()[-1], len(gateway.refunds)) == (("refund", 5.0), 2)
    assert_ledgers_hold()


def test_refund_that_fails_at_once_is_declined_and_not_booked(gateway, payment):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    payment.order.refresh_from_db()
    grant = _granted(payment.order, payment)
    request = orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    gateway.refund("pi_1", 500, request=str(request.key))["status"] = "failed"

    ask_gateways()

    request.refresh_from_db()
    assert (request.state, len(gateway.refunds)) == ("declined", 1)
    assert not PaymentTransaction.objects.filter(kind="refund").exists()


@pytest.mark.parametrize("state", ["declined", "given_up"])
def test_capture_done_otherwise_is_booked_once_and_closes_the_request(gateway, payment, state):
    request = orders.ask_capture(payment, by=BY, amount=Decimal(20))
    how = {"method": "bank_transfer", "reference": "BACS 17", "reason": "Paid by transfer"}
    with pytest.raises(orders.NotStuck):
        orders.end_otherwise(request, by="user:2", amount=Decimal(20), **how)
    GatewayRequest.objects.update(state=state)

    with pytest.raises(AmountTooHigh):
        orders.end_otherwise(request, by="user:2", amount=Decimal(21), **how)
    orders.end_otherwise(request, by="user:2", amount=Decimal(20), **how)
    with pytest.raises(orders.NotStuck):
        orders.end_otherwise(request, by="user:2", amount=Decimal(20), **how)

    request.refresh_from_db()
    assert (request.state, request.method, request.reference) == (
        "otherwise",
        "bank_transfer",
        "BACS 17",
    )
    row = PaymentTransaction.objects.get(kind="capture")
    assert (row.amount, row.payment.method, row.by) == (20, "bank_transfer", "user:2")
    assert balance(payment.order).balance == 0
    assert Event.objects.get(name="order.gateway_done_otherwise").facts["reason"] == how["reason"]
    assert ask_gateways() == 0
    assert_ledgers_hold()


def test_refund_done_otherwise_that_the_gateway_did_as_well_is_seen_twice(gateway, payment, client):
    orders.ask_capture(payment, by=BY, amount=Decimal(20))
    ask_gateways()
    payment.order.refresh_from_db()
    grant = _granted(payment.order, payment)
    request = orders.ask_refund(grant, by=BY, payment=payment, amount=Decimal(5))
    GatewayRequest.objects.filter(pk=request.pk).update(state="given_up")
    how = {"method": "bank_transfer", "reference": "BACS 18", "reason": "No answer"}
    orders.end_otherwise(request, by="user:2", amount=Decimal(5), **how)
    assert (moved()[-1], payments.left_of(grant)) == (("refund", 5.0), 0)

    gateway.refund("pi_1", 500, request=str(request.key))
    gateway.webhook(client, "charge.refunded", "pi_1")
    ask_gateways()

    assert moved()[-2:] == [("refund", 5.0), ("refund", 5.0)]
    assert payment.order.refund_grants.count() == 2
    assert_ledgers_hold()

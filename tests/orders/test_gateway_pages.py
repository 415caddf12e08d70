"""What the back office shows of gateways: what was asked, what was refused, the button to try again."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from oms.models import User
from orders import operations as orders
from orders.models import GatewayRequest, Payment, RefundGrant
from tests import factories as world

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment():
    world.stocked("MUG", world.warehouse(), 10)
    shop = world.shop(needs_payment=True, gateway="stripe")
    paid = orders.PlacedPayment("card", Decimal(20), "authorized", "pi_1")
    world.place(shop, ("MUG", 2, "10.00"), payments=(paid,))
    return Payment.objects.get()


@pytest.fixture
def finance(client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("finance", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client.force_login(user)
    return client


@pytest.fixture
def declined(payment):
    request = orders.ask_capture(payment, by=world.BY, amount=Decimal(20))
    GatewayRequest.objects.update(state="declined", error="Your card was declined.")
    request.refresh_from_db()
    return request


def text(answer):
    return " ".join(answer.content.decode().split())


def test_capture_button_asks_the_gateway_instead_of_recording(payment, finance):
    url = reverse("admin:orders_payment_act", args=[payment.pk, "capture"])

    page = text(finance.post(url, {"act": "capture", "amount": "20.00"}, follow=True))

    assert "Stripe is asked for £20.00" in page
    assert GatewayRequest.objects.get().kind == "capture"
    assert not payment.transactions.filter(kind="capture").exists()


def test_reference_of_another_order_is_refused_at_the_button_and_left_as_an_exception(
    payment, finance
):
    other = world.place(payment.order.channel, ("MUG", 1, "10.00"))
    url = reverse("admin:orders_order_act", args=[other.pk, "record_payment"])
    sent = {"act": "record_payment", "method": "card", "amount": "10.00", "reference": "pi_1"}

    page = text(finance.post(url, sent, follow=True))

    said = f"Stripe payment pi_1 already pays order {payment.order.number}; it is booked there."
    assert said in page
    hold = other.holds.get(type="reference_taken")
    assert (hold.reason, hold.lifted_at, hold.details["reference"]) == (said, None, "pi_1")
    assert not other.payments.exists()


def test_declined_capture_stands_in_the_queue_on_the_order_and_on_the_first_page(declined, finance):
    order = declined.payment.order
    again = reverse("admin:orders_gatewayrequest_act", args=[declined.pk, "again"])

    shown = text(finance.get(reverse("admin:orders_order_change", args=[order.pk])))
    listed = text(finance.get(reverse("admin:orders_gatewayrequest_changelist")))
    home = text(finance.get(reverse("admin:index")))

    assert again in shown
    assert "Your card was declined." in shown
    assert "Your card was declined." in listed
    assert "Payments refused" in home


def test_try_again_button_sends_the_request_once_more(declined, finance):
    url = reverse("admin:orders_gatewayrequest_act", args=[declined.pk, "again"])

    finance.post(url, {"act": "again"}, follow=True)

    declined.refresh_from_db()
    assert (declined.state, declined.error) == ("waiting", "")


def test_refund_is_tried_again_only_by_who_may_pay_refunds(payment, client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("till", password="x", is_staff=True)
    rights = ("take_payment", "view_gatewayrequest")
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    grant = RefundGrant.objects.create(order=payment.order, amount=5, reason="Late", by=world.BY)
    refund = GatewayRequest.objects.create(
        payment=payment, kind="refund", amount=5, grant=grant, state="declined", by=world.BY
    )

    for act in ("again", "refund_again"):
        url = reverse("admin:orders_gatewayrequest_act", args=[refund.pk, act])
        client.post(url, {"act": act})

    refund.refresh_from_db()
    assert refund.state == "declined"


def test_empty_queue_says_how_requests_come(finance, db):
    page = text(finance.get(reverse("admin:orders_gatewayrequest_changelist")))

    assert "Nothing waits for a gateway" in page


def test_failed_captures_are_counted_in_a_tab_and_tried_again_or_done_otherwise(declined, finance):
    listed = reverse("admin:orders_gatewayrequest_changelist")
    act = reverse("admin:orders_gatewayrequest_act", args=[declined.pk, "otherwise"])

    shown = text(finance.get(listed, {"what": "captures"}))
    form = {"act": "otherwise", "method": "bank_transfer", "reference": "BACS 9", "amount": "20"}
    finance.post(act, {**form, "reason": "Paid by transfer"}, follow=True)

    assert 'Failed captures <span class="oms-faint oms-small">1</span>' in shown
    assert f"{act}?next=" in shown
    assert "Failed refunds <span" not in shown
    declined.refresh_from_db()
    assert (declined.state, declined.note) == ("otherwise", "Paid by transfer")
    assert declined.payment.order.payments.get(reference="BACS 9").transactions.get().amount == 20
    after = text(finance.get(listed, {"what": "captures"}))
    assert "No capture is refused. What a gateway declines" in after
    assert "BACS 9: Paid by transfer" in text(
        finance.get(reverse("admin:orders_gatewayrequest_change", args=[declined.pk]))
    )

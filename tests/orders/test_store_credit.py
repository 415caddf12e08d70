"""Store credit and gift cards: issued, spent, refunded to, expired; small differences written off."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from oms import keys
from oms.models import AppendOnlyError, Event, User
from orders import operations as orders
from orders.models import PaymentTransaction, StoreCredit, StoreCreditEntry
from orders.operations.payments import AmountNotPositive, AmountTooHigh
from orders.queries import balance
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 10)
    return world.shop("web", needs_payment=True, duplicate_window_minutes=0, write_off_limit=1)


@pytest.fixture
def order(shop):
    return world.place(shop, ("MUG", 2, "10.00"))


def card(amount="50.00", **fields):
    return orders.issue_credit(
        by=BY, amount=Decimal(amount), currency="GBP", reason="Sold", **fields
    )


def entries():
    rows = StoreCreditEntry.objects.order_by("pk")
    return [(row.kind, float(row.amount), float(row.balance)) for row in rows]


def test_gift_card_pays_a_part_and_a_card_the_rest(order):
    issued = card("15.00")

    orders.redeem_credit(order, by=BY, credit=issued.code.lower())
    orders.record_capture(order, by=BY, method="card", amount=Decimal(5), reference="ch_1")

    order.refresh_from_db()
    assert (order.payment_status, order.stage) == ("paid", "fulfilment")
    assert [row.method for row in order.payments.order_by("pk")] == ["store_credit", "card"]
    assert entries() == [("issued", 15.0, 15.0), ("redeemed", -15.0, 0.0)]
    assert_ledgers_hold()


def test_code_of_a_gift_card_is_told_once_and_kept_nowhere(db):
    issued = card()

    kept = str(list(StoreCredit.objects.values())) + str(list(Event.objects.values()))
    assert issued.code.replace("-", "") not in kept.replace("-", "")
    assert issued.credit.code_end == issued.code[-4:]


def test_redeem_without_amount_takes_no_more_than_is_due(order):
    orders.redeem_credit(order, by=BY, credit=card().code)

    assert entries()[-1] == ("redeemed", -20.0, 30.0)


@pytest.mark.parametrize("amount", ["20.01", "50.01"])
def test_redeem_more_than_is_due_or_there_is_changes_nothing(order, amount):
    issued = card()

    with pytest.raises(AmountTooHigh):
        orders.redeem_credit(order, by=BY, credit=issued.code, amount=Decimal(amount))

    assert (len(entries()), PaymentTransaction.objects.count()) == (1, 0)


def test_redeem_an_unknown_code_is_refused(order):
    with pytest.raises(orders.UnknownCredit):
        orders.redeem_credit(order, by=BY, credit="AAAA-BBBB-CCCC-DDDD")


def test_credit_of_another_customer_or_currency_or_past_its_end_is_refused(order):
    other = world.place(order.channel, ("MUG", 1), customer=world.CORA, external_id="cora")
    foreign = orders.issue_credit(by=BY, amount=Decimal(9), currency="EUR", reason="Sold")
    old = card(expires_at=timezone.now() + timedelta(days=1))
    StoreCredit.objects.filter(pk=old.credit.pk).update(
        expires_at=timezone.now() - timedelta(days=1)
    )
    theirs = card(customer=other.customer)
    for name in (foreign.code, old.code, theirs.credit.number, card().credit.number):
        with pytest.raises(orders.NotSpendable):
            orders.redeem_credit(order, by=BY, credit=name)

    assert PaymentTransaction.objects.count() == 0
    orders.redeem_credit(other, by=BY, credit=theirs.credit.number)
    assert balance(other).balance == 0


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_issue_of_nothing_is_refused(db, amount):
    with pytest.raises(AmountNotPositive):
        card(amount)

    assert not StoreCredit.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"amount": "1.001"}, {"expires_at": timezone.now() - timedelta(days=1)}]
)
def test_issue_of_part_of_a_penny_or_into_the_past_is_refused(db, wrong):
    with pytest.raises(orders.WrongCredit):
        card(**wrong)


def overpaid(order, method="card"):
    payment = orders.record_capture(
        order, by=BY, method=method, amount=Decimal(25), reference="ch_9"
    )
    order.refresh_from_db()
    grant = orders.grant_refund(order, by=BY, amount=Decimal(5), reason="Paid too much")
    return payment, grant


def test_refund_to_store_credit_owes_the_buyer_what_stays_with_us(order):
    payment, grant = overpaid(order)

    orders.refund_to_credit(grant, by="user:2", payment=payment, amount=Decimal(5))

    credit = StoreCredit.objects.get()
    assert (credit.customer, float(credit.balance)) == (order.customer, 5.0)
    assert balance(order).refunded == 5
    with pytest.raises(AmountTooHigh):
        orders.refund_to_credit(grant, by="user:2", payment=payment, amount=Decimal(1))
    assert_ledgers_hold()


def test_refund_of_what_store_credit_paid_goes_back_onto_it(shop):
    shop.auto_release = False
    shop.save()
    order = world.place(shop, ("MUG", 1, "10.00"))
    issued = card("10.00")
    row = orders.redeem_credit(order, by=BY, credit=issued.code)
    orders.cancel(order, by=BY, reason="customer")
    grant = orders.grant_refund(order, by=BY, amount=Decimal(10), reason="Cancelled")
    with pytest.raises(orders.NotRecorded):
        orders.pay_refund(grant, by="user:2", payment=row.payment, amount=Decimal(10))

    orders.refund_to_credit(grant, by="user:2", payment=row.payment, amount=Decimal(10))

    assert entries()[-1] == ("refunded", 10.0, 10.0)
    assert StoreCredit.objects.count() == 1
    assert_ledgers_hold()


def test_expired_credit_is_taken_once(db):
    issued = card(expires_at=timezone.now() + timedelta(days=1))
    StoreCredit.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    assert (orders.expire_credits(), orders.expire_credits()) == (1, 0)

    assert entries()[-1] == ("expired", -50.0, 0.0)
    issued.credit.refresh_from_db()
    assert issued.credit.balance == 0
    assert_ledgers_hold()


def test_database_forbids_negative_credit_and_entries_never_change(db):
    issued = card()
    with pytest.raises(IntegrityError), transaction.atomic():
        StoreCredit.objects.update(balance=Decimal("-0.01"))
    with pytest.raises(AppendOnlyError):
        issued.credit.entries.get().delete()


def test_credit_that_is_not_the_sum_of_its_entries_is_found(db):
    card()
    StoreCredit.objects.update(balance=Decimal(49))

    with pytest.raises(AssertionError, match=r"49.* left, entries come to 50"):
        assert_ledgers_hold()


@pytest.mark.parametrize("method", ["store_credit", "write_off"])
def test_store_credit_is_not_recorded_as_if_it_were_money(order, method):
    with pytest.raises(orders.NotRecorded):
        orders.record_capture(order, by=BY, method=method, amount=Decimal(5))
    with pytest.raises(orders.InvalidOrder):
        world.place(
            order.channel,
            ("MUG", 1),
            external_id="N2",
            payments=(orders.PlacedPayment(method, Decimal(5)),),
        )

    assert PaymentTransaction.objects.count() == 0


def test_write_off_settles_a_small_rest_and_nothing_more(order):
    orders.record_capture(order, by=BY, method="card", amount=Decimal(19), reference="ch_1")

    orders.write_off(order, by="user:2", reason="Bank charges")

    order.refresh_from_db()
    assert (order.payment_status, balance(order).balance) == ("paid", 0)
    assert Event.objects.get(name="order.balance_written_off").facts["amount"] == "1.00"
    with pytest.raises(orders.NotWrittenOff):
        orders.write_off(order, by="user:2", reason="Again")
    assert_ledgers_hold()


def test_write_off_above_the_limit_changes_nothing(order):
    orders.record_capture(order, by=BY, method="card", amount=Decimal("18.99"), reference="ch_1")

    with pytest.raises(orders.NotWrittenOff) as refusal:
        orders.write_off(order, by="user:2", reason="Bank charges")

    assert (
        refusal.value.detail == "1.01 GBP are owed; at most 1.00 are written off in this channel."
    )
    assert balance(order).balance == Decimal("1.01")


def test_redeem_through_the_api_with_a_code(order, client):
    issued = card("15.00")
    key = keys.create("Web", channel="web", scopes=["orders:write"])[1]

    answer = client.post(
        f"/api/v1/orders/{order.number}/payments/",
        {"method": "store_credit", "amount": "15.00", "reference": issued.code},
        content_type="application/json",
        headers={"Authorization": f"Api-Key {key}", "Idempotency-Key": "k1"},
    )

    assert (answer.status_code, answer.json()["reference"]) == (201, issued.credit.number)


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def enter(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return enter


def text(answer):
    return " ".join(answer.content.decode().split())


def test_finance_issues_a_card_and_sees_its_movements(shop, sign_in):
    client = sign_in("Finance")
    url = reverse("admin:orders_storecredit_list_act", args=["issue"])

    page = text(
        client.post(
            url,
            {"act": "issue", "amount": "30.00", "currency": "GBP", "reason": "Sold at the desk"},
            follow=True,
        )
    )

    credit = StoreCredit.objects.get()
    assert "It is not shown again" in page
    shown = text(client.get(reverse("admin:orders_storecredit_change", args=[credit.pk])))
    assert "£30.00" in shown
    assert "Issued" in shown


def test_support_may_spend_but_not_issue_credit(order, sign_in):
    client = sign_in("Support")
    issued = card("15.00")
    url = reverse("admin:orders_order_act", args=[order.pk, "redeem_credit"])

    page = text(
        client.post(
            url, {"act": "redeem_credit", "credit": issued.code, "amount": "15"}, follow=True
        )
    )

    assert f"£15.00 paid with {issued.credit.number}" in page
    denied = client.get(reverse("admin:orders_storecredit_list_act", args=["issue"]))
    assert denied.status_code == 403

"""Cash on delivery: handed over by carriers, booked parcel by parcel, each once."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fulfillment.models import Shipment
from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from orders.models import Remittance, RemittanceProfile, Task
from orders.queries import balance, outstanding
from orders.tasks.remittances import read_remittance
from tests import factories as world
from tests.factories.documents import send
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
LAYOUT = {"columns": {"tracking": "AWB", "amount": "COD Amount", "fee": "COD Fee"},
          "delimiter": ",", "decimal": ".", "dates": "%Y-%m-%d"}  # fmt: skip


@pytest.fixture
def sent(settings, tmp_path):
    """Three orders of 20, to be paid on delivery, on their way; AWB1 to AWB3."""
    settings.MEDIA_ROOT = tmp_path
    world.stocked("MUG", world.warehouse(), 9)
    shop = world.shop(duplicate_window_minutes=0)
    cash = (orders.PlacedPayment("cash_on_delivery", Decimal(20), "pending"),)
    found = [world.place(shop, ("MUG", 2, "10.00"), payments=cash) for _ in range(3)]
    drain(webhooks=False)
    for number, order in enumerate(found, start=1):
        send(order)
        Shipment.objects.filter(order=order).update(tracking_number=f"AWB{number}")
    return found


def remit(carrier, *rows):
    content = BytesIO("\n".join(("AWB,COD Amount,COD Fee", *rows)).encode())
    done = orders.begin_remittance(carrier, "GBP", content, by="user:2")
    if done.job and done.upload:
        read_remittance(done.job)
    return Remittance.objects.get(pk=done.pk)


def test_remittance_books_each_parcel_once_and_tells_short_over_and_missing(sent):
    carrier = Shipment.objects.first().carrier.code
    RemittanceProfile.objects.create(carrier=carrier, columns=LAYOUT)
    assert outstanding.sum_of(outstanding.cash_owed(), "open").amounts == {"GBP": 60}

    rows = ("AWB1,20.00,1.50", "AWB2,15.00,1.50", "AWB3,21.00,1.50", "AWB9,5,0", "AWB1,x,0")
    first = remit(carrier, *rows)
    again = remit(carrier, *rows)
    later = remit(carrier, "AWB1,20.00,1.50", "AWB2,15.00,0")

    assert again == first
    outcomes = list(first.rows.order_by("position").values_list("outcome", flat=True))
    assert outcomes == ["paid", "short", "over", "missing", "broken"]
    assert (first.collected, first.fees) == (61, Decimal("4.50"))
    assert [row.outcome for row in later.rows.order_by("position")] == ["known", "known"]
    assert [balance(order).received for order in sent] == [20, 15, 21]
    [owed] = outstanding.cash_by_order()
    assert (owed.order, owed.amount) == (sent[1], 5)
    assert_ledgers_hold()


def test_rest_of_a_short_parcel_is_booked_from_a_later_file_and_what_nobody_owes_is_asked_about(
    sent,
):
    carrier = Shipment.objects.first().carrier.code
    RemittanceProfile.objects.create(carrier=carrier, columns=LAYOUT)
    first, second, third = sent
    remit(carrier, "AWB1,15.00,1", "AWB2,15.00,1", "AWB3,10.00,1")

    later = remit(carrier, "AWB1,5.00,1", "AWB2,20.00,1", "AWB3,10.00,0")
    last = remit(carrier, "AWB1,5.00,0", "AWB2,20.00,0", "AWB1,7.00,0")

    rows = list(later.rows.order_by("position"))
    assert [(row.outcome, row.collected) for row in rows] == [
        ("paid", 5),
        ("paid", 5),
        ("known", 10),
    ]
    assert rows[1].said.startswith("20.00 GBP in all; 15.00 GBP was booked from ")
    outcomes = [row.outcome for row in last.rows.order_by("position")]
    assert outcomes == ["known", "known", "not_due"]
    assert (later.collected, last.collected) == (10, 7)
    assert [balance(order).received for order in sent] == [20, 20, 10]
    tasks = [(task.order, task.owner, task.title) for task in Task.objects.order_by("pk")]
    assert [row[:2] for row in tasks] == [(third, "Finance"), (first, "Finance")]
    assert tasks[1][2] == f"{carrier} collected 7.00 GBP for AWB1 that nobody owes"
    assert second.payment_status != "overpaid"
    assert_ledgers_hold()


def test_pages_of_remittances_cash_and_finance(sent, client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("finance", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client.force_login(user)
    carrier = Shipment.objects.first().carrier.code
    file = SimpleUploadedFile("r.csv", b"AWB,COD Amount,COD Fee\nAWB1,19.00,1\n")
    url = reverse("admin:orders_remittance_list_act", args=["send"])
    client.post(url, {"act": "send", "carrier": carrier, "currency": "gbp", "file": file})
    remittance = Remittance.objects.get()
    explain = reverse("admin:orders_remittance_act", args=[remittance.pk, "explain"])
    chosen = {"tracking": "AWB", "amount": "COD Amount", "fee": "COD Fee", "decimal": "."}
    client.post(explain, {"act": "explain", "delimiter": ",", **chosen})
    remittance.refresh_from_db()
    read_remittance(remittance.job)

    def page(name, *args):
        return client.get(reverse(f"admin:{name}", args=args)).content.decode()

    assert "1.00 GBP less than" in page("orders_remittance_change", remittance.pk)
    assert "£41.00" in page("orders_cash")
    assert "Cash on delivery outstanding" in page("orders_finance")
    for name in ("payment", "refundgrant", "remittance", "bankstatement"):
        assert client.get(reverse(f"admin:orders_{name}_changelist")).status_code == 200
    unpaid = reverse("admin:orders_refundgrant_changelist") + "?money=unpaid"
    held = reverse("admin:orders_payment_changelist") + "?money=authorised"
    assert [client.get(address).status_code for address in (unpaid, held)] == [200, 200]

"""Cash on delivery: handed over by carriers, booked parcel by parcel, each once."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from fulfillment.models import Shipment
from oms import keys
from oms.dispatch import drain
from oms.models import User
from orders import operations as orders
from orders.models import BankAccount, BankStatement, Remittance, RemittanceProfile, Task
from orders.operations.bank_lines import add_lines
from orders.queries import balance, outstanding
from orders.queries.bank_repeats import Entry
from orders.queries.handed_over import lumps
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
    name = Shipment.objects.first().carrier.name
    assert name in page("orders_cash")
    assert name in page("orders_remittance_changelist")
    assert "Cash on delivery outstanding" in page("orders_finance")
    for name in ("payment", "refundgrant", "remittance", "bankstatement"):
        assert client.get(reverse(f"admin:orders_{name}_changelist")).status_code == 200
    unpaid = reverse("admin:orders_refundgrant_changelist") + "?money=unpaid"
    held = reverse("admin:orders_payment_changelist") + "?money=authorised"
    assert [client.get(address).status_code for address in (unpaid, held)] == [200, 200]


def handed(*amounts):
    """A bank line for each amount, on an account of ours."""
    account = BankAccount.objects.create(code="main", name="Main", currency="GBP")
    statement = BankStatement.objects.create(
        number="BS1", account=account, digest="1", form="csv", created_by="user:2"
    )
    rows = [Entry(date(2026, 11, 3), amount, "GBP", text=f"COD {amount}") for amount in amounts]
    return add_lines(statement, rows, by="user:2")


def test_sum_that_a_carrier_hands_over_is_booked_on_its_remittances_and_undone(sent):
    carrier = Shipment.objects.first().carrier.code
    RemittanceProfile.objects.create(carrier=carrier, columns=LAYOUT)
    first, second = remit(carrier, "AWB1,20,1"), remit(carrier, "AWB2,20,2", "AWB3,20,0")
    assert outstanding.not_arrived() == outstanding.Sum1(2, {"GBP": Decimal(57)})
    line, short, other = handed(Decimal(57), Decimal(18), Decimal("38.00"))
    assert [lump.remittances for lump in lumps(line, {})] == [(first, second)]
    assert [lump.remittances for lump in lumps(other, {})] == [(second,)]

    with pytest.raises(orders.RemittanceDiffers):
        orders.book_handed_over(short, [first], by="user:2")
    orders.book_handed_over(line, [first, second], by="user:2")
    with pytest.raises(orders.RemittanceNotOpen):
        orders.book_handed_over(other, [second], by="user:2")

    line.refresh_from_db()
    assert (line.state, line.matched, outstanding.not_arrived().count) == ("matched", 57, 0)
    assert [balance(order).received for order in sent] == [20, 20, 20]
    assert_ledgers_hold()
    orders.undo_line(line, by="user:2", reason="Another carrier's")
    line.refresh_from_db()
    assert (line.state, line.matched, outstanding.not_arrived().count) == ("open", 0, 2)
    orders.book_handed_over(other, [second], by="user:2")
    assert_ledgers_hold()


def test_page_of_a_line_proposes_the_remittance_and_books_it(sent, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    carrier = Shipment.objects.first().carrier.code
    RemittanceProfile.objects.create(carrier=carrier, columns=LAYOUT)
    done = remit(carrier, "AWB1,20,1")
    [line] = handed(Decimal(19))
    page = reverse("admin:orders_bankline_change", args=[line.pk])
    assert "What a carrier may have handed over" in admin_client.get(page).content.decode()

    act = reverse("admin:orders_bankline_act", args=[line.pk, "handed_over"])
    assert f"{done} of {carrier}" in admin_client.get(act).content.decode()
    admin_client.post(act, {"act": "handed_over", "remittances": [done.pk]})

    line.refresh_from_db()
    assert line.state == "matched"
    assert str(done) in admin_client.get(page).content.decode()
    told = admin_client.get(reverse("admin:orders_remittance_change", args=[done.pk]))
    assert str(line) in told.content.decode()


def test_remittance_is_sent_and_read_through_the_api_and_by_command(sent, client, tmp_path, capsys):
    carrier = Shipment.objects.first().carrier.code
    text = keys.create("Finance", scopes=["bank:write"])[1]
    headers = {"Authorization": f"Api-Key {text}"}

    def send_file(content, query=f"carrier={carrier}&currency=gbp"):
        url = f"/api/v1/remittances/?{query}"
        return client.post(url, content, content_type="text/csv", headers=headers)

    file = b"AWB,COD Amount,COD Fee\nAWB1,20.00,1.50\nAWB9,5,0\n"
    made, again = send_file(file), send_file(file)
    assert (made.status_code, made.json()["status"]) == (201, "unexplained")
    assert again.json()["number"] == made.json()["number"]
    orders.explain_remittance(Remittance.objects.get(), LAYOUT, by="user:2")
    read_remittance(Remittance.objects.get().job)
    told = client.get(f"/api/v1/remittances/{made.json()['number']}/", headers=headers).json()
    assert (told["status"], told["collected"], told["net"], told["bank_line"]) == (
        "read", "25.00", "23.50", None,
    )  # fmt: skip
    assert [(row["tracking"], row["outcome"]) for row in told["parcels"]] == [
        ("AWB1", "paid"), ("AWB9", "missing"),
    ]  # fmt: skip
    assert send_file(file, "carrier=nobody&currency=GBP").status_code == 400
    assert f"Name one: {carrier}." in send_file(file, "currency=GBP").content.decode()
    assert send_file(file, f"carrier={carrier}&currency=XXQ").status_code == 400

    path = tmp_path / "second.csv"
    path.write_bytes(b"AWB,COD Amount,COD Fee\nAWB1,20.00,1.50\nAWB2,20.00,1.50\n")
    for _ in range(2):
        call_command("import_remittance", carrier, path, currency="GBP")
    assert capsys.readouterr().out.count("2 parcels, 1 of them new.") == 2
    assert [balance(order).received for order in sent] == [20, 20, 0]
    with pytest.raises(CommandError, match="no carrier"):
        call_command("import_remittance", "nobody", path, currency="GBP")
    assert_ledgers_hold()

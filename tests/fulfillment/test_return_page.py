"""The page behind a signed link: choose, see the refund, send, see what becomes of it."""

import itertools
import re
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.html import strip_tags
from pypdf import PdfReader
from reportlab.graphics.barcode import code128

from fulfillment import operations as fulfillment
from fulfillment.models import Return, ReturnPolicy
from fulfillment.queries.links import LINK
from fulfillment.views import returns as page
from oms import keys, links
from oms.models import Event
from orders import operations as orders
from tests import factories as world

BY = world.BY

VALUE_OF = {  # of six widths of bars and gaps
    "".join(str(ord(sign.lower()) - 96) for sign in drawn): value
    for value, drawn in code128._patterns.items()
    if isinstance(value, int)
}


@pytest.fixture(autouse=True)
def nobody_was_here():
    cache.clear()


@pytest.fixture
def sold(floor):
    order, shipment = floor.shipped(("MUG", 3))
    fulfillment.deliver(shipment, by=BY)
    return order


@pytest.fixture
def path(sold):
    return reverse("return", args=[links.sign(LINK, sold.number)])


def choice(order, units=2, reason="unwanted", **more):
    pk = order.lines.get().pk
    fields = {f"line_{pk}": units, f"reason_{pk}": reason, f"state_{pk}": "unopened"}
    return {**fields, "once": "abc", **more}


def text(answer):
    return answer.content.decode()


def test_page_offers_what_can_come_back_and_names_nobody(client, sold, path):
    shown = text(client.get(path))

    assert "Mug" in shown
    assert "Send back" in shown
    assert "Ada" not in shown
    assert "St James" not in shown


def test_review_shows_the_refund_after_the_fee_and_sends_nothing(client, sold, path, floor):
    ReturnPolicy.objects.create(name="R", channel=floor.channel, fee_percent=10)

    shown = text(client.post(path, choice(sold)))

    assert "£18.00" in shown
    assert "£2.00" in shown
    assert not Return.objects.exists()


def test_send_asks_for_the_return_once_and_shows_its_state(client, sold, path):
    for _ in range(2):
        answer = client.post(path, choice(sold, send=1))
        assert answer.status_code == 302

    document = Return.objects.get()
    row = document.lines.get()
    assert (document.status, row.quantity, row.reason_id, row.state) == (
        "requested",
        2,
        "unwanted",
        "unopened",
    )
    assert Event.objects.get(name="return.requested").actor == f"link:{sold.number}"
    assert document.number in text(client.get(path))


def test_send_outside_the_policy_says_why_and_sends_nothing(client, sold, path):
    ReturnPolicy.objects.create(name="Final", final_sale=True)

    review, sent = client.post(path, choice(sold)), client.post(path, choice(sold, send=1))

    assert "It was sold for good." in text(review)
    assert 'name="send"' not in text(review)
    assert sent.status_code == 409
    assert "Broken, wrong or misdescribed goods still come back" in text(sent)
    assert not Return.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"units": 0}, {"units": 9}, {"reason": ""}, {"reason": "undelivered"}]
)
def test_send_what_cannot_be_chosen_is_refused(client, sold, path, wrong):
    answer = client.post(path, choice(sold, **wrong, send=1))

    assert answer.status_code == 422
    assert not Return.objects.exists()


def test_link_of_another_purpose_or_changed_is_gone(client, sold, path):
    stranger = reverse("return", args=[links.sign("quote", sold.number)])

    assert [client.get(url).status_code for url in (stranger, path[:-3] + "x/")] == [410, 410]


def test_link_opens_one_order_only(client, sold, path, floor):
    other, _ = floor.shipped(("MUG", 1))
    foreign = fulfillment.request_return(
        other, by=BY, wishes={other.lines.get().pk: fulfillment.Wish(1, "unwanted")}
    )
    token = path.rstrip("/").rpartition("/")[2]

    answers = [
        client.post(path, {**choice(other, 1), "send": 1}),
        client.get(reverse("return-paper", args=[token, foreign.number])),
        client.post(reverse("return-keep", args=[token, foreign.number])),
    ]

    assert [answer.status_code for answer in answers] == [422, 404, 404]
    assert sold.returns.count() == 0


def test_link_that_is_used_by_a_script_is_slowed_down(client, path, monkeypatch):
    monkeypatch.setattr(page, "LOOKS", 2)

    assert [client.get(path).status_code for _ in range(3)] == [200, 200, 429]


def test_approved_return_prints_its_label_and_can_be_kept(client, sold, path):
    client.post(path, choice(sold, send=1))
    document = fulfillment.approve(Return.objects.get(), by=BY)
    token = path.rstrip("/").rpartition("/")[2]

    answer = client.get(reverse("return-paper", args=[token, document.number]))
    words = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    client.post(reverse("return-keep", args=[token, document.number]))

    assert document.number in words
    assert "LON" in words
    assert "Ada" not in words
    document.refresh_from_db()
    assert document.status == "withdrawn"


def test_label_is_printed_from_the_page_of_the_return_and_by_api(client, admin_client, sold):
    key = keys.create("Shop", channel=sold.channel.code, scopes=["returns:read"])[1]
    wishes = {sold.lines.get().pk: fulfillment.Wish(1, "unwanted")}
    document = fulfillment.request_return(sold, by=BY, wishes=wishes)
    page = reverse("admin:fulfillment_return_change", args=[document.pk])
    button = reverse("admin:fulfillment_return_act", args=[document.pk, "label"])

    def get():
        url = f"/api/v1/returns/{document.number}/label/"
        return client.get(url, headers={"Authorization": f"Api-Key {key}"})

    assert (get().status_code, button in text(admin_client.get(page))) == (404, False)
    fulfillment.approve(document, by=BY)

    assert button in text(admin_client.get(page))
    for answer in (get(), admin_client.get(button)):
        assert answer["Content-Type"] == "application/pdf"
        (sheet,) = PdfReader(BytesIO(answer.content)).pages
        assert sheet.extract_text().count(document.number) == 3  # below the bars, big, on the slip
        assert bars(sheet) == document.number


def bars(sheet):
    """What a scanner reads of the only Code 128 on a page, from the bars as they are drawn."""
    drawn = sheet.get_contents().get_data().decode("latin-1")
    rows = [
        tuple(map(float, row))
        for row in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (-?[\d.]+) re", drawn)
    ]
    height = max(row[3] for row in rows)
    found = sorted((x, x + wide) for x, _, wide, high in rows if high == height)
    edges = [edge for bar in found for edge in bar]
    steps = [after - before for before, after in itertools.pairwise(edges)]
    widths = "".join(str(round(step / min(steps))) for step in steps)
    start, *data, check = (VALUE_OF[widths[at : at + 6]] for at in range(0, len(widths) - 7, 6))
    assert check == (start + sum(at * value for at, value in enumerate(data, 1))) % 103
    read, pairs = "", start == 105
    for value in data:
        if value in {99, 100}:  # to pairs of digits, and back to signs
            pairs = value == 99
        else:
            read += f"{value:02}" if pairs else chr(value + 32)
    return read


def test_page_of_the_return_tells_that_the_buyer_asked_and_what_is_not_paid_back(
    client, admin_client, sold, path
):
    orders.record_capture(sold, by=BY, method="card", amount=Decimal(30), reference="ch_1")
    client.post(path, choice(sold, units=1, send=1))
    document = fulfillment.approve(Return.objects.get(), by=BY)
    listed = reverse("admin:fulfillment_return_changelist")
    url = reverse("admin:fulfillment_return_change", args=[document.pk])
    for address in (listed, url):
        page = text(admin_client.get(address))
        assert ("by the buyer" in page, document.reference in page) == (True, False)
    assert "Not paid back yet" not in text(admin_client.get(url))

    outcomes = {document.lines.get().pk: {"restock": 1}}
    fulfillment.receive(document, by=BY, outcomes=outcomes)

    told = " ".join(strip_tags(text(admin_client.get(url)).replace("<", " <")).split())
    assert f"Not paid back yet on {sold}, of this and everything else Money £10.00" in told
    grant = orders.grant_refund(sold, by=BY, amount=Decimal(10), reason="Back")
    orders.pay_refund(grant, by="user:2", payment=sold.payments.get(), amount=Decimal(10))
    assert "Not paid back yet" not in text(admin_client.get(url))


def test_order_page_shows_the_link_and_sends_it(sold, admin_client):
    shown = text(admin_client.get(reverse("admin:orders_order_change", args=[sold.pk])))
    assert "/my/returns/" in shown

    url = reverse("admin:fulfillment_offer_return", args=[sold.pk])
    assert admin_client.get(url).status_code == 200
    admin_client.post(url)

    assert Event.objects.filter(name="order.return_offered", subject_id=sold.pk).count() == 1


def test_label_of_a_return_that_is_not_approved_is_not_printed(client, sold, path):
    client.post(path, choice(sold, send=1))
    document = Return.objects.get()
    token = path.rstrip("/").rpartition("/")[2]
    label = reverse("return-paper", args=[token, document.number])

    requested = client.get(label).status_code
    fulfillment.decline(document, by=BY, reason="Sent too late")

    assert (requested, client.get(label).status_code) == (404, 404)


def test_papers_fetched_by_a_script_are_slowed_down(client, sold, path, monkeypatch):
    monkeypatch.setattr(page, "LOOKS", 0)
    token = path.rstrip("/").rpartition("/")[2]

    answers = [
        client.get(reverse("return-paper", args=[token, "R1"])),
        client.post(reverse("return-keep", args=[token, "R1"])),
    ]

    assert [answer.status_code for answer in answers] == [429, 429]


def test_send_with_a_broken_token_is_refused(client, sold, path):
    answer = client.post(path, choice(sold, send=1, once="a\0b"))

    assert answer.status_code == 422
    assert not Return.objects.exists()


def test_what_the_carrier_brings_back_is_shown_and_not_the_buyers_to_send(client, floor):
    order, shipment = floor.shipped(("MUG", 1))
    document = fulfillment.bring_back(shipment, by=BY, reason="uncollected").return_order
    token = links.sign(LINK, order.number)

    shown = text(client.get(reverse("return", args=[token])))
    paper = client.get(reverse("return-paper", args=[token, document.number]))
    client.post(reverse("return-keep", args=[token, document.number]))

    assert "brings it back to us" in shown
    assert "I keep it" not in shown
    assert paper.status_code == 404
    document.refresh_from_db()
    assert document.status == "approved"


@pytest.mark.parametrize(
    ("writes", "said"),
    [(True, "We look at it and write to you."), (False, "Come back to this page")],
)
def test_page_promises_to_write_only_where_the_shop_writes(floor, client, writes, said):
    floor.channel.notifies_customers = writes
    floor.channel.save()
    order, _ = floor.shipped(("MUG", 1))
    wish = {order.lines.get().pk: fulfillment.Wish(1, "unwanted")}
    fulfillment.request_return(order, by=BY, wishes=wish)

    shown = client.get(reverse("return", args=[links.sign(LINK, order.number)]))

    assert said in shown.content.decode()

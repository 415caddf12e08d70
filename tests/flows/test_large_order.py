"""An order of many lines costs as many statements as one of few, from placing to its return."""

import re
from time import process_time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, FulfillmentOrder, ReturnReason
from fulfillment.queries.policies import Wish
from oms import keys
from oms.dispatch import drain
from oms.models import User
from orders import operations
from orders.admin import page
from orders.models import OrderLine
from tests.factories import BY, place, shop, stocked, warehouse
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
FEW, MANY = 12, 48
SLACK = 3  # statements that a batch of rows may need more


class Costs(dict):
    """Statements by step."""

    def of(self, step, act):
        quiet_sidebar()
        with CaptureQueriesContext(connection) as statements:
            done = act()
        self[step] = len(statements)
        return done


def live(client, channel, skus, external_id):
    """Place, look, change, split, release, pick, pack, ship a part, take back; what each cost."""
    costs = Costs()
    wanted = [(sku, 3) for sku in skus]
    order = costs.of("place", lambda: place(channel, *wanted, external_id=external_id))
    admin = f"/admin/orders/order/{order.pk}/change"
    key = keys.create("Test", channel=channel.code)[1]
    headers = {"Authorization": f"Api-Key {key}"}
    costs.of("page", lambda: client.get(f"{admin}/"))
    costs.of("change page", lambda: client.get(f"{admin[:-7]}/change-order/"))
    cancel = {"act": "cancel", "reason": "staff", "note": "", "preview": "1"}
    costs.of("cancel preview", lambda: client.post(f"{admin[:-7]}/acts/cancel/", cancel))
    costs.of("API", lambda: client.get(f"/api/v1/orders/{order.number}/", headers=headers))

    lines = list(order.lines.order_by("position"))
    fewer = [operations.Step("set_quantity", lines[0].pk, {"quantity": 2})]
    change = costs.of("draft", lambda: operations.draft_change(order, by=BY, steps=fewer))
    costs.of("preview", lambda: operations.preview_change(change, by=BY))
    costs.of("change", lambda: operations.confirm_change(change, by=BY))
    apart = [operations.Step("split_off", line.pk, {"quantity": 1}) for line in lines]
    split = operations.draft_change(order, by=BY, steps=apart)
    costs.of("split", lambda: operations.confirm_change(split, by=BY))
    costs.of("advance", lambda: operations.advance(order, by=BY))
    costs.of("release", lambda: operations.release(order, by=BY))
    drain()
    return costs, order


def send(client, costs, order):
    """Half of it leaves, and all that left comes back."""
    work = FulfillmentOrder.objects.get(order=order)
    costs.of("work page", lambda: client.get(work_page(work)))
    fulfillment.accept(work, by=BY)
    costs.of("pick", lambda: fulfillment.pick(work, by=BY))
    half = list(work.lines.order_by("pk"))[::2]
    parcel = fulfillment.PackedParcel(900, {line.pk: line.due for line in half})
    costs.of("pack", lambda: fulfillment.pack(work, by=BY, parcels=[parcel]))
    carrier = Carrier.objects.get_or_create(code="mail", defaults={"name": "Mail"})[0]
    costs.of(
        "ship", lambda: fulfillment.ship(work, by=BY, carrier=carrier, tracking_number=str(work))
    )
    reason = ReturnReason.objects.filter(is_active=True).order_by("pk").first().code
    wishes = {line.order_line_id: Wish(line.due, reason) for line in half}
    asked = {f"line_{line.order_line_id}": line.due for line in half}
    asked |= {"reason": reason, "state": "", "note": "", "waiver": "ours", "preview": "1"}
    for form in ("request", "exchange"):
        url = f"/admin/fulfillment/return/{form}/{order.pk}/"
        costs.of(f"{form} form", lambda url=url: client.get(url))
    ask = f"/admin/fulfillment/return/request/{order.pk}/"
    costs.of("return preview", lambda: client.post(ask, asked))
    back = costs.of(
        "return", lambda: fulfillment.request_return(order, by=BY, wishes=wishes, waiver="ours")
    )
    costs.of("return page", lambda: client.get(f"/admin/fulfillment/return/{back.pk}/change/"))
    fulfillment.approve(back, by=BY)
    receive = f"/admin/fulfillment/return/{back.pk}/acts/receive/"
    costs.of("receive form", lambda: client.get(receive))
    outcomes = {line.pk: {"restock": line.quantity} for line in back.lines.all()}
    costs.of("receive", lambda: fulfillment.receive(back, by=BY, outcomes=outcomes))
    return costs


def work_page(work):
    return f"/admin/fulfillment/fulfillmentorder/{work.pk}/change/"


def test_statements_do_not_grow_with_the_lines(client):
    client.force_login(User.objects.create_superuser("root"))
    london = warehouse()
    skus = [stocked(f"S{number:03}", london, 20).sku for number in range(MANY)]
    channel = shop(auto_release=False, duplicate_window_minutes=0)
    warm = live(client, channel, skus[:2], "warm")
    send(client, *warm)

    few = send(client, *live(client, channel, skus[:FEW], "few"))
    many = send(client, *live(client, channel, skus, "many"))

    grown = {step: (few[step], many[step]) for step in many if many[step] > few[step] + SLACK}
    assert grown == {}


def test_page_shows_a_hundred_lines_and_finds_the_others(client, monkeypatch):
    monkeypatch.setattr(page, "LINES_SHOWN", 2)
    client.force_login(User.objects.create_superuser("root"))
    london = warehouse()
    skus = [stocked(f"S{number}", london, 20).sku for number in range(5)]
    order = place(shop(), *[(sku, 1) for sku in skus])
    address = f"/admin/orders/order/{order.pk}/change/"

    def shown(**query):
        card = client.get(address, query).content.decode().partition('id="lines"')[2]
        return re.findall(r'class="oms-strong"[^>]*>(S\d)<', card.partition("</section>")[0])

    assert shown() == ["S0", "S1"]
    assert shown(lines="3") == ["S4"]
    assert shown(line="s3") == ["S3"]
    assert shown(line="nothing") == []


def test_change_page_draws_a_page_of_two_thousand_lines_and_each_that_a_draft_edits(client):
    client.force_login(User.objects.create_superuser("root"))
    order = place(shop(), (stocked("S0", warehouse(), 20).sku, 1))
    first = order.lines.get()
    order.lines.bulk_create(
        OrderLine(
            order=order, position=number, sku=f"X{number:04}", quantity=1, unit_price=1, total=1
        )
        for number in range(2, 2001)
    )
    last = order.lines.get(sku="X2000")
    fewer = [operations.Step("set_quantity", last.pk, {"quantity": 0})]
    draft = operations.draft_change(order, by=BY, steps=fewer)
    address = f"/admin/orders/order/{order.pk}/change-order/"

    def shown(path="", **query):
        return [
            int(pk)
            for pk in re.findall(
                r'data-line="(\d+)"', client.get(address + path, query).content.decode()
            )
        ]

    client.get(address)  # warm: templates
    started = process_time()
    whole = client.get(address)
    assert process_time() - started < 1
    assert len(whole.content) < 400_000
    rows = shown()
    assert (len(rows), rows[0]) == (page.LINES_SHOWN, first.pk)
    rows = shown(draft=draft.number)
    assert (len(rows), rows[0]) == (page.LINES_SHOWN + 1, last.pk)
    assert shown("lines/", line="x2000") == [last.pk]
    assert shown("lines/", lines="20")[-1] == last.pk

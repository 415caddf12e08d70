"""The guide's own examples, pasted as they stand: an order, and a change of it that is confirmed."""

import html
import json
import re
import shlex
from itertools import pairwise

import pytest

from oms import keys
from oms.dispatch import drain
from orders.models import Order
from tests import factories as world

pytestmark = pytest.mark.django_db


@pytest.fixture
def paste(client):
    """Run a `curl` of the guide against this application."""
    world.stocked("MUG", world.warehouse(), 10)
    world.shop("web", needs_payment=False)
    key = keys.create("web", channel="web")[1]

    def run(command, **names):
        for name, value in {"KEY": key, **names}.items():
            command = command.replace(f"${name}", value)
        words = shlex.split(command.replace("\\\n", " "))
        given = dict(pairwise(words))
        url = next(word for word in words if word.startswith("http")).split("/api/", 1)[1]
        heads = [after for word, after in pairwise(words) if word == "-H"]
        answer = client.generic(
            given.get("-X", "GET"),
            f"/api/{url}",
            given.get("-d", ""),
            headers=dict(head.split(": ", 1) for head in heads),
            content_type="application/json",
        )
        return answer.status_code, json.loads(answer.content)

    return run


def examples(page, section):
    """The calls of one section of the guide, as they are pasted."""
    text = re.search(rf'id="{section}".*?(?=<h[23] )', page, re.DOTALL)[0]
    blocks = re.findall(r"<pre>(.*?)</pre>", text, re.DOTALL)
    return re.findall(
        r"^curl .*?(?=^export|^curl|\Z)", html.unescape("\n".join(blocks)), re.MULTILINE | re.DOTALL
    )


def test_a_change_is_drafted_seen_and_confirmed_as_the_guide_says(client, paste):
    page = client.get("/api/docs/").content.decode()
    [placing, *_] = examples(page, "order")
    status, order = paste(placing)
    assert (status, order["total"]) == (201, "13.85")

    drain(webhooks=False)

    draft, again, confirm = examples(page, "change")
    status, change = paste(draft, ORDER=order["number"])
    assert (status, change["status"], change["preview"]["refusal"]) == (201, "draft", None)
    assert change["preview"]["after"]["total"] == "8.90"
    status, seen = paste(again, ORDER=order["number"], CHANGE=change["number"])
    assert (status, seen["preview"]) == (200, change["preview"])
    assert Order.objects.get().lines.get().due == 2

    status, done = paste(confirm, ORDER=order["number"], CHANGE=change["number"])
    assert (status, done["status"]) == (201, "confirmed")
    assert Order.objects.get().lines.get().due == 1


def test_a_hold_a_payment_and_a_cancellation_go_as_the_guide_says(client, paste):
    page = client.get("/api/docs/").content.decode()
    [placing, *_] = examples(page, "order")
    order = paste(placing)[1]["number"]
    other = paste(placing.replace("1001", "1002"))[1]["number"]
    hold, lift, pay, look, cancel, ledger = examples(page, "next")

    status, held = paste(hold, ORDER=order)
    assert (status, held["kind"]) == (201, "other")
    status, free = paste(lift, ORDER=order, HOLD=str(held["id"]))
    assert (status, free["holds"]) == (200, [])
    status, paid = paste(pay, ORDER=order)
    assert (status, paid["amount"]) == (201, "1.00")
    status, seen = paste(look, OTHER=other)
    assert (status, seen["after"]["status"], seen["refusal"]) == (200, "cancelled", None)
    status, cancelled = paste(cancel, OTHER=other)
    assert (status, cancelled["refundable"]) == (201, "13.85")
    assert paste(ledger, OTHER=other)[0] == 200

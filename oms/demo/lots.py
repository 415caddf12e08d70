"""Goods told apart by lot and serial number, from delivery to recall; and counts in every state."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from fulfillment import operations as fulfillment
from inventory import operations as inventory
from inventory.queries.reports import Stated
from oms import dispatch
from oms.demo import elsewhere, world
from orders import operations as orders

TEA, HONEY, RADIO = "TEA-ASSAM-250", "HONEY-HEATHER-450", "RADIO-BEECH"
GOODS: tuple[tuple[str, str, str, str, int, str, str], ...] = (
    (TEA, "Assam tea, 250 g", "lot", "7.50", 270, "090230", "IN"),
    (HONEY, "Heather honey, 450 g", "lot", "8.90", 720, "040900", "GB"),
    (RADIO, "Kitchen radio, beech", "serial", "89.00", 1_400, "852713", "GB"),
)
LOTS = (  # SKU, lot, units, days until it expires
    (TEA, "AS-2409", 18, -3),
    (TEA, "AS-2503", 60, 21),
    (TEA, "AS-2507", 140, 260),
    (HONEY, "HH-118", 48, 400),
    (HONEY, "HH-121", 90, 540),
)
SERIALS = [f"KR-{number:05}" for number in range(41_207, 41_219)]
SOLD = (  # buyer, lines; the first six leave the house, the next is picked
    ("B961", ((TEA, 12), (HONEY, 6))),
    ("B962", ((HONEY, 12),)),
    ("B963", ((RADIO, 2), (TEA, 6))),
    ("B964", ((HONEY, 8), (RADIO, 1))),
    ("B965", ((TEA, 24),)),
    ("B966", ((HONEY, 6),)),
    ("B967", ((TEA, 30), (HONEY, 4))),
    ("B968", ((RADIO, 1),)),
)
SHIPPED = 6
COUNTED = 4  # products on a sheet
COUNTS = ("planned", "counting", "recount", "to_approve", "posted", "cancelled")


def happen(now: datetime) -> None:
    """Receive, sell, ship, recall; then count."""
    if world.table("inventory.Product").filter(sku=TEA).exists():
        return
    hand, clerk = world.user_of("Warehouse"), world.user_of("Operations")
    _receive(hand, timezone.localdate(now))
    _sell(now, clerk)
    dispatch.drain(webhooks=False)
    _ship(hand)
    inventory.set_unusable_apart(by="system")
    _doubt(hand, clerk)
    _count(hand, clerk)
    _keep_for(clerk)
    _state(hand)


def _keep_for(by: str) -> None:
    """A fifth of the tea for one shop, and some honey for regular customers of the other."""
    products = world.table("inventory.Product")
    shop = world.table("orders.Channel").get(code=world.WEB)
    share, units = inventory.Quantity(share=20), inventory.Quantity(units=12)
    for wish, why in (
        (
            inventory.FenceWish(products.get(sku=TEA).pk, share, channel_id=shop.pk),
            "Advertised in Germany",
        ),
        (
            inventory.FenceWish(products.get(sku=HONEY).pk, units, group="trade"),
            "Promised to resellers until Christmas",
        ),
    ):
        inventory.set_fence(wish, by=by, reason=why)


def _state(by: str) -> None:
    """Leeds sends what its own system has: one report is posted, one waits to be looked at."""
    leeds = world.table("inventory.Location").get(code=world.LEEDS)
    levels = leeds.levels.filter(on_hand__gt=20).select_related("product").order_by("pk")[:6]
    for reference, difference in (("WMS-0412", 0), ("WMS-0413", -2)):
        rows = [
            Stated(at, level.product.sku, level.on_hand + difference)
            for at, level in enumerate(levels, start=1)
        ]
        report = inventory.draft_report(leeds, rows, by=by, reference=reference)
        if not difference:
            inventory.post_report(report, by=by)


def _receive(by: str, today: Any) -> None:
    london = world.table("inventory.Location").get(code=world.LONDON)
    found = {}
    for sku, name, tracking, price, grams, hs_code, origin in GOODS:
        product, _ = inventory.save_product(
            sku, by=by, name=name, unit_price=Decimal(price), unit_cost=Decimal(price) / 2,
            weight_g=grams, hs_code=hs_code, origin_country=origin,
        )  # fmt: skip
        found[sku] = inventory.set_tracking(product, tracking, by=by)
    for sku, code, units, days in LOTS:
        amount = inventory.ByLot({code: units}, today + timedelta(days=days))
        inventory.receive(
            found[sku],
            london,
            amount,
            by=by,
            reference=f"DN-{code}",
            unit_cost=found[sku].unit_cost,
        )
    amount = inventory.ByLot(dict.fromkeys(SERIALS, 1))
    inventory.receive(
        found[RADIO], london, amount, by=by, reference="DN-KR-41", unit_cost=found[RADIO].unit_cost
    )


def _sell(now: datetime, by: str) -> None:
    desk = world.table("orders.Channel").get(code=world.DESK)
    prices = {sku: Decimal(price) for sku, _, _, price, *_ in GOODS}
    for number, (buyer, wanted) in enumerate(SOLD):
        lines = tuple(orders.PlacedLine(sku, units, prices[sku]) for sku, units in wanted)
        at = now - timedelta(hours=30 - number)
        placed = elsewhere.desk_order(f"B2B-LOT-{number}", buyer, lines, at=at)
        order = orders.place_one(desk, placed, by=by).order
        if number <= SHIPPED:  # the last one waits for a clerk
            orders.release(order, by=by)  # type: ignore[arg-type]


def _ship(by: str) -> None:
    work = world.table("fulfillment.FulfillmentOrder").filter(
        order__external_id__startswith="B2B-LOT-", status="open"
    )
    documents = list(work.select_related("order").order_by("order__external_id"))
    for document in documents:
        fulfillment.pick(document, by=by)
    for document in documents[:SHIPPED]:
        contents = {line.pk: line.picked for line in document.lines.all()}
        fulfillment.pack(document, by=by, parcels=[fulfillment.PackedParcel(4_000, contents)])
        fulfillment.ship(document, by=by, carrier="dhl")


def _doubt(hand: str, clerk: str) -> None:
    """A lot is recalled when half of it is with customers; a radio fell."""
    lots = world.table("inventory.Lot")
    why = inventory.Why("recalled", "Supplier's letter: foreign body in one jar")
    inventory.hold_lot(lots.get(code="HH-118"), by=clerk, why=why)
    radio = world.table("inventory.Product").get(sku=RADIO)
    london = world.table("inventory.Location").get(code=world.LONDON)
    fell = inventory.Why("broken", "Fell from the trolley")
    inventory.quarantine(radio, london, inventory.ByLot({SERIALS[-1]: 1}), by=hand, why=fell)


def _count(hand: str, clerk: str) -> None:
    """A sheet in each of its states, one of them of goods kept by lot."""
    london = world.table("inventory.Location").get(code=world.LONDON)
    other = f"user:{get_user_model().objects.get(username='administrator').pk}"
    rows = world.table("inventory.StockLevel").filter(location=london, on_hand__gt=20)
    counted = world.table("inventory.CountLine").filter(is_open=True)  # since a rejection
    plain = rows.filter(product__tracking="none").exclude(pk__in=counted.values("level"))
    plain = plain.order_by("-on_hand", "pk").values_list("product_id", flat=True)
    products = list(plain[: COUNTED * len(COUNTS)])
    for at, state in enumerate(COUNTS):
        sheet = products[at :: len(COUNTS)]
        if state == "counting":
            tracked = world.table("inventory.Product").filter(sku__in=(TEA, HONEY))
            sheet = list(tracked.values_list("pk", flat=True))
        if sheet:
            count = inventory.plan_count(london, by=clerk, products=sheet, note="Demo")
            _bring_to(state, count, (hand, other, clerk))


def _bring_to(state: str, count: Any, people: Sequence[str]) -> None:
    first, second, approver = people
    if state == "cancelled":
        inventory.cancel_count(count, by=approver, reason="Counted last week")
    if state in {"planned", "cancelled"}:
        return
    lines = list(count.lines.select_related("level").order_by("pk"))
    found = {line.pk: line.level.on_hand for line in lines}
    if state == "counting":
        inventory.enter(count, by=first, quantities={lines[0].pk: 100})
        return
    odd = max(lines, key=lambda line: (_free(line), line.pk))
    found[odd.pk] -= _free(odd) // 2  # units that orders have reserved could not be taken off
    inventory.enter(count, by=first, quantities=found)
    inventory.finish(count, by=first)
    if state == "recount":
        return
    again = count.lines.filter(state="to_recount").values_list("pk", flat=True)
    inventory.enter(count, by=second, quantities={pk: found[pk] for pk in again})
    count = inventory.finish(count, by=second)
    if state == "posted":
        wrong = list(count.lines.filter(state="to_approve").values_list("pk", flat=True))
        inventory.approve_lines(count, by=approver, lines=wrong, reason="Found twice")
        inventory.post_count(count, by=approver)


def _free(line: Any) -> int:
    return line.level.on_hand - line.level.reserved

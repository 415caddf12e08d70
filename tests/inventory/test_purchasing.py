"""Purchase orders from draft to their end, and what comes of them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory import operations as inventory
from inventory.models import (
    ExpectedSupply,
    GoodsReceipt,
    PurchaseOrder,
    StockLevel,
    StockMovement,
    Supplier,
    SupplierProduct,
)
from inventory.queries.leadtimes import lead_times
from oms.models import Event
from tests import factories as world
from tests.factories import BY, supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

JUNE = date(2027, 6, 1)


@pytest.fixture
def order():
    """Ten mugs at 2.50 and six cups at 1.00, sent."""
    return supply.sent(("MUG", 10, "2.50"), ("CUP", 6, "1.00"))


def units(sku):
    level = StockLevel.objects.get(product__sku=sku)
    return level.on_hand, level.damaged


def missing():
    rows = ExpectedSupply.objects.order_by("product__sku")
    return dict(rows.values_list("product__sku", "quantity"))


def line(order, sku):
    return order.lines.get(product__sku=sku)


def events(order):
    rows = Event.objects.filter(subject_label=order.number).order_by("pk")
    return [(row.name, row.actor) for row in rows]


def test_draft_takes_price_and_their_sku_from_the_offer():
    mug, acme = world.product("MUG"), supply.supplier()
    SupplierProduct.objects.create(
        supplier=acme, product=mug, price="2.25", supplier_sku="A-77", pack_size=6
    )

    made = inventory.draft_purchase_order(
        acme, world.warehouse(), [inventory.Wanted(mug.pk, 12)], by=BY
    )

    row = made.lines.get()
    assert (row.unit_price, row.supplier_sku, made.status) == (Decimal("2.25"), "A-77", "draft")
    assert made.number.startswith("PO")
    assert events(made) == [("purchase_order.drafted", BY)]
    assert missing() == {}


def test_draft_of_a_broken_pack_is_refused_and_says_what_is_possible():
    mug, acme = world.product("MUG"), supply.supplier()
    SupplierProduct.objects.create(supplier=acme, product=mug, price=1, pack_size=6, minimum=12)

    with pytest.raises(inventory.QuantityNotOffered) as refused:
        inventory.draft_purchase_order(
            acme, world.warehouse(), [inventory.Wanted(mug.pk, 14)], by=BY
        )

    assert refused.value.params["possible"] == 18
    assert not PurchaseOrder.objects.exists()


def test_draft_in_a_foreign_currency_needs_a_rate():
    mug, acme = world.product("MUG"), supply.supplier(currency="USD")

    with pytest.raises(inventory.RateMissing):
        inventory.draft_purchase_order(
            acme, world.warehouse(), [inventory.Wanted(mug.pk, 1)], by=BY
        )

    assert not PurchaseOrder.objects.exists()


def test_rewrite_replaces_the_lines_of_a_draft_alone(order):
    draft = supply.draft(("MUG", 3, "2.00"))
    mug = world.product("JAR")

    inventory.rewrite_purchase_order(draft, [inventory.Wanted(mug.pk, 7)], by=BY)
    with pytest.raises(inventory.NotADraft):
        inventory.rewrite_purchase_order(order, [inventory.Wanted(mug.pk, 7)], by=BY)

    assert [row.quantity for row in draft.lines.all()] == [7]
    assert order.lines.count() == 2


def test_send_expects_every_unit_on_the_day_of_the_lead_time(order):
    due = timezone.localdate() + timedelta(days=14)

    assert missing() == {"MUG": 10, "CUP": 6}
    assert set(ExpectedSupply.objects.values_list("due_on", "reference")) == {(due, order.number)}
    order.refresh_from_db()
    assert (order.status, order.expected_on) == ("sent", due)
    assert events(order)[-1] == ("purchase_order.sent", BY)


def test_send_without_lines_is_refused():
    empty = supply.draft()

    with pytest.raises(inventory.EmptyPurchaseOrder):
        inventory.send_purchase_order(empty, by=BY)

    empty.refresh_from_db()
    assert (empty.status, empty.sent_at) == ("draft", None)


def test_send_twice_is_refused(order):
    with pytest.raises(inventory.NotAllowedNow):
        inventory.send_purchase_order(order, by=BY)

    assert [name for name, _ in events(order)].count("purchase_order.sent") == 1


def test_confirm_moves_the_day_of_the_order_and_of_a_line(order):
    july = JUNE + timedelta(days=30)

    inventory.confirm_purchase_order(
        order, by=BY, reference="ACK-1", expected_on=JUNE, days={2: july}
    )

    rows = ExpectedSupply.objects.order_by("due_on").values_list("product__sku", "due_on")
    assert list(rows) == [("MUG", JUNE), ("CUP", july)]
    with pytest.raises(inventory.UnknownLine):
        inventory.confirm_purchase_order(order, by=BY, days={3: july})


def test_receive_in_parts_closes_when_nothing_is_missing(order):
    first = supply.receive(order, MUG=(4, 1), reference="DN-1")
    assert (units("MUG"), missing()) == ((4, 1), {"MUG": 5, "CUP": 6})
    order.refresh_from_db()
    assert order.status == "partially_received"

    supply.receive(order, MUG=(5, 0), CUP=(6, 0), reference="DN-2")

    order.refresh_from_db()
    assert (order.status, missing(), units("MUG")) == ("closed", {}, (9, 1))
    assert first.number.startswith("GRN")
    assert StockMovement.objects.filter(reference=first.number).count() == 2
    last = Event.objects.filter(name="purchase_order.received").order_by("pk").last()
    assert (last.facts["good"], last.facts["status"], last.actor) == (11, "closed", BY)
    assert_ledgers_hold()


def test_receive_the_same_delivery_twice_is_one_receipt(order):
    first = supply.receive(order, MUG=(4, 0), reference="DN-1")
    again = supply.receive(order, MUG=(4, 0), reference="DN-1")

    assert first == again
    assert units("MUG") == (4, 0)
    assert Event.objects.filter(name="purchase_order.received").count() == 1


def test_receive_the_last_delivery_again_after_the_order_is_closed_is_harmless(order):
    first = supply.receive(order, MUG=(10, 0), CUP=(6, 0), reference="DN-1")

    assert supply.receive(order, MUG=(10, 0), CUP=(6, 0), reference="DN-1") == first
    assert units("MUG") == (10, 0)


@pytest.mark.parametrize(
    ("came", "refusal"),
    [
        ({"MUG": (11, 0)}, inventory.OverDelivered),
        ({"MUG": (10, 1)}, inventory.OverDelivered),
        ({"JAR": (1, 0)}, inventory.NotOnDocument),
        ({"MUG": (0, 0)}, inventory.NothingReceived),
        ({"MUG": (3, 0), "CUP": (-1, 0)}, inventory.NothingReceived),
    ],
)
def test_receive_what_was_not_ordered_is_refused_and_nothing_changes(order, came, refusal):
    world.product("JAR")

    with pytest.raises(refusal):
        supply.receive(order, **came)

    order.refresh_from_db()
    assert order.status == "sent"
    assert not GoodsReceipt.objects.exists()
    assert not StockMovement.objects.exists()
    assert missing() == {"MUG": 10, "CUP": 6}


def test_receive_over_when_somebody_accepts_it_stands_on_the_line(order):
    supply.receive(order, MUG=(12, 0), over="accept")

    row = line(order, "MUG")
    assert (row.received, row.over, row.missing) == (12, 2, 0)
    assert missing() == {"CUP": 6}
    assert_ledgers_hold()


def test_receive_over_within_the_suppliers_tolerance_asks_nobody(order):
    Supplier.objects.update(over_percent=20)

    supply.receive(order, MUG=(12, 0))

    assert line(order, "MUG").over == 2


def test_receive_fills_two_lines_of_one_product_by_position():
    order = supply.sent(("MUG", 4, "2.00"), ("MUG", 6, "3.00"))

    supply.receive(order, MUG=(5, 1))

    rows = order.lines.order_by("position").values_list("received", "damaged")
    assert list(rows) == [(4, 0), (1, 1)]
    assert_ledgers_hold()


def test_receive_a_draft_is_refused():
    draft = supply.draft(("MUG", 3, "2.00"))

    with pytest.raises(inventory.NotAllowedNow):
        supply.receive(draft, MUG=(1, 0))

    assert not StockMovement.objects.exists()


def test_receive_values_units_in_the_currency_of_the_location():
    order = supply.sent(("MUG", 10, "2.00"), currency="USD", rate="0.8")

    supply.receive(order, MUG=(10, 0))

    assert StockMovement.objects.get().unit_cost == Decimal("1.6")


def test_close_short_expects_no_more_and_says_what_is_missing(order):
    supply.receive(order, MUG=(4, 0))

    inventory.close_purchase_order(order, by=BY, reason="Discontinued")

    order.refresh_from_db()
    assert (order.status, missing()) == ("closed", {})
    told = Event.objects.get(name="purchase_order.closed")
    assert (told.facts["missing"], told.facts["reason"]) == ({"1": 6, "2": 6}, "Discontinued")
    with pytest.raises(inventory.NotAllowedNow):
        supply.receive(order, MUG=(1, 0))


def test_cancel_is_possible_until_something_came(order):
    other = supply.sent(("POT", 1, "9.00"))
    supply.receive(order, MUG=(1, 0))

    inventory.cancel_purchase_order(other, by=BY, reason="Too dear")
    with pytest.raises(inventory.NotAllowedNow):
        inventory.cancel_purchase_order(order, by=BY, reason="Too dear")

    other.refresh_from_db()
    assert other.status == "cancelled"
    assert missing() == {"MUG": 9, "CUP": 6}
    assert events(other)[-1] == ("purchase_order.cancelled", BY)


def test_blind_receipt_needs_no_document_and_is_repeatable():
    mug, london = world.product("MUG"), world.warehouse()
    delivery = inventory.Delivery(
        (inventory.Delivered(mug.pk, good=5, damaged=1, unit_cost=Decimal("2.20")),), "DN-9"
    )

    first = inventory.receive_blind(london, delivery, by=BY)
    again = inventory.receive_blind(london, delivery, by=BY)

    assert first == again
    assert units("MUG") == (5, 1)
    assert set(StockMovement.objects.values_list("unit_cost", "reference")) == {
        (Decimal("2.20"), first.number)
    }
    assert Event.objects.filter(name="goods_receipt.received").count() == 1
    assert_ledgers_hold()


def test_lead_times_are_learnt_from_receipts():
    acme = supply.supplier()
    for days in (10, 12, 20):
        order = supply.sent(("MUG", 1, "1.00"), supplier=acme)
        PurchaseOrder.objects.filter(pk=order.pk).update(
            sent_at=timezone.now() - timedelta(days=days)
        )
        order.refresh_from_db()
        supply.receive(order, MUG=(1, 0))
    mug, jar = supply.goods("MUG"), world.product("JAR")

    found = lead_times([(acme.pk, mug.pk), (acme.pk, jar.pk)])

    mine = found[acme.pk, mug.pk]
    assert (round(mine.mean, 2), round(mine.spread, 2), mine.source) == (14.0, 5.29, "product")
    assert found[acme.pk, jar.pk].source == "supplier"


def test_lead_time_without_receipts_is_what_the_supplier_states():
    acme, mug = supply.supplier(), world.product("MUG")
    SupplierProduct.objects.create(supplier=acme, product=mug, price=1, lead_time_days=5)
    jar = world.product("JAR")

    found = lead_times([(acme.pk, mug.pk), (acme.pk, jar.pk)])

    assert [found[acme.pk, one.pk].mean for one in (mug, jar)] == [5.0, 14.0]
    assert {row.source for row in found.values()} == {"stated"}


def test_receive_tracked_products_by_lot_with_its_expiry():
    tea = inventory.set_tracking(supply.goods("TEA"), "lot", by=BY)
    order = supply.sent(("TEA", 10, "2.00"))
    rows = (
        inventory.Delivered(tea.pk, good=6, lot="L1", expires_on=JUNE),
        inventory.Delivered(tea.pk, good=3, damaged=1, lot="L2"),
    )

    receipt = inventory.receive_purchase_order(
        order, inventory.Delivery(rows, reference="DN-7"), by=BY
    )

    kept = receipt.lines.order_by("pk").values_list(
        "lot__code", "good", "damaged", "lot__expires_on", "lot__supplier_reference"
    )
    assert list(kept) == [("L1", 6, 0, JUNE, "DN-7"), ("L2", 3, 1, None, "DN-7")]
    assert units("TEA") == (9, 1)
    assert_ledgers_hold()


def test_receive_tracked_products_without_a_lot_is_refused():
    inventory.set_tracking(supply.goods("TEA"), "lot", by=BY)
    order = supply.sent(("TEA", 10, "2.00"))

    with pytest.raises(inventory.LotMissing):
        supply.receive(order, TEA=(4, 0))

    assert not GoodsReceipt.objects.exists()
    assert missing() == {"TEA": 10}

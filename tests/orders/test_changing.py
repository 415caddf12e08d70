from decimal import Decimal

import pytest

from compliance.models import EntityLocation, LegalEntity
from compliance.operations import issue_for
from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from oms.dispatch import drain
from oms.models import AppendOnlyError, Event
from orders import operations as orders
from orders.models import Hold, Order, OrderChange, OrderLine, OrderVersion
from orders.operations import Step
from orders.queries import balance
from orders.queries.versions import current_content, differences, versions_of
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = "user:1"
LEEDS = {**world.LONDON, "line1": "1 The Headrow", "city": "Leeds", "postcode": "LS1 6PU"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    london = world.warehouse("LON", priority=10)
    leeds = world.warehouse("LEE", latitude=53.8, longitude=-1.5)
    seller = LegalEntity.objects.create(
        code="uk", name="Shop Ltd", country="GB", currency="GBP", tax_id="GB123456789"
    )
    for place in (london, leeds):
        EntityLocation.objects.create(location=place, entity=seller)
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    world.stocked("MUG", london, 10)
    world.stocked("CUP", london, 10)
    return world.shop(duplicate_window_minutes=0)


def placed(shop, *lines, **fields):
    order = world.place(shop, *(lines or [("MUG", 3), ("CUP", 2, "5.00")]), **fields)
    drain(webhooks=False)
    return order


def send(order, number="SH1", **units):
    """Pick, pack and ship units by SKU, and invoice them."""
    document = order.fulfillment_orders.exclude(status="cancelled").order_by("-pk").first()
    lines = {line.order_line.sku: line for line in document.lines.all()}
    document = fulfillment.pick(
        document, by=BY, quantities={lines[sku].pk: n for sku, n in units.items()}
    )
    contents = {lines[sku].pk: n for sku, n in units.items()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(500, contents)])
    fulfillment.ship(document, by=BY, carrier="royal-mail", tracking_number=number)
    drain(webhooks=False)


def line(order, sku):
    return order.lines.filter(sku=sku).order_by("pk").first()


def lines(order):
    rows = order.lines.order_by("position")
    return [(row.sku, row.due, row.unit_price, row.shipped) for row in rows]


def change(order, *steps):
    return orders.draft_change(order, by=BY, steps=steps, reason="asked by phone")


def confirm(order, *steps):
    drafted = change(order, *steps)
    expected = orders.preview_change(drafted, by=BY)
    done = orders.confirm_change(drafted, by=BY)
    order.refresh_from_db()
    assert expected.refusal is None
    assert expected.after.content == current_content(order)  # what was shown is what happened
    assert expected.after.total == order.total
    drain(webhooks=False)
    assert_ledgers_hold()
    return done


def everything():
    tables = (Order, OrderLine, Hold, OrderVersion, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def quantity(order, sku, units):
    return Step("set_quantity", line(order, sku).pk, {"quantity": units})


def test_preview_stores_nothing(shop):
    order = placed(shop)
    drafted = change(order, quantity(order, "MUG", 1), Step("add_line", values=CUPS))
    before = everything()

    shown = orders.preview_change(drafted, by=BY)

    assert (shown.before.total, shown.after.total) == (Decimal(40), Decimal(40 - 20 + 8))
    assert shown.after.route == {"LON": 5}
    assert everything() == before


CUPS = {"sku": "CUP", "quantity": 2, "unit_price": "4.00"}


def test_confirm_before_anything_left_changes_lines_in_place(shop):
    order = placed(shop)

    done = confirm(order, quantity(order, "MUG", 1), quantity(order, "CUP", 4))

    assert lines(order) == [("MUG", 1, Decimal(10), 0), ("CUP", 4, Decimal(5), 0)]
    assert order.total == Decimal(30)
    assert (done.status, done.outcome["before"]["total"]) == ("confirmed", "40.00")
    assert Event.objects.get(name="order.changed").actor == BY


def test_confirm_gives_work_anew_to_the_location(shop):
    order = placed(shop)

    confirm(order, quantity(order, "MUG", 1))

    old, new = order.fulfillment_orders.order_by("pk")
    assert old.status == "cancelled"
    assert [(row.order_line.sku, row.quantity) for row in new.lines.order_by("pk")] == [
        ("MUG", 1),
        ("CUP", 2),
    ]


def test_confirm_after_part_has_shipped_leaves_what_was_invoiced(shop):
    order = placed(shop, ("MUG", 3))
    send(order, MUG=1)

    confirm(
        order,
        quantity(order, "MUG", 2),
        Step("set_price", line(order, "MUG").pk, {"unit_price": "8"}),
    )

    assert lines(order) == [("MUG", 1, Decimal(10), 1), ("MUG", 1, Decimal(8), 0)]
    assert order.total == Decimal(18)


def test_confirm_more_units_after_part_has_shipped_is_a_line_of_its_own(shop):
    order = placed(shop, ("MUG", 2))
    send(order, MUG=1)

    confirm(order, quantity(order, "MUG", 4))

    assert lines(order) == [("MUG", 2, Decimal(10), 1), ("MUG", 2, Decimal(10), 0)]


def test_confirm_after_everything_shipped_adds_a_line_and_reopens(shop):
    order = placed(shop, ("MUG", 1))
    send(order, MUG=1)

    confirm(order, Step("add_line", values=CUPS))

    assert lines(order)[1] == ("CUP", 2, Decimal(4), 0)
    assert order.fulfillment_status == "partially_shipped"


@pytest.mark.parametrize(
    ("step", "way"),
    [
        (("set_quantity", {"quantity": 0}), "take them back with a return"),
        (("set_price", {"unit_price": "1"}), "add a reduction as a charge"),
        (("set_discount", {"discount": "99"}), "not worth a discount"),
        (("set_quantity", {"quantity": -1}), "not possible"),
    ],
)
def test_confirm_impossible_step_names_the_way_that_is_open(shop, step, way):
    order = placed(shop, ("MUG", 1), ("CUP", 1))
    send(order, MUG=1)
    kind, values = step
    drafted = change(order, Step(kind, line(order, "MUG").pk, values))
    before = everything()

    assert way in orders.preview_change(drafted, by=BY).refusal.detail
    with pytest.raises(orders.StepImpossible):
        orders.confirm_change(drafted, by=BY)

    assert everything() == before
    assert OrderChange.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("set_discount", {"discount": "0.005"}),
        ("add_charge", {"kind": "shipping", "amount": "1.999"}),
    ],
)
def test_confirm_of_parts_of_a_cent_is_refused_and_not_rounded(shop, kind, values):
    order = placed(shop)
    about = line(order, "MUG").pk if kind == "set_discount" else None
    drafted = change(order, Step(kind, about, values))
    before = everything()

    assert orders.preview_change(drafted, by=BY).refusal.code == "no_such_amount"
    with pytest.raises(orders.NoSuchAmount):
        orders.confirm_change(drafted, by=BY)

    assert everything() == before


def test_confirm_second_step_impossible_undoes_the_first(shop):
    order = placed(shop)
    unknown = Step("add_line", values={**CUPS, "sku": "NO-SUCH"})
    drafted = change(order, quantity(order, "MUG", 1), unknown)
    before = everything()

    with pytest.raises(orders.StepImpossible):
        orders.confirm_change(drafted, by=BY)

    assert everything() == before


def test_confirm_address_moves_what_has_not_left(shop):
    order = placed(shop)

    confirm(order, Step("set_address", address=LEEDS))

    assert order.ship_area == "LS1"
    assert versions_of(order)[-1].content["ship_to"] == "LS1 GB"


def test_confirm_address_after_everything_shipped_is_refused(shop):
    order = placed(shop, ("MUG", 1))
    send(order, MUG=1)

    shown = orders.preview_change(change(order, Step("set_address", address=LEEDS)), by=BY)

    assert "only the carrier can redirect it" in shown.refusal.detail


def test_confirm_charges_are_added_and_taken_off(shop):
    order = placed(shop)
    added = {"kind": "discount", "amount": "-5", "description": "For the wait"}
    confirm(order, Step("add_charge", values=added))
    assert order.total == Decimal(35)

    confirm(order, Step("remove_charge", values={"charge": order.charges.get().pk}))

    assert order.total == Decimal(40)


def test_confirm_of_a_discount_that_adds_something_is_refused(shop):
    order = placed(shop)
    drafted = change(order, Step("add_charge", values={"kind": "discount", "amount": "5"}))
    before = everything()

    with pytest.raises(orders.StepImpossible, match="its amount is negative"):
        orders.confirm_change(drafted, by=BY)

    assert everything() == before


def test_confirm_after_payment_says_what_is_owed_to_the_buyer(shop):
    order = placed(shop)
    orders.record_capture(order, by=BY, method="card", amount=Decimal(40), reference="ch_1")

    confirm(order, quantity(order, "MUG", 1))

    assert balance(order).refundable == Decimal(20)
    assert order.payment_status == "overpaid"


def test_confirm_order_that_moved_on_is_looked_at_again(shop):
    order = placed(shop)
    drafted = change(order, quantity(order, "MUG", 1))
    orders.record_capture(order, by="user:2", method="card", amount=Decimal(5), reference="ch_1")
    before = everything()

    with pytest.raises(orders.OrderMoved):
        orders.confirm_change(drafted, by=BY)
    assert everything() == before

    drafted = orders.set_steps(drafted, by=BY, steps=[quantity(order, "MUG", 1)])
    assert orders.confirm_change(drafted, by=BY).status == "confirmed"


def test_confirm_twice_is_refused(shop):
    order = placed(shop)
    drafted = change(order, quantity(order, "MUG", 1))
    orders.confirm_change(drafted, by=BY)

    with pytest.raises(orders.ChangeEnded):
        orders.confirm_change(drafted, by=BY)

    assert Event.objects.filter(name="order.changed").count() == 1


def test_confirm_nothing_is_refused(shop):
    order = placed(shop)

    with pytest.raises(orders.NothingToChange):
        orders.confirm_change(change(order, quantity(order, "MUG", 3)), by=BY)

    assert not OrderVersion.objects.exists()


def test_confirm_dearer_than_the_review_limit_is_held(shop):
    shop.review_limit = Decimal(100)
    shop.save()
    order = placed(shop)

    confirm(order, quantity(order, "MUG", 10))

    assert order.holds.get(lifted_at=None).kind == "review"


def test_a_finding_that_somebody_dismissed_stays_dismissed_for_the_same_figures(shop):
    shop.review_limit, shop.auto_release = Decimal(100), False
    shop.save()
    order = placed(shop)
    confirm(order, quantity(order, "MUG", 10))
    orders.lift_hold(order.holds.get(), by=BY, reason="A good customer")

    confirm(order, quantity(order, "MUG", 3))
    confirm(order, quantity(order, "MUG", 10))
    assert order.holds.count() == 1

    confirm(order, quantity(order, "MUG", 11))
    assert order.holds.filter(lifted_at=None).count() == 1


def test_confirm_everything_off_cancels_the_order(shop):
    order = placed(shop)

    confirm(order, quantity(order, "MUG", 0), quantity(order, "CUP", 0))

    assert (order.status, order.total) == ("cancelled", Decimal(0))


def test_change_of_a_cancelled_order_is_refused(shop):
    order = placed(shop)
    fulfillment.cancel_order(order, by=BY, reason="customer")

    with pytest.raises(orders.NotChangeable):
        change(order, quantity(order, "MUG", 1))

    assert not OrderChange.objects.exists()


def test_discard_does_nothing_to_the_order(shop):
    order = placed(shop)
    drafted = change(order, quantity(order, "MUG", 1))
    before = everything()

    orders.discard_change(drafted, by=BY)

    assert everything() == before
    with pytest.raises(orders.ChangeEnded):
        orders.set_steps(drafted, by=BY, steps=[])


def test_versions_tell_what_the_order_was_and_what_changed(shop):
    order = placed(shop)
    as_placed = current_content(order)
    confirm(order, quantity(order, "MUG", 1))
    confirm(order, Step("add_line", values=CUPS))

    first, second, third = versions_of(order)

    assert (first.content, third.content) == (as_placed, current_content(order))
    assert [d.what for d in differences(first.content, second.content)] == [
        "MUG: quantity",
        "Goods",
        "Tax",
        "Total",
    ]
    assert ("CUP", "", "2 x 4.00") in [
        (d.what, d.before, d.after) for d in differences(second.content, third.content)
    ]


def test_version_is_never_changed(shop):
    order = placed(shop)
    confirm(order, quantity(order, "MUG", 1))
    version = OrderVersion.objects.first()

    with pytest.raises(AppendOnlyError):
        version.save()


def test_documents_add_up_to_a_changed_order(shop):
    order = placed(shop)
    send(order, "SH1", MUG=1)
    confirm(order, Step("set_price", line(order, "MUG").pk, {"unit_price": "7.77"}))
    for event in Event.objects.filter(name="shipment.shipped"):
        issue_for(event, by=BY)

    send(order, "SH2", MUG=2, CUP=2)

    assert sum(invoice.gross for invoice in order.invoices.all()) == order.total

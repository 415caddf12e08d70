"""Formulas against worked figures; proposals from a small world."""

import math
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from inventory import operations as inventory
from inventory.enums import ProposalState
from inventory.models import (
    PurchaseOrder,
    ReplenishmentPolicy,
    ReplenishmentProposal,
    SupplierProduct,
    Transfer,
)
from inventory.queries import demand as demands
from inventory.queries.demand import Demand, demand_of
from inventory.queries.leadtimes import LeadTime
from inventory.queries.replenishment import Position, excess, need, plan
from oms import wiring
from oms.models import Event
from tests import factories as world
from tests.factories import BY, documents, supply

pytestmark = pytest.mark.django_db

DAILY = Demand(mean=10, spread=4, days=84)
LEAD = LeadTime(mean=9, spread=2, receipts=5, source="product")


def policy(**fields):
    return ReplenishmentPolicy(**fields)


def test_reorder_point_covers_demand_and_lead_time_that_both_vary():
    """d=10, s=4, L=9, t=2, 95 %: mean 90, spread sqrt(9*16 + 100*4) = 23.32, z = 1.645."""
    made = plan(policy(service_level=Decimal("0.95")), DAILY, LEAD, 5)

    assert made.lead_demand == 90
    assert math.isclose(made.lead_spread, math.sqrt(544))
    assert math.isclose(made.z, 1.6449, abs_tol=1e-4)
    assert (made.safety_stock, made.reorder_point) == (39, 129)


def test_lot_is_the_economic_order_quantity():
    """D = 3650 a year, 25 an order, 25 % of 5.00: sqrt(2 * 25 * 3650 / 1.25) = 382.1."""
    assert plan(policy(), DAILY, LEAD, 5).lot == 383


def test_lot_without_a_cost_is_a_month_of_demand():
    assert plan(policy(), DAILY, LEAD, 0).lot == 305


def test_periodic_review_orders_up_to_what_lasts_until_the_next_delivery():
    """R + L = 16 days: 160 + 1.645 * sqrt(16*16 + 100*4) = 160 + 42.1."""
    rule = policy(review="periodic", review_days=7)
    made = plan(rule, DAILY, LEAD, 5)

    assert made.order_up_to == 203
    assert need(rule, made, Position(on_hand=150, incoming=20)) == 33


def test_min_max_orders_up_to_the_maximum_once_the_minimum_is_reached():
    rule = policy(lot_rule="min_max", minimum_stock=20, maximum_stock=50)
    made = plan(rule, DAILY, LEAD, 5)

    assert need(rule, made, Position(on_hand=21)) == 0
    assert need(rule, made, Position(on_hand=20)) == 30


@pytest.mark.parametrize(
    ("position", "units"),
    [
        (Position(on_hand=130), 0),
        (Position(on_hand=129), 383),
        (Position(on_hand=129, incoming=1), 0),
        (Position(on_hand=200, reserved=100), 129 + 383 - 100),
        (Position(on_hand=0, waiting=12), 129 + 383 + 12),
    ],
)
def test_need_is_what_the_position_lacks_once_it_is_at_the_reorder_point(position, units):
    rule = policy()

    assert need(rule, plan(rule, DAILY, LEAD, 5), position) == units


def test_excess_is_beyond_the_order_up_to_level_and_never_what_is_reserved():
    made = plan(policy(), DAILY, LEAD, 5)

    assert excess(made, Position(on_hand=600)) == 600 - 512
    assert excess(made, Position(on_hand=10, incoming=900)) == 10
    assert excess(made, Position(on_hand=100)) == 0


@pytest.fixture
def sold():
    """London sold 28 mugs in two weeks and has 2; Leeds has 100 and sells none."""
    mug = supply.goods("MUG")
    mug.unit_cost = Decimal(4)
    mug.save()
    london, leeds = supply.place("LON"), supply.place("LEE", priority=200)
    with time_machine.travel(timezone.now() - timedelta(days=15)):
        inventory.receive(mug, london, 30, by=BY)
        order = world.place(world.shop(), ("MUG", 28))
    for day in range(1, 15):
        with time_machine.travel(timezone.now() - timedelta(days=day)):
            documents.ship(order, f"SH{day}", MUG=2)
    SupplierProduct.objects.create(
        supplier=supply.supplier(), product=mug, price=3, pack_size=12, is_preferred=True
    )
    return mug, london, leeds


def proposals():
    rows = ReplenishmentProposal.objects.filter(state=ProposalState.OPEN).order_by("kind")
    return [(row.kind, row.location.code, row.quantity) for row in rows]


def test_demand_is_what_was_issued_days_without_any_included(sold):
    mug, london, leeds = sold

    found = demand_of([(mug.pk, london.pk), (mug.pk, leeds.pk)])

    assert set(found) == {(mug.pk, london.pk)}
    assert (found[mug.pk, london.pk].mean, found[mug.pk, london.pk].days) == (2.0, 14)


def test_demand_is_answered_by_a_forecast_where_one_is_wired(sold, monkeypatch):
    mug, london, _ = sold
    monkeypatch.setitem(wiring.ANSWERS, demands.QUESTION, f"{__name__}.forecast")

    assert demand_of([(mug.pk, london.pk)])[mug.pk, london.pk].source == "forecast"


def forecast(pairs):
    return {pair: Demand(9.0, 1.0, 0, "forecast") for pair in pairs}


def test_propose_buys_whole_packs_and_shows_its_calculation(sold):
    inventory.propose_replenishment()

    row = ReplenishmentProposal.objects.get()
    assert (row.kind, row.location.code, row.supplier.code) == ("purchase_order", "LON", "ACME")
    shown = row.calculation
    assert row.quantity % 12 == 0
    assert row.quantity >= shown["need"] == shown["order_up_to"] - shown["position"]
    assert (shown["position"], shown["demand"], shown["lead"]) == (2, 2.0, 14.0)
    assert row.days_left == 1.0


def test_propose_brings_the_excess_of_another_location_first(sold):
    mug, _, leeds = sold
    inventory.receive(mug, leeds, 50, by=BY)

    inventory.propose_replenishment()

    assert proposals()[1] == ("transfer", "LON", 50)
    assert proposals()[0][0] == "purchase_order"


def test_propose_again_replaces_what_nobody_decided(sold):
    inventory.propose_replenishment()
    before = proposals()

    assert inventory.propose_replenishment() == 1

    assert proposals() == before
    assert ReplenishmentProposal.objects.filter(state="superseded").count() == 1


def test_propose_sees_what_is_already_ordered(sold):
    inventory.propose_replenishment()
    (made,) = inventory.accept_proposals(ReplenishmentProposal.objects.all(), by=BY)
    inventory.send_purchase_order(made, by=BY)

    assert inventory.propose_replenishment() == 0


def test_policy_that_is_off_proposes_nothing(sold):
    ReplenishmentPolicy.objects.create(product=sold[0], is_active=False)

    assert inventory.propose_replenishment() == 0


def test_accept_makes_drafts_and_remembers_them(sold):
    mug, _, leeds = sold
    inventory.receive(mug, leeds, 50, by=BY)
    inventory.propose_replenishment()

    inventory.accept_proposals(ReplenishmentProposal.objects.all(), by=BY)

    order, transfer = PurchaseOrder.objects.get(), Transfer.objects.get()
    assert (order.status, transfer.status) == ("draft", "requested")
    rows = ReplenishmentProposal.objects.values_list("document", "state", "decided_by")
    assert set(rows) == {(order.number, "accepted", BY), (transfer.number, "accepted", BY)}
    assert Event.objects.filter(name="replenishment.accepted").count() == 2


def test_accept_twice_is_refused(sold):
    inventory.propose_replenishment()
    inventory.accept_proposals(ReplenishmentProposal.objects.all(), by=BY)

    with pytest.raises(inventory.AlreadyDecided):
        inventory.accept_proposals(ReplenishmentProposal.objects.all(), by=BY)

    assert PurchaseOrder.objects.count() == 1


def test_accept_without_a_supplier_says_what_to_do_and_makes_nothing(sold):
    SupplierProduct.objects.all().delete()
    inventory.propose_replenishment()

    with pytest.raises(inventory.SupplierMissing):
        inventory.accept_proposals(ReplenishmentProposal.objects.all(), by=BY)

    assert ReplenishmentProposal.objects.get().state == "open"


def test_dismiss_decides_against(sold):
    inventory.propose_replenishment()

    assert inventory.dismiss_proposals(ReplenishmentProposal.objects.all(), by=BY) == 1

    assert proposals() == []
    assert not PurchaseOrder.objects.exists()


def test_page_of_a_proposal_shows_its_calculation_in_words(sold, admin_client):
    inventory.propose_replenishment()
    row = ReplenishmentProposal.objects.filter(kind="purchase_order").first()

    url = reverse("admin:inventory_replenishmentproposal_change", args=[row.pk])
    shown = admin_client.get(url).content.decode()

    assert "<dt>Reorder point</dt>" in shown
    assert f"{row.quantity} × {row.product.sku}" in shown
    assert "lead_demand_spread" not in shown

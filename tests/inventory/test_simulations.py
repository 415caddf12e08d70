"""Simulations of routing rules: replayed, compared, kept as a file, and what follows from them."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from inventory import operations
from inventory.models import (
    LocationService,
    Product,
    RoutingSimulation,
    SourcingDecision,
)
from inventory.operations import routing
from inventory.queries.simulations import tried
from oms.conditions import leaf
from oms.models import User
from orders import operations as orders
from orders.tasks import simulate_routing
from tests import factories as world

pytestmark = pytest.mark.django_db
EVERY = {"all": []}
BERLIN = {"country": "DE", "latitude": 52.5, "longitude": 13.4}


def rule(**values):
    return {"name": "Rule", "conditions": EVERY, "ranking": {"order": ["parcels"]}, **values}


@pytest.fixture
def network():
    """London and Berlin; only Berlin has pots."""
    london, berlin = world.warehouse("LON"), world.warehouse("BER", **BERLIN)
    world.stocked("MUG", london, 50)
    world.stocked("MUG", berlin, 50)
    world.stocked("POT", berlin, 5)
    return london, berlin


@pytest.fixture
def shop():
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def test_simulation_shows_both_sides_and_changes_nothing(network, shop, ben):
    placed_at = timezone.now() - timedelta(days=2)
    for _ in range(3):
        world.place(shop, ("MUG", 2), placed_at=placed_at)
    LocationService.objects.create(location=network[0], accuracy=Decimal("0.5"))
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule(min_accuracy=Decimal(1))])
    before = SourcingDecision.objects.count()

    row = routing.simulate(drafted, days=30, by=f"user:{ben.pk}")
    simulate_routing(row.job)

    row.refresh_from_db()
    old, new = row.result["old"], row.result["new"]
    assert (row.result["orders"], row.result["changed"]) == (3, 3)
    assert (old["units"], new["units"], old["parcels"], new["parcels"]) == (6, 6, 3, 3)
    assert new["km"] > old["km"]
    london, berlin = (row.result["load"][str(place.pk)] for place in network)
    assert (london, berlin) == ([3, 6, 0, 0], [0, 0, 3, 6])
    assert SourcingDecision.objects.count() == before


def test_page_of_a_simulation_compares_costs_distance_and_co2e(network, shop, ben, client):
    world.place(shop, ("MUG", 2), placed_at=timezone.now() - timedelta(days=2))
    costs = {"shipping_base": 2, "handling_per_unit": Decimal("0.5")}
    LocationService.objects.create(location=network[0], accuracy=Decimal("0.5"), **costs)
    LocationService.objects.create(location=network[1], shipping_base=3, handling_per_unit=1)
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule(min_accuracy=Decimal(1))])
    row = routing.simulate(drafted, days=1, by=f"user:{ben.pk}")
    RoutingSimulation.objects.update(days=30)
    Product.objects.update(weight_g=300_000)  # below a gram of CO2e nothing is told
    simulate_routing(row.job)

    page = client.get(reverse("admin:inventory_simulation", args=[row.pk]))

    sums = page.context["charts"]["sums"]
    shares = dict(zip(sums["labels"], sums["sets"][1]["data"], strict=True))
    assert shares["Shipping cost"] == 150.0
    assert shares["Handling cost"] == 200.0
    assert shares["Distance"] > 100
    assert shares["CO2e"] > 100
    assert shares["Cost"] == round(100 * 5 / 3, 1)
    figures = {row["label"]: (row["old"], row["new"]) for row in page.context["figures"]}
    assert figures["Cost per order"] == ("3.00", "5.00")
    (change,) = page.context["changes"]
    assert (change["old"], change["new"]) == ("2 from LON", "2 from BER")
    assert [part["words"] for part in change["differs"]][:2] == ["+2.00 cost", "+929 km"]
    assert not page.context["no_costs"]
    assert "No location states what its parcels cost" not in page.content.decode()


def test_file_of_a_simulation_has_every_order_that_would_change(network, shop, ben, client):
    placed_at = timezone.now() - timedelta(days=2)
    numbers = [world.place(shop, ("MUG", units), placed_at=placed_at).number for units in (1, 2)]
    LocationService.objects.create(location=network[0], accuracy=Decimal("0.5"))
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule(min_accuracy=Decimal(1))])
    row = routing.simulate(drafted, days=30, by=f"user:{ben.pk}")
    address = reverse("admin:inventory_simulation_file", args=[row.pk])
    assert client.get(address).status_code == 404
    simulate_routing(row.job)

    text = b"".join(client.get(address).streaming_content).decode()

    rows = list(csv.DictReader(text.splitlines()))
    assert [one["order"] for one in rows] == numbers
    assert (rows[1]["served_before"], rows[1]["served_after"]) == ("2 from LON", "2 from BER")
    assert (rows[1]["km_before"], rows[1]["km_after"]) == ("2", "931")
    client.force_login(User.objects.create_user("cora", is_staff=True))
    assert client.get(address).status_code == 403


def test_version_is_simulated_before_it_is_activated(network, shop, ben, client):
    world.place(shop, ("MUG", 2), placed_at=timezone.now() - timedelta(days=2))
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule()])
    page = reverse("admin:inventory_routingruleset_change", args=[drafted.pk])
    form = reverse("admin:inventory_routingruleset_act", args=[drafted.pk, "activate"])

    def offered():
        acts = client.get(page).context["acts"]
        return [act["name"] for act in acts], acts[0]["variant"].value

    before = offered()
    row = routing.simulate(drafted, days=30, by=f"user:{ben.pk}")
    simulate_routing(row.job)
    shown = reverse("admin:inventory_simulation", args=[row.pk])
    seen, after = client.get(shown).content.decode(), offered()
    told = client.get(form).context["facts"]["Simulated"]
    operations.save_rule(drafted, rule(name="Another") | {"on_failure": "hold"}, by=world.BY)
    stale = client.get(shown).content.decode()

    assert before == (["simulate", "copy"], "primary")
    assert after == (["activate", "simulate", "copy"], "primary")
    assert told.endswith("0 of 1 order differ")
    assert f'href="{form}"' in seen
    assert "rules were changed since" not in seen
    assert f'href="{form}"' not in stale
    assert "Simulate again" in stale
    assert "rules changed since" in client.get(page).content.decode()
    assert offered() == before


@pytest.mark.parametrize("lost", ["job", "stamp"])
def test_changed_draft_is_not_activated_by_a_simulation_whose_job_or_stamp_is_gone(
    network, shop, ben, client, lost
):
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule()])
    row = routing.simulate(drafted, days=30, by=f"user:{ben.pk}")
    simulate_routing(row.job)
    operations.save_rule(drafted, rule(name="Another"), by=world.BY)
    RoutingSimulation.objects.update(**{lost: None})

    page = client.get(reverse("admin:inventory_routingruleset_change", args=[drafted.pk]))

    assert [act["name"] for act in page.context["acts"]] == ["simulate", "copy"]
    assert "rules changed since" in page.content.decode()


def test_looking_for_a_simulation_leaves_its_result_in_the_database(network, shop, ben):
    drafted = operations.draft_rules("Trial", by=world.BY, rules=[rule()])
    row = routing.simulate(drafted, days=30, by=f"user:{ben.pk}")
    unfinished = tried(drafted)
    simulate_routing(row.job)

    found = tried(drafted)

    assert unfinished is None
    assert found == row
    assert found.get_deferred_fields() == {"result"}


def test_version_that_decided_before_may_again_at_once(network, ben, client):
    old, _newer = (
        operations.activate_rules(
            operations.draft_rules("Ours", by=world.BY, rules=[rule()]), by=world.BY
        )
        for _ in range(2)
    )

    page = client.get(reverse("admin:inventory_routingruleset_change", args=[old.pk]))

    assert page.context["acts"][0]["name"] == "activate"


def test_one_version_is_counted_in_the_singular(ben, client):
    operations.draft_rules("Trial", by=world.BY, rules=[rule()])

    page = client.get(reverse("admin:inventory_routingruleset_changelist")).content.decode()

    assert "1 version of the routing rules" in " ".join(page.split())


def test_simulation_sees_the_stock_that_real_sourcing_sees(network, shop, ben):
    """Under the rules that served them, the same orders are served alike: nothing changes."""
    london, berlin = network
    london.priority = 0
    london.save()
    mug, market = Product.objects.get(sku="MUG"), world.shop("market")
    keep = operations.FenceWish(mug.pk, operations.Quantity(units=20), shop.pk, "", london.pk)
    operations.set_fence(keep, by=world.BY)
    operations.set_channel_safety_stock(market.pk, 9, by=world.BY)
    operations.set_safety_stock(mug, london, 5, by=world.BY)
    fast = orders.PlacedCharge(kind="shipping", description="Express", amount=Decimal(5))
    express = {"conditions": {"all": [leaf("shipping_method", "in", ["express"])]}}
    rules = [rule(**express, groups=["kind:store"]), rule(ranking={"order": ["distance"]})]
    operations.activate_rules(operations.draft_rules("Ours", by=world.BY, rules=rules), by=world.BY)
    for at, (channel, units, charges) in enumerate(
        [(market, 16, ()), (market, 1, ()), (shop, 25, ()), (market, 3, ()), (shop, 1, (fast,))]
    ):
        placed_at = timezone.now() - timedelta(days=2) + timedelta(minutes=at)
        world.place(channel, ("MUG", units), charges=charges, placed_at=placed_at)

    real = {row.order_id: row.record["plan"] for row in SourcingDecision.objects.all()}
    row = routing.simulate(
        operations.draft_rules("Trial", by=world.BY, rules=rules), days=30, by=world.BY
    )
    simulate_routing(row.job)

    row.refresh_from_db()
    load = {london.pk: [0, 0], berlin.pk: [0, 0]}
    for plan in real.values():
        for _, place, units in plan:
            load[place][0] += 1
            load[place][1] += units
    assert load == {london.pk: [2, 41], berlin.pk: [2, 4]}
    assert row.result["load"] == {str(pk): [*sums, *sums] for pk, sums in load.items()}
    assert row.result["changed"] == 0

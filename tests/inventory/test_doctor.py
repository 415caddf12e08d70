"""The doctor finds what differs, proves it, and repairs copies but never ledgers."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import operations as inventory
from inventory import queries
from inventory.models import Fence, Reservation, StockLevel, StockSnapshot
from inventory.operations import Why
from inventory.tasks.proof import prove_nightly
from oms import jobs
from oms.models import Event, Job, User
from oms.wiring import CHORES
from orders.models import Channel
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture(autouse=True)
def counted_anew():
    """The sidebar counts for each test; what it counted is kept for a while."""
    cache.clear()


@pytest.fixture
def level():
    """Ten mugs: two of them apart, one sold; a snapshot of that."""
    london = world.warehouse()
    mug = world.stocked("MUG", london, 10)
    inventory.quarantine(mug, london, 2, by=BY, why=Why("inspection"))
    world.place(world.shop(), ("MUG", 1))
    inventory.take_snapshots(timezone.now())
    return StockLevel.objects.get()


def examined(level):
    level.refresh_from_db()
    return queries.examine([level])[0]


def spoil(**figures):
    StockLevel.objects.update(**figures)


def test_healthy_level_is_proven_figure_by_figure(level):
    found = examined(level)

    assert found.healthy
    assert [(p.figure, p.says, p.ledger, p.rows, p.last) for p in found.proofs] == [
        ("on_hand", 8, 8, 2, 8),
        ("quarantined", 2, 2, 1, 2),
        ("damaged", 0, 0, 0, None),
        ("reserved", 1, 1, 1, None),
    ]


@pytest.mark.parametrize("figure", ["on_hand", "quarantined", "damaged", "reserved"])
def test_spoilt_counter_is_found_and_repaired_with_the_reason(level, figure):
    spoil(**{figure: 5})
    assert not examined(level).healthy

    told = inventory.repair(level, by="user:7", reason="Disk failed")

    assert f"{figure.replace('_', ' ')} 5 -> " in told
    assert examined(level).healthy
    event = Event.objects.get(name="stock.repaired")
    assert (event.actor, event.facts["reason"]) == ("user:7", "Disk failed")
    assert event.facts["changed"][figure][0] == 5
    assert_ledgers_hold()


def test_repair_of_a_fenced_level_lets_its_fence_give_way(level):
    spoil(on_hand=20)
    shop = Channel.objects.get()
    wish = inventory.FenceWish(level.product_id, inventory.Quantity(units=15), channel_id=shop.pk)
    fence = inventory.set_fence(wish, by=BY)

    inventory.repair(level, by=BY, reason="Disk failed")

    level.refresh_from_db()
    assert (level.on_hand, level.fenced) == (8, 7)
    assert fence.kept.get().quantity == 7
    assert_ledgers_hold()


def test_repair_of_what_is_proven_is_refused(level):
    with pytest.raises(inventory.NothingToRepair):
        inventory.repair(level, by=BY, reason="Why not")
    assert not Event.objects.filter(name="stock.repaired").exists()


def test_ledgers_that_contradict_each_other_are_not_written_over(level):
    Reservation.objects.update(quantity=99)

    with pytest.raises(inventory.LedgerBroken, match="99 reserved"):
        inventory.repair(level, by=BY, reason="Try")
    assert examined(level).level.reserved == 1


def test_wrong_snapshots_are_found_and_taken_anew(level):
    StockSnapshot.objects.update(on_hand=77, reserved=3)
    assert examined(level).snapshots == 1

    inventory.repair(level, by=BY, reason="Restored from a backup")

    row = StockSnapshot.objects.get()
    assert (row.on_hand, row.quarantined, row.reserved) == (8, 2, 1)
    assert examined(level).healthy


def test_check_ledgers_repairs_and_explains(level, capsys):
    spoil(reserved=5)
    StockSnapshot.objects.update(on_hand=77, at=timezone.now() - timedelta(seconds=1))

    call_command("check_ledgers", "--repair")

    assert "MUG at LON: reserved 5 -> 1, 1 snapshot taken anew" in capsys.readouterr().out
    assert_ledgers_hold()


def login(client, role):
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client


@pytest.mark.parametrize("query", ["", "?sku=NONE", "?sku=mug", "?sku=%00"])
def test_page_opens_for_readers(client, level, query):
    page = login(client, "Auditor").get(reverse("admin:inventory_doctor") + query)

    assert page.status_code == 200
    assert len(page.context["found"]) == (1 if "mug" in query else 0)


def test_page_proves_the_fences_of_the_sku(client, level):
    client = login(client, "Auditor")
    url = reverse("admin:inventory_doctor") + "?sku=MUG"
    assert client.get(url).context["fences"] == []
    shop = Channel.objects.get()
    wish = inventory.FenceWish(level.product_id, inventory.Quantity(units=3), channel_id=shop.pk)
    fence = inventory.set_fence(wish, by=BY)
    assert client.get(url).context["ill"] == 0
    Fence.objects.update(used=2)

    page = client.get(url)

    assert page.context["ill"] >= 1
    assert f"{fence}: 2, uses 0" in page.content.decode()


def test_proof_of_all_stock_is_started_from_the_page_and_names_what_differs(client, level):
    url = reverse("admin:inventory_doctor")
    page = login(client, "Operations").get(url).content.decode()
    assert "Not proved yet." in page

    client.post(url)
    jobs.run.call(Job.objects.get().pk)
    healthy = client.get(url)
    spoil(on_hand=50)
    client.post(url)
    jobs.run.call(Job.objects.last().pk)
    cache.clear()  # what the sidebar counts
    ill = client.get(url)

    assert healthy.context["proof"].failed == 0
    assert len(healthy.context["proof"].results) == len(queries.invariants())
    assert list(healthy.context["unproven"]) == []
    assert "On-hand stock equals the sum of the level&#x27;s available movements." in (
        ill.content.decode()
    )
    assert "MUG at LON: 50, movements 8" in ill.content.decode()
    assert '<a class="oms-link" href="?sku=MUG">MUG</a>' in ill.content.decode()
    assert "1 not proven" in ill.content.decode()  # in the sidebar


def test_stock_is_proved_every_night(level):
    spoil(reserved=2)

    assert "inventory.tasks.proof.prove_nightly" in CHORES
    prove_nightly()
    jobs.run.call(Job.objects.get().pk)

    job = Job.objects.get()
    wrong = [row["message"] for row in job.results if not row["ok"]]
    assert (job.kind, job.created_by, job.failed) == ("stock_proof", "system", len(wrong))
    assert "MUG at LON: 2, open 1" in wrong


def test_page_names_what_the_last_proof_found_without_adding_up_anything(client, level):
    spoil(on_hand=50)
    jobs.run.call(prove_nightly())
    client = login(client, "Operations")

    with CaptureQueriesContext(connection) as asked:
        page = client.get(reverse("admin:inventory_doctor"))

    assert list(page.context["unproven"]) == [level]
    assert not [each["sql"] for each in asked if "inventory_stockmovement" in each["sql"]]


@pytest.mark.parametrize(
    ("state", "said"),
    [("failed", "The last proof failed"), ("stopped", "The last proof was stopped")],
)
def test_proof_that_came_to_no_end_is_told_beside_the_one_before(client, level, state, said):
    url = reverse("admin:inventory_doctor")
    jobs.run.call(prove_nightly())
    good = login(client, "Operations").get(url).content.decode()
    later = prove_nightly()
    Job.objects.filter(pk=later).update(
        state=state, error="OperationalError", finished_at=timezone.now()
    )
    cache.clear()  # what the sidebar counts

    page = client.get(url)

    assert said not in good
    assert "not proven" not in good
    assert page.context["proof"].pk < later
    assert said in page.content.decode()
    assert "OperationalError" in page.content.decode()
    assert "1 not proven" in page.content.decode()


def test_first_proof_that_fails_is_told(client, level):
    Job.objects.filter(pk=prove_nightly()).update(state="failed", finished_at=timezone.now())

    page = login(client, "Operations").get(reverse("admin:inventory_doctor")).content.decode()

    assert "The last proof failed" in page
    assert "1 not proven" in page


def test_proof_of_three_days_ago_proves_nothing_any_more(client, level):
    pk = prove_nightly()
    jobs.run.call(pk)
    Job.objects.filter(pk=pk).update(finished_at=timezone.now() - timedelta(days=3))

    page = login(client, "Operations").get(reverse("admin:inventory_doctor")).content.decode()

    assert "Nothing was proved for more than two days." in page
    assert "1 not proven" in page


def test_proof_that_is_under_way_is_not_started_again(client, level):
    url = reverse("admin:inventory_doctor")
    client = login(client, "Operations")

    answers = [client.post(url), client.post(url)]

    assert prove_nightly() == Job.objects.get().pk
    assert answers[0].url == answers[1].url


def test_proof_of_all_stock_needs_the_permission_to_repair(client, level):
    url = reverse("admin:inventory_doctor")

    assert login(client, "Auditor").post(url).status_code == 403
    assert not Job.objects.exists()


def test_page_offers_repair_to_whoever_may(client, level):
    spoil(on_hand=50)
    url = reverse("admin:inventory_doctor") + "?sku=MUG"
    button = reverse("admin:inventory_stocklevel_act", args=[level.pk, "repair"])

    page = login(client, "Operations").get(url).content.decode()
    assert button in page
    client.post(button, {"act": "repair", "reason": "Disk failed"})
    assert examined(level).healthy

    spoil(on_hand=50)
    assert button not in login(client, "Warehouse").get(url).content.decode()
    assert client.post(button, {"act": "repair", "reason": "x"}).status_code == 403

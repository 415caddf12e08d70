"""Segments: who is in them, how that is kept, what a refusal leaves, and who may read of it."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from compliance.operations import export_subject
from customers import operations as customers
from customers.models import Customer, Segment, SegmentMember, SegmentVersion
from customers.operations import Party, segments
from customers.queries.population import VOCABULARY, everybody, facts_of
from customers.queries.segments import events_of_segments, preview_segment, segment_words
from oms import keys
from oms.conditions import BadCondition, leaf
from oms.dispatch import drain
from oms.models import Event, Job
from orders import operations as orders
from orders.models import Order, PriceList
from orders.queries.prices import list_price
from reporting.queries import exports
from tests import factories as world
from tests.factories import documents
from tests.ledgers import assert_ledgers_hold

BY = "user:1"
LIST = "/admin/customers/customer/"
TWICE = {"all": [leaf("orders", "gte", "2")]}
VIP = {"all": [leaf("tags", "has_any", ["VIP"])]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 1_000)
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def cora():
    return customers.identify([world.CORA], by=BY)[0]


def define(conditions=TWICE, name="Regulars"):
    """Write a segment, and have a worker find its members."""
    version = customers.define_segment(name, conditions, by=BY)
    customers.fill_segments([version.segment_id])
    return version.segment


def members(segment):
    return set(Customer.objects.filter(memberships__segment=segment))


def told():
    rows = Event.objects.filter(name="customer.segments_changed").order_by("pk")
    return [(event.subject_label, event.facts) for event in rows]


def everything():
    return [
        sorted(model.objects.values_list())
        for model in (Segment, SegmentVersion, SegmentMember, Job)
    ]


# --- Writing ---------------------------------------------------------------------------------


def test_define_keeps_version_and_starts_the_search(cora):
    version = customers.define_segment(" Not seen  yet ", VIP, by=BY, note="campaign")

    segment = version.segment
    assert (segment.code, segment.name, version.number) == ("not-seen-yet", "Not seen  yet", 1)
    assert (version.conditions, version.note, version.created_by) == (VIP, "campaign", BY)
    assert Job.objects.get().params == {"segment": segment.pk}
    event = Event.objects.get(name="segment.defined")
    assert (event.subject_label, event.facts) == ("not-seen-yet", {"version": 1})


@pytest.mark.parametrize(
    ("name", "conditions", "error"),
    [
        ("", TWICE, customers.BadSegment),
        ("x" * 101, TWICE, customers.BadSegment),
        ("!!!", TWICE, customers.BadSegment),
        ("Regulars", TWICE, customers.BadSegment),
        ("regulars!", TWICE, customers.BadSegment),  # the code of another
        ("New", {"all": [leaf("shoe_size", "gte", "2")]}, BadCondition),
        ("New", {"all": [leaf("orders", "gte", "many")]}, BadCondition),
        ("New", {"any": []}, BadCondition),
    ],
)
def test_define_refuses_what_makes_no_sense_and_changes_nothing(name, conditions, error):
    define()
    before = everything()

    with pytest.raises(error):
        customers.define_segment(name, conditions, by=BY)

    assert everything() == before


def test_redefine_writes_the_next_version_and_moves_members(shop, cora):
    world.place(shop, ("MUG", 1))
    segment = define({"all": [leaf("orders", "gte", "1")]})
    customers.tag_customer(cora, by=BY, add=["vip"])

    version = customers.redefine_segment(segment, "Friends", VIP, by=BY, newest=1)
    customers.fill_segments([segment.pk])

    segment.refresh_from_db()
    assert (version.number, segment.name, segment.code) == (2, "Friends", "regulars")
    assert members(segment) == {cora}
    assert segment.filled_version == 2
    assert told() == []  # a new version is told of once, for all
    filled = Event.objects.filter(name="segment.filled").order_by("pk").last()
    assert filled.facts == {"version": 2, "entered": 1, "left": 1}


def test_redefine_by_whoever_has_not_seen_the_newest_is_refused():
    segment = define()
    customers.redefine_segment(segment, "Regulars", VIP, by=BY, newest=1)
    before = everything()

    with pytest.raises(customers.SegmentChanged):
        customers.redefine_segment(segment, "Regulars", TWICE, by=BY, newest=1)

    assert everything() == before


def test_search_by_an_earlier_version_comes_too_late(cora, monkeypatch):
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)
    late = segments.segments_in_force([segment.pk])
    customers.redefine_segment(segment, "Regulars", TWICE, by=BY)
    customers.fill_segments([segment.pk])
    monkeypatch.setattr(segments, "segments_in_force", lambda _keys: late)

    customers.fill_segments([segment.pk])

    segment.refresh_from_db()
    assert members(segment) == set()
    assert segment.filled_version == 2


def test_end_leaves_nobody_in_it(cora):
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)

    customers.end_segment(segment, by=BY, reason="over")

    assert members(segment) == set()
    event = Event.objects.get(name="segment.ended")
    assert event.facts == {"reason": "over", "members": 1}
    assert customers.fill_segments([segment.pk]) == 0
    assert customers.settle_segments([cora.pk]) == 0
    for refused in (
        lambda: customers.end_segment(segment, by=BY, reason="again"),
        lambda: customers.redefine_segment(segment, "Regulars", TWICE, by=BY),
    ):
        with pytest.raises(customers.SegmentEnded):
            refused()


def test_database_states_the_rules(cora):
    segment = define()
    SegmentMember.objects.create(segment=segment, customer=cora)

    for breach in (
        lambda: SegmentMember.objects.create(segment=segment, customer=cora),
        lambda: SegmentVersion.objects.create(
            segment=segment, number=1, conditions=TWICE, created_by=BY
        ),
        lambda: SegmentVersion.objects.create(
            segment=segment, number=0, conditions=TWICE, created_by=BY
        ),
        lambda: Segment.objects.filter(pk=segment.pk).update(filled_at=None),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            breach()


# --- Facts -----------------------------------------------------------------------------------


def test_facts_are_added_up_over_all_numbers_of_a_person(shop, cora):
    now = timezone.now()
    first = world.place(shop, ("MUG", 2), external_id="1", placed_at=now - timedelta(days=40))
    later = now - timedelta(days=7)
    world.place(shop, ("MUG", 4), external_id="2", customer=world.CORA, placed_at=later)
    gone = world.place(world.shop("slow", needs_payment=True), ("MUG", 9))
    orders.cancel(gone, by=BY, reason="customer")
    ada = first.customer
    customers.merge(cora, into=ada, by=BY, reason="same")
    customers.tag_customer(ada, by=BY, add=["vip"])
    customers.give_consent(ada, "profiling", by=BY, source="form", wording="May we?")
    customers.give_consent(cora, "marketing_email", by=BY, source="form", wording="May we?")
    customers.withdraw_consent(cora, "marketing_email", by=BY, source="mail")

    [people] = everybody()
    facts = facts_of(people, set(VOCABULARY), timezone.now())

    assert facts == {
        ada.pk: {
            "lifetime_value": 60,
            "orders": 2,
            "average_order": 30,
            "last_order_days": 7,
            "currency": "GBP",
            "country": "GB",
            "channels": {"shop"},
            "tags": {"vip"},
            "consents": {"profiling"},
            "business": False,
            "company": "",
            "group": "",
            "known_days": 0,
        }
    }


def test_facts_of_returns_are_a_share_of_what_was_shipped(shop):
    order = world.place(shop, ("MUG", 4))
    documents.ship(order, "SH1", MUG=4)
    documents.take_back(order, "RMA1", MUG=1)

    [people] = everybody()
    facts = facts_of(people, {"returned_percent"}, timezone.now())

    assert facts[order.customer_id]["returned_percent"] == 25


def test_handfuls_ask_everybody_once(django_assert_num_queries):
    parties = [Party(name=f"P {n}", email=f"p{n}@example.com") for n in range(5)]
    made = customers.identify(parties, by=BY)
    customers.merge(made[4], into=made[0], by=BY, reason="same")
    customers.erase(made[1].subject, by=BY, reason="asked")

    found = [facts_of(people, {"tags"}, timezone.now()) for people in everybody(most=2)]

    assert [set(facts) for facts in found] == [{made[0].pk}, {made[2].pk, made[3].pk}, set()]
    with django_assert_num_queries(4):  # 2 for who they are, 1 for facts, 1 to see the end
        for people in everybody():
            facts_of(people, {"orders_of_nothing"}, timezone.now())


@pytest.mark.parametrize("times", [1, 3])
def test_filling_costs_the_same_for_any_number_of_customers(shop, times, django_assert_num_queries):
    for n in range(times):
        party = Party(name=f"P {n}", email=f"p{n}@example.com")
        world.place(shop, ("MUG", 1), customer=party, external_id=str(n))
    every = {"all": [leaf("orders", "gte", "1"), leaf("country", "eq", "GB")]}
    version = customers.define_segment("All", every, by=BY)

    with django_assert_num_queries(FILL_QUERIES):
        customers.fill_segments([version.segment_id])

    assert SegmentMember.objects.count() == times


FILL_QUERIES = 21


# --- Keeping members ---------------------------------------------------------------------------


def test_orders_and_cancellations_move_a_customer_as_they_happen(shop):
    segment = define()
    world.place(shop, ("MUG", 1))
    last = world.place(world.shop("slow", needs_payment=True), ("MUG", 1))

    drain(webhooks=False)
    entered = members(segment)
    orders.cancel(last, by=BY, reason="customer")
    drain(webhooks=False)

    ada = last.customer
    assert (entered, members(segment)) == ({ada}, set())
    assert told() == [
        (ada.number, {"entered": ["regulars"], "left": []}),
        (ada.number, {"entered": [], "left": ["regulars"]}),
    ]
    assert_ledgers_hold()


def test_settling_twice_moves_nobody_twice(cora):
    segment = define(VIP)
    customers.tag_customer(cora, by=BY, add=["vip"])

    assert [customers.settle_segments([cora.pk]) for _ in range(2)] == [1, 0]
    assert len(told()) == 1
    assert members(segment) == {cora}


def test_merging_moves_the_membership_and_undoing_gives_it_back(cora):
    ada = customers.identify([world.ADA], by=BY)[0]
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)

    customers.merge(cora, into=ada, by=BY, reason="same")
    assert_ledgers_hold()  # also before a consumer settles the survivor
    drain(webhooks=False)
    merged = members(segment)
    customers.undo_merge(cora, by=BY, reason="two after all")
    drain(webhooks=False)

    assert (merged, members(segment)) == ({ada}, {cora})


def test_erased_person_is_in_nothing_and_was_told_of_it_before(cora):
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)
    assert export_subject(cora.subject, by=BY)["segments"][0]["segment"] == "Regulars"

    customers.erase(cora.subject, by=BY, reason="asked")

    assert members(segment) == set()
    drain(webhooks=False)
    assert_ledgers_hold()


def test_sweep_moves_whom_only_time_moves(shop, time_machine):
    now = timezone.now()
    time_machine.move_to(now)
    segment = define({"all": [leaf("last_order_days", "gte", "30")]})
    order = world.place(shop, ("MUG", 1), placed_at=now)

    assert customers.sweep_segments() == 0
    time_machine.move_to(now + timedelta(days=31))
    assert customers.sweep_segments() == 1

    assert members(segment) == {order.customer}
    assert told() == [(order.customer.number, {"entered": ["regulars"], "left": []})]
    assert customers.sweep_segments() == 0


def test_sweep_fills_what_was_never_filled(cora):
    customers.tag_customer(cora, by=BY, add=["vip"])
    version = customers.define_segment("Friends", VIP, by=BY)

    assert customers.sweep_segments() == 1
    assert members(version.segment) == {cora}


def test_stray_member_is_found(cora):
    segment = define()
    SegmentMember.objects.create(segment=segment, customer=cora)
    Customer.objects.filter(pk=cora.pk).update(
        merged_into=customers.identify([world.ADA], by=BY)[0]
    )

    with pytest.raises(AssertionError):
        assert_ledgers_hold()


def test_events_are_heeded_once_there_is_a_segment():
    assert events_of_segments() == set()

    segment = define()

    assert {"order.placed", "order.returned", "customer.tagged"} <= events_of_segments()
    customers.end_segment(segment, by=BY, reason="over")
    assert events_of_segments() == set()


# --- Use ---------------------------------------------------------------------------------------


def test_preview_counts_and_shows_and_writes_nothing(shop, cora):
    order = world.place(shop, ("MUG", 3))
    before = everything()

    found = preview_segment({"all": [leaf("lifetime_value", "gt", "20")]})

    assert (found.members, found.customers) == (1, 2)
    [(customer, facts)] = found.sample
    assert (customer, facts["lifetime_value"]) == (order.customer, 30)
    assert everything() == before


def test_preview_of_what_no_order_says_shows_what_was_bought_all_the_same(shop, sign_in):
    order = world.place(shop, ("MUG", 3))
    customers.tag_customer(order.customer, by=BY, add=["vip"])
    sent = {"name": "Friends", "conditions": json.dumps(VIP), "preview": "1"}

    shown = sign_in("Operations").post(reverse("admin:customers_segment_new"), sent).text

    assert f"{order.customer.number}</a> Ada Byron" in shown
    assert "£30.00 · 1 order · last" in shown


def test_preview_takes_the_same_statements_however_many_customers(shop):
    def statements():
        with CaptureQueriesContext(connection) as found:
            preview_segment(TWICE)
        return len(found)

    world.place(shop, ("MUG", 1))
    one = statements()
    for at in range(4):
        ada = customers.identify([Party(f"{at}@example.org", f"Ada {at}")], by=BY)[0]
        Order.objects.filter(pk=world.place(shop, ("MUG", 1), external_id=str(at)).pk).update(
            customer=ada
        )
    assert statements() == one


def test_words_say_what_is_asked():
    tree = {"all": [leaf("last_order_days", "gte", "180"), leaf("tags", "has_any", ["vip"])]}

    assert segment_words({"all": []}) == "All customers"
    assert segment_words(tree) == (
        "Customers where last order is at least 180 days ago and customer tags include vip"
    )


@pytest.mark.parametrize("moment", ["placing", "event"])
def test_rules_ask_for_tags_and_segments_of_the_buyer(shop, moment):
    ada = customers.identify([world.ADA], by=BY)[0]
    customers.tag_customer(ada, by=BY, add=["vip"])
    define(VIP)
    asked = {
        "all": [
            leaf("customer_tags", "has_any", ["VIP"]),
            leaf("customer_segments", "has_any", ["regulars"]),
        ]
    }
    wording = orders.Wording(
        moment, [{"do": "tag", "tag": "gift"}], asked, ["order.placed"] * (moment == "event")
    )
    version = orders.draft_rule("Gift for regulars", wording, by=BY)
    orders.activate_rule(version, by=BY, may=lambda _right: True)

    mine = world.place(shop, ("MUG", 1))
    other = world.place(shop, ("MUG", 1), customer=world.CORA, external_id="2")
    drain(webhooks=False)

    tags = dict(Order.objects.values_list("pk", "tags"))
    assert (tags[mine.pk], tags[other.pk]) == (["gift"], [])
    saw = mine.rule_runs.get().saw
    assert saw == {"customer_segments": ["regulars"], "customer_tags": ["vip"]}


def test_price_list_is_for_whoever_is_in_its_segment(shop, cora):
    ada = customers.identify([world.ADA], by=BY)[0]
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)
    mug = world.product("CUP", unit_price=10)
    prices = PriceList.objects.create(code="r", name="R", currency="GBP", segment=segment)
    prices.prices.create(product=mug, unit_price=8)

    def price(customer):
        return list_price(shop, customer, mug, 1, timezone.localdate())

    assert (price(cora).unit_price, price(ada).unit_price, price(None).unit_price) == (8, 10, 10)
    assert price(cora).why[0].startswith("R (for the segment Regulars)")
    customers.end_segment(segment, by=BY, reason="over")
    assert price(cora).unit_price == 10
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceList.objects.filter(pk=prices.pk).update(group="vip")


# --- Back office ---------------------------------------------------------------------------------


def page(segment, name="change"):
    return reverse(f"admin:customers_segment_{name}", args=[segment.pk])


def test_builder_previews_saves_and_says_what_is_wrong(shop, sign_in):
    order = world.place(shop, ("MUG", 3))
    client, new = sign_in("Operations"), reverse("admin:customers_segment_new")
    sent = {
        "name": "Spenders",
        "conditions": '{"all": [{"field": "orders", "op": "gte", "value": "1"}]}',
    }
    assert "Nothing is saved" in client.get(new).text

    shown = client.post(new, sent | {"preview": "1"}).text
    assert not Segment.objects.exists()
    bad = client.post(new, sent | {"conditions": sent["conditions"].replace('"1"', '"x"')})
    said = client.post(reverse("admin:customers_segment_words"), sent).text
    client.post(new, sent)

    assert f"{order.customer.number}</a> Ada Byron" in shown
    assert "£30.00 · 1 order" in shown
    assert "Orders needs a number" in bad.text
    assert said == "Customers where orders is at least 1."
    assert Segment.objects.get().name == "Spenders"


def test_pages_of_a_segment_and_its_members_in_the_list_and_export(cora, sign_in):
    other = customers.identify([world.ADA], by=BY)[0]
    customers.tag_customer(cora, by=BY, add=["vip"])
    segment = define(VIP)
    client = sign_in("Operations")

    shown = client.get(page(segment)).text
    text = client.get(LIST, {"segment": segment.code}).text
    client.post(page(segment, "edit"), {"name": "Friends", "conditions": "", "newest": "1"})
    client.post(
        reverse("admin:customers_segment_act", args=[segment.pk, "end"]),
        {"act": "end", "reason": "over"},
    )

    assert "customer tags include VIP" in shown
    assert "?segment=regulars" in shown
    assert cora.number in text
    assert other.number not in text
    assert "/export/customers.customer/?segment=regulars" in text
    segment.refresh_from_db()
    assert (segment.name, segment.versions.count()) == ("Friends", 2)
    assert segment.ended_at is not None


def test_export_of_the_filtered_list_holds_the_members(cora, sign_in):
    customers.identify([world.ADA], by=BY)
    customers.tag_customer(cora, by=BY, add=["vip"])
    define(VIP)
    user = sign_in("Operations").user

    rows = exports.listed("customers.customer", "segment=regulars", user)

    [(taken, found)] = exports.chunks(rows, exports.CUSTOMERS)
    assert (taken, [row[0] for row in found]) == (1, [cora.number])


def test_builder_is_for_those_who_may_edit(sign_in):
    segment = define()
    client = sign_in("Support")

    assert client.get(page(segment)).status_code == 200
    for path in (reverse("admin:customers_segment_new"), page(segment, "edit")):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("times", [1, 3])
def test_list_of_segments_costs_the_same_for_any_number(sign_in, times, django_assert_num_queries):
    for n in range(times):
        define(name=f"S {n}")
    client = sign_in("Operations")
    client.get("/admin/customers/segment/")

    with django_assert_num_queries(7):
        text = client.get("/admin/customers/segment/").text
    assert text.count("Customers where orders is at least 2") == times


# --- API -----------------------------------------------------------------------------------------


def test_api_lists_segments_and_shows_those_of_a_customer(client, cora):
    ada = customers.identify([world.ADA], by=BY)[0]
    customers.tag_customer(cora, by=BY, add=["vip"])
    define(VIP)
    auth = {"Authorization": f"Api-Key {keys.create('T', scopes=['customers:read'])[1]}"}

    [row] = client.get("/api/v1/segments/", headers=auth).json()
    one = client.get(f"/api/v1/customers/{cora.number}/", headers=auth).json()
    by_segment = client.get("/api/v1/customers/?segment=regulars", headers=auth).json()
    by_tag = client.get("/api/v1/customers/?tag=vip", headers=auth).json()

    assert (row["code"], row["members"], row["version"], row["conditions"]) == (
        "regulars", 1, 1, VIP,
    )  # fmt: skip
    assert row["words"] == "Customers where customer tags include VIP"
    assert (one["tags"], one["segments"]) == (["vip"], ["regulars"])
    for found in (by_segment, by_tag):
        assert [each["number"] for each in found["results"]] == [cora.number]
    assert ada.number not in str(by_tag)


def test_api_tells_a_key_of_one_channel_nothing_of_dealings_in_others(client, shop):
    order = world.place(shop, ("MUG", 1))
    customers.tag_customer(order.customer, by=BY, add=["vip"])
    define(VIP)
    made = keys.create("T", channel=shop.code, scopes=["customers:read"])[1]
    auth = {"Authorization": f"Api-Key {made}"}

    one = client.get(f"/api/v1/customers/{order.customer.number}/", headers=auth).json()

    assert (one["tags"], one["segments"]) == (None, None)
    for path in ("segments/", "customers/?segment=regulars", "customers/?tag=vip"):
        assert client.get(f"/api/v1/{path}", headers=auth).status_code == 403

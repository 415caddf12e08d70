from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse

from compliance.operations import export_subject
from customers import operations as customers
from customers import queries
from customers.models import Customer, CustomerMerge, DuplicatePair
from customers.operations import Party
from oms.models import Event, User
from orders import operations as orders
from orders.models import Hold, Order
from orders.queries.dealings import dealings_of
from tests import factories as world

BY = "user:1"
OLD = Party(name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001")
NEW = Party(name="Ada King Byron", email="ada@new.example", phone="+44 20 7946 0001")
CORA = Party(name="Cora Stranger", email="cora@example.com", phone="+44 20 7946 0009")

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    """One person under two numbers."""
    return [customers.identify([party], by=BY)[0] for party in (OLD, NEW)]


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 100)
    return world.shop()


def facts():
    return list(Customer.objects.order_by("pk").values_list("pk", "merged_into"))


def test_merge_new_orders_go_to_the_survivor_and_old_ones_stay(two, shop):
    old, new = two
    before = world.place(shop, ("MUG", 1), customer=NEW)

    customers.merge(new, into=old, by=BY, reason="same person")

    after = world.place(shop, ("MUG", 1), customer=NEW, external_id="2")
    assert Order.objects.get(pk=before.pk).customer == new
    assert (after.customer, after.subject) == (old, old.subject)
    assert [order.pk for order in dealings_of(old.pk).orders] == [after.pk, before.pk]
    assert dealings_of(new.pk).lifetime == dealings_of(old.pk).lifetime
    assert Event.objects.get(name="customer.merged").facts["into"] == old.number


def test_merge_followers_follow(two):
    old, new = two
    cora = customers.identify([CORA], by=BY)[0]
    customers.merge(new, into=old, by=BY, reason="same")

    customers.merge(old, into=cora, by=BY, reason="same")

    new.refresh_from_db()
    assert queries.family_of(new) == [cora.pk, old.pk, new.pk]
    assert queries.roots_of([new.pk]) == {cora.pk: cora.pk, old.pk: cora.pk, new.pk: cora.pk}


def test_undo_merge_gives_followers_back(two):
    old, new = two
    cora = customers.identify([CORA], by=BY)[0]
    customers.merge(new, into=old, by=BY, reason="same")
    customers.merge(old, into=cora, by=BY, reason="same")

    customers.undo_merge(old, by=BY, reason="wrong Cora")

    assert facts() == [(old.pk, None), (new.pk, old.pk), (cora.pk, None)]
    assert CustomerMerge.objects.get(merged=old).undone_by == BY
    customers.merge(old, into=cora, by=BY, reason="right after all")  # and may be done again


def test_undo_merge_that_never_was_is_refused(two):
    with pytest.raises(customers.NotMerged):
        customers.undo_merge(two[0], by=BY, reason="why not")

    assert not Event.objects.filter(name="customer.unmerged").exists()


@pytest.mark.parametrize("case", ["itself", "already", "into merged", "erased"])
def test_merge_impossible_is_refused_and_changes_nothing(two, case):
    old, new = two
    cora = customers.identify([CORA], by=BY)[0]
    if case in {"already", "into merged"}:
        customers.merge(new, into=old, by=BY, reason="same")
    if case == "erased":
        customers.erase(new.subject, by=BY, reason="asked")
    wrong = {
        "itself": (old, old), "already": (new, cora), "into merged": (cora, new),
        "erased": (new, old),
    }[case]  # fmt: skip
    before, told = facts(), Event.objects.count()

    with pytest.raises(customers.CannotMerge):
        customers.merge(wrong[0], into=wrong[1], by=BY, reason="same")

    assert (facts(), Event.objects.count()) == (before, told)


def test_database_refuses_a_customer_merged_into_itself(two):
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=two[0].pk).update(merged_into=two[0].pk)


def test_merged_customers_owe_together(two, shop):
    old, new = two
    customers.set_terms(
        old, by=BY, credit_limit=Decimal(25), payment_terms_days=30, reason="new terms"
    )
    world.place(shop, ("MUG", 2), customer=NEW)
    customers.merge(new, into=old, by=BY, reason="same")

    account = orders.PlacedPayment(method="on_account", amount=Decimal(10), state="pending")
    world.place(shop, ("MUG", 1), customer=OLD, external_id="2", payments=(account,))

    assert Hold.objects.get().kind == "credit_limit"


def test_erase_takes_the_whole_family(two):
    old, new = two
    customers.merge(new, into=old, by=BY, reason="same")

    customers.erase(old.subject, by=BY, reason="asked")

    new.subject.refresh_from_db()
    assert new.subject.operational_key is None
    assert not queries.find_subjects("ada@new.example").exists()
    assert Event.objects.filter(name="customer.erased").count() == 2


def test_export_tells_of_the_whole_family(two):
    old, new = two
    customers.merge(new, into=old, by=BY, reason="same")

    told = export_subject(old.subject, by=BY)

    [other] = told["also_known_as"]
    assert other["customer"][0]["profile"]["email"] == "ada@new.example"


def test_find_duplicates_suspects_a_shared_phone_number_once(two):
    customers.identify([CORA], by=BY)

    assert [customers.find_duplicates(), customers.find_duplicates()] == [1, 0]

    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second, pair.reasons) == (*two, ["phone", "name"])


def test_find_duplicates_what_was_dismissed_stays_dismissed(two):
    customers.find_duplicates()
    customers.dismiss_duplicate(DuplicatePair.objects.get(), by=BY)

    customers.find_duplicates()

    assert DuplicatePair.objects.get().state == "dismissed"


def test_find_duplicates_a_switchboard_suspects_nobody():
    parties = [
        Party(name=f"P {n}", email=f"p{n}@example.com", phone="0800 1111") for n in range(11)
    ]
    customers.identify(parties, by=BY)

    assert customers.find_duplicates() == 0


@pytest.fixture
def clerk(client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


def test_pair_page_shows_both_and_merges(two, clerk):
    customers.find_duplicates()
    pair = DuplicatePair.objects.get()
    address = reverse("admin:customers_duplicatepair_change", args=[pair.pk])
    assert "ada@new.example" in clerk.get(address).text

    act = reverse("admin:customers_duplicatepair_act", args=[pair.pk, "merge"])
    assert f"{two[0].number} and {two[1].number}" in clerk.get(act).text
    clerk.post(act, {"act": "merge", "survivor": two[1].number, "reason": "asked them"})

    assert facts() == [(two[0].pk, two[1].pk), (two[1].pk, None)]
    assert DuplicatePair.objects.get().state == "merged"
    page = clerk.get(reverse("admin:customers_customer_change", args=[two[0].pk])).text
    assert "This is the same person as" in page


def test_preview_shows_what_the_survivor_becomes_and_keeps_nothing(two, shop, clerk):
    first, second = two
    world.place(shop, ("MUG", 2), customer=OLD)
    world.place(shop, ("MUG", 3), customer=NEW)
    customers.tag_customer(first, by=BY, add=["vip"])
    customers.set_contact_preference(first, by=BY, language="de", muted=["return.received"])
    pair = customers.suspect_duplicate(first, second)
    act = reverse("admin:customers_duplicatepair_act", args=[pair.pk, "merge"])
    before = Event.objects.count()

    page = clerk.post(act, {"act": "merge", "preview": "1", "survivor": second.number})

    rows = {row.label: (row.before, row.after) for row in page.context["rows"] if row.changed}
    assert rows == {
        "Numbers": (second.number, f"{first.number}, {second.number}"),
        "Orders": ("1", "2"),
        "Lifetime value": ("£30.00", "£50.00"),
        "Owes for open orders": ("£30.00", "£50.00"),
        "Stopped messages": ("none", "Return received"),
        "Language of messages": ("none", "German"),
        "Tags": ("none", "vip"),
    }
    assert "£50.00" in page.text
    assert facts() == [(first.pk, None), (second.pk, None)]
    assert (Event.objects.count(), CustomerMerge.objects.count()) == (before, 0)
    assert queries.preference_of(second).pk is None


def test_preview_of_what_cannot_be_merged_says_why(two, clerk):
    first, second = two
    pair = customers.suspect_duplicate(first, second)
    customers.erase(second.subject, by=BY, reason="asked")
    act = reverse("admin:customers_duplicatepair_act", args=[pair.pk, "merge"])

    assert "erased person is nobody" in clerk.post(act, {"preview": "1"}).text


def test_customers_page_shows_both_side_by_side_before_anything_is_merged(two, clerk):
    first, second = two
    act = reverse("admin:customers_customer_act", args=[second.pk, "merge"])

    shown = clerk.post(act, {"act": "merge", "other": f" {first.number.lower()} "}, follow=True)

    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second, pair.state, pair.reasons) == (first, second, "open", [])
    assert shown.redirect_chain[0][0].endswith(f"/duplicatepair/{pair.pk}/change/")
    assert "on somebody&#x27;s word" in shown.text or "on somebody's word" in shown.text
    assert facts() == [(first.pk, None), (second.pk, None)]

    customers.dismiss_duplicate(pair, by=BY)
    assert customers.suspect_duplicate(first, second).state == "open"


def test_suspect_duplicate_of_itself_or_a_merged_one_is_refused_and_changes_nothing(two):
    first, second = two
    with pytest.raises(customers.CannotMerge):
        customers.suspect_duplicate(first, first)
    customers.merge(first, into=second, by=BY, reason="asked")
    before = list(DuplicatePair.objects.values_list("state", "decided_by"))

    for one, other in ((first, second), (second, first)):
        with pytest.raises(customers.CannotMerge):
            customers.suspect_duplicate(one, other)

    assert list(DuplicatePair.objects.values_list("state", "decided_by")) == before


@pytest.mark.parametrize("rows", [1, 3])
def test_pair_list_asks_a_fixed_number_of_questions(clerk, rows, django_assert_num_queries):
    for n in range(rows):
        party = Party(name="Ada Byron", email=f"a{n}@example.com", phone=f"0800 11{n}")
        twin = Party(name="Ada Byron", email=f"b{n}@example.com", phone=f"0800 11{n}")
        customers.identify([party, twin], by=BY)
    customers.find_duplicates()
    address = reverse("admin:customers_duplicatepair_changelist")
    clerk.get(address)

    with django_assert_num_queries(6):
        clerk.get(address)

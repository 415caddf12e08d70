import importlib

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import RequestFactory

from oms import navigation
from oms.models import User
from tests.factories import place, product, shop

pytestmark = pytest.mark.django_db
roles = importlib.import_module("oms.migrations.0003_roles")


def holders(codename):
    groups = Group.objects.filter(permissions__codename=codename).exclude(name="Administrator")
    return set(groups.values_list("name", flat=True))


def sidebar_of(role):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(pk=user.pk)
    groups = navigation.sidebar(request)
    return {group["title"]: [item["title"] for item in group["items"]] for group in groups}


def test_seven_roles_are_laid_down():
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Operations",
        "Warehouse",
        "Finance",
        "Support",
        "Auditor",
        "Approvers",
        "Administrator",
    }


@pytest.mark.parametrize("role", list(roles.ROLES))
def test_every_permission_named_for_a_role_exists(role):
    known = [
        f"{p.content_type.app_label}.{p.codename}"
        for p in Permission.objects.select_related("content_type")
    ]
    plain = [wanted for wanted in roles.ROLES[role] if "*" not in wanted]

    assert [wanted for wanted in plain if wanted not in known] == []


def test_no_role_both_grants_and_pays_refunds():
    assert holders("grant_refund") == {"Operations", "Support"}
    assert holders("pay_refund") == {"Finance"}


@pytest.mark.parametrize(
    "codename",
    [
        "waive_return_policy",
        "add_returnpolicy",
        "change_returnpolicy",
        "add_returnreason",
        "change_returnreason",
    ],
)
def test_terms_of_returns_are_set_and_waived_by_operations_alone(codename):
    assert holders(codename) == {"Operations"}


def test_claims_are_opened_by_many_and_their_money_is_booked_by_finance():
    assert holders("add_claim") == {"Operations", "Warehouse", "Support"}
    assert holders("change_claim") == {"Operations", "Support"}
    assert holders("book_claim") == {"Finance"}
    assert holders("change_claimterms") == {"Operations"}


def test_terms_of_returns_are_seen_by_every_role():
    everybody = {"Operations", "Warehouse", "Finance", "Support", "Auditor"}

    assert holders("view_returnpolicy") == holders("view_returnreason") == everybody


def test_auditor_changes_nothing():
    verbs = Group.objects.get(name="Auditor").permissions.exclude(codename__startswith="view_")

    assert list(verbs) == []


def test_auditor_does_not_read_personal_data():
    assert "Auditor" not in holders("view_personal_data")


def test_wildcards_never_give_the_right_to_delete():
    assert list(Group.objects.filter(permissions__codename__startswith="delete_")) == []


def test_sidebar_shows_operations_their_work():
    shown = sidebar_of("Operations")

    assert shown[""] == ["Home"]
    assert shown["Orders"][:3] == ["Orders", "Drafts and quotes", "Holds"]
    assert shown["Stock"][:3] == ["Stock", "Products", "Movements"]
    assert "Counts" in shown["Stock"]
    assert "Users" not in shown.get("Settings", [])


def test_sidebar_hides_what_the_warehouse_may_not_open():
    shown = sidebar_of("Warehouse")

    assert "Customers" not in shown
    assert "Compliance" not in shown


def test_sidebar_of_nobody_is_home_alone():
    user = User.objects.create_user("eve", is_staff=True)
    request = RequestFactory().get("/admin/")
    request.user = user

    assert [group["title"] for group in navigation.sidebar(request)] == [""]


def test_only_the_nearest_entry_is_marked_as_here():
    user = User.objects.create_superuser("root")
    request = RequestFactory().get("/admin/orders/order/scarce/")
    request.user = user

    items = [item for group in navigation.sidebar(request) for item in group["items"]]

    assert [item["title"] for item in items if item["active"]] == ["Waiting for stock"]


def found(user, term):
    request = RequestFactory().get("/admin/search/")
    request.user = user
    return [hit.title for hit in navigation.search(request, term)]


@pytest.mark.parametrize("term", ["number", "w-77", "customer", "ada@example.com"])
def test_palette_finds_what_a_person_types(term):
    root = User.objects.create_superuser("root")
    product("MUG")
    order = place(shop(), ("MUG", 1), external_id="W-77")
    typed = {"number": order.number.lower(), "customer": order.customer.number}.get(term, term)

    hits = found(root, typed)

    assert hits == [
        str(order.customer) if term in {"customer", "ada@example.com"} else order.number
    ]


def test_palette_finds_a_product_by_its_sku():
    product("MUG")

    assert found(User.objects.create_superuser("root"), "mug") == ["MUG"]


def test_palette_shows_nothing_that_the_reader_may_not_open():
    order = place(shop(), ("MUG", 1))

    assert found(User.objects.create_user("eve", is_staff=True), order.number) == []

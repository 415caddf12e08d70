from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, QuerySet

from inventory.models import Product, StockLevel
from oms.prepared import prepared
from tests import factories as world

pytestmark = pytest.mark.django_db


@prepared
def products(skus: Any, limit: Any) -> QuerySet:
    return Product.objects.filter(sku__any=skus, weight_g__lte=limit).order_by("sku")


@prepared
def levels(ids: Any) -> QuerySet:
    rows = StockLevel.objects.filter(product__any=ids).select_related("location")
    return rows.annotate(free=F("on_hand") - F("reserved")).order_by("pk")


@prepared
def skus(ids: Any) -> QuerySet:
    return Product.objects.filter(pk__any=ids).order_by("pk").values_list("sku", flat=True)


def test_rows_are_those_of_each_call_s_values():
    for sku, weight in (("CUP", 100), ("MUG", 300), ("POT", 900)):
        world.product(sku, weight_g=weight)

    assert [row.sku for row in products(skus=["CUP", "MUG", "POT"], limit=500)] == ["CUP", "MUG"]
    assert [row.sku for row in products(skus=["POT"], limit=900)] == ["POT"]
    assert products(skus=[], limit=900) == []
    assert [row.sku for row in products(skus=["P'OT", "POT"], limit=1_000)] == ["POT"]


@pytest.mark.parametrize(
    "odd", ["", " ", "NULL", "{A,B}", 'say "mug"', "back\\slash\\", "'", "%s", "Ma\u00df \u2028"]
)
def test_words_are_found_whatever_they_contain(odd):
    world.product("OTHER")
    world.product(odd)

    assert [row.sku for row in products(skus=["NONE", odd], limit=10_000)] == [odd]


def test_numbers_and_words_may_be_mixed_and_many():
    sold = [world.product(f"MUG-{n:03}") for n in range(300)]
    wanted = [-(2**63), 2**63 - 1, *(mug.pk for mug in sold)]

    assert skus(ids=wanted) == [mug.sku for mug in sold]


def test_rows_carry_relations_and_annotations(django_assert_num_queries):
    mug = world.stocked("MUG", world.warehouse(), 5)

    with django_assert_num_queries(1):
        (level,) = levels(ids=[mug.pk])
        assert (level.location.code, level.free) == ("LON", 5)


def test_flat_values_are_flat():
    mug, cup = world.product("MUG"), world.product("CUP")

    assert skus(ids=[cup.pk, mug.pk]) == ["MUG", "CUP"]


def test_any_works_in_an_ordinary_queryset():
    world.product("MUG")
    world.product("CUP")

    assert Product.objects.filter(sku__any=["MUG", "POT"]).count() == 1
    assert Product.objects.filter(sku__any={"MUG"}).count() == 1


@pytest.mark.postgresql
def test_the_statement_does_not_depend_on_the_values(django_assert_num_queries):
    world.product("MUG")
    with django_assert_num_queries(2) as seen:
        products(skus=["MUG"], limit=1)
        products(skus=["MUG", "CUP", "POT"], limit=500)

    known = vars(connection._connections["default"])["oms_prepared_questions"]
    assert len([ask for ask in known if ask.__name__ == "products"]) == 1
    assert len(seen.captured_queries) == 2


def test_question_after_an_undone_transaction_answers():
    world.product("MUG")
    with transaction.atomic():
        products(skus=["MUG"], limit=500)
        transaction.set_rollback(True)

    assert len(products(skus=["MUG"], limit=500)) == 1


@pytest.mark.postgresql
def test_postgresql_prepares_a_question_once_and_keeps_it():
    for sku in ("CUP", "MUG"):
        world.product(sku, weight_g=300)
        assert products(skus=[sku], limit=900)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ['%"weight_g" <= ($2)%'],
        )
        assert cursor.fetchall() == [(2,)]

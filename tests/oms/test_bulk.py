import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils.safestring import mark_safe

from inventory.models import Location, Product, StockLevel
from oms import bulk
from oms.models import Event

pytestmark = pytest.mark.django_db


def mug(number, **fields):
    return Product(sku=f"MUG-{number}", name="Mug", weight_g=300, **fields)


def test_insert_writes_what_bulk_create_writes():
    odd = "Fran\u00e7ois \\ \"quoted\" {a,b} NULL 'x' \u2028 \U0001f600"
    fields = {"name": odd, "weight_g": 300}
    one, two = Product(sku="ONE", **fields), Product(sku="TWO", **fields)
    batch = bulk.Batch()
    batch.add([one])

    with transaction.atomic():
        batch.insert()
        Product.objects.bulk_create([two])

    rows = list(Product.objects.order_by("sku").values())
    assert len(rows) == 2
    ours, theirs = (
        {k: v for k, v in row.items() if k not in {"id", "sku", "created_at"}} for row in rows
    )
    assert ours == theirs
    assert ours["name"] == odd


def test_fresh_rows_are_those_that_the_constructor_makes():
    fields = {"sku": "MUG", "name": "Mug", "weight_g": 300}
    made, (fresh, other) = (
        Product(**fields),
        bulk.fresh(Product, [fields, {**fields, "sku": "CUP"}]),
    )

    ours, theirs = ({**vars(row), "created_at": None, "_state": None} for row in (fresh, made))
    assert ours == theirs
    assert vars(fresh._state) == vars(made._state)
    fresh.save()
    assert Product.objects.get() == fresh
    assert (other.sku, other.pk) == ("CUP", None)


def test_fresh_rows_have_no_column_that_the_table_lacks():
    with pytest.raises(TypeError, match="Product has no column colour"):
        bulk.fresh(Product, [{"sku": "MUG", "colour": "blue"}])


def test_numbered_rows_point_at_each_other_before_they_are_written():
    product, place = mug(1), Location(code="LON", name="London", country="GB")
    with transaction.atomic():
        bulk.number([product], [place])
        level = StockLevel(product=product, location=place)
        batch = bulk.Batch()
        for rows in ([product], [place], [level]):
            batch.add(rows)
        batch.insert()

    stored = StockLevel.objects.get()
    assert (stored.product, stored.location) == (product, place)
    assert not product._state.adding


def test_number_never_gives_a_key_twice():
    with transaction.atomic():
        one, two = mug(1), mug(2)
        bulk.number([one, two])
        batch = bulk.Batch()
        batch.add([one, two])
        batch.insert()
        third = Product.objects.create(sku="MUG-3", name="Mug")
        fourth = mug(4)
        bulk.number([fourth])

    assert len({one.pk, two.pk, third.pk, fourth.pk}) == 4


def test_insert_keeps_the_first_history_row_of_each():
    rows = [mug(1), mug(2)]
    with transaction.atomic():
        bulk.number(rows)
        batch = bulk.Batch()
        batch.add(rows, history_by="api-key:abc")
        batch.insert()

    kept = Product.history.order_by("id")
    assert [(row.id, row.sku, row.history_type) for row in kept] == [
        (rows[0].pk, "MUG-1", "+"),
        (rows[1].pk, "MUG-2", "+"),
    ]
    assert {row.history_change_reason for row in kept} == {"api-key:abc"}
    assert kept[0].weight_g == 300


def test_insert_takes_one_statement_for_all_tables(django_assert_num_queries):
    rows, place = (
        [mug(number) for number in range(20)],
        Location(code="LON", name="L", country="GB"),
    )
    batch = bulk.Batch()
    with transaction.atomic():
        bulk.number(rows, [place])
        batch.add(rows, history_by="api-key:abc")
        batch.add([place])
        batch.add([])
        with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3):
            batch.insert()


def test_insert_of_a_row_that_is_there_writes_none():
    Product.objects.create(sku="MUG-1", name="Mug")
    batch = bulk.Batch()
    batch.add([Location(code="LON", name="London", country="GB")])
    batch.add([mug(1)])

    with pytest.raises(IntegrityError), transaction.atomic():
        batch.insert()

    assert not Location.objects.exists()
    assert Product.objects.count() == 1


def test_insert_writes_facts_times_and_safe_text_as_they_are():
    event = Event(
        name=mark_safe("test.done"), subject_type="oms.counter", subject_id=1, sequence=1,
        actor="user:1", facts={"units": [[1, 2]], "note": None},
    )  # fmt: skip
    batch = bulk.Batch()
    batch.add([event])
    with transaction.atomic():
        batch.insert()

    stored = Event.objects.get()
    assert (stored.name, stored.facts) == ("test.done", {"units": [[1, 2]], "note": None})
    assert (stored.at, stored.public_id) == (event.at, event.public_id)
    assert Event.objects.filter(at__lte=Now()).exists()

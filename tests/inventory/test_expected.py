"""Each document says the whole of what it still brings."""

from datetime import date

import pytest

from inventory import operations as inventory
from inventory.models import ExpectedSupply
from tests import factories as world

pytestmark = pytest.mark.django_db

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


def expected():
    return list(ExpectedSupply.objects.order_by("due_on").values_list("quantity", "due_on"))


def test_expect_adds_up_rows_of_one_day_and_leaves_out_nothing():
    mug, london = world.product(), world.warehouse()
    row = inventory.Expected(mug.pk, london.pk, 3, MONDAY)
    none = inventory.Expected(mug.pk, london.pk, 0, FRIDAY)

    inventory.expect("purchase_order", "PO-1", [row, row, none])

    assert expected() == [(6, MONDAY)]


def test_expect_again_replaces_what_the_document_said_and_no_other():
    mug, london = world.product(), world.warehouse()
    inventory.expect("purchase_order", "PO-1", [inventory.Expected(mug.pk, london.pk, 6, MONDAY)])
    inventory.expect("transfer", "PO-1", [inventory.Expected(mug.pk, london.pk, 1, MONDAY)])

    inventory.expect("purchase_order", "PO-1", [inventory.Expected(mug.pk, london.pk, 2, FRIDAY)])

    assert expected() == [(1, MONDAY), (2, FRIDAY)]

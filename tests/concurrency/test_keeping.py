"""Two systems keep the same row for the first time: both are answered, and it is made once."""

from functools import partial

import pytest

from customers import operations as customers
from customers.models import PaymentTerms
from customers.operations import Terms
from oms.models import Event
from orders import operations as orders
from orders.models import PriceList
from orders.operations import ListFace
from tests import factories as world

pytestmark = pytest.mark.concurrency


@pytest.mark.parametrize(
    ("put", "given", "table", "event"),
    [
        (
            customers.put_payment_terms,
            [Terms(f"Terms {n}", days=n) for n in range(12)],
            PaymentTerms,
            "payment_terms.set",
        ),
        (
            orders.put_price_list,
            [ListFace(f"List {n}", "GBP") for n in range(12)],
            PriceList,
            "price_list.set",
        ),
    ],
)
def test_first_of_many_makes_it_and_the_others_change_it(at_once, put, given, table, event):
    answers = at_once([partial(put, "new-one", each, by=world.BY, reason="Kept") for each in given])

    assert sorted(is_new for _, is_new in answers) == [False] * 11 + [True]
    assert table.objects.filter(code="new-one").count() == 1
    assert Event.objects.filter(name=event).count() == 12

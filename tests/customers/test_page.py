"""A customer's page: what a person bought, sent back and was promised, and one timeline of it all."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers import operations as customers
from customers.models import Customer
from customers.queries.moments import timeline_of
from fulfillment import operations as fulfillment
from oms.dispatch import drain
from orders import operations as orders
from reporting.queries.buyers import promises_to
from tests import factories as world
from tests.factories import documents

BY = "user:1"

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 100)
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def busy(shop):
    """Ada, who ordered twice, was sent one order late, and sent a mug back."""
    order = world.place(shop, ("MUG", 2))
    orders.record_capture(order, by=BY, method="bank_transfer", amount=order.total, reference="T1")
    drain(webhooks=False)
    documents.send(order)
    wishes = {order.lines.get().pk: fulfillment.Wish(1, "damaged")}
    back = fulfillment.request_return(order, by=BY, wishes=wishes)
    orders.place_hold(world.place(shop, ("MUG", 1)), by=BY, kind="other", reason="Call first")
    customer = Customer.objects.get()
    customers.add_note(customer, by=BY, text="Rings twice")
    drain(webhooks=False)
    return customer, order, back


def page(customer, query=""):
    return reverse("admin:customers_customer_change", args=[customer.pk]) + query


def test_page_shows_value_promises_returns_with_reasons_and_timeline(busy, sign_in):
    customer, order, back = busy

    text = sign_in("Operations").get(page(customer)).text

    for shown in (
        "£30.00",  # lifetime value
        "in 2 orders, £15.00 each",
        '2 late</span> <span class="oms-faint">(1 not left yet)',
        back.number,
        "1 × Arrived damaged",
        f"{order.number}</a> · Ordered 2 units, £20.00",
        "£20.00 received – Bank transfer",
        "Return requested",
        "Put on hold – Other: Call first",
        "Rings twice",
    ):
        assert shown in text, shown


def test_page_of_nobody_yet_says_what_will_stand_there(ada, sign_in):
    text = sign_in("Operations").get(page(ada)).text

    for shown in ("nothing bought yet", "none given yet", "Nothing came back", "Nothing yet."):
        assert shown in text


@pytest.mark.parametrize("times", [1, 3])
def test_page_costs_the_same_for_any_number_of_orders(
    shop, sign_in, times, django_assert_num_queries
):
    for n in range(times):
        order = world.place(shop, ("MUG", 1), external_id=str(n))
        drain(webhooks=False)
        documents.send(order)
    customer = Customer.objects.get()
    for n in range(times):
        customers.add_note(customer, by=BY, text=f"Note {n}")
    client = sign_in("Operations")
    client.get(page(customer))

    with django_assert_num_queries(PAGE_QUERIES):
        client.get(page(customer))


PAGE_QUERIES = 42


def test_timeline_pages_tell_everything_once(busy):
    customer, *_ = busy
    every = timeline_of([customer.pk], may=bool, most=1_000).moments

    told, before = [], None
    while True:
        part = timeline_of([customer.pk], may=bool, before=before, most=2)
        told += part.moments
        if part.older is None:
            break
        before = part.older

    assert told == every
    assert len(every) >= 6
    keys = [moment.event for moment in every]
    assert keys == sorted(keys, reverse=True)


def test_timeline_page_of_older_moments_and_of_nonsense(busy, sign_in):
    customer, *_ = busy
    client = sign_in("Operations")

    assert "Nothing yet." in client.get(page(customer, "?before=1")).text
    assert "Rings twice" in client.get(page(customer, "?before=x")).text


def test_timeline_tells_of_all_numbers_of_a_person(busy):
    customer, *_ = busy
    other = customers.identify([world.CORA], by=BY)[0]
    customers.give_consent(
        other, "marketing_email", by=BY, source="form", wording="May we write to you?"
    )
    customers.merge(other, into=customer, by=BY, reason="same")

    said = [row.sentence for row in timeline_of([customer.pk, other.pk], may=bool).moments]

    assert said[:2] == [
        f"{other.number} is the same person – same",
        f"Merged into {customer.number} – same",
    ]
    assert "Agreed to marketing by e-mail (form)" in said
    assert "Ordered 2 units, £20.00" in said


def test_timeline_tells_nobody_of_what_they_could_not_open(busy):
    customer, *_ = busy

    found = timeline_of([customer.pk], may="customers.view_customer".__eq__).moments

    assert {moment.kind for moment in found} == {"customer"}


def test_promises_are_kept_late_or_open(shop, time_machine):
    now = timezone.now()
    start = {"placed_at": now}
    kept, late, waiting, open_ = (
        world.place(shop, ("MUG", 1), external_id=str(n), **start) for n in range(4)
    )
    drain(webhooks=False)
    documents.send(kept)
    orders.change_promise(
        open_, by=BY, promised_at=now + timedelta(days=60), reason="customer_asked"
    )
    time_machine.move_to(now + timedelta(days=30))
    documents.send(late)
    drain(webhooks=False)

    found = promises_to([kept.customer_id], timezone.now())

    assert (found.kept, found.late, found.waiting, found.open) == (1, 2, 1, 1)
    assert round(found.rate) == 33
    assert waiting.promised_at < timezone.now()

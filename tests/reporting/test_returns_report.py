"""What comes back, and why."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Return
from oms.dispatch import drain
from reporting import queries
from reporting.queries.returns import returns_report
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def sold():
    """Six mugs and two cups, shipped."""
    london = world.warehouse("LON")
    world.stocked("MUG", london, 10)
    world.stocked("CUP", london, 10)
    Carrier.objects.create(code="post", name="Post")
    order = world.place(world.shop(duplicate_window_minutes=0), ("MUG", 6), ("CUP", 2))
    drain(webhooks=False)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    fulfillment.ship(document, by=BY, carrier="post")
    drain(webhooks=False)
    return order


def ask(order, sku, units, reason):
    line = order.lines.get(sku=sku)
    wishes = {line.pk: fulfillment.Wish(units, reason)}
    return fulfillment.request_return(order, by=BY, wishes=wishes)


def report(days=7, **more):
    return returns_report(queries.Period.latest(days, now=timezone.now()), **more)


def test_report_counts_units_by_reason_product_and_channel(sold):
    ask(sold, "MUG", 2, "unwanted")
    back = fulfillment.approve(ask(sold, "MUG", 1, "defective"), by=BY)
    fulfillment.receive(back, by=BY, outcomes={back.lines.get().pk: {"scrap": 1}})
    ask(sold, "CUP", 1, "defective")
    fulfillment.decline(ask(sold, "MUG", 1, "late"), by=BY, reason="No")
    old = ask(sold, "MUG", 1, "late")
    Return.objects.filter(pk=old.pk).update(requested_at=timezone.now() - timedelta(days=30))

    found = report()

    assert found.units == 4
    assert [(row.name, row.fault, row.units, row.share) for row in found.reasons] == [
        ("Changed my mind", "Buyer", 2, Decimal(50)),
        ("Does not work", "Seller", 2, Decimal(50)),
    ]
    assert [(row.sku, row.units, row.shipped, row.rate, row.reason) for row in found.products] == [
        ("MUG", 3, 6, Decimal(50), "Changed my mind"),
        ("CUP", 1, 2, Decimal(50), "Does not work"),
    ]
    assert {name: sum(units) for name, units in found.series.items()} == {
        "Changed my mind": 2,
        "Does not work": 2,
    }
    assert (found.channels, found.refunds) == ([("Shop", 4)], [("GBP", Decimal(10))])
    assert report(channel="other").units == 0


def test_page_shows_the_report_and_what_to_do_while_it_is_empty(sold, admin_client):
    url = reverse("admin:reporting_returns")
    assert "Nothing was sent back in this period" in admin_client.get(url).content.decode()

    ask(sold, "MUG", 2, "unwanted")
    shown = admin_client.get(url, {"days": 365}).content.decode()

    assert "Changed my mind" in shown
    assert 'data-oms-chart="returns"' in shown

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.consumers import create_fulfillment_orders
from fulfillment.models import Carrier, ClaimTerms, Shipment
from oms.models import Event, User
from orders import operations as orders
from tests import factories as world


@pytest.fixture
def floor(db):
    """A shop with stock in London and Leeds, a carrier, and a way to place and release."""
    return Floor()


@pytest.fixture
def as_role(client):
    """Sign in as somebody with only this role."""

    def sign_in(role):
        user = User.objects.create_user(role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return sign_in


class Floor:
    def __init__(self):
        self.channel = world.shop(duplicate_window_minutes=0)
        self.london = world.warehouse("LON", priority=10)
        self.leeds = world.warehouse("LEE", latitude=53.8, longitude=-1.5)
        self.mug = world.stocked("MUG", self.london, 10)
        world.stocked("MUG", self.leeds, 10)
        self.cup = world.stocked("CUP", self.leeds, 5)
        Carrier.objects.create(code="royal-mail", name="Royal Mail")
        self.seen = set()

    def work(self, *lines):
        """Place an order and give its released units to the locations."""
        order = world.place(self.channel, *(lines or [("MUG", 3)]))
        self.dispatch(order)
        return order, list(order.fulfillment_orders.order_by("pk"))

    def dispatch(self, order):
        """What the worker does with the events that are not yet answered."""
        for event in Event.objects.filter(name="order.released", subject_id=order.pk):
            if event.pk not in self.seen:
                self.seen.add(event.pk)
                create_fulfillment_orders(event)

    def packed(self, *lines):
        order, (document, *_) = self.work(*lines)
        document = fulfillment.pick(document, by=world.BY)
        contents = {line.pk: line.picked for line in document.lines.all()}
        fulfillment.pack(document, by=world.BY, parcels=[fulfillment.PackedParcel(900, contents)])
        return order, document

    def send(self, order):
        """Everything that locations have of an order leaves, a parcel each."""
        for document in order.fulfillment_orders.order_by("pk"):
            work = fulfillment.pick(document, by=world.BY)
            contents = {line.pk: line.picked for line in work.lines.all()}
            parcel = fulfillment.PackedParcel(900, contents)
            fulfillment.pack(work, by=world.BY, parcels=[parcel])
            fulfillment.ship(work, by=world.BY, carrier="royal-mail")

    def shipped(self, *lines):
        order, document = self.packed(*lines)
        shipment = fulfillment.ship(
            document, by=world.BY, carrier="royal-mail", tracking_number="RA473124829GB"
        )
        return order, shipment


@pytest.fixture
def sent(floor):
    """Three mugs of ten pounds, paid for, 900 g, twelve days with the carrier; and its terms."""
    paid = orders.PlacedPayment("card", Decimal(30), "captured", "ch_1")
    order = world.place(floor.channel, ("MUG", 3), payments=(paid,))
    floor.dispatch(order)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=world.BY, parcels=[fulfillment.PackedParcel(900, contents)])
    shipment = fulfillment.ship(document, by=world.BY, carrier="royal-mail")
    terms(floor)
    return aged(shipment, 12)


def terms(floor, **fields):
    defaults = {"valid_from": date(2026, 1, 1), "currency": "GBP", "per_kg": 12}
    carrier = Carrier.objects.get(code="royal-mail")
    return ClaimTerms.objects.create(carrier=carrier, **{**defaults, **fields})


def aged(shipment, days):
    Shipment.objects.filter(pk=shipment.pk).update(shipped_at=timezone.now() - timedelta(days=days))
    return Shipment.objects.select_related("order", "carrier").get(pk=shipment.pk)

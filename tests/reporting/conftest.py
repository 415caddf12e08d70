from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from fulfillment.models import Carrier, FulfillmentOrder, Return, Shipment
from oms import events
from oms.models import User
from tests import factories as world


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def as_(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        client.user = user
        return client

    return as_


@pytest.fixture
def ship(db):
    """Say that a location shipped all of an order, as fulfillment would."""

    def ship_(order, location, *, after=timedelta(hours=5), on_time=True):
        carrier, _ = Carrier.objects.get_or_create(code="post", name="Post")
        work = FulfillmentOrder.objects.create(
            number=f"FO{order.pk}", order=order, location=location, status="shipped"
        )
        shipment = Shipment.objects.create(
            number=f"SH{order.pk}",
            fulfillment_order=work,
            order=order,
            carrier=carrier,
            shipped_at=order.placed_at + after,
        )
        units = [[line.pk, line.product_id, line.quantity] for line in order.lines.all()]
        with transaction.atomic():
            events.record(
                "shipment.shipped",
                shipment,
                by=world.BY,
                order=order.number,
                location=location.code,
                units=units,
                on_time=on_time,
            )
        return shipment

    return ship_


@pytest.fixture
def take_back(db):
    """Say that a return of one unit of the order's first line was received."""

    def take_back_(order, location):
        back = Return.objects.create(
            number=f"RMA{order.pk}", order=order, location=location, status="received"
        )
        line = order.lines.first()
        with transaction.atomic():
            events.record(
                "return.received",
                back,
                by=world.BY,
                order=order.number,
                credit="10",
                lines=[[line.pk, line.product_id, 1]],
                day=timezone.now().date().isoformat(),
            )
        return back

    return take_back_

"""Locations through the API: where goods leave, and where buyers may collect."""

import pytest

from inventory.models import LocationService
from oms import keys
from tests import factories as world

pytestmark = pytest.mark.django_db


def test_locations_tell_where_buyers_may_collect(client):
    store, closed = world.warehouse("SHOP", kind="store"), world.warehouse("OLD", is_active=False)
    for location in (store, closed):
        LocationService.objects.create(location=location, offers_pickup=True, pickup_days=3)
    world.warehouse("LON")
    headers = {"Authorization": f"Api-Key {keys.create('Shop', scopes=['stock:read'])[1]}"}

    answer = client.get("/api/v1/locations/", headers=headers)
    one = client.get("/api/v1/locations/SHOP/", headers=headers).json()

    told = {
        row["code"]: (row["offers_pickup"], row["pickup_days"]) for row in answer.json()["results"]
    }
    assert told == {"SHOP": (True, 3), "OLD": (False, None), "LON": (False, None)}
    assert (one["code"], one["offers_pickup"], one["pickup_days"]) == ("SHOP", True, 3)

import pytest

from compliance.models import EntityLocation, LegalEntity
from fulfillment.models import Carrier
from oms import keys
from oms.dispatch import drain
from tests import factories as world


class House:
    """A shop with an API key, stock in two places, a seller and a carrier."""

    def __init__(self, client):
        self.client = client
        self.shop = world.shop("shop", needs_payment=True)
        self.key = keys.create("Shop", channel="shop")[1]
        self.london = world.warehouse("LON", priority=10)
        self.leeds = world.warehouse("LEE", latitude=53.8, longitude=-1.5)
        seller = LegalEntity.objects.create(
            code="uk", name="Shop Ltd", country="GB", currency="GBP", tax_id="GB123456789"
        )
        for place in (self.london, self.leeds):
            EntityLocation.objects.create(location=place, entity=seller)
        Carrier.objects.create(code="royal-mail", name="Royal Mail")
        world.stocked("MUG", self.london, 10, unit_cost=4)
        world.stocked("CUP", self.leeds, 5)

    def call(self, method, path, data=None, *, key=None, **headers):
        answer = getattr(self.client, method)(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key or self.key}", **headers},
        )
        return answer.status_code, answer.json() if answer.content else None

    def drain(self):
        drain(webhooks=False)


@pytest.fixture
def house(db, client):
    return House(client)


@pytest.fixture
def wanted():
    """An order as the outer contract writes it."""
    return {
        "external_id": "W-1001",
        "currency": "GBP",
        "customer": {"name": "Ada Byron", "email": "ada@example.com"},
        "shipping_address": {
            "name": "Ada Byron",
            "line1": "12 St James's Square",
            "city": "London",
            "postcode": "SW1Y 4JH",
            "country": "GB",
        },
        "lines": [
            {"sku": "MUG", "quantity": 3, "unit_price": "12.00"},
            {"sku": "CUP", "quantity": 2, "unit_price": "6.00"},
        ],
        "charges": [{"type": "shipping", "amount": "4.80"}],
        "payments": [
            {"method": "card", "amount": "52.80", "state": "captured", "reference": "ch_1"}
        ],
    }

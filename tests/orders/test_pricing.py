import pytest

from compliance.models import EntityLocation, LegalEntity
from tests import factories as world

BERLIN = {**world.LONDON, "city": "Berlin", "postcode": "10115", "country": "DE"}


def sold_by(location, country, tax_id):
    seller = LegalEntity.objects.create(
        code=country.lower(), name=country, country=country, currency="EUR", tax_id=tax_id
    )
    EntityLocation.objects.create(location=location, entity=seller)


@pytest.mark.django_db
def test_place_split_order_taxes_each_line_as_its_location_sells():
    shop = world.shop("de", currency="EUR")
    london, berlin = world.warehouse("LON"), world.warehouse("BER", country="DE")
    sold_by(london, "GB", "GB123456789")
    sold_by(berlin, "DE", "DE123456789")
    world.stocked("MUG", london, 5)
    world.stocked("CUP", berlin, 5)

    order = world.place(
        shop, ("MUG", 1, "11.90"), ("CUP", 1, "11.90"), currency="EUR", shipping_address=BERLIN
    )

    taxes = {line.sku: str(line.tax_amount) for line in order.lines.all()}
    assert taxes == {"MUG": "0.0000", "CUP": "1.9000"}


@pytest.mark.django_db
def test_page_of_an_order_says_why_there_is_no_tax(admin_client):
    world.stocked("MUG", world.warehouse(), 5)
    order = world.place(world.shop(), ("MUG", 1))  # no legal entity stands behind the warehouse

    page = admin_client.get(f"/admin/orders/order/{order.pk}/change/").text

    assert order.tax_total == 0
    assert page.count("no tax: outside the scope") == 2  # at the line, and at the tax

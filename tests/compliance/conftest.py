"""A small world: a shop in London and one in Berlin, a warehouse each, a third in Maharashtra."""

from datetime import date

import pytest

from compliance.models import EntityLocation, LegalEntity
from inventory.models import Location


@pytest.fixture
def uk(db):
    return LegalEntity.objects.create(
        code="uk",
        name="Lovelace Homewares Ltd",
        line1="1 Analytical Row",
        city="London",
        postcode="N1 9GU",
        country="GB",
        currency="GBP",
        tax_id="GB980780684",
        time_zone="Europe/London",
        invoice_prefix="UK",
    )


@pytest.fixture
def de(db):
    return LegalEntity.objects.create(
        code="de",
        name="Lovelace Haushalt GmbH",
        line1="Leibnizstraße 2",
        city="Berlin",
        postcode="10625",
        country="DE",
        currency="EUR",
        tax_id="DE136695976",
        time_zone="Europe/Berlin",
        invoice_prefix="DE",
        oss_from=date(2021, 7, 1),
    )


@pytest.fixture
def india(db):
    return LegalEntity.objects.create(
        code="in",
        name="Lovelace Homeware Pvt Ltd",
        line1="3 Ramanujan Marg",
        city="Mumbai",
        postcode="400001",
        region="Maharashtra",
        country="IN",
        currency="INR",
        tax_id="27AAPFU0939F1ZV",
        time_zone="Asia/Kolkata",
        fiscal_year_start_month=4,
        invoice_prefix="IN",
    )


@pytest.fixture
def stock_at(db):
    """Make a location, given to an entity or to nobody."""

    def make(country, entity=None, **fields):
        location = Location.objects.create(
            code=f"{country}-{Location.objects.count()}", name=country, country=country, **fields
        )
        if entity:
            EntityLocation.objects.create(location=location, entity=entity)
        return location

    return make

"""Who is there: users with roles, channels, locations in three countries, carriers, companies."""

from datetime import time
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db.models import Manager

LOGINS = (
    ("Operations", "operations", "demo-operations"),
    ("Warehouse", "warehouse", "demo-warehouse"),
    ("Finance", "finance", "demo-finance"),
    ("Support", "support", "demo-support"),
    ("Auditor", "auditor", "demo-auditor"),
    ("Administrator", "administrator", "demo-administrator"),
)
SHOP, WEB, MARKET, DESK = "uk-wholesale", "de-shop", "in-market", "b2b-desk"

CHANNELS: dict[str, dict[str, Any]] = {
    SHOP: {
        "name": "UK wholesale shop",
        "currency": "GBP",
        "review_limit": Decimal(2500),
        "promise_days": 2,
    },
    WEB: {
        "name": "German web shop",
        "currency": "EUR",
        "review_limit": Decimal(600),
        "duplicate_window_minutes": 60,
    },
    MARKET: {
        "name": "Indian marketplace",
        "currency": "INR",
        "promise_days": 3,
        "review_limit": Decimal(75_000),
    },
    DESK: {
        "name": "B2B desk",
        "currency": "GBP",
        "price_includes_tax": False,
        "needs_payment": False,
        "auto_release": False,
        "ships_complete": True,
        "promise_days": 5,
        "duplicate_window_minutes": 0,
    },
}

LONDON, LEEDS, BERLIN, MUMBAI = "LON", "LDS", "BER", "BOM"
LOCATIONS: dict[str, dict[str, Any]] = {
    LONDON: {
        "name": "London, Barking",
        "line1": "4 Thames Road",
        "city": "Barking",
        "postcode": "IG11 0HZ",
        "country": "GB",
        "latitude": 51.53,
        "longitude": 0.10,
        "time_zone": "Europe/London",
        "cutoff": time(15),
    },
    LEEDS: {
        "name": "Leeds, Stourton",
        "line1": "20 Haigh Park Road",
        "city": "Leeds",
        "postcode": "LS10 1RT",
        "country": "GB",
        "latitude": 53.76,
        "longitude": -1.50,
        "time_zone": "Europe/London",
        "cutoff": time(16),
    },
    BERLIN: {
        "name": "Berlin, Großbeeren",
        "line1": "Märkische Allee 8",
        "city": "Großbeeren",
        "postcode": "14979",
        "country": "DE",
        "latitude": 52.36,
        "longitude": 13.30,
        "time_zone": "Europe/Berlin",
        "cutoff": time(14),
    },
    MUMBAI: {
        "name": "Mumbai, Bhiwandi",
        "line1": "Plot 12, Logistics Park",
        "city": "Bhiwandi",
        "postcode": "421302",
        "region": "Maharashtra",
        "country": "IN",
        "latitude": 19.30,
        "longitude": 73.06,
        "time_zone": "Asia/Kolkata",
        "cutoff": time(13),
    },
}

# What a parcel costs from each location, in pounds: London is dear by the unit, Leeds by the way.
COSTS: dict[str, dict[str, str]] = {
    LONDON: {
        "shipping_base": "2.60", "shipping_per_100km": "0.35", "shipping_per_kg": "0.42",
        "handling_per_parcel": "1.10", "handling_per_unit": "0.16",
    },
    LEEDS: {
        "shipping_base": "2.35", "shipping_per_100km": "0.48", "shipping_per_kg": "0.38",
        "handling_per_parcel": "0.80", "handling_per_unit": "0.11",
    },
    BERLIN: {
        "shipping_base": "3.40", "shipping_per_100km": "0.30", "shipping_per_kg": "0.55",
        "handling_per_parcel": "0.95", "handling_per_unit": "0.13",
    },
    MUMBAI: {
        "shipping_base": "1.10", "shipping_per_100km": "0.12", "shipping_per_kg": "0.25",
        "handling_per_parcel": "0.30", "handling_per_unit": "0.04",
    },
}  # fmt: skip

CARRIERS = {
    "royal-mail": (
        "Royal Mail",
        "https://www.royalmail.com/track-your-item#/tracking-results/{number}",
        "[A-Z]{2}[0-9]{9}[A-Z]{2}",  # UPU S10
        "Tracked 48\nTracked 24\nSpecial Delivery by 1pm",
    ),
    "dpd": (
        "DPD",
        "https://www.dpd.co.uk/apps/tracking/?reference={number}",
        "",
        "Next day\nTwo day",
    ),
    "dhl": (
        "DHL",
        "https://www.dhl.com/en/express/tracking.html?AWB={number}",
        "[0-9]{10}",
        "Paket\nExpress",
    ),
    "delhivery": (
        "Delhivery",
        "https://www.delhivery.com/track/package/{number}",
        "",
        "Surface\nExpress",
    ),
}
CARRIER_OF = {LONDON: "royal-mail", LEEDS: "dpd", BERLIN: "dhl", MUMBAI: "delhivery"}

# Registrations are invented; their check digits are right.
ENTITIES: dict[str, dict[str, Any]] = {
    "uk": {
        "name": "Demo Trading Ltd",
        "line1": "4 Thames Road",
        "city": "Barking",
        "postcode": "IG11 0HZ",
        "country": "GB",
        "currency": "GBP",
        "tax_id": "GB999999973",
        "time_zone": "Europe/London",
        "invoice_prefix": "UK",
    },
    "de": {
        "name": "Demo Handel GmbH",
        "line1": "Märkische Allee 8",
        "city": "Großbeeren",
        "postcode": "14979",
        "country": "DE",
        "currency": "EUR",
        "tax_id": "DE999999995",
        "time_zone": "Europe/Berlin",
        "invoice_prefix": "DE",
    },
    "in": {
        "name": "Demo Retail Private Limited",
        "line1": "Plot 12, Logistics Park",
        "city": "Bhiwandi",
        "postcode": "421302",
        "region": "Maharashtra",
        "country": "IN",
        "currency": "INR",
        "tax_id": "27AAACD1234A1ZH",
        "time_zone": "Asia/Kolkata",
        "fiscal_year_start_month": 4,
        "invoice_prefix": "IN",
    },
}
ENTITY_OF = {LONDON: "uk", LEEDS: "uk", BERLIN: "de", MUMBAI: "in"}


def table(label: str) -> Manager[Any]:
    """The rows of a model by its label: reference data has no operations, and is laid down here."""
    return apps.get_model(label)._default_manager  # noqa: SLF001 (documented manager hook)


def lay_down() -> None:
    """Make what is missing; what is there stays as it is, whoever changed it."""
    for code, fields in CHANNELS.items():
        table("orders.Channel").get_or_create(code=code, defaults=fields)
    for code, fields in LOCATIONS.items():
        table("inventory.Location").get_or_create(code=code, defaults=fields)
    for code, costs in COSTS.items():
        table("inventory.LocationService").get_or_create(
            location=table("inventory.Location").get(code=code),
            defaults={name: Decimal(amount) for name, amount in costs.items()},
        )
    for code, (name, url, pattern, services) in CARRIERS.items():
        defaults = {
            "name": name,
            "tracking_url": url,
            "tracking_pattern": pattern,
            "services": services,
        }
        table("fulfillment.Carrier").get_or_create(code=code, defaults=defaults)
    for code, fields in ENTITIES.items():
        table("compliance.LegalEntity").get_or_create(code=code, defaults=fields)
    for location, entity in ENTITY_OF.items():
        table("compliance.EntityLocation").get_or_create(
            location=table("inventory.Location").get(code=location),
            defaults={"entity": table("compliance.LegalEntity").get(code=entity)},
        )
    _hire()


def _hire() -> None:
    """One user for each role."""
    for role, name, password in LOGINS:
        user, is_new = get_user_model().objects.get_or_create(
            username=name,
            defaults={
                "email": f"{name}@demo.example",
                "first_name": role,
                "password": make_password(password),
                "is_staff": True,
            },
        )
        if is_new:
            user.groups.add(*Group.objects.filter(name=role))


def user_of(role: str) -> str:
    """The actor of a role, as operations expect it."""
    name = next(login for label, login, _ in LOGINS if label == role)
    return f"user:{get_user_model().objects.get(username=name).pk}"

"""A canary through every door: its data is found nowhere in clear, and after erasure nowhere at all.

The whole database is read row by row as it is stored, tables of the framework included, and so are
the data folder, the cache and everything that was written to the log.
"""

import csv
import json
import logging
import pickle
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from compliance.consumers import issue_invoice
from compliance.models import EntityLocation, Invoice, LegalEntity
from compliance.operations import privacy
from compliance.queries.held import REGISTER
from customers import operations as customers
from customers import queries as sealing
from customers.models import Customer, SearchToken
from oms import keys, links, sealed
from oms.api import KeyThrottle
from oms.models import User
from orders import operations as orders
from orders.models import DraftOrder, Order
from orders.tasks import import_file
from tests import factories
from tests.factories import documents

EMAIL = "canary@quillfeather.example"
PHONE = "+44 7700 900123"
NAME = "Zebedee Quillfeather"
ADDRESS = {
    "name": NAME,
    "line1": "7 Quillfeather Mews",
    "line2": "Zebedee's loft",
    "city": "Quillton",
    "region": "",
    "postcode": "QX9 9ZZ",
    "country": "GB",
}
PARTY = {"name": NAME, "email": EMAIL, "phone": PHONE, "tax_id": "GB980780684"}
# Nothing so short that a random token could hold it by chance.
TRACES = (
    *(b"quill", b"zebedee", b"7700900123", b"7700 900123"),
    *(b" 9zz", b"qx99zz", b"gb900777333"),
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(tmp_path, settings):
    settings.OMS_DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.OMS_REQUIRE_MFA = False
    KeyThrottle._buckets.clear()
    cache.clear()
    return tmp_path


@pytest.fixture
def shop(data_dir):
    london = factories.warehouse()
    factories.stocked("MUG", london, 100, unit_price=10)
    entity = LegalEntity.objects.create(
        code="ltd", name="Mugs Ltd", country="GB", currency="GBP", tax_id="GB123456789"
    )
    EntityLocation.objects.create(location=london, entity=entity)
    return factories.shop()


def message(external_id):
    return {
        "external_id": external_id,
        "currency": "GBP",
        "customer": PARTY,
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "10.00"}],
    }


def through_api(client, shop, data_dir):
    headers = {
        "Authorization": f"Api-Key {keys.create('Test', channel=shop.code)[1]}",
        "Idempotency-Key": "one",
    }
    send = {"content_type": "application/json", "headers": headers}
    assert client.post("/api/v1/orders/", message("A-1"), **send).status_code == 201
    incomplete = message("A-2") | {"shipping_address": ADDRESS | {"postcode": "", "city": ""}}
    assert client.post("/api/v1/orders/", incomplete | {"x": 1}, **send).status_code == 422
    headers["Idempotency-Key"] = "two"
    assert client.post("/api/v1/orders/", incomplete, **send).status_code == 201
    client.post("/api/v1/orders/", message("A-3") | {"lines": NAME}, **send)
    broken = message("A-4") | {"customer": PARTY | {"email": ["x", EMAIL]}}
    client.post("/api/v1/orders/", broken, content_type="application/json", headers=headers)


def through_bulk(client, shop, data_dir):
    headers = {"Authorization": f"Api-Key {keys.create('Test', channel=shop.code)[1]}"}
    unknown = message("B-2")
    unknown["lines"][0]["sku"] = "NOBODY-KNOWS"
    body = {"on_error": "continue", "orders": [message("B-1"), unknown, {"customer": PARTY}]}
    response = client.post(
        "/api/v1/orders/bulk/", body, content_type="application/json", headers=headers
    )
    assert response.status_code == 200


def table(path):
    titles = ["external_id", "sku", "quantity", "unit_price", *PARTY, *ADDRESS]
    titles[titles.index("name", titles.index("name") + 1)] = "recipient"
    rows = [
        ["C-1", "MUG", "1", "10.00", *PARTY.values(), *ADDRESS.values()],
        ["C-2", "", "x", "0", *PARTY.values(), *ADDRESS.values()],
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([titles, *rows])
    return path


def through_import(client, shop, data_dir):
    call_command("import_orders", table(data_dir.parent / "orders.csv"), channel=shop.code)


def through_upload(client, shop, data_dir):
    with table(data_dir.parent / "orders.csv").open("rb") as file:
        batch = orders.begin_import(
            shop, file, by="user:1", form="csv", profile="default", dry_run=False
        )
    import_file(batch.job)
    assert Order.objects.get().external_id == "C-1"
    batch.refresh_from_db()
    assert default_storage.exists(batch.upload)  # C-2 waits to be mended


def through_pages(client, shop, data_dir):
    ben = User.objects.create_user("ben", password="x", is_staff=True)
    ben.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(ben)
    assert client.post("/admin/orders/draftorder/new/", {"channel": shop.pk}).status_code == 302
    draft = DraftOrder.objects.get()
    order_form = {
        **{name: ADDRESS[name] for name in ("line1", "line2", "city", "postcode", "country")},
        **PARTY,
        "revision": draft.revision,
        "add": "MUG",
    }
    at = f"/admin/orders/draftorder/{draft.pk}"
    assert client.post(f"{at}/edit/", order_form).status_code == 302
    assert NAME in client.get(f"{at}/change/").text
    client.post("/admin/orders/draftorder/callers/", {"q": EMAIL})
    orders.quote(draft, by="user:1", valid_until=timezone.now() + timedelta(days=1))
    link = reverse("quote", args=[links.sign("quote", f"{draft.number}:{draft.revision + 1}")])
    assert ADDRESS["postcode"] in client.get(link).text
    assert client.get(f"{link}pdf/").status_code == 200
    response = client.post(f"{at}/acts/submit/", {"act": "submit", "pay_by": ""})
    assert response.status_code == 302, response.text
    customer = Customer.objects.get()
    page = reverse("admin:customers_customer_change", args=[customer.pk])
    assert NAME in client.get(page).text
    client.get("/admin/customers/customer/", {"q": EMAIL})
    client.get("/admin/orders/order/", {"q": NAME})
    act = reverse("admin:customers_customer_act", args=[customer.pk, "correct"])
    right = PARTY | {"act": "correct", "company": "Quillfeather Ltd", "reason": "told by phone"}
    assert client.post(act, right).status_code == 302
    note = reverse("admin:customers_customer_act", args=[customer.pk, "note"])
    assert client.post(note, {"act": "note", "text": f"{NAME} rang: {PHONE}"}).status_code == 302
    assert f"{NAME} rang" in client.get(page).text


DOORS = [through_api, through_bulk, through_import, through_upload, through_pages]


@pytest.mark.parametrize("door", DOORS)
def test_canary_is_never_in_clear_and_gone_after_erasure(
    client, shop, data_dir, caplog, capfd, door
):
    caplog.set_level(logging.DEBUG)
    door(client, shop, data_dir)
    order = Order.objects.order_by("pk").first()
    issue_invoice(documents.ship(order, "SH1", MUG=1))
    customer = Customer.objects.select_related("subject").get()
    customers.add_address(customer, by="user:1", kind="shipping", address=ADDRESS)
    orders.place_hold(order, by="user:1", kind="other", reason="to be looked at")
    assert traces(data_dir, caplog, capfd) == []
    assert NAME in json.dumps(privacy.export_subject(customer.subject, by="user:1"))

    privacy.erase_subject(customer.subject, by="user:1", reason="Request of the person")

    assert traces(data_dir, caplog, capfd) == []
    assert opened_envelopes() == ["compliance.Invoice"]
    assert not SearchToken.objects.exists()
    assert not sealing.find_subjects(EMAIL).exists()
    invoice = Invoice.objects.select_related("subject").get()
    buyer = sealing.unseal_fiscal(invoice.subject, invoice.sealed, "compliance.invoice.sealed")
    assert buyer["name"] == NAME


def test_search_for_the_canary_finds_a_trace_that_was_laid(shop, data_dir, caplog, capfd):
    """The control: what is stored in clear is found, in a table and in a file."""
    User.objects.create_user("ben", first_name="Zebedee")
    (data_dir / "note.txt").write_text(EMAIL.upper())

    found = traces(data_dir, caplog, capfd)

    assert found == ["oms_user", str(data_dir / "note.txt")]


def traces(data_dir, caplog, capfd):
    """Where anything of the canary stands in clear: tables, files, cache, logs, output."""
    places = [
        table for table in sorted(connection.introspection.table_names()) if dirty(rows(table))
    ]
    places += [
        str(path)
        for path in sorted(data_dir.rglob("*"))
        if path.is_file() and dirty(path.read_bytes())
    ]
    said = capfd.readouterr()
    logged = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("django.db")
    )
    streams = {
        "cache": pickle.dumps(getattr(cache, "_cache", {})),
        "log": logged.encode(),
        "output": (said.out + said.err).encode(),
    }
    return places + [name for name, content in streams.items() if dirty(content)]


def rows(table):
    """Everything in a table as it is stored."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        values = [value for row in cursor.fetchall() for value in row]
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for value in values
    )


def dirty(content):
    return any(trace in content.lower() for trace in TRACES)


def opened_envelopes():
    """Models of which a row still opens, trying each key that is left."""
    return sorted(
        {
            held.model
            for held in REGISTER
            for row in held.table._default_manager.all()
            for name, envelope in held.envelopes.items()
            if opens(row, getattr(row, name), envelope)
        }
    )


def opens(row, content, envelope):
    if content is None:  # a draft of nobody in particular
        return False
    subject = getattr(row, "subject", None) or row.customer.subject
    found = {}
    for read in (sealing.unseal, sealing.unseal_fiscal):
        try:
            found |= read(subject, content, envelope.context)
        except sealed.Unreadable:
            continue
    return bool(found)

"""The pages on which orders are put together, and what a buyer sees of a quote."""

import re
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pypdf import PdfReader

from customers.models import Customer, Disclosure, Notification
from inventory import queries as stock
from oms import links
from oms.dispatch import drain
from oms.models import Event, User
from orders import operations as orders
from orders.enums import ChargeKind
from orders.models import Channel, DraftOrder, Order
from orders.operations import PlacedCharge
from orders.queries.charge_words import WORDS
from orders.queries.quote_words import SAID
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
LIVE = {"HX-Request": "true"}


@pytest.fixture
def shop(db):
    london = world.warehouse()
    world.stocked("MUG", london, 10, unit_price=Decimal("7.50"), barcode="5012345678900")
    world.stocked("CUP", london, 2, name="Cup of bone china")
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def enter(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def ben(sign_in):
    return sign_in("Operations")


def url(name, *args):
    return reverse(f"admin:orders_draftorder_{name}", args=args)


def begun(shop, *lines):
    return orders.draft(shop, world.wish(*(lines or [("MUG", 2, "7.50")])), by=BY)[0]


def page_data(document, **changes):
    """What the page posts for a draft as it stands, with changes."""
    data = {"revision": document.revision, "country": "GB", "name": "Ada Byron"}
    data |= {"email": "ada@example.com", "phone": "+44 20 7946 0001", "city": "London"}
    data |= {"line1": "12 St James's Square", "postcode": "SW1Y 4JH"}
    lines = list(document.lines.order_by("position"))
    for index, line in enumerate(lines):
        data |= {f"line-{index}-sku": line.sku, f"line-{index}-quantity": line.quantity}
        data |= {f"line-{index}-unit_price": line.unit_price}
    return data | {"lines": len(lines)} | changes


def edit(client, document, **changes):
    changes.setdefault("headers", LIVE)
    headers = changes.pop("headers")
    return client.post(url("edit", document.pk), page_data(document, **changes), headers=headers)


def test_a_scan_before_the_script_is_ready_adds_the_product_all_the_same(ben, shop):
    document = begun(shop)
    answer = edit(ben, document, product="5012345678900", headers={})
    assert answer.status_code == 302
    assert [(line.sku, line.quantity) for line in document.lines.all()] == [("MUG", 3)]
    document.refresh_from_db()
    edit(ben, document, product="CUP")  # typed, not yet entered, while another field is saved
    assert document.lines.count() == 1


def test_start_with_a_known_caller_fills_in_who_and_where(ben, shop):
    order = world.place(shop, ("MUG", 1))
    found = ben.post(url("callers"), {"q": "ada@example.com"}).content.decode()
    assert order.customer.number in found
    assert "Ada Byron" in found

    answer = ben.post(url("new"), {"channel": shop.pk, "customer": order.customer.number})

    document = DraftOrder.objects.get()
    assert answer.url == url("change", document.pk)
    assert document.customer == order.customer
    content = orders.content_of(document)
    assert (content.customer, content.shipping_address) == (world.ADA, world.LONDON)
    assert Disclosure.objects.filter(what=f"orders.order {order.number}").exists()


def test_start_offers_a_channel_that_writes_to_its_buyers_then_the_one_used_last(ben, shop):
    own = world.shop("web", name="Web shop", notifies_customers=True)
    assert shop.name < own.name

    first = ben.get(url("new"))
    ben.post(url("new"), {"channel": shop.pk})
    later = ben.get(url("new"))

    assert first.context["form"]["channel"].value() == own.pk
    assert later.context["form"]["channel"].value() == shop.pk
    assert "(GBP), writes to its buyers itself" in first.content.decode()


def test_edit_that_ends_a_quote_or_the_keeping_of_stock_says_so(ben, shop):
    document = begun(shop, ("CUP", 1, "5.00"))
    orders.quote(document, by=BY, valid_until=timezone.now() + timedelta(days=7))
    orders.keep_stock(document, by=BY, until=timezone.now() + timedelta(days=7))

    answer = edit(ben, document, **{"line-0-quantity": 3})
    page = ben.get(url("change", document.pk)).content.decode()

    assert answer.headers["HX-Redirect"] == url("change", document.pk)
    assert "its link no longer works" in page
    assert f"the stock kept for {document} is free again" in page
    assert (
        "HX-Redirect" not in edit(ben, DraftOrder.objects.get(), **{"line-0-quantity": 2}).headers
    )


@pytest.mark.parametrize("page", ["orders_draftorder_new", "orders_import"])
def test_pages_that_begin_orders_say_when_there_is_no_channel(ben, page):
    said = "there is none yet"
    assert said in ben.get(reverse(f"admin:{page}")).content.decode()
    world.shop()
    assert said not in ben.get(reverse(f"admin:{page}")).content.decode()


def test_start_with_nobody_known_begins_an_empty_draft(ben, shop):
    ben.post(url("new"), {"channel": shop.pk})

    document = DraftOrder.objects.get()
    page = ben.get(url("change", document.pk))
    assert (document.customer, page.status_code) == (None, 200)
    assert "No product yet" in page.content.decode()
    assert Event.objects.get(name="draft.opened").actor.startswith("user:")


def test_edit_adds_what_is_typed_at_list_price_and_shows_the_total(ben, shop):
    document = begun(shop, ("CUP", 1, "4.00"))

    live = edit(ben, document, add="5012345678900").content.decode()

    assert "£11.50" in live
    lines = document.lines.order_by("position")
    assert [(row.sku, row.quantity, row.unit_price) for row in lines] == [
        ("CUP", 1, Decimal(4)),
        ("MUG", 1, Decimal("7.50")),
    ]
    document.refresh_from_db()
    edit(ben, document, add="mug")
    assert document.lines.get(sku="MUG").quantity == 2


def test_edit_shows_what_would_wait_and_why(ben, shop):
    document = begun(shop, ("CUP", 3, "4.00"), ("KRUG", 1))

    live = edit(ben, document, postcode="").content.decode()

    assert "1 would wait" in live
    assert "from LON" in live
    assert "Unknown SKU: KRUG" in live
    assert "The shipping address lacks: postcode" in live
    assert Order.objects.count() == 0


def test_edit_takes_a_line_out_and_charges_shipping_and_discount(ben, shop):
    document = begun(shop, ("MUG", 2, "7.50"), ("CUP", 1, "4.00"))

    edit(ben, document, remove="0", shipping="4.95", rebate="1.00")

    document.refresh_from_db()
    assert [line.sku for line in document.lines.all()] == ["CUP"]
    assert (document.charges_total, document.total) == (Decimal("3.95"), Decimal("7.95"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"line-0-quantity": "two"}, "check the row of MUG"),
        ({"line-0-unit_price": "-1"}, "check the row of MUG"),
        ({"email": "ada@"}, "E-mail: Enter a valid email address."),
        ({"line-0-discount": "100"}, "The discount of MUG is more than its price, or below zero."),
        ({"revision": 7}, "was changed meanwhile"),
    ],
)
def test_edit_with_bad_input_says_so_and_changes_nothing(ben, shop, wrong, said):
    document = begun(shop)
    before = (DraftOrder.objects.values().get(), Event.objects.count())

    answer = edit(ben, document, **wrong)

    assert answer.headers["HX-Retarget"] == "#draft-problem"
    assert said in answer.content.decode()
    assert (DraftOrder.objects.values().get(), Event.objects.count()) == before


def test_edit_without_scripts_saves_and_comes_back(ben, shop):
    document = begun(shop)

    answer = edit(ben, document, headers={}, **{"line-0-quantity": 5})

    assert answer.url == url("change", document.pk)
    assert document.lines.get().quantity == 5


def test_place_order_from_the_page(ben, shop):
    document = begun(shop)

    answer = ben.post(
        url("act", document.pk, "submit"), {"act": "submit", "pay_by": "cash_on_delivery"}
    )

    order = Order.objects.get()
    assert answer.url == reverse("admin:orders_order_change", args=[order.pk])
    assert (order.total, order.payments.get().method) == (Decimal(15), "cash_on_delivery")
    page = ben.get(url("change", document.pk)).content.decode()
    assert f"Ordered as {order.number}" in page
    assert "product-search" not in page


def test_support_may_and_warehouse_may_not(sign_in, shop):
    document = begun(shop)
    client = sign_in("Warehouse")
    for answer in (
        client.get(url("changelist")),
        client.get(url("new")),
        client.get(url("products"), {"product": "mug"}),
        client.post(url("callers"), {"q": "ada@example.com"}),
        client.post(url("edit", document.pk), page_data(document)),
        client.get(url("paper", document.pk)),
    ):
        assert answer.status_code == 403
    assert Disclosure.objects.count() == 0

    client = sign_in("Support")
    assert client.get(url("change", document.pk)).status_code == 200


def test_list_asks_the_same_number_of_questions_however_long(ben, shop, django_assert_num_queries):
    begun(shop)
    ben.get(url("changelist"))
    with django_assert_num_queries(LIST_QUERIES):
        ben.get(url("changelist"))
    for number in range(2):
        orders.draft(shop, world.wish(("MUG", 1), external_id=f"Q{number}"), by=BY)
    with django_assert_num_queries(LIST_QUERIES):
        assert ben.get(url("changelist")).context["cl"].result_count == 3


LIST_QUERIES = 9


def test_list_finds_a_draft_by_its_buyer(ben, shop):
    document = begun(shop)
    orders.draft(shop, world.wish(("MUG", 1), customer=world.CORA), by=BY)

    found = ben.get(url("changelist"), {"q": "ada@example.com"}).context["cl"].result_list

    assert [row.number for row in found] == [document.number]


def test_find_products_by_sku_barcode_and_name(shop):
    def found(text):
        return [(row.sku, row.available) for row in stock.find_products(text)]

    assert found("mu") == [("MUG", 10)]
    assert found("5012345678900") == [("MUG", 10)]
    assert found("bone china") == [("CUP", 2)]
    assert found("") == found("nothing like it") == []


# --- What the buyer sees ----------------------------------------------------------------------


@pytest.fixture
def offer(shop):
    document = begun(shop)
    return orders.quote(document, by=BY, valid_until=timezone.now() + timedelta(days=7))


def address(document, revision=None):
    token = links.sign("quote", f"{document.number}:{revision or document.revision}")
    return reverse("quote", args=[token])


def test_quote_is_sent_from_its_page_which_says_what_was_sent(ben, shop):
    Channel.objects.update(notifies_customers=True)
    draft = begun(shop)
    orders.quote(draft, by=BY, valid_until=timezone.now() + timedelta(days=9))

    ben.post(url("act", draft.pk, "send_quote"), {"act": "send_quote"})
    drain(webhooks=False)

    assert Notification.objects.get().about_label == draft.number
    shown = ben.get(url("change", draft.pk)).content.decode()
    assert "Notifications to the customer" in shown
    assert "Queued" in shown


def test_quote_page_shows_the_offer_and_the_reading_is_recorded(client, offer):
    page = client.get(address(offer))

    text = page.content.decode()
    assert page.status_code == 200
    assert "£15.00" in text
    assert "SW1Y 4JH" in text
    assert Disclosure.objects.get().reader == f"link:{offer.number}"
    assert "no-store" in page.headers["Cache-Control"]


def test_quote_is_accepted_without_an_account_and_only_once(client, offer):
    for _ in range(2):
        page = client.post(address(offer))

    order = Order.objects.get()
    assert f"Your order {order.number} is placed." in page.content.decode()
    assert Event.objects.get(name="order.placed").actor == f"link:{offer.number}"
    assert order.number in client.get(address(offer)).content.decode()


def test_quote_that_no_longer_stands_says_so_and_orders_nothing(client, offer):
    other = address(offer, revision=2)
    forged = reverse("quote", args=["D100001.nonsense"])
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        late = [client.get(address(offer)), client.post(address(offer))]

    for page in (*late, client.get(other), client.post(other), client.get(forged)):
        assert page.status_code == 410
        assert "no longer valid" in page.content.decode() or "not valid" in page.content.decode()
    assert Order.objects.count() == 0
    assert Disclosure.objects.count() == 0


def test_quote_as_pdf_says_what_is_offered(client, offer):
    answer = client.get(address(offer) + "pdf/")

    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert answer.headers["Content-Type"] == "application/pdf"
    for said in (f"Quote {offer.number}", "Ada Byron", "MUG", "£15.00"):
        assert said in text


@pytest.fixture
def german_offer(shop):
    shop.price_includes_tax = False
    shop.save()
    berlin = {**world.LONDON, "country": "DE", "city": "Berlin", "postcode": "10115"}
    wish = world.wish(
        ("MUG", 2, "7.50"),
        shipping_address=berlin,
        charges=(PlacedCharge("shipping", Decimal("4.00"), Decimal("0.76")),),
    )
    document = orders.draft(shop, wish, by=BY)[0]
    return orders.quote(document, by=BY, valid_until=timezone.now() + timedelta(days=7))


def test_quote_is_read_and_accepted_in_the_language_of_its_mail(client, german_offer):
    page = client.get(address(german_offer))
    paper = PdfReader(BytesIO(client.get(address(german_offer) + "pdf/").content)).pages[0]

    text = page.content.decode()
    assert '<html lang="de">' in text
    assert f"Angebot {german_offer.number}" in text
    assert "Versand" in text
    assert "4,76\xa0£" in text  # with its tax, so that the lines make the total
    assert "Annehmen und für" in text
    assert "keine Ware zurückgelegt" in text
    for said in (f"Angebot {german_offer.number}", "Versand", "4,76", "Gesamtbetrag", "gültig bis"):
        assert said in paper.extract_text()
    assert "Ihre Bestellung SO" in client.post(address(german_offer)).content.decode()


def test_quote_says_until_when_its_goods_are_kept(client, offer):
    orders.keep_stock(offer, by=BY, until=timezone.now() + timedelta(days=3))
    day = timezone.localdate() + timedelta(days=3)

    page = client.get(address(offer)).content.decode()
    paper = PdfReader(BytesIO(client.get(address(offer) + "pdf/").content)).pages[0]

    said = f"The goods are kept for you until {day.day} {day:%B %Y}."
    assert said in page
    assert said in " ".join(paper.extract_text().split())


def test_quote_that_cannot_be_placed_says_so_without_our_reasons_and_tells_us(
    client, admin_client, offer
):
    Channel.objects.update(allows_backorder=False)
    world.place(offer.channel, ("MUG", 9, "7.50"))

    answer = client.post(address(offer))

    assert (answer.status_code, Order.objects.count()) == (409, 1)
    assert "cannot be accepted just now" in answer.content.decode()
    refused = Event.objects.get(name="draft.quote_refused")
    assert "MUG" in (why := refused.facts["reason"])
    assert why not in answer.content.decode()
    page = reverse("admin:orders_draftorder_change", args=[offer.pk])
    assert f"but could not: {escape(why)}" in admin_client.get(page).content.decode()


def test_every_language_says_all_of_a_quote_with_the_same_values():
    names = {language: set(said) for language, said in SAID.items()}
    values = {
        language: {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in said.items()}
        for language, said in SAID.items()
    }
    assert names["de"] == names["fr"] == names["en"]
    assert values["de"] == values["fr"] == values["en"]
    assert set(WORDS) == set(ChargeKind)
    assert all(set(said) == set(SAID) for said in WORDS.values())


def test_quote_of_an_erased_person_shows_nobody(client, offer):
    from customers import operations as customers

    customers.erase(Customer.objects.get().subject, by=BY, reason="Asked for it")

    text = client.get(address(offer)).content.decode()

    assert "Byron" not in text
    assert "SW1Y" not in text

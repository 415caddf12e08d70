"""Orders of companies: credit, purchase order numbers, terms, limits and approval."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compliance.consumers import issue_invoice
from compliance.models import EntityLocation, LegalEntity
from customers import operations as customers
from customers.models import Company, Customer, PaymentTerms
from customers.operations import BuyerTerms, CompanyTerms, Party
from customers.queries import credit_accounts
from inventory.models import Location, StockLevel
from oms import keys, links
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.enums import ChangeStep
from orders.models import DraftOrder, Hold, Order
from orders.operations import PlacedCharge, PlacedLine, PlacedPayment
from orders.operations.changing import Step
from orders.queries import dealings
from orders.queries.approval_words import SAID
from orders.queries.balance import balances
from orders.queries.exposure import exposure_of
from orders.queries.terms import due_on, kept
from tests import factories as world
from tests.factories import documents
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
ACCOUNT = "on_account"


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 100)
    return world.shop(duplicate_window_minutes=0)


def terms_of(company, **given):
    return customers.set_company_terms(company, CompanyTerms(**given), by=BY, reason="Agreed")


def company(code="ENGINES", **given):
    row = Company.objects.create(code=code, name=code.title())
    return terms_of(row, **given) if given else row


def buyer(name, of, **limits):
    party = Party(name=f"{name} Byron", email=f"{name}@example.com")
    found = customers.identify([party], by=BY)[0]
    customers.classify(found, by=BY, group="", company=of, reason="Works there")
    if limits:
        customers.set_buyer(found, BuyerTerms(**limits), by=BY, reason="Agreed")
    return party


def order(shop, who, amount, **fields):
    payments = (PlacedPayment(ACCOUNT, Decimal(amount), "pending"),)
    return world.place(shop, ("MUG", 1, str(amount)), customer=who, payments=payments, **fields)


def kinds(placed):
    return sorted(placed.holds.filter(lifted_at=None).values_list("type__code", flat=True))


def test_company_cannot_stand_below_itself(db):
    top = company("TOP")
    low = company("LOW", parent=company("MIDDLE", parent=top))

    with pytest.raises(customers.CompanyCircle):
        terms_of(top, parent=low)

    assert Company.objects.get(pk=top.pk).parent is None
    assert Event.objects.filter(name="company.terms_set", subject_id=top.pk).count() == 0


def test_credit_is_shared_along_the_tree_and_freed_by_money(shop):
    top = company("TOP", credit_limit=Decimal(100), credit_currency="GBP")
    low = company("LOW", parent=top, shares_credit=True)
    first = order(shop, buyer("ada", top), 60)

    second = order(shop, buyer("ben", low), 60)

    hold = second.holds.get()
    assert (kinds(first), hold.kind) == ([], "credit_limit")
    assert hold.details == {
        "account": "Top",
        "limit": "100.00",
        "owed": "120.00",
        "invoiced": "0.00",
        "ordered": "120.00",
        "credit": "0.00",
        "currency": "GBP",
        "orders": 2,
        "total": "60.00",
    }
    orders.record_capture(first, by=BY, method="bank_transfer", amount=Decimal(20), reference="T")
    assert orders.lift_tested() == 1
    assert kinds(second) == []
    second.refresh_from_db()
    assert (second.status, second.stage) == ("confirmed", "fulfilment")
    assert_ledgers_hold()


def test_orders_that_wait_for_credit_take_none_from_others(shop):
    firm = company(credit_limit=Decimal(100), credit_currency="GBP")
    ada = buyer("ada", firm)

    placed = [order(shop, ada, amount) for amount in (150, 60, 40, 1)]

    assert [kinds(each) for each in placed] == [["credit_limit"], [], [], ["credit_limit"]]


def test_api_shows_how_much_of_the_credit_is_used(shop, client):
    top = company("TOP", credit_limit=Decimal(100), credit_currency="GBP")
    low = company("LOW", parent=top, shares_credit=True)
    order(shop, buyer("ben", low), 60)
    headers = {"Authorization": f"Api-Key {keys.create('ERP')[1]}"}

    answer = client.get("/api/v1/companies/LOW/", headers=headers).json()

    assert (answer["parent"], answer["shares_credit"]) == ("TOP", True)
    [credit] = answer["credit"]
    assert (credit["account"], credit["owed"], credit["limit"]) == ("Top", "60.00", "100.00")
    one = {"Authorization": f"Api-Key {keys.create('Shop', channel='shop')[1]}"}
    assert client.get("/api/v1/companies/LOW/", headers=one).status_code == 403


def test_credit_in_another_currency_is_none(shop):
    firm = company(credit_limit=Decimal(1000), credit_currency="EUR")

    placed = order(shop, buyer("ada", firm), 10)

    assert placed.holds.get().reason == "Engines has credit in EUR, not in GBP"


def test_orders_of_one_batch_share_the_credit_that_is_left(shop):
    ada = buyer("ada", company(credit_limit=Decimal(100), credit_currency="GBP"))
    payments = (PlacedPayment(ACCOUNT, Decimal(60), "pending"),)
    batch = [
        world.wish(("MUG", 1, "60"), customer=ada, payments=payments, external_id=number)
        for number in ("1", "2")
    ]

    placed = [result.order for result in orders.place(shop, batch, by=BY)]

    assert [kinds(each) for each in placed] == [[], ["credit_limit"]]


def test_release_looks_at_credit_again_and_keeps_what_a_person_approved(shop):
    shop.auto_release = False
    shop.save()
    firm = company(credit_limit=Decimal(100), credit_currency="GBP")
    placed = order(shop, buyer("ada", firm), 60)
    terms_of(firm, credit_limit=Decimal(50), credit_currency="GBP")

    orders.release(placed, by=BY)

    hold = placed.holds.get(lifted_at=None)
    assert (hold.kind, hold.details["owed"], hold.details["limit"]) == (
        "credit_limit", "60.00", "50.00",
    )  # fmt: skip
    assert placed.lines.get().released == 0
    orders.lift_hold(hold, by=BY, reason="Their bank called")
    orders.release(placed, by=BY)
    assert placed.lines.get().released == 1


def test_a_credit_hold_placed_by_hand_approves_nothing_when_it_is_lifted(shop):
    shop.auto_release = False
    shop.save()
    firm = company(credit_limit=Decimal(100), credit_currency="GBP")
    placed = order(shop, buyer("ada", firm), 60)
    by_hand = orders.place_hold(placed, by=BY, kind="credit_limit", reason="Asked their bank")
    orders.lift_hold(by_hand, by=BY, reason="Their bank called")
    terms_of(firm, credit_limit=Decimal(50), credit_currency="GBP")

    orders.release(placed, by=BY)

    assert placed.holds.get(lifted_at=None).details["owed"] == "60.00"


def test_what_was_invoiced_is_owed_also_while_the_order_waits_for_credit(shop):
    firm = company(credit_limit=Decimal(100), credit_currency="GBP")
    seller = LegalEntity.objects.create(code="uk", name="Shop Ltd", country="GB", currency="GBP")
    EntityLocation.objects.create(location=Location.objects.get(), entity=seller)
    placed = order(shop, buyer("ada", firm), 60)
    issue_invoice(documents.ship(placed, "SH1", MUG=1))
    orders.place_hold(placed, by=BY, kind="credit_limit", reason="Asked their bank")

    (account,) = credit_accounts(placed.customer)
    owed = exposure_of(account, "GBP")

    assert (owed.invoiced, owed.ordered, owed.orders) == (60, 0, 0)


def test_exposure_added_up_by_the_database_is_that_of_each_order(shop):
    """The balance of one order and the statement over all say the same, also for what is odd."""
    firm = company(credit_limit=Decimal(1000), credit_currency="GBP")
    ada = buyer("ada", firm)
    paid, spare, card, back, _open = (order(shop, ada, amount) for amount in (60, 50, 40, 30, 20))
    orders.record_capture(
        paid, by=BY, method="bank_transfer", amount=Decimal("9.99"), reference="1"
    )
    orders.record_capture(spare, by=BY, method="bank_transfer", amount=Decimal(58), reference="2")
    orders.record_authorization(card, by=BY, method="card", amount=Decimal(15), reference="3")
    orders.record_capture(back, by=BY, method="bank_transfer", amount=Decimal(37), reference="4")
    orders.grant_refund(back, by=BY, amount=Decimal(5), reason="Scratched")
    (account,) = credit_accounts(paid.customer)

    owed = exposure_of(account, "GBP")

    money = balances([paid, spare, card, back, _open])
    left = sum(max(each.balance - each.authorized, 0) for each in money.values())
    spared = sum(each.refundable for each in money.values())
    assert (owed.invoiced, owed.ordered, owed.credit, owed.orders) == (0, left, spared, 5)
    assert (left, spared) == (Decimal("95.01"), 10)


def test_all_open_orders_of_a_person_are_owed_however_many(shop, monkeypatch):
    monkeypatch.setattr(dealings, "AT_ONCE", 2)
    ada = buyer("ada", company())
    placed = [order(shop, ada, amount) for amount in (1, 2, 3, 4, 5)]

    assert dealings.owed_by(placed[0].customer_id) == {"GBP": 15}


def batch_of(number, firms):
    """Orders on account of as many buyers of some companies, each with a number of its own."""
    payments = (PlacedPayment(ACCOUNT, Decimal(10), "pending"),)
    return [
        world.wish(
            ("MUG", 1),
            external_id=f"{number}-{at}",
            customer=buyer(f"b{number}x{at}", firms[at % len(firms)], period_limit=Decimal(60)),
            payments=payments,
            purchase_order_number=f"PO-{number}-{at}",
        )
        for at in range(number)
    ]


def questions(captured):
    """How often the database was asked; what is written, SQLite takes in several pieces."""
    return sum(row["sql"].startswith(("SELECT", "\nWITH")) for row in captured.captured_queries)


def test_batch_of_company_orders_asks_as_often_as_a_small_one(shop):
    shop.checks_prices = True
    shop.save()
    top = company("TOP", credit_limit=Decimal(5000), credit_currency="GBP")
    firms = [
        company(f"F{at}", parent=top, terms=PaymentTerms.objects.get(code="net-30"), **credit)
        for at, credit in enumerate(
            ({"shares_credit": True}, {"credit_limit": Decimal(900), "credit_currency": "GBP"})
        )
    ]
    first, few, many = (batch_of(number, firms) for number in (2, 4, 40))
    orders.place(shop, first, by=BY)
    with CaptureQueriesContext(connection) as asked:
        orders.place(shop, few, by=BY)
    with CaptureQueriesContext(connection) as asked_more:
        placed = orders.place(shop, many, by=BY)

    assert questions(asked_more) == questions(asked)
    assert {kind for each in placed for kind in kinds(each.order)} <= {"price_mismatch"}


def test_purchase_order_number_is_wanted_and_told_when_repeated(shop):
    firm = company(needs_purchase_order=True)
    ada = buyer("ada", firm)
    first = order(shop, ada, 10, purchase_order_number="PO-1")

    missing, again = order(shop, ada, 10), order(shop, ada, 10, purchase_order_number="PO-1")

    assert [kinds(each) for each in (first, missing, again)] == [
        [], ["purchase_order"], ["purchase_order"],
    ]  # fmt: skip
    orders.set_purchase_order_number(missing, by=BY, number="PO-1")
    assert kinds(missing) == ["purchase_order"]
    orders.set_purchase_order_number(missing, by=BY, number=" PO-2 ")
    assert kinds(missing) == []
    terms_of(firm, needs_purchase_order=True, repeated_number="warn")
    warned = order(shop, ada, 10, purchase_order_number="PO-2")
    assert (kinds(warned), warned.tags) == ([], ["repeated-po"])


def test_parts_of_one_order_do_not_repeat_its_purchase_order_number(shop):
    shop.auto_release = False
    shop.save()
    ada = buyer("ada", company(needs_purchase_order=True))
    whole = world.place(shop, ("MUG", 3), customer=ada)
    step = Step(ChangeStep.SPLIT_OFF, whole.lines.get().pk, {"quantity": 1})
    change = orders.draft_change(whole, by=BY, steps=[step])
    orders.confirm_change(change, by=BY)
    part = Order.objects.exclude(pk=whole.pk).get()
    assert kinds(part) == ["purchase_order"]

    orders.set_purchase_order_number(whole, by=BY, number="PO-1")
    orders.set_purchase_order_number(part, by=BY, number="PO-1")

    assert kinds(part) == []
    assert part.created_at == whole.created_at
    assert kinds(order(shop, ada, 10, purchase_order_number="PO-1")) == ["purchase_order"]


@pytest.mark.parametrize(
    ("code", "due", "discount"),
    [
        ("net-30", date(2026, 3, 2), None),
        ("eom", date(2026, 1, 31), None),
        ("eom-30", date(2026, 3, 2), None),
        ("2-10-net-30", date(2026, 3, 2), date(2026, 2, 10)),
        ("prepayment", date(2026, 1, 31), None),
    ],
)
def test_terms_say_when_an_invoice_is_due(code, due, discount):
    found = due_on(kept(PaymentTerms.objects.get(code=code)), date(2026, 1, 31))

    assert (found.on, found.discount_until) == (due, discount)


def test_prepayment_keeps_stock_and_waits_for_money_not_for_promises(shop):
    firm = company(terms=PaymentTerms.objects.get(code="prepayment"))

    placed = order(shop, buyer("ada", firm), 10)

    assert (kinds(placed), StockLevel.objects.get().reserved) == (["prepayment"], 1)
    orders.record_capture(placed, by=BY, method="bank_transfer", amount=Decimal(10), reference="T")
    placed.refresh_from_db()
    assert (kinds(placed), placed.status) == ([], "confirmed")


@pytest.fixture
def asked(shop):
    """An order of Ben beyond his limit, in a company whose approver is Cora."""
    firm = company()
    buyer("cora", firm, role="approver")
    ben = buyer("ben", firm, order_limit=Decimal(50), period_limit=Decimal(60))
    return order(shop, ben, 51)


def test_order_beyond_the_limit_waits_for_its_approver(shop, asked):
    hold = asked.holds.get()
    assert (hold.kind, hold.owner) == ("approval", "Approvers")
    assert hold.reason == "51.00 GBP is more than the buyer's 50.00 GBP an order"
    with pytest.raises(orders.NotYoursToLift):
        orders.lift_hold(hold, by="user:99", reason="Hurry")

    approved = orders.approve(asked, by="user:1", note="Needed")

    assert (kinds(approved), approved.status) == ([], "confirmed")
    assert Event.objects.get(name="order.approved").facts["note"] == "Needed"
    with pytest.raises(orders.NothingToApprove):
        orders.approve(asked, by="user:1")
    ben = Party(name="ben Byron", email="ben@example.com")
    assert order(shop, ben, 10).holds.get().reason == (
        "10.00 GBP beside 51.00 GBP in 30 days is more than the buyer's 60.00 GBP"
    )


def test_period_of_a_buyer_counts_from_when_the_order_came_whatever_it_says(shop):
    ben = buyer("ben", company(), period_limit=Decimal(60))
    old = timezone.now() - timedelta(days=400)
    order(shop, ben, 51, placed_at=old)

    again = [order(shop, ben, 10, placed_at=at) for at in (old, world.NOW)]

    assert [kinds(each) for each in again] == [["approval"]] * 2


def test_period_of_a_buyer_counts_what_was_ordered_under_another_number(shop):
    firm = company()
    order(shop, buyer("old", firm), 51)
    ben = buyer("ben", firm, period_limit=Decimal(60))
    twin, row = (
        customers.identify([Party(name="Ben", email=f"{name}@example.com")], by=BY)[0]
        for name in ("old", "ben")
    )
    customers.merge(twin, into=row, by=BY, reason="One person")

    assert kinds(order(shop, ben, 10)) == ["approval"]


def test_company_page_says_that_who_has_no_limits_may_order_anything(shop, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    firm = company()
    buyer("ada", firm)
    buyer("ben", firm, order_limit=Decimal(0), period_limit=Decimal(60))

    page = admin_client.get(f"/admin/customers/company/{firm.pk}/change/").content.decode()

    cells = [row.split("<")[0] for row in page.split('data-label="Per ')[1:]]
    assert [cell.split(">")[1] for cell in cells] == ["any", "any", "0.00", "60.00 / 30 days"]


def test_declined_order_is_cancelled_or_comes_back_as_a_draft(shop, asked):
    document = orders.send_back(asked, by=BY, reason="Take the cheaper one")

    asked.refresh_from_db()
    assert (asked.status, StockLevel.objects.get().reserved) == ("cancelled", 0)
    line = document.lines.get()
    assert (document.customer, line.sku, line.quantity, line.unit_price) == (
        asked.customer, "MUG", 1, 51,
    )  # fmt: skip
    assert asked.cancellations.get().note == "Declined: Take the cheaper one"
    assert DraftOrder.objects.count() == 1


@pytest.mark.parametrize("stated", [(None, None), (3, 2), (10, 1)])
def test_sent_back_tax_is_the_channels_only_where_it_stated_one(shop, stated):
    """Also where it stated the 10 and 1 that we assess."""
    goods, shipping = [tax and Decimal(tax) for tax in stated]
    seller = LegalEntity.objects.create(code="uk", name="Shop Ltd", country="GB", currency="GBP")
    EntityLocation.objects.create(location=Location.objects.get(), entity=seller)
    ben = buyer("ben", company(), order_limit=Decimal(50))
    line = PlacedLine("MUG", 1, Decimal(60), tax_amount=goods)
    charge = PlacedCharge("shipping", Decimal(6), shipping)
    payments = (PlacedPayment(ACCOUNT, Decimal(66), "pending"),)
    wish = replace(world.wish(customer=ben, payments=payments), lines=(line,), charges=(charge,))
    placed = orders.place_one(shop, wish, by=BY).order
    assert placed.lines.get().tax_amount == (goods or 10)

    # What we assess may be another by now; that makes ours nobody's statement.
    placed.lines.update(tax_amount=7)

    document = orders.send_back(placed, by=BY, reason="Take the cheaper one")

    rows = [document.lines.get(), document.charges.get()]
    assert [row.stated_tax for row in rows] == [goods, shipping]
    assert [row.tax_amount for row in rows] == [goods or 10, shipping or 1]


def mailed_link():
    """The path of the link that the approver got."""
    drain()
    customers.send_due()
    [message] = mail.outbox
    assert message.to == ["cora@example.com"]
    address = next(word for word in message.body.split() if "/approvals/" in word)
    return "/" + address.split("/", 3)[3]


def change(placed, kind, **values):
    step = Step(kind, placed.lines.first().pk, values)
    orders.confirm_change(orders.draft_change(placed, by=BY, steps=[step]), by=BY)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"unit_price": "61"}, "The total is £61.00 now; it was £51.00."),
        ({"quantity": 2, "unit_price": "25.5"}, "products or units have changed"),
    ],
)
def test_approver_approves_only_what_they_saw(asked, values, said):
    path = mailed_link()
    if "quantity" in values:
        change(asked, ChangeStep.SET_QUANTITY, quantity=values["quantity"])
    change(asked, ChangeStep.SET_PRICE, unit_price=values["unit_price"])

    answer = Client().post(path, {"decision": "approve"})

    assert (answer.status_code, said in answer.content.decode()) == (409, True)
    assert said in Client().get(path).content.decode()
    assert Hold.objects.get().lifted_at is None
    assert not Event.objects.filter(name="order.approved").exists()
    shown = answer.context["shown"]
    assert Client().post(path, {"decision": "approve", "shown": shown}).status_code == 200
    assert Hold.objects.get().lifted_at is not None


def test_api_and_back_office_approve_only_the_total_that_was_seen(
    asked, client, admin_client, settings
):
    settings.OMS_REQUIRE_MFA = False
    url = f"/api/v1/orders/{asked.number}/approval/"
    page = f"/admin/orders/order/{asked.pk}/acts/approve/"
    seen = admin_client.get(page).context["form"].initial["seen"]
    change(asked, ChangeStep.SET_PRICE, unit_price="61")
    headers = {"Authorization": f"Api-Key {keys.create('ERP')[1]}"}

    def approve(total):
        sent = {"decision": "approve", "total": total}
        return client.post(url, sent, content_type="application/json", headers=headers)

    refused = approve("51.00")
    told = admin_client.post(
        page, {"act": "1", "note": "", "seen": seen}, follow=True
    ).content.decode()

    assert (refused.status_code, refused.json()["code"]) == (409, "approval_outdated")
    assert "The total is 61.00 GBP now; it was 51.00 GBP." in told
    assert Hold.objects.get().lifted_at is None
    assert approve("61.00").status_code == 201


def test_approver_decides_by_the_link_in_the_mail(asked):
    path = mailed_link()

    page = Client().get(path)
    assert "51.00" in page.content.decode()
    assert Client().post(path, {"decision": "decline"}).status_code == 400
    assert Hold.objects.get().lifted_at is None

    answer = Client().post(path, {"decision": "decline", "reason": "Not this year"})

    asked.refresh_from_db()
    assert (answer.status_code, asked.status) == (200, "cancelled")
    cora = Customer.objects.get(buyer__role="approver")
    assert Event.objects.get(name="order.declined").actor == f"customer:{cora.number}"
    assert Client().post(path, {"decision": "approve"}).status_code == 410
    forged = links.sign("quote", path)
    assert Client().get(f"/my/approvals/{forged}/").status_code == 410


def test_approver_is_asked_and_thanked_in_the_language_of_the_mail(asked):
    cora = Customer.objects.get(buyer__role="approver")
    customers.set_contact_preference(cora, by=BY, language="de", muted=[])
    path = mailed_link()
    change(asked, ChangeStep.SET_PRICE, unit_price="61")

    page = Client().get(path).content.decode()
    lacking = Client().post(path, {"decision": "decline"}).content.decode()
    answer = Client().post(path, {"decision": "decline", "reason": "Zu teuer"}).content.decode()

    assert '<html lang="de">' in page
    assert "mehr, als ohne Genehmigung bestellt werden darf" in page
    assert "Die Summe ist jetzt 61,00\xa0£; sie war 51,00\xa0£." in page
    assert "warum Sie ablehnen" in lacking
    assert f"Die Bestellung {asked.number} ist storniert." in answer


def test_approver_whose_answer_is_refused_reads_so_in_their_language_and_we_read_why(
    asked, admin_client
):
    cora = Customer.objects.get(buyer__role="approver")
    customers.set_contact_preference(cora, by=BY, language="de", muted=[])
    path = mailed_link()
    asked.lines.update(allocated=1, released=1)

    answer = Client().post(path, {"decision": "decline", "reason": "Zu teuer"})

    assert (answer.status_code, Hold.objects.get().lifted_at) == (409, None)
    assert "Das geht gerade nicht. Bitte schreiben Sie uns." in answer.content.decode()
    assert '<html lang="de">' in answer.content.decode()
    refused = Event.objects.get(name="order.decision_refused")
    assert (refused.facts["decision"], refused.facts["code"]) == ("decline", "units_released")
    assert refused.facts["reason"] not in answer.content.decode()
    page = admin_client.get(f"/admin/orders/order/{asked.pk}/change/").content.decode()
    assert "Its approver wanted to decline it, but could not" in page


def test_every_language_says_all_of_an_approval_with_the_same_values():
    values = {
        language: {name: sorted(re.findall(r"{(\w+)}", text)) for name, text in said.items()}
        for language, said in SAID.items()
    }
    assert values["de"] == values["fr"] == values["en"]

import re
import socket
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import operations as customers
from customers import queries
from customers.enums import ConsentPurpose, NotificationPurpose, NotificationState
from customers.forms import ContactPreferenceForm, TemplateForm
from customers.models import Notification, NotificationTemplate
from customers.operations import notifications
from customers.queries.notifications import SEALED
from oms import keys, plain_templates, wiring
from oms.dispatch import drain
from oms.models import Event
from oms.plain_templates import TemplateNotValid
from orders import operations as orders
from tests import factories as world

BERLIN = {**world.LONDON, "city": "Berlin", "postcode": "10115", "country": "DE"}


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 100)
    return world.shop(notifies_customers=True)


def place(shop, **fields):
    """Place an order of now, and let the consumers run."""
    order = world.place(shop, ("MUG", 2), placed_at=timezone.now(), **fields)
    drain(webhooks=False)
    return order


def message():
    return Notification.objects.get()


class Postman:
    """A mail server that answers as it is told and keeps what it took."""

    answer = "250 OK"

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.taken.append(envelope.content.decode())
        return "250 OK"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def postman(settings):
    handler = Postman()
    port = free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    yield handler
    controller.stop()


def test_notify_placed_order_tells_the_buyer_once(shop):
    order = place(shop)
    event = Event.objects.get(name="order.placed")

    again = customers.notify(event)
    assert [customers.send_due(), customers.send_due()] == [1, 0]

    [sent] = mail.outbox
    assert sent.to == ["ada@example.com"]
    assert sent.subject == f"Your order {order.number}"
    assert "2 x Mug  £20.00" in sent.body
    assert again == message()
    assert (message().state, message().about_label) == ("sent", order.number)


def test_notify_words_are_kept_sealed_and_go_with_the_person(shop):
    order = place(shop)
    customers.send_due()
    row = message()
    kept = queries.unseal(order.subject, row.sealed, SEALED)
    assert kept["to"] == "ada@example.com"
    assert b"ada@example.com" not in bytes(row.sealed)

    customers.erase(order.subject, by="user:1", reason="asked")

    order.subject.refresh_from_db()
    assert queries.unseal(order.subject, row.sealed, SEALED) == {}


def test_send_due_erased_before_sending_is_suppressed(shop):
    order = place(shop)
    customers.erase(order.subject, by="user:1", reason="asked")

    assert customers.send_due() == 0

    assert (message().state, mail.outbox) == ("suppressed", [])


def test_notify_writes_in_the_language_of_the_country(shop):
    place(shop, shipping_address=BERLIN)
    customers.send_due()

    [sent] = mail.outbox
    assert sent.subject.startswith("Ihre Bestellung")
    assert "20,00\xa0£" in sent.body


def test_notify_wished_language_comes_before_the_country(shop):
    order = world.place(shop, ("MUG", 1), placed_at=timezone.now())
    customers.set_contact_preference(order.customer, by="user:1", language="fr", muted=[])
    drain(webhooks=False)
    customers.send_due()

    assert mail.outbox[0].subject.startswith("Votre commande")


def test_notify_channel_that_leaves_it_to_the_shop_sends_nothing(shop):
    shop.notifies_customers = False
    shop.save()

    place(shop)

    assert not Notification.objects.exists()


def test_notify_order_from_long_ago_is_history(shop):
    world.place(shop, ("MUG", 1), placed_at=timezone.now() - timedelta(days=30))
    drain(webhooks=False)

    assert not Notification.objects.exists()


def test_notify_late_worker_sends_no_old_news(shop):
    order = world.place(shop, ("MUG", 1), placed_at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        drain(webhooks=False)

    assert (message().state, message().why) == ("suppressed", "It is no news any more.")
    assert order.number == message().about_label


def test_notify_without_active_template_sends_nothing(shop):
    NotificationTemplate.objects.update(is_active=False)

    place(shop)

    assert not Notification.objects.exists()


def test_notify_muted_service_message_is_suppressed(shop):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    order = world.place(shop, ("MUG", 1), placed_at=timezone.now())
    customers.set_contact_preference(
        order.customer, by="user:1", language="", muted=["order.placed"]
    )
    drain(webhooks=False)

    assert (message().state, customers.send_due()) == ("suppressed", 0)


def test_set_contact_preference_contract_cannot_be_muted(shop):
    order = world.place(shop, ("MUG", 1))

    with pytest.raises(customers.CannotBeMuted):
        customers.set_contact_preference(
            order.customer, by="user:1", language="", muted=["order.placed"]
        )

    assert queries.preference_of(order.customer).pk is None
    assert not Event.objects.filter(name="customer.contact_preference_set").exists()


def test_marketing_needs_consent_that_stands(shop):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.MARKETING)
    first = place(shop)
    assert message().why == "The customer has not consented."

    customers.give_consent(
        first.customer, ConsentPurpose.MARKETING_EMAIL, by="user:1", source="call", wording="News?"
    )
    second = place(shop, external_id="2")
    assert Notification.objects.get(about_label=second.number).state == "queued"

    customers.withdraw_consent(
        first.customer, ConsentPurpose.MARKETING_EMAIL, by="user:1", source="call"
    )
    third = place(shop, external_id="3")
    assert Notification.objects.get(about_label=third.number).state == "suppressed"


# --- A real mail server ---------------------------------------------------------------------------


def test_send_due_message_says_what_it_is(shop, postman):
    place(shop)

    assert customers.send_due() == 1

    [text] = postman.taken
    assert f"Message-ID: <{message().public_id}@localhost>" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "List-Unsubscribe" not in text  # a confirmation cannot be stopped


def test_send_due_no_server_waits_and_counts_no_attempt(shop, postman, settings):
    place(shop)
    settings.EMAIL_PORT = free_port()

    assert customers.send_due() == 0

    row = message()
    assert (row.state, row.attempts) == ("queued", 0)
    assert row.next_attempt_at > timezone.now()


def test_send_due_refused_for_now_is_tried_again(shop, postman):
    place(shop)
    postman.answer = "451 Try later"
    customers.send_due()
    assert (message().state, message().attempts) == ("queued", 1)
    assert customers.send_due() == 0  # not due yet

    postman.answer = "250 OK"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert customers.send_due() == 1

    assert len(postman.taken) == 1


def test_send_due_refused_for_good_fails_and_can_be_sent_again(shop, postman):
    place(shop)
    postman.answer = "550 No such person"
    customers.send_due()
    assert (message().state, message().why) == ("failed", "The mail server refused it (550).")

    postman.answer = "250 OK"
    customers.resend(message(), by="user:1")

    assert customers.send_due() == 1
    assert message().state == "sent"


def test_send_due_worker_died_while_sending_is_left_to_a_person(shop):
    place(shop)
    Notification.objects.update(
        state=NotificationState.SENDING, next_attempt_at=timezone.now() - timedelta(minutes=11)
    )

    assert customers.send_due() == 0

    assert (message().state, mail.outbox) == ("uncertain", [])


def test_resend_sent_message_is_refused(shop):
    place(shop)
    customers.send_due()

    with pytest.raises(customers.NotResendable):
        customers.resend(message(), by="user:1")

    assert (message().state, customers.send_due()) == ("sent", 0)


def test_claim_lets_one_worker_send(shop):
    place(shop)

    assert notifications._claim(message().pk) is not None
    assert notifications._claim(message().pk) is None


# --- Stopping messages ----------------------------------------------------------------------------


def test_opt_out_link_stops_messages_of_the_kind(shop, client):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    order = place(shop)
    customers.send_due()
    address = re.search(r"http://localhost:8000(/my/messages/\S+)", mail.outbox[0].body)[1]

    assert "Stop messages of this kind" in client.get(address).text
    assert queries.preference_of(order.customer).muted == []
    assert "no more of these" in client.post(address).text
    client.post(address)  # as a mail program may

    assert queries.preference_of(order.customer).muted == ["order.placed"]
    assert Event.objects.filter(name="customer.contact_preference_set").count() == 1


def test_opt_out_link_made_up_is_not_valid(client, db):
    answer = client.get(reverse("notification_opt_out", args=["made-up"]))

    assert answer.status_code == 404
    assert "not valid" in answer.text


def test_mail_about_an_order_says_what_is_charged_beside_goods(shop):
    charge = orders.PlacedCharge("shipping", Decimal("3.95"))
    place(shop, charges=(charge,))
    customers.send_due()

    body = mail.outbox[0].body
    assert "Shipping  £3.95\n" in body


# --- Words ----------------------------------------------------------------------------------------


def test_every_notice_is_wired_and_every_wired_event_has_a_notice():
    wired = {name for name, paths in wiring.CONSUMERS.items() if wiring.NOTIFY in paths}

    assert wired == set(queries.notice_kinds())


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_shipped_templates_use_only_names_that_are_there(db, language):
    rows = NotificationTemplate.objects.filter(language=language)

    assert {row.event.partition(":")[0] for row in rows} == set(queries.notice_kinds())
    for row in rows:
        subject, body = queries.preview(row)
        assert subject
        assert "Web shop" in body


def test_template_form_misspelt_name_is_refused(db):
    form = TemplateForm(
        {
            "event": "order.placed",
            "language": "es",
            "purpose": "service",
            "subject": "{{ ordr }}",
            "body": "x",
        }
    )

    assert not form.is_valid()
    assert "There is no ordr" in str(form.errors)


@pytest.mark.parametrize(
    ("event", "message", "stored"),
    [
        ("order.placed", "", "order.placed"),
        ("rule.notified", "sorry", "rule.notified:sorry"),
        ("rule.notified", "", ""),
        ("order.placed", "sorry", ""),
    ],
)
def test_template_form_names_one_of_several_messages_of_an_event(db, event, message, stored):
    said = {"language": "es", "purpose": "service", "subject": "x", "body": "{{ order }}"}
    form = TemplateForm({**said, "event": event, "message": message})

    assert form.is_valid() == bool(stored)
    assert not stored or form.save().event == stored


@pytest.mark.parametrize("text", ["{% include 'x' %}", "{% load static %}", "{% if a %}"])
def test_plain_template_can_do_nothing_but_fill_in(text):
    with pytest.raises(TemplateNotValid):
        plain_templates.render(text, {"a": 1})


def test_said_in_writes_amounts_and_dates_as_the_language_does():
    value = {"amount": queries.Amount(Decimal("1204.5"), "EUR"), "n": 3, "at": None}

    assert queries.notifications.said_in("de", value) == {
        "amount": "1.204,50\xa0€",
        "n": 3,
        "at": "",
    }


def test_send_test_goes_to_a_colleague_with_sample_values(db):
    template = NotificationTemplate.objects.get(event="order.placed", language="en")

    customers.send_test(template, to="ben@shop.example")

    [sent] = mail.outbox
    assert sent.to == ["ben@shop.example"]
    assert sent.subject == "[Test] Your order SO100001"


# --- Names ----------------------------------------------------------------------------------------


def test_message_name_is_what_people_call_it():
    assert queries.message_name("order.placed") == "Order confirmation"
    assert queries.message_name("order.placed", "de") == "Bestellbestätigung"
    assert queries.message_name("order.placed", "es") == "Order confirmation"
    assert queries.message_name("rule.notified:delay") == "Message of a rule: delay"


def test_every_notice_is_named_in_the_languages_that_ship():
    assert {tuple(sorted(kind.names)) for kind in queries.notice_kinds().values()} == {
        ("de", "en", "fr")
    }


def test_opt_out_footer_and_page_are_in_the_language_of_the_message(shop, client):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    place(shop, shipping_address=BERLIN)
    customers.send_due()

    [sent] = mail.outbox
    html = sent.alternatives[0].content
    address = re.search(r"(/my/messages/\S+)", sent.body)[1]

    assert "Diese Nachrichten abbestellen: http" in sent.body
    assert ">Diese Nachrichten abbestellen</a>" in html
    page = client.get(address).text
    assert '<html lang="de">' in page
    assert "Nachrichten dieser Art abbestellen? <b>Bestellbestätigung</b>" in page
    assert "keine Nachrichten dieser Art mehr" in client.post(address).text


# --- Wishes ---------------------------------------------------------------------------------------


def test_preference_form_offers_each_message_that_may_be_stopped(shop):
    ada = world.place(shop, ("MUG", 1)).customer
    initial = {"language": "es", "muted": ["rule.notified:delay"]}
    form = ContactPreferenceForm(obj=ada, initial=initial)

    offered = dict(form.fields["muted"].choices)
    assert offered["rule.notified:delay"] == "Message of a rule: delay"
    assert "order.placed" not in offered
    assert [code for code, _ in form.fields["language"].choices] == ["", "de", "en", "fr", "es"]


def test_send_due_message_stopped_while_in_line_is_not_sent(shop):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    order = place(shop)
    customers.set_contact_preference(
        order.customer, by="user:1", language="", muted=["order.placed"]
    )

    assert customers.send_due() == 0

    assert (message().state, message().why) == (
        "suppressed",
        "The customer stopped these messages.",
    )
    assert mail.outbox == []
    assert not message().sealed


def test_notify_stopped_under_one_number_is_stopped_for_the_person_until_the_merge_is_undone(shop):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    order = world.place(shop, ("MUG", 1), placed_at=timezone.now())
    ada, other = order.customer, customers.identify([world.CORA], by=world.BY)[0]
    customers.set_contact_preference(ada, by="user:1", language="fr", muted=["order.placed"])

    customers.merge(ada, into=other, by=world.BY, reason="same person")

    wishes = queries.preference_of(other)
    assert (wishes.muted, wishes.language) == (["order.placed"], "fr")
    drain(webhooks=False)
    assert message().why == "The customer stopped these messages."
    ada.refresh_from_db()
    customers.undo_merge(ada, by=world.BY, reason="two people")
    wishes = queries.preference_of(other)
    assert (wishes.muted, wishes.language) == ([], "")
    assert queries.preference_of(ada).muted == ["order.placed"]


@pytest.fixture
def merged(shop):
    """Ada with a message to her, and Cora into whom she is merged; Cora stopped word of returns."""
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    ada = place(shop).customer
    other = customers.identify([world.CORA], by=world.BY)[0]
    customers.set_contact_preference(other, by="user:1", language="", muted=["return.received"])
    customers.merge(ada, into=other, by=world.BY, reason="same person")
    ada.refresh_from_db()
    return ada, other


def stopped_after_undoing(ada, other):
    customers.undo_merge(ada, by=world.BY, reason="two people")
    return queries.preference_of(ada).muted, queries.preference_of(other).muted


def test_undo_merge_what_was_stopped_since_stays_stopped_for_both(merged):
    customers.stop_notifications(message())

    assert stopped_after_undoing(*merged) == (
        ["order.placed"],
        ["order.placed", "return.received"],
    )
    assert queries.is_muted("order.placed", merged[0].pk)


def test_undo_merge_what_the_survivor_stopped_before_stays_theirs(merged):
    assert stopped_after_undoing(*merged) == ([], ["return.received"])


def test_undo_merge_what_the_survivor_stopped_before_and_the_merged_since_is_of_both(merged):
    row = message()
    row.template = NotificationTemplate.objects.get(event="return.received", language="en")
    row.save()

    customers.stop_notifications(row)

    assert stopped_after_undoing(*merged) == (["return.received"], ["return.received"])


@pytest.mark.parametrize("by_link", [True, False])
def test_undo_merge_survivor_keeps_what_they_stopped_themselves(shop, by_link):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    other = place(shop).customer
    ada = customers.identify([world.CORA], by=world.BY)[0]
    muted = {"by": "user:1", "language": "", "muted": ["order.placed"]}
    customers.set_contact_preference(ada, **muted)
    customers.merge(ada, into=other, by=world.BY, reason="same person")
    if by_link:
        customers.stop_notifications(message())
    else:
        customers.set_contact_preference(other, by="user:1", language="", muted=[])
        customers.set_contact_preference(other, **muted)
    ada.refresh_from_db()

    assert stopped_after_undoing(ada, other) == (["order.placed"], ["order.placed"])


def test_notify_wish_of_the_survivor_counts_for_orders_of_the_merged(shop):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    order = world.place(shop, ("MUG", 1), placed_at=timezone.now())
    ada, other = order.customer, customers.identify([world.CORA], by=world.BY)[0]
    customers.merge(ada, into=other, by=world.BY, reason="same person")
    customers.set_contact_preference(other, by="user:1", language="", muted=["order.placed"])

    drain(webhooks=False)

    assert message().why == "The customer stopped these messages."


@pytest.mark.postgresql
def test_is_muted_looks_its_customer_up_however_many_there_are(db):
    NotificationTemplate.objects.update(purpose=NotificationPurpose.SERVICE)
    rows = customers.identify([world.ADA, world.CORA], by=world.BY)
    customers.set_contact_preference(rows[0], by="user:1", language="", muted=["order.placed"])
    with CaptureQueriesContext(connection) as asked:
        assert queries.is_muted("order.placed", rows[0].pk)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert len(asked) == 1
    assert "Join" not in plan, plan
    assert "using customers_contactpreference_customer_id_key" in plan, plan


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def ask(client):
    """List notifications as the owner of a key."""

    def ask_(query="", channel="", scopes=("customers:read",)):
        key = keys.create("Key", scopes=scopes, channel=channel)[1]
        headers = {"Authorization": f"Api-Key {key}"}
        answer = client.get(f"/api/v1/notifications/{query}", headers=headers)
        return answer.status_code, answer.json()

    return ask_


def test_api_lists_messages_without_words_and_by_filters(shop, ask):
    first = place(shop)
    customers.send_due()
    NotificationTemplate.objects.update(purpose=NotificationPurpose.MARKETING)
    second = place(shop)

    newest, sent = ask()[1]["results"]

    assert (newest["about"], newest["state"], newest["why"]) == (
        second.number,
        "suppressed",
        "The customer has not consented.",
    )
    assert (sent["about"], sent["name"], sent["event"]) == (
        first.number,
        "Order confirmation",
        "order.placed",
    )
    assert (sent["state"], sent["language"], sent["customer"]) == (
        "sent",
        "en",
        first.customer.number,
    )
    assert "ada@example.com" not in str(ask())
    for query in (f"?about={first.number}", "?state=sent"):
        assert [row["about"] for row in ask(query)[1]["results"]] == [first.number]
    assert len(ask(f"?customer={first.customer.number}&event=order.placed")[1]["results"]) == 2
    assert ask("?event=order.cancelled")[1]["results"] == []
    assert ask("?stat=sent")[0] == 400


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "event=order.plced",
            "There is no order.plced here; known: claim.made_good, draft.quote_sent,",
        ),
        ("state=x", "There is no x here; known: queued,"),
        ("created_after=yesterday", "A moment is written YYYY-MM-DDTHH:MM:SSZ."),
    ],
)
def test_api_refuses_what_no_message_can_be(db, ask, asked, said):
    status, answer = ask(f"?{asked}")

    assert status == 400
    assert said in answer["detail"]
    assert answer["detail"].count("order.placed") <= 1  # though in several languages


@pytest.mark.postgresql
def test_api_finds_what_came_since_by_index(db, ask):
    with CaptureQueriesContext(connection) as asked:
        assert ask("?created_after=2099-01-01T00:00:00Z")[1]["results"] == []
    [listed] = [row["sql"] for row in asked if '"created_at" >' in row["sql"]]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {listed}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "customers_notification_time" in plan


def test_api_shows_a_channel_its_own_and_wants_the_scope(shop, ask):
    place(shop)
    world.shop("other")

    assert len(ask(channel=shop.code)[1]["results"]) == 1
    assert ask(channel="other")[1]["results"] == []
    assert ask(scopes=("orders:read",))[0] == 403


# --- Pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("term", "events"),
    [
        ("confirmation", {"order.placed"}),
        ("return.rec", {"return.received"}),
        ("Return registered", {"return.requested"}),
    ],
)
def test_templates_are_found_by_what_people_call_them(admin_client, term, events):
    url = reverse("admin:customers_notificationtemplate_changelist")

    page = admin_client.get(url, {"q": term})

    assert {row.event for row in page.context["cl"].result_list} == events


def test_template_page_is_titled_by_name(admin_client):
    row = NotificationTemplate.objects.get(event="order.placed", language="en")
    url = reverse("admin:customers_notificationtemplate_change", args=[row.pk])

    assert "Order confirmation (en)" in admin_client.get(url).text

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from compliance.operations import export_subject
from customers import operations as customers
from customers import queries
from customers.models import Customer, CustomerNote, CustomerTag, Disclosure
from customers.operations import Party
from oms.models import AppendOnlyError, Event
from oms.telling import declared

BY = "user:1"
LIST = "/admin/customers/customer/"

pytestmark = pytest.mark.django_db


def text_of(note):
    return queries.unseal(note.customer.subject, note.sealed, queries.NOTE).get("text")


def act(customer, name):
    return reverse("admin:customers_customer_act", args=[customer.pk, name])


def page(customer):
    return reverse("admin:customers_customer_change", args=[customer.pk])


def again():
    return customers.identify([Party("Ada Again", "again@example.com")], by=BY)[0]


def test_note_is_kept_sealed_and_the_event_does_not_say_it(ada):
    note = customers.add_note(ada, by=BY, text=" Prefers Ada's mother to be called. ")

    assert text_of(note) == "Prefers Ada's mother to be called."
    assert b"mother" not in bytes(note.sealed)
    event = Event.objects.get(name="customer.noted")
    assert (event.facts, event.actor, event.subject_label) == ({"note": note.pk}, BY, ada.number)


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_note_that_says_nothing_or_too_much_is_refused(ada, text):
    with pytest.raises(customers.BadNote):
        customers.add_note(ada, by=BY, text=text)

    assert not CustomerNote.objects.exists()
    assert not Event.objects.filter(name="customer.noted").exists()


def test_note_never_changes(ada):
    note = customers.add_note(ada, by=BY, text="Called back")

    for change in (note.save, note.delete, CustomerNote.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE customers_customernote SET by = 'user:2'")
    assert text_of(note) == "Called back"


def test_notes_and_tags_are_in_the_export_and_gone_with_the_person(ada):
    note = customers.add_note(ada, by=BY, text="Called back")
    customers.tag_customer(ada, by=BY, add=["vip"])

    told = export_subject(ada.subject, by=BY)
    customers.erase(ada.subject, by=BY, reason="asked")

    assert told["notes"][0]["sealed"] == {"text": "Called back"}
    assert told["tags"][0]["tag"] == "vip"
    note = CustomerNote.objects.select_related("customer__subject").get(pk=note.pk)
    assert text_of(note) is None
    assert not CustomerTag.objects.exists()
    with pytest.raises(customers.SubjectErased):
        customers.add_note(note.customer, by=BY, text="More")
    with pytest.raises(customers.SubjectErased):
        customers.tag_customer(note.customer, by=BY, add=["vip"])


def test_notes_open_after_the_keys_are_rotated(db, master_keys):
    old, new = master_keys.fresh(), master_keys.fresh()
    master_keys(old)
    cora = customers.identify([Party("Cora", "cora@example.com")], by=BY)[0]
    customers.add_note(cora, by=BY, text="Called back")
    master_keys(new, old)

    customers.rotate_keys(by=BY)

    master_keys(new)
    note = CustomerNote.objects.select_related("customer__subject").get()
    assert text_of(note) == "Called back"


def test_note_button_adds_and_timeline_shows_it_to_those_who_may_read(ada, sign_in):
    client = sign_in("Support")

    client.post(act(ada, "note"), {"act": "note", "text": "Rings twice"})

    text = client.get(page(ada)).text
    assert "Rings twice" in text
    readings = set(Disclosure.objects.values_list("what", flat=True))
    assert f"customers.customer {ada.number} notes" in readings
    text = sign_in("Auditor").get(page(ada)).text
    assert "Rings twice" not in text
    assert "does not read notes" in text


def test_note_button_is_refused_without_the_right(ada, sign_in):
    response = sign_in("Warehouse").post(act(ada, "note"), {"act": "note", "text": "Rings"})

    assert response.status_code == 403
    assert not CustomerNote.objects.exists()


def test_tags_are_words_in_lower_case_kept_once(ada):
    new, _ = customers.tag_customer(ada, by=BY, add=["VIP ", "vip", "Early   bird"])
    again_new, gone = customers.tag_customer(ada, by=BY, add=["vip"], remove=["Early Bird", "none"])

    assert new == ["vip", "early bird"]
    assert (again_new, gone) == ([], ["early bird"])
    assert queries.tags_of([ada.pk]) == ["vip"]
    told = [event.facts for event in Event.objects.filter(name="customer.tagged").order_by("pk")]
    assert told == [
        {"added": ["vip", "early bird"], "removed": []},
        {"added": [], "removed": ["early bird"]},
    ]


@pytest.mark.parametrize(
    "tag", ["", " ", "x" * 41, "ada@example.com", "+44 20 7946 0001", "<b>", "a\nb,c"]
)
def test_tag_by_which_one_person_is_known_is_refused(ada, tag):
    with pytest.raises(customers.BadCustomerTag):
        customers.tag_customer(ada, by=BY, add=["vip", tag])

    assert not CustomerTag.objects.exists()
    assert not Event.objects.filter(name="customer.tagged").exists()


def test_tags_have_a_readable_number(ada):
    customers.tag_customer(ada, by=BY, add=[f"tag {n}" for n in range(30)])

    with pytest.raises(customers.BadCustomerTag):
        customers.tag_customer(ada, by=BY, add=["one more"])

    assert CustomerTag.objects.count() == 30


@pytest.mark.parametrize("tag", ["vip", ""])
def test_database_refuses_the_same_tag_twice_and_an_empty_one(ada, tag):
    CustomerTag.objects.create(customer=ada, tag="vip", by=BY)

    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerTag.objects.create(customer=ada, tag=tag, by=BY)


def test_tags_belong_to_the_person_under_all_numbers(ada):
    other = again()
    customers.tag_customer(other, by=BY, add=["press"])
    customers.merge(other, into=ada, by=BY, reason="same")
    other.refresh_from_db()

    customers.tag_customer(other, by=BY, add=["vip", "press"])

    assert queries.tags_by_person([ada.pk]) == {ada.pk: {"press", "vip"}}
    assert set(queries.tagged("press")) == {ada}
    customers.tag_customer(ada, by=BY, remove=["press"])
    assert queries.tags_of(queries.family_of(ada)) == ["vip"]


def test_tag_buttons_and_filter_of_the_list(ada, sign_in):
    other = again()
    client = sign_in("Support")

    client.post(act(ada, "tag"), {"act": "tag", "tags": "vip, press"})
    client.post(act(ada, "untag"), {"act": "untag", "tags": ["press"]})

    assert queries.tags_of([ada.pk]) == ["vip"]
    text = client.get(LIST, {"tag": "vip"}).text
    assert ada.number in text
    assert other.number not in text
    assert "?tag=vip" in client.get(page(ada)).text
    refused = client.post(act(ada, "tag"), {"act": "tag", "tags": "ada@example.com"})
    assert "at least one letter" in refused.text
    assert Customer.objects.filter(tag_rows__tag="vip").get() == ada


def test_world_is_told_of_tags_and_not_of_what_a_note_says():
    assert [fact.name for fact in declared()["customer.tagged"].facts] == ["added", "removed"]
    assert declared()["customer.noted"].facts == ()

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from customers import operations as customers
from customers import queries
from customers.models import Address, DataSubject, SearchToken
from customers.operations import Party
from oms import sealed, webhooks
from oms.models import Event

BY = "user:1"

pytestmark = pytest.mark.django_db


def people(count):
    parties = [Party(name=f"Person {n}", email=f"p{n}@example.com") for n in range(count)]
    return customers.identify(parties, by=BY)


def test_erase_person_makes_every_copy_unreadable(ada):
    fiscal = queries.seal_fiscal(ada.subject, {"name": "Ada Byron"}, "compliance.invoice.sealed")

    subject = customers.erase(ada.subject, by=BY, reason="request of the person")

    assert subject.operational_key is None
    assert subject.erased_at is not None
    assert SearchToken.objects.count() == 0
    ada.refresh_from_db()
    assert queries.profile_of(ada) == {}
    assert queries.name_of(ada) == "[erased]"
    old = ada.history.get().profile
    assert queries.unseal(subject, old, queries.PROFILE) == {}
    assert not queries.find_subjects("ada@example.com").exists()
    opened = queries.unseal_fiscal(subject, fiscal, "compliance.invoice.sealed")
    assert opened == {"name": "Ada Byron"}


def test_erase_person_records_event_without_personal_data(ada):
    customers.erase(ada.subject, by=BY, reason="request of the person")

    event = Event.objects.get(name="customer.erased")
    assert (event.subject_label, event.actor) == (ada.number, BY)
    assert event.facts == {"reason": "request of the person"}


def test_erase_erased_person_changes_nothing(ada):
    first = customers.erase(ada.subject, by=BY, reason="asked")

    second = customers.erase(ada.subject, by=BY, reason="asked again")

    assert second.erased_at == first.erased_at
    assert Event.objects.filter(name="customer.erased").count() == 1


def test_seal_for_erased_person_is_refused(ada):
    subject = customers.erase(ada.subject, by=BY, reason="asked")

    with pytest.raises(customers.SubjectErased) as refused:
        queries.seal(subject, {"name": "Ada"}, "x")

    assert refused.value.code == "subject_erased"


def test_envelope_moved_to_other_person_does_not_open(ada):
    [cora] = customers.identify([Party(name="Cora", email="cora@example.com")], by=BY)
    cora.subject.operational_key = ada.subject.operational_key

    with pytest.raises(sealed.Unreadable):
        queries.unseal(cora.subject, ada.profile, queries.PROFILE)


def test_destroy_fiscal_keys_of_erased_person_only(ada):
    [cora] = customers.identify([Party(name="Cora", email="cora@example.com")], by=BY)
    customers.erase(ada.subject, by=BY, reason="asked")

    done = customers.destroy_fiscal_keys([ada.subject, cora.subject], by=BY)

    assert done == [ada.subject]
    left = DataSubject.objects.exclude(fiscal_key=None)
    assert list(left) == [cora.subject]
    assert Event.objects.filter(name="customer.documents_expired").count() == 1


def test_rotate_twice_and_drop_old_keys_everything_opens(ada, master_keys):
    ada_address = customers.add_address(ada, by=BY, kind="shipping", address={"city": "London"})
    fiscal = queries.seal_fiscal(ada.subject, {"name": "Ada"}, "f")
    endpoint = webhooks.subscribe("https://example.com/hook")[0]
    context = webhooks._context(endpoint)
    secret = sealed.open_secret(endpoint.secret, context)
    people(7)
    first, second = master_keys.fresh(), master_keys.fresh()

    master_keys(first, *settings.OMS_MASTER_KEYS)
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    master_keys(second, first)
    call_command("rotate_keys", stdout=out)
    master_keys(second)

    assert "Re-wrapped the keys of 8 of 8 people and 1 secrets; all are current." in out.getvalue()
    ada.subject.refresh_from_db()
    assert queries.profile_of(ada)["email"] == "ada@example.com"
    address = Address.objects.get(pk=ada_address.pk)
    assert queries.unseal(ada.subject, address.sealed, queries.ADDRESS) == {"city": "London"}
    assert queries.unseal_fiscal(ada.subject, fiscal, "f") == {"name": "Ada"}
    assert queries.find_subjects("ada@example.com").get() == ada.subject
    endpoint.refresh_from_db()
    assert sealed.open_secret(endpoint.secret, context) == secret


def test_rotate_interrupted_goes_on_where_it_stopped(master_keys, monkeypatch):
    monkeypatch.setattr("customers.operations.keys.BATCH", 2)
    people(5)
    master_keys(master_keys.fresh(), *settings.OMS_MASTER_KEYS)

    def stop(_seen):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        customers.rotate_keys(by=BY, progress=stop)

    assert customers.rotate_keys(by=BY) == 3
    assert customers.rotate_keys(by=BY) == 0


def test_rotate_leaves_erased_people_without_key(ada, master_keys):
    customers.erase(ada.subject, by=BY, reason="asked")
    master_keys(master_keys.fresh(), *settings.OMS_MASTER_KEYS)

    assert customers.rotate_keys(by=BY) == 1

    ada.subject.refresh_from_db()
    assert ada.subject.operational_key is None
    assert sealed.is_current(bytes(ada.subject.fiscal_key))

"""Many documents at once: numbers without gaps, one document for a shipment."""

from functools import partial

import pytest
from django.db import IntegrityError

from compliance import consumers
from compliance.models import DocumentSeries, Invoice, LegalEntity
from tests import factories as world
from tests.factories.documents import ship

pytestmark = pytest.mark.concurrency
SHIPMENTS = 24


@pytest.fixture
def shipped(transactional_db):
    """Shipments of as many orders, none invoiced yet."""
    LegalEntity.objects.create(code="uk", name="UK Ltd", country="GB", currency="GBP")
    channel, london = world.shop(duplicate_window_minutes=0), world.warehouse()
    world.stocked("MUG", london, SHIPMENTS)
    orders = [
        world.place(channel, ("MUG", 1), external_id=f"E{number}") for number in range(SHIPMENTS)
    ]
    return [ship(order, f"SH{index}", MUG=1) for index, order in enumerate(orders)]


def test_issue_invoice_many_at_once_numbers_have_no_gap(shipped, at_once):
    answers = at_once([partial(consumers.issue_invoice, event) for event in shipped], threads=12)

    assert answers == [None] * SHIPMENTS
    sequences = sorted(Invoice.objects.values_list("sequence", flat=True))
    assert sequences == list(range(1, SHIPMENTS + 1))
    assert DocumentSeries.objects.get().last_number == SHIPMENTS


def test_issue_invoice_same_shipment_at_once_gives_one(shipped, at_once):
    answers = at_once([partial(consumers.issue_invoice, shipped[0])] * 8, threads=8)

    assert answers == [None] * 8
    assert Invoice.objects.count() == 1


def test_control_without_the_lock_two_documents_take_one_number(shipped, at_once, monkeypatch):
    """The guard removed: the counter is read without its lock, and numbers collide."""
    unlocked = DocumentSeries.objects.all().__class__
    monkeypatch.setattr(unlocked, "select_for_update", lambda rows, **_: rows)

    answers = at_once([partial(consumers.issue_invoice, event) for event in shipped], threads=12)

    assert any(isinstance(answer, IntegrityError) for answer in answers)

"""Whatever happens to returns, exchanges, claims and parcels that come back: all stays accounted for."""

# ruff: noqa: ARG002 (every act takes the same two numbers)

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.models import EntityLocation, LegalEntity
from compliance.operations import issue_for
from compliance.queries import undocumented
from fulfillment import operations as fulfillment
from fulfillment.enums import Outcome, RefundTiming
from fulfillment.models import (
    Carrier,
    Claim,
    Exchange,
    OriginReturn,
    Return,
    ReturnPolicy,
    Shipment,
)
from inventory.operations import Units
from oms.errors import DomainError
from orders import operations as orders
from orders.models import Order
from orders.queries import balance
from orders.queries.changes import standing
from orders.queries.statement import statement_of
from tests import factories as world
from tests.ledgers import assert_ledgers_hold, watching

pytestmark = pytest.mark.django_db
BY = world.BY
LATE = 5  # which kind of claim names no units


class NothingThere(DomainError):
    """No return or exchange to do it to."""

    code = "nothing_there"
    message = "There is none."


class Desk:
    """A paid order of five mugs at 3.33 that has left, and the people who deal with its returns."""

    def __init__(self, timing, ships, method="card", parts=(5,), *, taxed_within=True):
        self.parts = parts
        channel = world.shop(duplicate_window_minutes=0, price_includes_tax=taxed_within)
        ReturnPolicy.objects.create(
            name="R", channel=channel, refund_on=timing, exchange_ships=ships, fee_percent=15
        )
        london = world.warehouse("LON")
        seller = LegalEntity.objects.create(code="UK", name="Shop", country="GB", currency="GBP")
        EntityLocation.objects.create(location=london, entity=seller)
        world.stocked("MUG", london, 5)
        world.stocked("CUP", london, 3)
        Carrier.objects.create(code="post", name="Post")
        state, reference = ("captured", "ch_1") if method == "card" else ("pending", "")
        owed = Decimal("16.65") if taxed_within else Decimal("19.98")
        paid = orders.PlacedPayment(method, owed, state, reference)
        self.order = world.place(channel, ("MUG", 5, "3.33"), payments=(paid,))
        assert (self.order.total, self.order.tax_total > 0) == (owed, True)
        self.leave(self.order)

    def leave(self, order):
        units = [
            Units(held.order_line_id, held.level.location_id, held.quantity)
            for line in order.lines.all()
            for held in line.reservations.filter(state="open").select_related("level")
        ]
        if units and order.fulfillment_orders.count() == 0:
            fulfillment.create(order, by=BY, units=units)
        for found in order.fulfillment_orders.all():
            work = fulfillment.pick(found, by=BY)
            (line,) = work.lines.all()
            for units in self.parts if line.picked == sum(self.parts) else (line.picked,):
                parcel = fulfillment.PackedParcel(500, {line.pk: units})
                fulfillment.pack(work, by=BY, parcels=[parcel])
                fulfillment.ship(work, by=BY, carrier="post")

    def document(self, pick):
        rows = list(Return.objects.order_by("pk"))
        if not rows:
            raise NothingThere
        return rows[pick % len(rows)]

    def swapped(self):
        made = Exchange.objects.select_related("replacement").order_by("-pk").first()
        if made is None:
            raise NothingThere
        return made

    def wish(self, pick, size):
        return fulfillment.Wish(size, ("unwanted", "defective")[pick % 2])

    def ask(self, pick, size):
        line = self.order.lines.get()
        fulfillment.request_return(self.order, by=BY, wishes={line.pk: self.wish(pick, size)})

    def exchange(self, pick, size):
        swap = fulfillment.Swap(self.wish(pick, size), "CUP", Decimal(pick))
        fulfillment.exchange(self.order, by=BY, swaps={self.order.lines.get().pk: swap})

    def approve(self, pick, size):
        fulfillment.approve(self.document(pick), by=BY)

    def receive(self, pick, size):
        document = self.document(pick)
        outcome = list(Outcome)[size % 4]
        fulfillment.receive(document, by=BY, outcomes={document.lines.first().pk: {outcome: size}})

    def scan(self, pick, size):
        code, outcome = ("MUG", "CUP")[size % 2], list(Outcome)[pick % 4]
        fulfillment.scan_return(self.document(pick), by=BY, code=code, outcome=outcome)

    def inspect(self, pick, size):
        document = self.document(pick)
        pk = document.lines.first().pk
        accepted, refused = ({pk: 1}, {}) if size % 2 else ({}, {pk: 1})
        fulfillment.inspect(document, by=BY, accepted=accepted, refused=refused, note="")

    def give_up(self, pick, size):
        fulfillment.give_up_rest(self.document(pick), by=BY, reason="Lost")

    def withdraw(self, pick, size):
        fulfillment.withdraw(self.document(pick), by=BY)

    def expire(self, pick, size):
        Return.objects.filter(pk=self.document(pick).pk).update(
            expires_at=timezone.now() - timedelta(days=1)
        )
        fulfillment.expire_due()

    def reopen(self, pick, size):
        fulfillment.reopen(self.document(pick), by=BY, reason="Here")

    def settle(self, pick, size):
        fulfillment.settle_exchange(self.document(pick), by=BY)

    def send(self, pick, size):
        self.leave(self.swapped().replacement)

    def refund_instead(self, pick, size):
        fulfillment.refund_instead(self.swapped(), by=BY, reason="Broken")

    def shipment(self, pick):
        rows = list(Shipment.objects.select_related("order", "carrier").order_by("pk"))
        return rows[pick % len(rows)]

    def claim(self, pick, size):
        shipment = self.shipment(size)
        asked = fulfillment.Asked(
            ("lost", "damaged", "short", "lost", "lost", "late")[pick],
            Decimal(size),
            "Seen",
            {} if pick == LATE else {shipment.order.lines.first().pk: size},
            remedy=("nothing", "refund", "replacement")[(pick + size) % 3],
            waiver="Claimed",
        )
        fulfillment.open_claim(shipment, by=BY, asked=asked)

    def claimed(self, pick):
        rows = list(Claim.objects.order_by("pk"))
        if not rows:
            raise NothingThere
        return rows[pick % len(rows)]

    def pursue(self, pick, size):
        claim = self.claimed(size)
        if claim.status in {"open", "declined"}:
            fulfillment.send_claim(claim, by=BY)
        elif claim.status == "sent" and pick:
            accepted = min(Decimal(pick), claim.amount)
            fulfillment.answer_claim(claim, by=BY, accepted=accepted)
        elif claim.status == "sent":
            fulfillment.answer_claim(claim, by=BY, accepted=Decimal(0))
        elif claim.status == "paid":
            entry = claim.entries.filter(kind="received", undone_by=None).first()
            fulfillment.undo_claim_entry(entry, by=BY, reason="Mistake")
        else:
            fulfillment.book_claim(claim, by=BY, amount=Decimal(1), reference=f"P{pick}{size}")

    def drop_claim(self, pick, size):
        fulfillment.withdraw_claim(self.claimed(pick), by=BY, reason="Found")

    def bring_back(self, pick, size):
        fulfillment.bring_back(self.shipment(pick), by=BY, reason="refused")

    def deliver(self, pick, size):
        fulfillment.deliver(self.shipment(pick), by=BY)

    def decide(self, pick, size):
        rows = list(OriginReturn.objects.exclude(return_order=None).order_by("pk"))
        if not rows:
            raise NothingThere
        row = rows[pick % len(rows)]
        left = {line.pk: {"restock": line.missing} for line in row.return_order.lines.all()}
        if any(split["restock"] for split in left.values()):
            fulfillment.receive(row.return_order, by=BY, outcomes=left)
        act = (fulfillment.reship, fulfillment.refund_origin, fulfillment.keep_for_later)[size - 1]
        act(row, by=BY, reason="Decided")

    def refund(self, pick, size):
        order = Order.objects.get(pk=self.order.pk)
        amount = balance(order).refundable
        grant = orders.grant_refund(order, by=BY, amount=amount, reason="Returned")
        payment = order.payments.first()
        orders.pay_refund(grant, by="user:2", payment=payment, amount=amount)


def look_and_do(desk, name, pick, size):
    """Do it, if it can be done: what its preview showed is what happens, and looking left nothing."""

    def act():
        getattr(desk, name)(pick, size)
        return orders.Effect()

    before = standing(desk.order)
    seen = orders.preview(desk.order, act)
    assert standing(desk.order) == before == seen.before
    refusal = None
    try:
        with transaction.atomic():
            act()
    except DomainError as error:
        refusal = error.code
    assert (seen.refusal and seen.refusal.code) == refusal
    if seen.after:
        assert figures(seen.after) == figures(standing(desk.order))


def settle():
    """What the worker does afterwards; then everything proves itself, to the cent and the unit."""
    for event in list(undocumented()):
        issue_for(event, by=BY)
    assert_ledgers_hold()
    for order in Order.objects.all():
        assert statement_of(order).adds_up


def figures(found):
    """All but the words in which numbers of documents stand: a preview has none yet."""
    told = {name: found.content[name] for name in ("lines", "totals", "status")}
    return told, found.money, found.route, found.backordered, found.promised_at, len(found.holds)


ACTS = [
    name
    for name in vars(Desk)
    if name not in {"leave", "document", "swapped", "wish", "shipment", "claimed"}
    and "__" not in name
]
OFTEN = ["scan", "receive", "inspect", "settle", "exchange", "approve"] * 3
BEGIN = [("ask", 0, 2), ("approve", 0, 1), ("exchange", 1, 1)]
steps = st.tuples(st.sampled_from([*ACTS, *OFTEN]), st.integers(0, 5), st.integers(1, 3))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(list(RefundTiming)),
    st.sampled_from(["at_once", "on_receipt"]),
    st.booleans(),
    st.lists(steps, min_size=6, max_size=14).map(lambda rest: [*BEGIN, *rest]),
)
def test_any_sequence_of_returns_and_exchanges_keeps_every_invariant(
    timing, ships, taxed_within, sequence
):
    with transaction.atomic(), watching():
        desk = Desk(timing, ships, taxed_within=taxed_within)
        for step in sequence:
            look_and_do(desk, *step)
            settle()
        transaction.set_rollback(True)


CARRIER = ["claim", "pursue", "pursue", "bring_back", "decide", "scan"] * 3
CARRIER += ["drop_claim", "deliver", "ask", "exchange", "approve", "receive", "refund", "send"]
LOST = [("claim", 0, 2), ("bring_back", 1, 1)]  # of the first shipment; the second comes back
mishaps = st.tuples(st.sampled_from(CARRIER), st.integers(0, 5), st.integers(1, 3))


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(list(RefundTiming)),
    st.sampled_from(["card", "cash_on_delivery"]),
    st.booleans(),
    st.lists(mishaps, min_size=8, max_size=16).map(lambda rest: [*LOST, *rest]),
)
def test_any_sequence_of_what_carriers_do_to_parcels_keeps_every_invariant(
    timing, method, taxed_within, sequence
):
    with transaction.atomic(), watching():
        desk = Desk(timing, "at_once", method, parts=(3, 2), taxed_within=taxed_within)
        for step in sequence:
            look_and_do(desk, *step)
            settle()
        transaction.set_rollback(True)

"""Holds: types as data, tests that lift, claims, escalation."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from oms.conditions import leaf
from oms.errors import DomainError
from oms.models import Event, User
from orders import operations as orders
from orders.models import Hold, HoldType
from orders.tasks.minding import escalate
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
OLD = timezone.now() - timedelta(days=30)
NO_POSTCODE = {**world.LONDON, "postcode": ""}


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 50)
    return world.shop()


def kind(code="gift-check", **terms):
    return orders.add_hold_type(code, orders.Terms(**{"name": "Gift check", **terms}), by=BY)


def events(order, name):
    return list(Event.objects.filter(name=name, subject_id=order.pk).order_by("pk"))


def clerk(name, role=""):
    user = User.objects.create(username=name, email=f"{name}@example.com")
    if role:
        user.groups.add(Group.objects.get(name=role))
    return f"user:{user.pk}"


# --- Types ------------------------------------------------------------------------------------


def test_place_hold_of_an_own_type_takes_owner_due_time_and_escalation_from_it(shop):
    kind(owner="Support", due_hours=4, escalate_hours=2, escalate_to="Operations")

    hold = orders.place_hold(world.place(shop, ("MUG", 1)), by=BY, kind="gift-check", reason="Card")

    assert (hold.owner, hold.kind) == ("Support", "gift-check")
    assert hold.due_at - hold.placed_at == timedelta(hours=4)
    assert hold.escalate_at - hold.due_at == timedelta(hours=2)
    assert HoldType.history.get(code="gift-check", history_type="+").history_change_reason == BY


@pytest.mark.parametrize("code", ["never-heard-of", "remorse", "off"])
def test_place_hold_of_a_type_that_nobody_may_place_is_refused(shop, code):
    kind("off", is_active=False)
    order = world.place(shop, ("MUG", 1))

    with pytest.raises(orders.UnknownHoldType):
        orders.place_hold(order, by=BY, kind=code, reason="No")

    assert not order.holds.exists()


def test_a_hold_without_a_type_is_refused_by_the_database(shop):
    order = world.place(shop, ("MUG", 1))

    def place_untyped():
        with transaction.atomic():
            Hold.objects.create(order=order, type_id="nothing", reason="No", placed_by=BY)
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        place_untyped()

    assert not order.holds.exists()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"lifted_by": "nobody"}, "bad_hold_type"),
        ({"lifted_by": "owners"}, "bad_hold_type"),
        ({"test": "condition"}, "bad_condition"),
        ({"test": "condition", "conditions": {"all": []}}, "bad_hold_type"),
        ({"test": "condition", "conditions": leaf("moon", "eq", "full")}, "bad_condition"),
    ],
)
def test_add_hold_type_that_could_not_do_what_it_says_is_refused(db, terms, code):
    with pytest.raises(DomainError) as refused:
        kind(**terms)

    assert refused.value.code == code
    assert not HoldType.objects.filter(code="gift-check").exists()


def test_change_hold_type_keeps_the_code_and_the_history(db):
    changed = orders.change_hold_type(kind(), orders.Terms("Gift", owner="Support"), by="user:2")

    assert (changed.code, changed.name, changed.owner) == ("gift-check", "Gift", "Support")
    assert HoldType.history.filter(code="gift-check").count() == 2


def test_change_hold_type_of_the_system_and_add_one_twice_are_refused(db):
    with pytest.raises(DomainError, match="stays as it is"):
        orders.change_hold_type(HoldType.objects.get(code="remorse"), orders.Terms("X"), by=BY)
    kind()
    with pytest.raises(DomainError, match="already"):
        kind()
    with pytest.raises(IntegrityError), transaction.atomic():
        HoldType.objects.filter(code="fraud").update(is_active=False)


def test_a_type_that_does_not_stop_allocation_lets_the_order_get_stock_and_nothing_more(shop):
    kind(stops_allocation=False)
    order = world.place(shop, ("MUG", 60))
    orders.place_hold(order, by=BY, kind="gift-check", reason="Card")

    world.stocked("MUG", order.lines.get().product.levels.get().location, 20)
    orders.serve_waiting([order.lines.get().product_id], by=BY)

    line = order.lines.get()
    assert (line.allocated, line.released) == (60, 50)
    assert_ledgers_hold()


def test_capture_under_a_hold_that_stops_it_is_refused_until_it_is_lifted(shop):
    order = world.place(shop, ("MUG", 1))
    payment = orders.record_authorization(order, by=BY, method="card", amount=Decimal(10))
    hold = orders.place_hold(order, by=BY, kind="fraud", reason="Odd")

    with pytest.raises(orders.OrderOnHold):
        orders.capture(payment, by=BY, amount=Decimal(10))
    assert payment.transactions.count() == 1

    orders.lift_hold(hold, by=BY, reason="Fine")
    orders.capture(payment, by=BY, amount=Decimal(10))
    assert payment.transactions.count() == 2


def test_lift_hold_that_only_its_group_lifts_refuses_others_and_keys(shop):
    kind(owner="Finance", lifted_by="owners")
    hold = orders.place_hold(world.place(shop, ("MUG", 1)), by=BY, kind="gift-check", reason="Card")

    for stranger in (clerk("ben", "Support"), "api-key:abc"):
        with pytest.raises(orders.NotYoursToLift, match="only Finance"):
            orders.lift_hold(hold, by=stranger, reason="Mine?")
        with pytest.raises(orders.NotYoursToLift):
            orders.lift_holds(hold.order, by=stranger, reason="Mine?")
    assert hold.order.holds.get().lifted_at is None

    assert orders.lift_hold(hold, by=clerk("fay", "Finance"), reason="Seen").stage != "validation"


# --- Tests that lift --------------------------------------------------------------------------


def test_a_test_that_passes_lifts_the_hold_and_the_log_says_what_it_saw(shop):
    kind(test="paid")
    order = world.place(shop, ("MUG", 60))
    hold = orders.place_hold(order, by=BY, kind="gift-check", reason="Wait for the money")
    assert hold.failed_test_at

    orders.record_capture(order, by=BY, method="bank_transfer", amount=Decimal(600), reference="1")

    hold.refresh_from_db()
    assert (hold.lifted_by, hold.lift_reason) == (
        "hold-test:gift-check",
        "Paid or authorised: 600.00 of 600.00 GBP paid or promised",
    )
    told = events(order, "order.hold_lifted")[-1].facts
    assert (told["test"], told["saw"]) == ("paid", {"due": "600.00", "covered": "600.00"})


def test_a_hold_that_was_placed_although_its_test_passes_stays(shop):
    order = world.place(shop, ("MUG", 60))
    hold = orders.place_hold(order, by=BY, kind="incomplete_address", reason="It came back")

    orders.advance(order, by=BY)

    hold.refresh_from_db()
    assert (hold.failed_test_at, hold.lifted_at) == (None, None)


def test_address_completed_by_an_order_change_lifts_the_hold_of_validation(shop):
    order = world.place(shop, ("MUG", 1), shipping_address=NO_POSTCODE)
    assert order.holds.get().failed_test_at

    orders.correct_address(order, by=BY, shipping_address=world.LONDON, reason="The buyer said")
    order.refresh_from_db()

    assert order.stage == "fulfilment"
    assert order.holds.count() == 1


def test_lift_tested_lifts_what_only_time_and_others_change(shop):
    kind("later", test="due", due_hours=1)
    kind("vip", test="condition", conditions=leaf("tags", "has_any", ["vip"]))
    waits = [world.place(shop, ("MUG", 60), external_id=name) for name in ("a", "b")]
    later, vip = (
        orders.place_hold(order, by=BY, kind=code, reason="Wait")
        for order, code in zip(waits, ("later", "vip"), strict=True)
    )
    assert orders.lift_tested() == 0
    Hold.objects.filter(pk=later.pk).update(due_at=OLD)
    orders.tag(waits[1], by=BY, add=["vip"])

    assert orders.lift_tested() == 2
    assert orders.lift_tested() == 0

    vip.refresh_from_db()
    assert vip.lift_reason == "A condition of its own: tags include vip: yes"
    assert events(waits[1], "order.hold_lifted")[0].facts["saw"] == {"tags": ["vip"]}


def test_credit_freed_by_another_order_lifts_the_hold(shop):
    account = {"payments": (orders.PlacedPayment("on_account", Decimal(100), "pending"),)}
    first = world.place(shop, ("MUG", 10), external_id="1", **account)
    first.customer.credit_limit = Decimal(150)
    first.customer.save()
    second = world.place(shop, ("MUG", 9), external_id="2", **account)
    held = second.holds.get()
    assert (held.kind, orders.lift_tested()) == ("credit_limit", 0)

    paid = {"method": "bank_transfer", "amount": Decimal(50), "reference": "1"}
    orders.record_capture(first, by=BY, **paid)
    assert orders.lift_tested() == 1

    held.refresh_from_db()
    assert held.lift_reason == (
        f"Within the credit limit: {first.customer} owes 140.00 of at most 150.00 GBP"
    )


# --- Never created by resolving (IBM node/553315) ---------------------------------------------


def test_lifting_a_hold_never_creates_one(shop):
    """Resolving a hold that the order does not have must not add it (ibm.com node/553315)."""
    order = world.place(shop, ("MUG", 1), shipping_address=NO_POSTCODE)
    hold = order.holds.get()
    orders.lift_hold(hold, by=BY, reason="The carrier knows the house")
    before = Hold.objects.count(), Event.objects.count()

    with pytest.raises(orders.HoldNotOpen):
        orders.lift_hold(hold, by=BY, reason="Again")
    with pytest.raises(orders.NoOpenHold):
        orders.lift_holds(order, by=BY, reason="Again")
    orders.advance(order, by=BY)

    assert (Hold.objects.count(), Event.objects.count()) == before
    assert not order.holds.filter(lifted_at=None).exists()


# --- Claims -----------------------------------------------------------------------------------


def test_claim_tells_the_second_clerk_who_works_on_it(shop):
    hold = orders.place_hold(world.place(shop, ("MUG", 1)), by=BY, kind="other", reason="Odd")
    ben, fay = clerk("ben"), clerk("fay")

    orders.claim_hold(hold, by=ben)
    orders.claim_hold(hold, by=ben)
    for act in (orders.claim_hold, orders.give_back_hold):
        with pytest.raises(orders.HoldClaimed, match="ben is working on this"):
            act(hold, by=fay)

    assert len(events(hold.order, "order.hold_claimed")) == 1
    orders.give_back_hold(hold, by=ben)
    assert orders.claim_hold(hold, by=fay).claimed_by == fay


def test_claim_lapses_after_a_shift_and_ends_with_the_hold(shop):
    hold = orders.place_hold(world.place(shop, ("MUG", 1)), by=BY, kind="other", reason="Odd")
    orders.claim_hold(hold, by="user:7")
    Hold.objects.update(claimed_at=timezone.now() - timedelta(hours=9))

    assert orders.claim_hold(hold, by="user:8").claimed_by == "user:8"
    orders.lift_hold(hold, by=BY, reason="Fine")

    hold.refresh_from_db()
    assert (hold.claimed_by, hold.claimed_at) == ("", None)
    with pytest.raises(orders.HoldNotOpen):
        orders.claim_hold(hold, by="user:8")


# --- Escalation -------------------------------------------------------------------------------


def test_escalation_gives_an_overdue_hold_to_whom_its_type_says_once_and_writes_to_them(shop):
    clerk("olga", "Operations")
    kind(owner="Support", due_hours=1, escalate_hours=1, escalate_to="Operations")
    made = [world.place(shop, ("MUG", at), external_id=str(at)) for at in (1, 2, 3)]
    holds = [orders.place_hold(one, by=BY, kind="gift-check", reason="Card") for one in made]
    Hold.objects.filter(pk__in=[holds[0].pk, holds[1].pk]).update(escalate_at=OLD)

    escalate()
    escalate()

    assert [hold.owner for hold in Hold.objects.order_by("pk")] == [
        "Operations",
        "Operations",
        "Support",
    ]
    told = events(made[0], "order.hold_escalated")
    assert [(event.facts["owner"], event.facts["to"]) for event in told] == [
        ("Support", "Operations")
    ]
    assert [(one.to, one.subject) for one in mail.outbox] == [
        (["olga@example.com"], "2 orders on hold past due: now with Operations")
    ]

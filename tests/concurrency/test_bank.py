"""Several people at one bank line at once: its money is booked once, the others are told."""

from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from orders.models import BankAccount, BankLine, BankMatch, BankStatement, PaymentTransaction
from orders.operations import bank_matching
from orders.queries.bank import Part
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


@pytest.fixture
def line(transactional_db):
    """Twenty pounds that came in."""
    account = BankAccount.objects.create(code="main", name="Main", currency="GBP")
    statement = BankStatement.objects.create(
        number="BS1", account=account, digest="s", form="csv", created_by=world.BY
    )
    return BankLine.objects.create(
        number="BL1", account=account, statement=statement, digest="l", currency="GBP",
        booked_on=timezone.localdate(), amount=Decimal(20),
    )  # fmt: skip


@pytest.fixture
def owing():
    """Two orders that each owe as much."""
    world.stocked("MUG", world.warehouse(), 9)
    shop = world.shop(duplicate_window_minutes=0, auto_release=False)
    return [world.place(shop, ("MUG", 1, "20.00")) for _ in range(2)]


def confirm(line, orders):
    """Each a person with the same line before them, and another order in mind."""
    return [
        partial(bank_matching.book_line, line, [Part(order, Decimal(20))], by=f"user:{turn}")
        for turn, order in enumerate(orders)
    ]


def booked():
    return PaymentTransaction.objects.filter(kind="capture").aggregate(sum=Sum("amount"))["sum"]


def test_two_people_confirm_one_line_and_its_money_is_booked_once(at_once, line, owing):
    answers = at_once(confirm(line, [*owing, owing[0]]))

    line.refresh_from_db()
    assert told(answers) == {"done": 1, "line_not_open": 2}
    assert (booked(), line.matched, line.state) == (20, 20, "matched")
    assert_ledgers_hold()


def test_two_people_confirm_control_without_locks_books_it_twice(
    at_once, line, owing, lock_nothing
):
    lock_nothing()

    answers = at_once(confirm(line, owing))

    assert told(answers) == {"done": 2}
    assert booked() == 40


def test_line_is_undone_while_somebody_books_its_rest(at_once, line, owing):
    first, second = owing
    bank_matching.book_line(line, [Part(first, Decimal(5))], by=world.BY)

    answers = at_once(
        [
            partial(bank_matching.undo_line, line, by="user:2", reason="Not theirs"),
            partial(bank_matching.book_line, line, [Part(second, Decimal(15))], by="user:3"),
        ]
    )

    assert set(told(answers)) <= {"done", "line_changed"}
    line.refresh_from_db()
    active = BankMatch.objects.filter(undone=None).aggregate(sum=Sum("amount"))["sum"]
    assert line.matched == (active or 0)
    assert_ledgers_hold()

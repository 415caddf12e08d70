"""Bank lines through any history: imported, booked, split, written off, ignored, undone, in any order."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oms.errors import DomainError
from orders.models import BankAccount, BankLine, BankStatement, PaymentTransaction
from orders.operations import bank_lines, bank_matching
from orders.queries.balance import balance
from orders.queries.bank import Part
from orders.queries.bank_repeats import Entry
from orders.queries.money_ledgers import money_invariants
from tests import factories as world
from tests.examples import examples

pytestmark = pytest.mark.django_db
BY = "user:2"
DAY = date(2026, 11, 3)

pick = st.integers(0, 5)
near = st.sampled_from(["20.00", "19.75", "30.25", "30.00", "10.00", "50.25"]).map(Decimal)
cents = st.one_of(near, st.integers(1, 4_000).map(lambda number: Decimal(number) / 100))
MOVES = st.one_of(
    st.tuples(st.just("add"), st.lists(st.tuples(pick, cents), max_size=3), st.booleans()),
    st.tuples(st.just("book"), pick, st.lists(st.tuples(pick, cents), min_size=1, max_size=3)),
    st.tuples(st.just("whole"), pick, pick, st.booleans()),
    st.tuples(st.just("match")),
    st.tuples(st.just("ignore"), pick),
    st.tuples(st.just("payout"), pick),
    st.tuples(st.just("undo"), pick),
    st.tuples(st.just("repeat")),
)


class Bank:
    """Two orders of one shop, an account, and what may happen to them."""

    def __init__(self):
        world.stocked("MUG", world.warehouse(), 99)
        shop = world.shop(duplicate_window_minutes=0, write_off_limit="0.50", auto_release=False)
        self.orders = [world.place(shop, ("MUG", 1, price)) for price in ("20.00", "30.25")]
        self.account = BankAccount.objects.create(code="main", name="Main", currency="GBP")
        self.sent = []
        self.came = Decimal(0)

    def read(self, form, rows):
        number = BankStatement.objects.count() + 1
        statement = BankStatement.objects.create(
            number=f"T{number}", account=self.account, digest=f"{number}", form=form, created_by=BY
        )
        return bank_lines.add_lines(statement, rows, by=BY)

    def add(self, rows, in_camt):
        entries = [self.entry(*row) for row in rows]
        lines = self.read("camt" if in_camt else "csv", entries)
        if len(lines) == len(entries):  # else one was taken for what the other form had told
            self.sent.append(entries)
        self.came += sum(line.amount for line in lines)

    def entry(self, which, amount):
        order = self.orders[which % 2] if which < 4 else None
        text = f"order {order.number}" if order else "no idea"
        return Entry(DAY, amount, "GBP", payer="Ada Byron", text=text)

    def repeat(self):
        for entries in self.sent:
            for form in ("csv", "camt"):
                assert self.read(form, entries) == []

    def line(self, which):
        lines = list(BankLine.objects.order_by("pk"))
        if not lines:
            raise bank_matching.NothingToUndo(number="none")
        return lines[which % len(lines)]

    def book(self, which, parts):
        parts = [Part(self.orders[at % 2], amount) for at, amount in parts]
        bank_matching.book_line(self.line(which), parts, by=BY)

    def whole(self, which, order, write_off):
        line = self.line(which)
        part = Part(self.orders[order % 2], line.amount - line.matched)
        bank_matching.book_line(line, [part], by=BY, write_off=write_off)

    def match(self):
        bank_matching.match_lines(BankLine.objects.order_by("pk"), by=BY)

    def ignore(self, which):
        bank_matching.ignore_line(self.line(which), by=BY, reason="Interest")

    def payout(self, which):
        bank_matching.book_payout(self.line(which), by=BY, gateway="stripe", fee=Decimal("0.30"))

    def undo(self, which):
        bank_matching.undo_line(self.line(which), by=BY, reason="A mistake")


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(MOVES, max_size=12).map(lambda rest: [("add", [(5, Decimal("19.75"))], False), *rest])
)
def test_any_history_of_bank_lines_keeps_the_sums(moves):
    with transaction.atomic():
        bank = Bank()
        for name, *told in moves:
            with suppress(DomainError), transaction.atomic():
                getattr(bank, name)(*told)
            assert_sums(bank)
        for line in BankLine.objects.order_by("pk"):
            with suppress(bank_matching.NothingToUndo), transaction.atomic():
                bank_matching.undo_line(line, by=BY, reason="A mistake")
        assert [balance(order).received for order in bank.orders] == [0, 0]
        assert not BankLine.objects.exclude(matched=0).exists()
        transaction.set_rollback(True)


def assert_sums(bank):
    """What came is in the lines, and what is booked of them is on the orders, nothing else."""
    lines = list(BankLine.objects.prefetch_related("matches"))
    booked = sum(m.amount for line in lines for m in line.matches.all() if m.undone_id is None)
    rows = PaymentTransaction.objects.filter(payment__method="write_off")
    given_up = sum(row.amount if row.kind == "capture" else -row.amount for row in rows)
    assert sum(line.amount for line in lines) == bank.came
    assert sum(balance(order).received for order in bank.orders) == booked + given_up
    assert [list(each.violations()) for each in money_invariants()] == [[], [], [], []]

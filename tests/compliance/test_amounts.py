"""Documents of any sequence of shipments and returns add up to the order, to the cent."""

from datetime import date
from decimal import Decimal
from itertools import count
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.models import TaxRate
from compliance.queries import amounts, assess_taxes
from compliance.queries import law as law_module
from compliance.queries.law import Law, Seller
from compliance.queries.territories import Place
from oms.money import exponent
from oms.taxes import TaxRequest
from orders.enums import ChargeKind
from orders.models import Order, OrderCharge, OrderLine
from orders.queries import totals_of

ZERO = Decimal(0)
TODAY = date(2026, 11, 23)


def rates(**classes):
    return {
        name: [TaxRate(rate=Decimal(rate), category="S", valid_from=date(2000, 1, 1))]
        for name, rate in classes.items()
    }


@pytest.fixture
def sellers():
    """The law of two places, without a database."""
    london = Seller(1, "GB", None, Place("GB", "GB"))
    mumbai = Seller(2, "IN", None, Place("IN", "IN", "27"))
    law_module._memory.update(
        law=Law(
            sellers={1: london, 2: mumbai},
            default=london,
            rates={
                "GB": rates(standard="20", reduced="5"),
                "IN": rates(standard="18", reduced="5"),
            },
        ),
        read_at=monotonic() + 10_000,
    )


def priced(country, currency, inclusive, rows, charges):
    """An order as placing leaves it, unsaved."""
    keys = count(1)
    order = Order(pk=1, currency=currency, price_includes_tax=inclusive, ship_country=country)
    unit = exponent(currency)
    lines = []
    for quantity, price, discount, tax_class in rows:
        total = max(quantity * price * unit - discount * unit, ZERO)
        line = OrderLine(pk=next(keys), quantity=quantity, unit_price=price * unit, total=total)
        lines.append((line, tax_class))
    extra = [
        OrderCharge(pk=next(keys), kind=ChargeKind.SHIPPING, amount=amount * unit)
        for amount in charges
    ]
    asked = [(line, line.total, tax_class) for line, tax_class in lines]
    asked += [(charge, charge.amount, "standard") for charge in extra]
    answers = assess_taxes(
        [
            TaxRequest(
                1, 2 if country == "IN" else 1, country, "27", "", False, inclusive, currency,
                TODAY, tax_class, amount,
            )
            for _row, amount, tax_class in asked
        ]
    )  # fmt: skip
    for (row, _amount, _class), parts in zip(asked, answers, strict=True):
        row.tax_amount = sum((part.amount for part in parts), ZERO)
        row.tax_lines = [
            {"code": p.code, "rate": str(p.rate), "amount": str(p.amount), "category": p.category}
            for p in parts
        ]
        if isinstance(row, OrderLine) and not inclusive:
            row.total += row.tax_amount
    return order, [line for line, _class in lines], extra


orders = st.tuples(
    st.sampled_from([("GB", "GBP"), ("GB", "JPY"), ("IN", "INR")]),
    st.booleans(),
    st.lists(
        st.tuples(
            st.integers(1, 7),
            st.integers(0, 50_000),
            st.integers(0, 300),
            st.sampled_from(["standard", "reduced"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.lists(st.integers(-400, 2_000), max_size=2),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(orders, st.data())
def test_draft_any_shipments_and_returns_add_up_to_the_order(sellers, order_data, data):
    (country, currency), inclusive, rows, charges = order_data
    order, lines, extra = priced(country, currency, inclusive, rows, charges)
    shipped = dict.fromkeys((line.pk for line in lines), 0)
    invoiced, charged = [], set()

    while left := [line for line in lines if shipped[line.pk] < line.quantity]:
        units = {
            line.pk: data.draw(st.integers(0, line.quantity - shipped[line.pk])) for line in left
        }
        units = {pk: n for pk, n in units.items() if n} or {left[0].pk: 1}
        document = amounts.draft(
            [
                *amounts.line_items(order, lines, shipped, units),
                *amounts.charge_items(order, extra, charged),
            ],
            currency,
        )
        charged |= {charge.pk for charge in extra}
        for pk, quantity in units.items():
            shipped[pk] += quantity
        invoiced.append(document)

    due = totals_of(order, lines, extra)
    assert sum(document.gross for document in invoiced) == due.total
    assert sum(document.tax for document in invoiced) == due.tax
    for document in invoiced:
        consistent(document, currency)
    credited = [
        amounts.draft(
            amounts.line_items(order, lines, {}, {line.pk: line.quantity for line in lines}),
            currency,
        )
    ]
    goods = sum((line.total for line in lines), ZERO)
    assert sum(document.gross for document in credited) == goods
    consistent(credited[0], currency)


def consistent(document, currency):
    """Lines add up to groups, groups follow their rate, and everything is whole minor units."""
    unit = exponent(currency)
    assert sum(line.tax for line in document.lines) == sum(g.amount for g in document.groups)
    for group in document.groups:
        assert group.amount == group.amount.quantize(unit)
        assert group.base == group.base.quantize(unit)
        assert abs(group.amount - group.base * group.rate / 100) <= 2 * unit
    halves = {g.code: g.amount for g in document.groups if g.rate in (Decimal(9), Decimal("2.5"))}
    assert halves.get("CGST") == halves.get("SGST")


def test_draft_whole_order_has_tax_rounded_per_rate(sellers):
    order, lines, _ = priced("GB", "GBP", False, [(1, 33, 0, "standard")] * 3, [])

    document = amounts.draft(
        amounts.line_items(order, lines, {}, {line.pk: 1 for line in lines}), "GBP"
    )

    assert [group.plain("GBP") for group in document.groups] == [
        {"code": "VAT", "category": "S", "rate": "20", "base": "0.99", "amount": "0.20"}
    ]


def test_taxation_of_line_with_another_stated_tax_shows_the_stated_rate(sellers):
    _, (line,), _ = priced("GB", "GBP", True, [(1, 12_000, 0, "standard")], [])
    line.tax_amount = ZERO
    exempt = amounts.taxation_of(line, line.total, "GBP")
    line.tax_amount = Decimal("5.71")
    reduced = amounts.taxation_of(line, line.total, "GBP")
    line.tax_amount = Decimal("20.01")
    rounded = amounts.taxation_of(line, line.total, "GBP")

    assert (exempt.category, exempt.rate) == ("Z", 0)
    assert (reduced.category, reduced.rate) == ("S", 5)
    assert (rounded.category, rounded.rate) == ("S", 20)

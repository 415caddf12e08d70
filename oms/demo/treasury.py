"""What finance finds: a bank statement, a remittance, store credit, and terms of returns and claims."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from oms.demo import world
from orders import operations as orders
from orders.adapters.statements import Layout
from orders.adapters.statements.cash import read_remittance
from orders.adapters.statements.storing import read_statement
from orders.enums import PaymentStatus
from orders.queries import outstanding
from orders.queries.balance import balance

BANK = Layout({"date": "Date", "amount": "Amount", "text": "Text", "payer": "Payer"}, ",", ".")
CASH = Layout({"tracking": "AWB", "amount": "COD Amount", "fee": "Fee"}, ",", ".")
CARRIER, FEE = "delhivery", Decimal(40)


def happen() -> None:
    """Read a statement and a remittance, issue a gift card and store credit, agree on terms; once."""
    if world.table("orders.StoreCredit").exists():
        return
    finance = world.user_of("Finance")
    _statement(finance)
    _remittance(finance)
    _agree()
    for customer in (None, world.table("customers.Customer").earliest("pk")):
        orders.issue_credit(
            by=finance,
            amount=Decimal(25),
            currency="GBP",
            reason="Sorry for the delay" if customer else "Sold at the counter",
            customer=customer,
        )


def _agree() -> None:
    """What buyers of the web shop may send back, and what a carrier answers for; invented."""
    world.table("fulfillment.ReturnPolicy").get_or_create(
        name="Web shop, 30 days",
        channel=world.table("orders.Channel").get(code=world.WEB),
        defaults={"window_days": 30, "fee_percent": 10, "least_state": "unused", "keep_limit": 10},
    )
    world.table("fulfillment.ClaimTerms").get_or_create(
        carrier=world.table("fulfillment.Carrier").get(code="royal-mail"),
        valid_from=date(2020, 1, 1),
        currency="GBP",
        defaults={"lost_after_days": 10, "loss_days": 80, "damage_days": 30, "per_parcel": 75},
    )


def _statement(by: str) -> None:
    """Two lines that pay orders, of which one is booked at once, and one that nobody knows."""
    account, _ = world.table("orders.BankAccount").get_or_create(
        code="main-eur",
        defaults={"name": "Main account", "currency": "EUR", "columns": BANK.as_data()},
    )
    waiting = world.table("orders.Order").filter(
        channel__code=world.WEB,
        status="placed",
        payment_status__in=(PaymentStatus.UNPAID, PaymentStatus.PARTIALLY_PAID),
    )
    whole, part = waiting.filter(holds=None).order_by("-pk")[:2]
    rows = [
        (balance(whole).balance, f"Order {whole.number}", "Bank customer"),
        (Decimal("5.00"), f"First part of {part.number}", "Bank customer"),
        (Decimal("31.90"), "Thank you", "Somebody"),
    ]
    day = f"{part.placed_at:%Y-%m-%d}"
    content = _csv(
        ("Date", "Amount", "Text", "Payer"), ((day, f"{row[0]:.2f}", *row[1:]) for row in rows)
    )
    statement = orders.begin_local_statement(account, content, by=by, form="csv")
    read_statement(statement, content, by=by)


def _remittance(by: str) -> None:
    """What a carrier says it collected: all of one parcel, too little of another, and a stranger."""
    world.table("orders.RemittanceProfile").get_or_create(
        carrier=CARRIER, defaults={"columns": CASH.as_data()}
    )
    owed = [row for row in outstanding.cash_by_order() if row.carrier == CARRIER][:2]
    rows = [
        (_tracking(row.order), row.amount - short, FEE)
        for row, short in zip(owed, (0, 100), strict=False)
    ]
    content = _csv(("AWB", "COD Amount", "Fee"), [*rows, ("BOM000000001", 990, FEE)])
    remittance = orders.begin_local_remittance(CARRIER, "INR", content, by=by)
    read_remittance(remittance, content, by=by)


def _tracking(order: Any) -> str:
    return order.shipments.exclude(tracking_number="").latest("pk").tracking_number


def _csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> BytesIO:
    lines = [",".join(map(str, row)) for row in (header, *rows)]
    return BytesIO("\n".join(lines).encode())

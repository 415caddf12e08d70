"""Lines of a bank statement, whichever way the bank writes them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import IO

from orders.adapters.statements import camt
from orders.adapters.statements.tables import (
    Layout,
    NotReadable,
    amount_of,
    day_of,
    table_of,
    text_of,
)
from orders.queries.bank_repeats import Entry

SYNONYMS = {
    "date": ("date", "booking date", "booked", "transaction date", "posting date", "buchungstag",
             "buchungsdatum", "buchung", "datum", "date operation", "date de comptabilisation",
             "boekingsdatum", "fecha", "data contabile", "completed date", "value date"),
    "amount": ("amount", "betrag", "umsatz", "betrag eur", "montant", "bedrag", "importe",
               "importo", "transaction amount", "value", "amount eur", "amount gbp"),
    "credit": ("credit", "credit amount", "paid in", "money in", "haben", "gutschrift", "deposit"),
    "debit": ("debit", "debit amount", "paid out", "money out", "soll", "lastschrift",
              "withdrawal"),
    "currency": ("currency", "waehrung", "w hrung", "devise", "munt", "ccy", "moneda"),
    "text": ("description", "details", "verwendungszweck", "buchungstext", "narrative", "memo",
             "transaction description", "libelle", "omschrijving", "concepto", "payment reference",
             "remittance information", "mededelingen"),
    "payer": ("payer", "name", "counterparty", "beguenstigter zahlungspflichtiger", "auftraggeber",
              "beg nstigter zahlungspflichtiger", "name zahlungsbeteiligter", "debtor", "payee",
              "counterparty name", "naam tegenpartij"),
    "iban": ("iban", "counterparty account", "kontonummer iban", "iban zahlungsbeteiligter",
             "account number", "debtor account", "tegenrekening"),
    "reference": ("creditor reference", "structured reference", "reference", "referenz",
                  "end to end reference", "kundenreferenz end to end"),
    "bank_reference": ("bank reference", "transaction id", "id", "bankreferenz", "reference number",
                       "entry reference"),
}  # fmt: skip
NEEDED = ("date",)
AMOUNTS = ("amount", "credit", "debit")


def bank_rows(
    content: IO[bytes], layout: Layout | None, currency: str, iban: str
) -> Iterator[Entry]:
    """The booked movements of a statement, oldest first as it gives them.

    Raises NotReadable for a file that is none, and for a statement of another account.
    """
    if camt.is_xml(content):
        yield from camt.entries(content, iban)
        return
    if layout is None:
        raise NotReadable(
            "Nobody has said yet what the columns of this bank mean. Send one of its files on the "
            "page of bank lines, and explain them there; they are remembered."
        )
    for position, cells in table_of(text_of(content), layout).named(layout):
        try:
            yield _entry(cells, layout, currency)
        except NotReadable as broken:
            raise NotReadable(f"Row {position} below the header: {broken}") from broken


def _entry(cells: dict[str, str], layout: Layout, currency: str) -> Entry:
    return Entry(
        booked_on=day_of(cells["date"], layout.dates),
        amount=_amount(cells, layout.decimal),
        currency=(cells.get("currency") or currency).upper()[:3],
        bank_reference=cells.get("bank_reference", "")[:80],
        payer=cells.get("payer", "")[:140],
        iban=cells.get("iban", "")[:34],
        text=cells.get("text", "")[:1_000],
        reference=cells.get("reference", "")[:140],
    )


def _amount(cells: dict[str, str], decimal: str) -> Decimal:
    if cells.get("amount"):
        return amount_of(cells["amount"], decimal)
    came, went = cells.get("credit"), cells.get("debit")
    if came and (amount := amount_of(came, decimal)):
        return abs(amount)
    if went:
        return -abs(amount_of(went, decimal))
    raise NotReadable("There is no amount.")

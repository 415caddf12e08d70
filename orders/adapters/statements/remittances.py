"""Rows of a carrier's remittance: parcels it collected for, how much, and what it keeps."""

from collections.abc import Iterator
from typing import IO

from orders.adapters.statements.tables import Layout, NotReadable, amount_of, table_of, text_of
from orders.operations.remittances import Collected

SYNONYMS = {
    "tracking": ("tracking", "tracking number", "tracking no", "awb", "awb no", "awb number", "waybill",
                 "waybill no", "waybill number", "parcel", "parcel number", "shipment", "shipment number",
                 "consignment", "consignment number", "sendungsnummer", "paketnummer"),
    "amount": ("cod amount", "collected", "collected amount", "amount collected", "cod value",
               "amount", "cod", "nachnahmebetrag", "betrag", "remitted amount"),
    "fee": ("fee", "fees", "cod fee", "cod charge", "cod charges", "charge", "charges",
            "commission", "service fee", "gebuehr", "geb hr"),
}  # fmt: skip
NEEDED = ("tracking", "amount")
AMOUNTS = ("amount", "fee")


def remittance_rows(content: IO[bytes], layout: Layout) -> Iterator[Collected]:
    """What the carrier says of each parcel; a row that cannot be read says so itself.

    Rows without a tracking number are sums and are passed over. Raises NotReadable for a file whose
    columns are others.
    """
    for position, cells in table_of(text_of(content), layout).named(layout):
        if cells["tracking"]:
            yield _collected(position, cells, layout)


def _collected(position: int, cells: dict[str, str], layout: Layout) -> Collected:
    tracking = cells["tracking"][:80]
    try:
        fee = abs(amount_of(cells["fee"], layout.decimal)) if cells.get("fee") else None
        return Collected(position, tracking, amount_of(cells["amount"], layout.decimal), fee)
    except NotReadable as broken:
        return Collected(position, tracking, None, None, str(broken))

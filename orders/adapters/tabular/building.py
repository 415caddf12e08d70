"""An order of a file in the shape that `orders.operations.place` takes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from customers.operations import Party
from oms.money import ZERO, quantize
from orders import operations as orders
from orders.adapters.tabular.rows import Cells, Item
from orders.enums import ChargeKind
from orders.queries.balance import usual_state

if TYPE_CHECKING:
    from orders.adapters.tabular.reading import Group

LONGEST_NAME = 200
PLACE_PARTS = ("line1", "line2", "city", "region", "postcode")
STATES = {"pending", "authorized", "captured"}


def placed_order(
    cells: Cells,
    group: "Group",
    goods: Sequence[Item],
    charges: Sequence[Item],
    *,
    at: datetime | None,
    currency: str,
) -> orders.PlacedOrder:
    """The order of a group of rows. Raises RowRefused where an amount of the order is none."""
    first = group.cells
    money = cells.text(first, "currency").upper() or currency
    party = buyer(cells, group)
    total = cells.amount(first, "total") if cells.text(first, "total") else None
    return orders.PlacedOrder(
        external_id=group.external_id,
        currency=money,
        customer=party,
        shipping_address=_address(cells, group, party),
        lines=tuple(_line(item) for item in goods),
        charges=tuple(_charges(cells, group, charges, money)),
        payments=tuple(_payments(cells, group, total)),
        placed_at=at,
        total=total,
    )


def _line(item: Item) -> orders.PlacedLine:
    return orders.PlacedLine(
        sku=item.sku,
        quantity=item.quantity,
        unit_price=item.price,
        discount=item.discount,
        tax_amount=item.tax,
        name=item.name[:LONGEST_NAME],
    )


def _charges(
    cells: Cells, group: "Group", items: Sequence[Item], currency: str
) -> list[orders.PlacedCharge]:
    found = [
        orders.PlacedCharge(
            kind=cells.profile.charge_kind(item.sku),
            amount=_amount(cells.profile.charge_kind(item.sku), item, currency),
            tax_amount=item.tax,
            description=item.name[:LONGEST_NAME],
        )
        for item in items
    ]
    if shipping := cells.amount(group.cells, "shipping", empty=ZERO):
        found.append(orders.PlacedCharge(ChargeKind.SHIPPING, shipping))
    return found


def _amount(kind: str, item: Item, currency: str) -> Decimal:
    """A discount lowers the order, whichever sign the file gives it."""
    amount = quantize(item.amount, currency)
    return -abs(amount) if kind == ChargeKind.DISCOUNT else amount


def _payments(cells: Cells, group: "Group", total: Decimal | None) -> list[orders.PlacedPayment]:
    method = cells.text(group.cells, "payment_method").lower()
    if not method:
        return []
    state = cells.text(group.cells, "payment_state").lower()
    return [
        orders.PlacedPayment(
            method=method,
            amount=cells.amount(group.cells, "payment_amount", empty=total),
            state=state if state in STATES else usual_state(method),
            reference=cells.text(group.cells, "payment_reference"),
        )
    ]


def buyer(cells: Cells, group: "Group") -> Party:
    """Who bought, as far as the file tells; the profile's placeholders tell the rest."""
    words = _words(group)
    holders = cells.profile.placeholders
    told = {
        part: cells.text(group.cells, part)
        for part in ("name", "email", "phone", "company", "tax_id")
    }
    if group.customer:
        told["name"] = told["name"] or _filled(holders, "name", words)
        told["email"] = told["email"] or _filled(holders, "email", words)
    else:
        told["name"] = told["name"] or _filled(holders, "guest", words)
    return Party(**told)


def _address(cells: Cells, group: "Group", party: Party) -> dict[str, str]:
    words = _words(group)
    address = {
        part: cells.text(group.cells, part) or _filled(cells.profile.placeholders, part, words)
        for part in PLACE_PARTS
    }
    recipient = cells.text(group.cells, "recipient")
    country = cells.profile.country_code(cells.text(group.cells, "country"))
    return {"name": recipient or party.name or party.company, **address, "country": country}


def _words(group: "Group") -> dict[str, str]:
    return {"customer": group.customer, "order": group.external_id}


def _filled(holders: Mapping[str, str], part: str, words: Mapping[str, str]) -> str:
    return holders.get(part, "").format(**words)

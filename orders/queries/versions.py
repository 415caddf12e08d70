"""What an order says at a moment, and how two such moments differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from customers import queries as customers
from oms.money import ZERO, plain
from orders.enums import ChargeKind
from orders.models import Order, OrderCharge, OrderLine, OrderVersion
from orders.queries.sealing import CONTEXT
from orders.queries.totals import amount_due, charge_total, totals_of

ADDRESS = {
    "name": "Recipient",
    "line1": "Street and number",
    "line2": "More of the address",
    "postcode": "Postcode",
    "city": "City",
    "region": "Region or state",
    "country": "Country",
}
LINE = ("sku", "name", "quantity", "unit_price", "discount", "tax", "total")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in two versions."""

    what: str
    before: str
    after: str


def content_of(
    order: Order, lines: Sequence[OrderLine], charges: Sequence[OrderCharge]
) -> dict[str, Any]:
    """What an order says, without personal data: units are those still wanted."""
    totals = totals_of(order, lines, charges)
    money = order.currency
    return {
        "lines": [
            {
                "position": line.position,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.due,
                "unit_price": plain(line.unit_price, money),
                "discount": plain(line.discount, money),
                "tax": plain(line.tax_amount, money),
                "total": plain(line.total, money),
                "due": plain(amount_due(line, money), money),
            }
            for line in sorted(lines, key=lambda line: line.position)
        ],
        "charges": [
            {
                "kind": row.kind,
                "description": row.description,
                "amount": plain(row.amount, money),
                "due": plain(charge_total(order, row), money),
            }
            for row in charges
        ],
        "totals": {
            "goods": plain(totals.goods, money),
            "charges": plain(totals.charges, money),
            "tax": plain(totals.tax, money),
            "total": plain(totals.total, money),
        },
        "pickup": order.pickup_location.name if order.pickup_location else "",
        "ship_to": " ".join(part for part in (order.ship_area, order.ship_country) if part),
        "status": order.status,
    }


def current_content(order: Order) -> dict[str, Any]:
    """What an order says now."""
    lines = list(order.lines.order_by("position"))
    return content_of(order, lines, list(order.charges.order_by("pk")))


def versions_of(order: Order) -> list[OrderVersion]:
    """Every version that was kept, the oldest first; none when nothing was ever changed."""
    rows = OrderVersion.objects.filter(order=order).select_related("change", "order__subject")
    return list(rows.order_by("number"))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """What is not the same, lines first, totals last."""
    return [
        *_lines(before["lines"], after["lines"]),
        *_charges(before["charges"], after["charges"]),
        *_plain("Ships to", before["ship_to"], after["ship_to"]),
        *_plain("Collected at", before.get("pickup", ""), after.get("pickup", "")),
        *_plain("Status", before["status"], after["status"]),
        *(
            difference
            for name in ("goods", "charges", "tax", "total")
            for difference in _plain(
                name.capitalize(), before["totals"][name], after["totals"][name]
            )
        ),
    ]


def addresses_of(versions: Sequence[OrderVersion]) -> list[dict[str, str]]:
    """Where each version was to be sent; nothing once its buyer was erased.

    Opened without a record: a door that shows them to a reader records that itself.
    """
    subject = versions[0].order.subject if versions else None
    if subject is None:
        return [{} for _ in versions]
    opened = [customers.unseal(subject, row.sealed, CONTEXT) for row in versions]
    return [values.get("shipping_address", {}) for values in opened]


def address_differences(before: dict[str, str], after: dict[str, str]) -> list[Difference]:
    """What is not the same in two addresses, part by part."""
    return [
        difference
        for name, label in ADDRESS.items()
        for difference in _plain(label, before.get(name, ""), after.get(name, ""))
    ]


def placed_worths(first: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What each line and charge of the first version was worth before anything was cancelled.

    Label, amount, units before and after; of lines also the price, the discount and the tax.
    """
    lines = [
        (
            row["sku"],
            Decimal(row["total"]),
            None,
            row["quantity"],
            *(Decimal(row[name]) for name in ("unit_price", "discount", "tax")),
        )
        for row in first["lines"]
    ]
    charges = [
        (_charge_name(row), Decimal(row.get("due", row["amount"])), None, None)
        for row in first["charges"]
        if row["kind"] != ChargeKind.RETURN
    ]
    return [*lines, *charges]


def worth_moved(before: dict[str, Any], after: dict[str, Any]) -> list[list[Any]]:
    """By how much each line and charge is worth more or less: label, amount, units then and now."""
    lines = [{row["position"]: row for row in content["lines"]} for content in (before, after)]
    moved = []
    for position in sorted({*lines[0], *lines[1]}):
        was, is_now = (rows.get(position) for rows in lines)
        amount = _due(is_now) - _due(was)
        if amount:
            sku, units = (was or is_now or {})["sku"], [_quantity(was), _quantity(is_now)]
            moved.append([sku, str(amount), *units])
    for difference in _charges(_counted(before), _counted(after), "due"):
        amount = Decimal(difference.after or 0) - Decimal(difference.before or 0)
        moved.append([difference.what, str(amount), None, None])
    return moved


def _due(row: dict[str, Any] | None) -> Decimal:
    return Decimal(row["due"]) if row else ZERO


def _quantity(row: dict[str, Any] | None) -> int:
    return row["quantity"] if row else 0


def _counted(content: dict[str, Any]) -> list[dict[str, Any]]:
    """The charges that count: none, when nothing is wanted any more."""
    wanted = not content["lines"] or any(row["quantity"] for row in content["lines"])
    return content["charges"] if wanted else []


def _lines(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Difference]:
    old = {row["position"]: row for row in before}
    new = {row["position"]: row for row in after}
    for position in sorted(old.keys() | new.keys()):
        was, is_now = old.get(position), new.get(position)
        if was is None and is_now is not None:
            yield Difference(is_now["sku"], "", f"{is_now['quantity']} x {is_now['unit_price']}")
        elif was is not None and is_now is not None:
            yield from _fields(was, is_now)


def _fields(was: dict[str, Any], is_now: dict[str, Any]) -> Iterator[Difference]:
    for name in LINE:
        if was[name] != is_now[name]:
            label = f"{is_now['sku']}: {name.replace('_', ' ')}"
            yield Difference(label, str(was[name]), str(is_now[name]))


def _charges(
    before: list[dict[str, Any]], after: list[dict[str, Any]], column: str = "amount"
) -> Iterator[Difference]:
    keys = ("kind", "description", column)
    old, new = list(before), []
    for row in after:
        same = next((was for was in old if all(was.get(k) == row.get(k) for k in keys)), None)
        if same:
            old.remove(same)
        else:
            new.append(row)
    for row in old:
        yield Difference(_charge_name(row), row[column], "")
    for row in new:
        yield Difference(_charge_name(row), "", row[column])


def _charge_name(row: dict[str, Any]) -> str:
    return row["description"] or str(ChargeKind(row["kind"]).label)


def _plain(what: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(what, before, after)

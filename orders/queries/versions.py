"""What an order says at a moment, and how two such moments differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oms.money import plain
from orders.models import Order, OrderCharge, OrderLine, OrderVersion
from orders.queries.totals import totals_of

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
            }
            for line in sorted(lines, key=lambda line: line.position)
        ],
        "charges": [
            {"kind": row.kind, "description": row.description, "amount": plain(row.amount, money)}
            for row in charges
        ],
        "totals": {
            "goods": plain(totals.goods, money),
            "charges": plain(totals.charges, money),
            "tax": plain(totals.tax, money),
            "total": plain(totals.total, money),
        },
        "ship_to": " ".join(part for part in (order.ship_area, order.ship_country) if part),
        "status": order.status,
    }


def current_content(order: Order) -> dict[str, Any]:
    """What an order says now."""
    lines = list(order.lines.order_by("position"))
    return content_of(order, lines, list(order.charges.order_by("pk")))


def versions_of(order: Order) -> list[OrderVersion]:
    """Every version that was kept, the oldest first; none when nothing was ever changed."""
    rows = OrderVersion.objects.filter(order=order).select_related("change")
    return list(rows.order_by("number"))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """What is not the same, lines first, totals last."""
    return [
        *_lines(before["lines"], after["lines"]),
        *_charges(before["charges"], after["charges"]),
        *_plain("Ships to", before["ship_to"], after["ship_to"]),
        *_plain("Status", before["status"], after["status"]),
        *(
            difference
            for name in ("goods", "charges", "tax", "total")
            for difference in _plain(
                name.capitalize(), before["totals"][name], after["totals"][name]
            )
        ),
    ]


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


def _charges(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Difference]:
    old, new = list(before), []
    for row in after:
        if row in old:
            old.remove(row)
        else:
            new.append(row)
    for row in old:
        yield Difference(row["description"] or row["kind"], row["amount"], "")
    for row in new:
        yield Difference(row["description"] or row["kind"], "", row["amount"])


def _plain(what: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(what, before, after)

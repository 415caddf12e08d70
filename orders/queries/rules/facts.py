"""The facts of orders that rules ask about, for any number of orders in a few statements."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from customers import queries as customers
from orders.enums import RequestState, TransactionKind
from orders.models import GatewayRequest, Hold, Order, OrderLine, Payment, PaymentTransaction
from orders.queries.rules.earlier import earlier
from orders.queries.rules.vocabulary import BUYER, LATER
from orders.queries.validation import missing_parts

Facts = dict[str, Any]


class Line(NamedTuple):
    """What facts need of an order line; rows of a model would take a back-test twice as long."""

    sku: str
    quantity: int
    cancelled: int
    allocated: int
    released: int

    @property
    def backordered(self) -> int:
        """Units that are wanted and have no stock."""
        return self.quantity - self.cancelled - self.allocated


HOUR = 3_600
MARKS = {field.name for field in BUYER}
OF_LINES = {"lines", "units", "most_of_one", "skus", "released", "backordered"}


def first_facts(order: Order, lines: Sequence[Any], methods: Iterable[str]) -> Facts:
    """What is known of an order from the moment it is worked out; asks nothing of the database."""
    units = [line.quantity for line in lines]
    return {
        "channel": order.channel.code,
        "total": order.total,
        "goods": order.goods_total,
        "charges": order.charges_total,
        "currency": order.currency,
        "lines": len(units),
        "units": sum(units),
        "most_of_one": max(units, default=0),
        "skus": {line.sku for line in lines},
        "country": order.ship_country,
        "region": order.ship_region,
        "area": order.ship_area,
        "pickup": order.pickup_location_id is not None,
        "business": order.buyer_tax_id,
        "methods": set(methods),
        "tags": set(order.tags),
        "priority": order.priority,
    }


def buyers_marks(
    customer_ids: Iterable[int | None], names: Collection[str]
) -> dict[int | None, Facts]:
    """Tags and segments of buyers by id, where they will be asked about; nothing otherwise."""
    if not MARKS & set(names):
        return {}
    known = customers.marks_of(pk for pk in customer_ids if pk is not None)
    return {
        pk: {"customer_tags": tags, "customer_segments": segments}
        for pk, (tags, segments) in known.items()
    }


def sealed_facts(shipping: dict[str, str], billing: dict[str, str] | None) -> Facts:
    """What may be kept of the addresses: countries, and which parts are missing."""
    country = (billing or {}).get("country") or shipping.get("country", "")
    return {
        "billing_country": country,
        "billing_differs": country != shipping.get("country", ""),
        "address_lacks": set(missing_parts(shipping)),
    }


def facts_of(orders: Sequence[Order], now: datetime, names: Collection[str]) -> dict[int, Facts]:
    """Facts by order id, for orders read with their channel.

    `names` are those that will be asked about: what costs a statement is left out otherwise.
    """
    keys = [order.pk for order in orders]
    lines = _lines(keys) if OF_LINES & set(names) else defaultdict(list)
    methods = _grouped(Payment.objects.filter(order__in=keys), "method", names, {"methods"})
    holds = _grouped(Hold.objects.filter(order__in=keys, lifted_at=None), "type", names, {"holds"})
    voided = _voided(keys) if "voided" in names else {}
    failed = _failed(keys) if "failed_payments" in names else {}
    history = earlier(keys) if {"customer_orders", "customer_spent"} & set(names) else {}
    marks = buyers_marks([order.customer_id for order in orders], names)
    later = {field.name for field in LATER} & set(names)
    return {
        order.pk: {
            **first_facts(order, lines[order.pk], methods[order.pk]),
            **(_later_facts(order, lines[order.pk], now) if later else {}),
            "holds": set(holds[order.pk]),
            "voided": voided.get(order.pk, 0),
            "failed_payments": failed.get(order.pk, 0),
            **history.get(order.pk, {}),
            **marks.get(order.customer_id, {}),
        }
        for order in orders
    }


def _lines(keys: Sequence[int]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    rows = OrderLine.objects.filter(order_id__in=keys)
    for order, *values in rows.values_list("order_id", *Line._fields).iterator(10_000):
        found[order].append(Line(*values))
    return found


def _later_facts(order: Order, lines: Sequence[Line], now: datetime) -> Facts:
    promised = order.promised_at
    return {
        "stage": order.stage,
        "stage_hours": hours_between(order.stage_since, now),
        "age_hours": hours_between(order.placed_at, now),
        "late_hours": hours_between(promised, now) if promised else None,
        "payment": order.payment_status,
        "fulfilment": order.fulfillment_status,
        "released": sum(line.released for line in lines),
        "backordered": sum(line.backordered for line in lines),
    }


def hours_between(since: datetime, now: datetime) -> Decimal:
    """How long, in hours with two places."""
    return round(Decimal((now - since).total_seconds()) / HOUR, 2)


def _grouped(
    rows: Any, column: str, names: Collection[str], wanted: set[str]
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    if wanted & set(names):
        for order, value in rows.values_list("order_id", column):
            found[order].append(value)
    return found


def _voided(keys: Sequence[int]) -> dict[int, int]:
    rows = PaymentTransaction.objects.filter(payment__order__in=keys, kind=TransactionKind.VOID)
    found: dict[int, int] = defaultdict(int)
    for order in rows.values_list("payment__order_id", flat=True):
        found[order] += 1
    return found


def _failed(keys: Sequence[int]) -> dict[int, int]:
    """Payments of each order that were given up, or that a gateway would not take, each once."""
    given_up = PaymentTransaction.objects.filter(
        payment__order__in=keys, kind=TransactionKind.VOID
    ).values_list("payment__order_id", "payment_id")
    declined = GatewayRequest.objects.filter(
        payment__order__in=keys, kind=TransactionKind.CAPTURE, state=RequestState.DECLINED
    ).values_list("payment__order_id", "payment_id")
    return Counter(order for order, _ in {*given_up, *declined})


def kept(facts: Facts, names: Iterable[str]) -> dict[str, Any]:
    """The asked facts as a run keeps them: plain JSON."""
    return {name: _plain(facts.get(name)) for name in sorted(names)}


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value)
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value

"""What customers can be told of their orders: the values for the words, event by event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from customers import queries as customers
from customers.queries import About, Amount, Notice, NoticeKind, Words
from oms.models import Event
from orders.enums import ChargeKind, OrderLinkKind, OrderStatus
from orders.models import Order, OrderLine, OrderLink
from orders.queries.charge_words import WORDS, charges_told
from orders.queries.promising import told_day
from orders.queries.sealing import CONTEXT
from orders.queries.totals import share

NEWS = timedelta(days=2)

SAMPLE: dict[str, Any] = {
    "customer": "Ada Byron",
    "shop": "Web shop",
    "order": "SO100001",
    "your_number": "WEB-1001",
    "lines": [
        {"sku": "MUG", "name": "Mug, white", "quantity": 2, "total": Amount(Decimal("9.90"), "EUR")}
    ],
    "charges": [
        {"name": Words(WORDS[ChargeKind.SHIPPING]), "total": Amount(Decimal("3.95"), "EUR")}
    ],
    "total": Amount(Decimal("13.85"), "EUR"),
    "ship_by": date(2026, 11, 30),
    "ship_to": "12 St James's Square, SW1Y 4JH London",
}


def notice_about(order: Order, **more: Any) -> Notice | None:
    """A notice to the buyer of an order, with what every notice says.

    None for an erased buyer, and where the channel leaves writing to the shop.
    """
    values = notice_values(order) if order.channel.notifies_customers else {}
    if not values or order.customer_id is None:
        return None
    return Notice(
        customer_id=order.customer_id,
        email=values.pop("email"),
        about=About("orders.order", order.pk, order.number),
        country=order.ship_country,
        values={**values, **more},
    )


def _email(order: Order, told: str) -> str:
    """Where the order says; where that cannot be, what its customer's own page says meanwhile."""
    if not told or customers.is_email(told) or order.customer is None:
        return told
    return customers.profile_of(order.customer).get("email", "") or told


def notice_values(order: Order) -> dict[str, Any]:
    """What every notice about an order says; nothing once its buyer was erased."""
    sealed = customers.unseal(order.subject, order.sealed, CONTEXT)
    lines = list(order.lines.order_by("position"))
    contact, address = sealed.get("contact"), sealed.get("shipping_address", {})
    if not contact:
        return {}
    return {
        "email": _email(order, contact.get("email", "")),
        "customer": contact.get("name", ""),
        "shop": order.channel.name,
        "order": order.number,
        "your_number": "" if order.external_id == order.number else order.external_id,
        "lines": [
            {
                "sku": line.sku,
                "name": line.name or line.sku,
                "quantity": line.due,
                "total": Amount(
                    share(line.total, line.due, line.quantity, order.currency), order.currency
                ),
            }
            for line in lines
            if line.due
        ],
        "charges": _charges(order, lines),
        "total": Amount(order.total, order.currency),
        "ship_by": told_day(order, lines),
        "ship_to": _one_line(address),
    }


def _charges(order: Order, lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Nothing once every unit is cancelled, as the total has it."""
    rows = order.charges.order_by("pk") if any(line.due for line in lines) else ()
    return charges_told(rows, order.currency, price_includes_tax=order.price_includes_tax)


def order_for_notice(pk: int) -> Order:
    """An order with what a notice needs."""
    return Order.objects.select_related("channel", "subject", "pickup_location").get(pk=pk)


@dataclass(frozen=True, slots=True)
class Told:
    """One message to the buyer, in their language."""

    event: str
    subject: str
    body: str


def told_by(events: Iterable[Event]) -> tuple[Told, ...]:
    """The messages that these events give rise to, whatever they are about.

    For previews: nothing is put in line. What the buyer has stopped is left out.
    """
    wired = customers.notice_kinds()
    found = [_told(event) for event in events if event.name in wired]
    return tuple(told for told in found if told is not None)


def _told(event: Event) -> Told | None:
    message = customers.message_of(event)
    notice = customers.kind_of(message).build(event)
    if notice is None or customers.is_muted(message, notice.customer_id):
        return None
    template = customers.template_for(message, notice.customer_id, notice.country)
    return Told(event.name, *customers.compose(template, notice.values)) if template else None


def _one_line(address: dict[str, str]) -> str:
    town = f"{address.get('postcode', '')} {address.get('city', '')}".strip()
    parts = (address.get("line1", ""), address.get("line2", ""), town)
    return ", ".join(part for part in parts if part)


def _of_order(event: Event) -> Notice | None:
    return notice_about(order_for_notice(event.subject_id))


def _of_new_order(event: Event) -> Notice | None:
    """Orders that come in long after they were placed are history, not news."""
    order = order_for_notice(event.subject_id)
    return notice_about(order) if event.at - order.placed_at < NEWS else None


def _with_amount(event: Event) -> Notice | None:
    order = order_for_notice(event.subject_id)
    return notice_about(order, amount=Amount(Decimal(event.facts["amount"]), order.currency))


def _of_cancelled(event: Event) -> Notice | None:
    """Units that a change takes off are told by the change, once."""
    part_of_change = event.facts.get("change") and not event.facts["whole"]
    return None if part_of_change else _of_order(event)


def _of_changed(event: Event) -> Notice | None:
    """A change that leaves nothing is told as what it is, by the cancellation."""
    order = order_for_notice(event.subject_id)
    if order.status == OrderStatus.CANCELLED:
        return None
    return notice_about(order, **_moved(order, event.facts["change"]))


def _moved(order: Order, change: str) -> dict[str, str]:
    """Numbers of the order that a change split off and of those that it brought in."""
    links = OrderLink.objects.filter(change=change).order_by("pk")
    off = links.filter(kind=OrderLinkKind.SPLIT, source=order).values_list("target__number")
    joined = links.filter(kind=OrderLinkKind.MERGE, target=order).values_list("source__number")
    return {
        "split_off": ", ".join(number for (number,) in off),
        "merged": ", ".join(number for (number,) in joined),
    }


def _kind(
    names: dict[str, str], build: Callable[[Event], Notice | None], **more: Any
) -> NoticeKind:
    return NoticeKind(names, build, {**SAMPLE, **more})


ORDER_PLACED = _kind(
    {"en": "Order confirmation", "de": "Bestellbestätigung", "fr": "Confirmation de commande"},
    _of_new_order,
)
ORDER_BACKORDERED = _kind(
    {"en": "Goods take longer", "de": "Ware braucht länger", "fr": "Retard de livraison"}, _of_order
)
ORDER_CANCELLED = _kind(
    {"en": "Cancellation", "de": "Stornierung", "fr": "Annulation"}, _of_cancelled
)
ORDER_CHANGED = _kind(
    {"en": "Order changed", "de": "Bestellung geändert", "fr": "Commande modifiée"},
    _of_changed,
    split_off="SO100002",
    merged="SO100003",
)
PAYMENT_CAPTURED = _kind(
    {"en": "Payment received", "de": "Zahlungseingang", "fr": "Paiement reçu"},
    _with_amount,
    amount=Amount(Decimal("13.85"), "EUR"),
)
REFUND_PAID = _kind(
    {"en": "Refund paid", "de": "Erstattung", "fr": "Remboursement"},
    _with_amount,
    amount=Amount(Decimal("4.95"), "EUR"),
)
RULE_NOTIFIED = NoticeKind(
    {"en": "Message of a rule", "de": "Nachricht zur Bestellung", "fr": "Message sur la commande"},
    _of_order,
    SAMPLE,
    many=True,
)

"""What customers can be told of shipments and returns."""

from datetime import date
from decimal import Decimal
from typing import Any

from customers.queries import Amount, Notice, NoticeKind
from fulfillment.models import Claim, Return, Shipment
from fulfillment.queries.links import return_link
from fulfillment.queries.pickup import is_collected
from oms.models import Event
from oms.money import ZERO
from orders.queries.notices import SAMPLE, notice_about, order_for_notice

PARCEL: dict[str, Any] = {
    "shipment": "SH100001",
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "tracking_url": "https://carrier.example/00340434161094042557",
    "sent": [{"sku": "MUG", "name": "Mug, white", "quantity": 2}],
}


def _of_shipment(event: Event) -> Notice | None:
    shipment = Shipment.objects.select_related("carrier", "order").get(pk=event.subject_id)
    if is_collected(shipment):  # who has it in hand need not be told
        return None
    number = shipment.tracking_number
    pattern = shipment.carrier.tracking_url if number else ""
    return notice_about(
        order_for_notice(shipment.order_id),
        shipment=shipment.number,
        carrier=shipment.carrier.name,
        tracking_number=number,
        tracking_url=pattern.replace("{number}", number),
        sent=_sent(shipment),
        return_link=return_link(shipment.order),
    )


def _sent(shipment: Shipment) -> list[dict[str, Any]]:
    units: dict[int, dict[str, Any]] = {}
    for parcel in shipment.parcels.prefetch_related("lines__line__order_line"):
        for row in parcel.lines.all():
            line = row.line.order_line
            entry = units.setdefault(
                line.pk, {"sku": line.sku, "name": line.name or line.sku, "quantity": 0}
            )
            entry["quantity"] += row.quantity
    return list(units.values())


def _of_return(event: Event) -> Notice | None:
    """Nothing of what the carrier brings back: its buyer sends nothing, and is told otherwise."""
    document = Return.objects.get(pk=event.subject_id)
    if hasattr(document, "origin_return"):
        return None
    order = order_for_notice(document.order_id)
    return notice_about(
        order,
        rma=document.number,
        send_by=document.expires_at,
        why=document.decline_reason,
        refund=Amount(document.refunded, order.currency),
        return_link=return_link(order),
    )


def _of_waived(event: Event) -> Notice | None:
    """Nothing where a claim gave it: that has a message of its own."""
    document = Return.objects.get(pk=event.subject_id)
    return None if hasattr(document, "claim") else _of_return(event)


def _of_claim(event: Event) -> Notice | None:
    claim = Claim.objects.select_related("shipment", "credit").get(pk=event.subject_id)
    order = order_for_notice(claim.order_id)
    refund = claim.credit.refunded if claim.credit else ZERO
    return notice_about(
        order,
        shipment=claim.shipment.number,
        kind=claim.kind,
        replacement=event.facts["replacement"] or "",
        refund=Amount(refund, order.currency),
    )


def _of_origin(event: Event) -> Notice | None:
    """Nothing where it was made good before, and the buyer has nothing to decide."""
    if not event.facts["rma"]:
        return None
    shipment = Shipment.objects.select_related("carrier").get(pk=event.subject_id)
    return notice_about(
        order_for_notice(shipment.order_id),
        shipment=shipment.number,
        carrier=shipment.carrier.name,
        why=event.facts["reason"],
    )


def _of_origin_decided(event: Event) -> Notice | None:
    """That it is sent once more; of a refund its payment tells."""
    if not event.facts["replacement"]:
        return None
    shipment = Shipment.objects.get(pk=event.subject_id)
    return notice_about(
        order_for_notice(shipment.order_id),
        shipment=shipment.number,
        replacement=event.facts["replacement"],
    )


def _of_pickup(event: Event) -> Notice | None:
    order = order_for_notice(event.subject_id)
    return notice_about(
        order,
        place=order.pickup_location.name if order.pickup_location else "",
        collect_by=date.fromisoformat(event.facts["until"]),
    )


def _of_offer(event: Event) -> Notice | None:
    order = order_for_notice(event.subject_id)
    return notice_about(order, return_link=return_link(order))


LINK = {"return_link": "https://orders.example.com/my/returns/signed/"}
READY_FOR_PICKUP = NoticeKind(
    {"en": "Ready to be collected", "de": "Abholbereit", "fr": "Prête à être retirée"},
    _of_pickup,
    {**SAMPLE, "place": "Shop in Soho", "collect_by": date(2026, 12, 5)},
)
SHIPPED = NoticeKind(
    {"en": "Shipped", "de": "Versandt", "fr": "Expédition"},
    _of_shipment,
    {**SAMPLE, **PARCEL, **LINK},
)
DELIVERED = NoticeKind(
    {"en": "Delivered", "de": "Zugestellt", "fr": "Livraison"},
    _of_shipment,
    {**SAMPLE, **PARCEL, **LINK},
)
RMA: dict[str, Any] = {
    **SAMPLE,
    **LINK,
    "rma": "RMA100001",
    "send_by": date(2026, 12, 30),
    "why": "The 30 days are over",
    "refund": Amount(Decimal("9.90"), "EUR"),
}
RETURN_OFFERED = NoticeKind(
    {"en": "How to send goods back", "de": "Rücksendung anmelden", "fr": "Retourner des articles"},
    _of_offer,
    {**SAMPLE, **LINK},
)
RETURN_REQUESTED = NoticeKind(
    {"en": "Return registered", "de": "Rücksendung angelegt", "fr": "Retour enregistré"},
    _of_return,
    RMA,
)
RETURN_APPROVED = NoticeKind(
    {"en": "Return approved", "de": "Rücksendung genehmigt", "fr": "Retour accepté"},
    _of_return,
    RMA,
)
RETURN_DECLINED = NoticeKind(
    {"en": "Return declined", "de": "Rücksendung abgelehnt", "fr": "Retour refusé"}, _of_return, RMA
)
RETURN_EXPIRED = NoticeKind(
    {"en": "Return expired", "de": "Rücksendung abgelaufen", "fr": "Retour expiré"}, _of_return, RMA
)
RETURN_RECEIVED = NoticeKind(
    {"en": "Return received", "de": "Rücksendung eingegangen", "fr": "Retour reçu"}, _of_return, RMA
)
RETURN_WAIVED = NoticeKind(
    {"en": "Nothing to send back", "de": "Keine Rücksendung nötig", "fr": "Retour inutile"},
    _of_waived,
    RMA,
)
CLAIM_MADE_GOOD = NoticeKind(
    {
        "en": "Lost or damaged parcel made good",
        "de": "Ersatz für ein Paket",
        "fr": "Colis perdu ou endommagé remplacé",
    },
    _of_claim,
    {
        **SAMPLE,
        "shipment": "SH100001",
        "kind": "lost",
        "replacement": "SO100002",
        "refund": Amount(Decimal("9.90"), "EUR"),
    },
)
CAME_BACK = NoticeKind(
    {"en": "Parcel came back", "de": "Paket kam zurück", "fr": "Colis revenu"},
    _of_origin,
    {**SAMPLE, "shipment": "SH100001", "carrier": "DHL", "why": "address_unknown"},
)
SENT_AGAIN = NoticeKind(
    {
        "en": "Sent again or refunded",
        "de": "Neu versandt oder erstattet",
        "fr": "Renvoyé ou remboursé",
    },
    _of_origin_decided,
    {**SAMPLE, "shipment": "SH100001", "replacement": "SO100002"},
)

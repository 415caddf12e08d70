"""Issued documents: what they cover, how they are numbered, what they must say."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Concat

from compliance.enums import DocumentKind, TaxCategory, Treatment
from compliance.models import Invoice, InvoiceLine, LegalEntity
from compliance.queries.content import buyer_of
from compliance.queries.law import Seller, law
from compliance.queries.taxes import Decision, decide, place_of_supply
from compliance.queries.territories import Place, locate, zone
from customers.queries import unseal
from oms.models import Event
from orders.enums import RETURN_CHARGES
from orders.models import Order, OrderCharge, OrderLine
from orders.queries.sealing import CONTEXT as ORDER_CONTEXT

YEAR_IN_NUMBER = 2
PREFIX_LENGTH = 6

ADDRESS = ("line1", "line2", "city", "region", "postcode", "country")

# What a document must say about why it bears no tax, by whose law.
SENTENCES = {
    (Treatment.INTRA_EU, "EU"): (
        "Intra-Community supply, exempt under Article 138 of Directive 2006/112/EC. "
        "Reverse charge: the buyer accounts for the VAT."
    ),
    (Treatment.EXPORT, "EU"): "Export, exempt under Article 146 of Directive 2006/112/EC.",
    (Treatment.EXPORT, "UK"): "Export, zero-rated under section 30(6) of the VAT Act 1994.",
    (Treatment.EXPORT, "IN"): (
        "Supply meant for export under bond or letter of undertaking "
        "without payment of integrated tax."
    ),
}
OSS_SENTENCE = "VAT of {territory} is declared through the One-Stop Shop."
OUTSIDE_SENTENCE = "Outside the scope of VAT and GST."
EXEMPT_SENTENCE = "Lines of category E are exempt from tax."


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a document is taxed as it is."""

    treatment: Treatment
    territory: str
    place_of_supply: str
    notes: tuple[str, ...]


def documented_units(order: Order, kind: DocumentKind) -> dict[int, int]:
    """Units of each order line on documents of a kind."""
    rows = InvoiceLine.objects.filter(
        invoice__order=order, invoice__kind=kind, order_line__isnull=False
    )
    return dict(rows.order_by().values_list("order_line").annotate(units=Sum("quantity")))


def documented_charges(order: Order) -> set[int]:
    """Charges of the order that an invoice shows."""
    rows = InvoiceLine.objects.filter(invoice__order=order, charge__isnull=False)
    return set(rows.values_list("charge", flat=True))


def corrected(order: Order, units: Mapping[int, int]) -> dict[Invoice, dict[int, int]]:
    """Which invoices these returned units were on, oldest first; without those credited before.

    Fewer units than asked for come back when not all of them were invoiced yet.
    """
    skip = documented_units(order, DocumentKind.CREDIT_NOTE)
    wanted = dict(units)
    found: dict[Invoice, dict[int, int]] = defaultdict(dict)
    rows = InvoiceLine.objects.filter(
        invoice__order=order, invoice__kind=DocumentKind.INVOICE, order_line__in=list(units)
    )
    for row in rows.select_related("invoice__entity").order_by("invoice", "position"):
        line = row.order_line_id or 0
        credited = min(skip.get(line, 0), row.quantity)
        skip[line] = skip.get(line, 0) - credited
        taken = min(wanted[line], row.quantity - credited)
        if taken:
            wanted[line] -= taken
            found[row.invoice][line] = found[row.invoice].get(line, 0) + taken
    return dict(found)


def notes_of(source: str) -> list[Invoice]:
    """The credit notes of a return: one, or one for each part of it and each entity."""
    named = Q(source=source) | Q(source__startswith=f"{source}/")
    return list(Invoice.objects.filter(named).order_by("pk"))


def uncredited(units: Mapping[int, int], notes: Sequence[Invoice]) -> dict[int, int]:
    """Units by order line that these notes do not credit yet."""
    rows = InvoiceLine.objects.filter(invoice__in=notes).order_by()
    done = dict(rows.values_list("order_line").annotate(units=Sum("quantity")))
    left = {line: quantity - done.get(line, 0) for line, quantity in units.items()}
    return {line: quantity for line, quantity in left.items() if quantity > 0}


def fiscal_year(entity: LegalEntity, on: date) -> str:
    """The fiscal year of a day: 2026, or 2026-27 where it does not begin in January."""
    start = on.year if on.month >= entity.fiscal_year_start_month else on.year - 1
    return str(start) if entity.fiscal_year_start_month == 1 else f"{start}-{(start + 1) % 100:02}"


def prefix_of(entity: LegalEntity) -> str:
    """What the entity's document numbers begin with: letters and digits, at most six."""
    return re.sub(r"[^A-Z0-9]", "", (entity.invoice_prefix or entity.code).upper())[:PREFIX_LENGTH]


def number_of(entity: LegalEntity, kind: DocumentKind, year: str, sequence: int) -> str:
    """A document's number, such as UK26-000001 or UK26-C00001; India allows sixteen signs."""
    head = f"{prefix_of(entity)}{year[YEAR_IN_NUMBER : YEAR_IN_NUMBER + 2]}"
    counter = f"{sequence:06}" if kind == DocumentKind.INVOICE else f"C{sequence:05}"
    return f"{head}-{counter}"


def seller_on_document(entity: LegalEntity) -> dict[str, str]:
    """The entity as documents show it, for good."""
    fields = ("code", "name", "line1", "city", "postcode", "region", "country", "tax_id")
    return {name: getattr(entity, name) for name in fields}


def buyer_on_document(order: Order) -> dict[str, Any]:
    """The buyer with both addresses; of an erased person what earlier invoices say, if any."""
    opened = unseal(order.subject, order.sealed, ORDER_CONTEXT)
    if not opened:
        earlier = Invoice.objects.filter(order=order).select_related("subject").first()
        return buyer_of(earlier) if earlier else {}
    contact, ship_to = opened.get("contact", {}), opened.get("shipping_address", {})
    bill_to = opened.get("billing_address") or ship_to
    return {
        "name": bill_to.get("name") or contact.get("name", ""),
        "company": contact.get("company", ""),
        "tax_id": contact.get("tax_id", ""),
        **{name: bill_to.get(name, "") for name in ADDRESS},
        "ship_to": {name: ship_to.get(name, "") for name in ("name", *ADDRESS)},
    }


def reason_of(
    order: Order, location_id: int | None, buyer: dict[str, Any], categories: set[str], on: date
) -> Reason:
    """Why the document is taxed as it is, found as when the order was priced."""
    seller = law().seller(location_id)
    to = _destination(order, buyer, seller)
    decision = decide(seller, to, business=order.buyer_tax_id, on=on)
    if not _fits(decision, categories):
        # Priced when other stock was to serve it: the tax that the buyer was told stands.
        decision = _by_category(decision, categories)
    state = ""
    if decision.territory == "IN" and seller:
        state = (
            "96" if decision.treatment == Treatment.EXPORT else place_of_supply(seller.place, to)
        )
    return Reason(decision.treatment, decision.territory, state, _notes(decision, categories, on))


def order(order_id: int) -> Order:
    """An order by the id that events carry."""
    return Order.objects.get(pk=order_id)


def locked(order_id: int) -> Order:
    """The order, locked: one document at a time, so that each knows what the others cover."""
    rows = Order.objects.select_related("channel", "subject").filter(pk=order_id)
    return rows.select_for_update(of=("self",)).get()


def described(row: OrderLine | OrderCharge) -> dict[str, Any]:
    """What a document's line says of an order's line or charge."""
    if isinstance(row, OrderLine):
        product = row.product
        return {
            "order_line": row,
            "sku": row.sku,
            "name": row.name or (product.name if product else row.sku),
            "hs_code": product.hs_code if product else "",
        }
    if row.kind in RETURN_CHARGES:  # described by the number of the return
        return {"charge": row, "name": f"{row.get_kind_display()} {row.description}"}
    return {"charge": row, "name": row.description or row.get_kind_display()}


def undocumented() -> Iterator[Event]:
    """Shipments, then credited returns, of which no document tells, oldest first."""
    for name, kind in (("shipment.shipped", "shipment"), ("return.credited", "return")):
        told = Invoice.objects.filter(source=OuterRef("source"))
        events = Event.objects.filter(name=name).annotate(
            source=Concat(Value(f"{kind}:"), "subject_label")
        )
        yield from events.filter(~Exists(told)).order_by("pk").iterator()


def documents_of(order: Order) -> QuerySet[Invoice]:
    """An order's invoices and credit notes, in the order in which they were issued."""
    return Invoice.objects.filter(order=order).order_by("pk")


def _destination(order: Order, buyer: dict[str, Any], seller: Seller | None) -> Place:
    postcode = buyer.get("ship_to", {}).get("postcode", "") or order.ship_area
    to = locate(order.ship_country, order.ship_region, postcode)
    return to if to.country or seller is None else seller.place


def _fits(decision: Decision, categories: set[str]) -> bool:
    free = {
        TaxCategory.EXPORT.value,
        TaxCategory.INTRA_COMMUNITY.value,
        TaxCategory.OUTSIDE.value,
    }
    if decision.category is None:
        return not categories & free
    return categories <= {decision.category.value}


def _by_category(decision: Decision, categories: set[str]) -> Decision:
    territory = decision.territory
    if TaxCategory.EXPORT in categories:
        return Decision(Treatment.EXPORT, territory, category=TaxCategory.EXPORT)
    if TaxCategory.INTRA_COMMUNITY in categories:
        return Decision(Treatment.INTRA_EU, territory, category=TaxCategory.INTRA_COMMUNITY)
    if categories == {TaxCategory.OUTSIDE.value}:
        return Decision(Treatment.OUTSIDE, territory, category=TaxCategory.OUTSIDE)
    return Decision(Treatment.DOMESTIC, territory)


def _notes(decision: Decision, categories: set[str], on: date) -> tuple[str, ...]:
    notes = []
    if sentence := SENTENCES.get((decision.treatment, zone(decision.territory, on))):
        notes.append(sentence)
    if decision.treatment == Treatment.OSS:
        notes.append(OSS_SENTENCE.format(territory=decision.territory))
    if decision.treatment == Treatment.OUTSIDE or TaxCategory.OUTSIDE in categories:
        notes.append(OUTSIDE_SENTENCE)
    if TaxCategory.EXEMPT in categories:
        notes.append(EXEMPT_SENTENCE)
    return tuple(notes)


def invoiced_of(order_ids: QuerySet) -> QuerySet[Any, Any]:
    """Gross of the invoices less credit notes of these orders: `of` (an order) and `amount`."""
    signed = Case(When(kind=DocumentKind.INVOICE, then=F("gross")), default=-F("gross"))
    rows = Invoice.objects.filter(order__in=order_ids).order_by()
    return rows.values(of=F("order")).annotate(amount=Sum(signed))

"""Issuing invoices and credit notes: gapless numbers, frozen content."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from compliance.enums import DocumentKind
from compliance.models import DocumentSeries, Invoice, InvoiceLine, LegalEntity
from compliance.queries import amounts
from compliance.queries import documents as queries
from compliance.queries.content import CONTEXT, digest_of
from compliance.queries.law import seller_entity
from customers import operations as customers
from customers.queries import seal_fiscal
from oms import events
from oms.errors import DomainError
from oms.models import Event
from oms.money import plain
from orders.enums import ChargeKind
from orders.queries.terms import due_of, purchase_order_of

if TYPE_CHECKING:
    from orders.models import Order, OrderLine

SHIPPED, CHARGED = "shipment.shipped", "return.charged"
UNIT_PRICE_PLACES = Decimal("0.0001")


class NoLegalEntity(DomainError):
    """Nobody is set up to issue documents."""

    code = "no_legal_entity"
    message = "No legal entity is set up to invoice order {number}."


class NotInvoiced(DomainError):
    """A credit note needs an invoice to correct; it may be about to be issued."""

    code = "not_invoiced"
    message = "Not every returned unit of order {number} has been invoiced yet."


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of order lines that left or came back together."""

    source: str  # shipment:SH100001 or return:RMA100001
    units: Mapping[int, int]  # by order line
    location_id: int | None
    at: datetime


def goods_of(event: Event) -> Goods:
    """The goods that the event of a shipment or a return tells of."""
    if event.name == CHARGED:
        source = f"charged:{event.subject_label}/{event.sequence}"
        return Goods(source, {}, event.facts["location"], event.at)
    kind = "shipment" if event.name == SHIPPED else "return"
    units: Counter[int] = Counter()
    for line, _product, quantity in event.facts["units" if kind == "shipment" else "lines"]:
        units[line] += quantity
    return Goods(
        source=f"{kind}:{event.subject_label}",
        units=units,
        location_id=event.facts.get("location"),
        at=event.at,
    )


@transaction.atomic
def issue_invoice(order: "Order", *, by: str, goods: Goods) -> Invoice | None:
    """Issue the invoice for goods that were shipped, with all charges not yet invoiced.

    Repeatable: gives the invoice that was issued for this source before. None when there are no
    goods and other invoices show every charge already. Raises NoLegalEntity.
    """
    order = queries.locked(order.pk)
    if earlier := Invoice.objects.filter(source=goods.source).first():
        return earlier
    entity = seller_entity(goods.location_id)
    if entity is None:
        raise NoLegalEntity(number=order.number)

    draft = _draft_invoice(order, goods)
    if not draft.lines:
        return None
    buyer = queries.buyer_on_document(order)
    categories = {amount.item.taxation.category for amount in draft.lines}
    on = _day(entity, goods.at)
    reason = queries.reason_of(order, goods.location_id, buyer, categories, on)
    number = purchase_order_of(order)
    return _issue(
        Invoice(
            kind=DocumentKind.INVOICE,
            entity=entity,
            order=order,
            source=goods.source,
            subject=order.subject,
            sealed=seal_fiscal(order.subject, buyer, CONTEXT),
            treatment=reason.treatment,
            territory=reason.territory,
            place_of_supply=reason.place_of_supply,
            notes=[*reason.notes, *([f"Your purchase order: {number}."] if number else [])],
            supplied_on=on,
        ),
        draft,
        by=by,
    )


@transaction.atomic
def issue_credit_note(order: "Order", *, by: str, goods: Goods) -> list[Invoice]:
    """Issue credit notes for goods that came back: one for each entity that had invoiced them.

    `goods` are all units of the return so far; what earlier notes of it credit is left out, so
    that a repeat issues nothing and a return in parts is credited part by part. Gives all notes of
    the return. Raises NotInvoiced while an invoice is missing, which a consumer tries again.
    """
    order = queries.locked(order.pk)
    earlier = queries.notes_of(goods.source)
    units = queries.uncredited(goods.units, earlier)
    corrected = queries.corrected(order, units)
    if sum(sum(found.values()) for found in corrected.values()) != sum(units.values()):
        raise NotInvoiced(number=order.number)

    by_entity: dict[LegalEntity, dict[Invoice, dict[int, int]]] = {}
    for invoice, found in corrected.items():
        by_entity.setdefault(invoice.entity, {})[invoice] = found
    notes = list(earlier)
    for parts in by_entity.values():
        source = f"{goods.source}/{len(notes) + 1}" if notes else goods.source
        notes.append(_credit(order, source, parts, goods.at, by=by))
    return notes


def issue_for(event: Event, *, by: str) -> int:
    """Issue what the event of a shipment or a return asks for; how many documents it has then."""
    order, goods = queries.order(event.facts["order"]), goods_of(event)
    if event.name in {SHIPPED, CHARGED}:
        return int(issue_invoice(order, by=by, goods=goods) is not None)
    return len(issue_credit_note(order, by=by, goods=goods))


def read_buyer(invoice: Invoice, *, by: str) -> dict[str, Any]:
    """Open the buyer of a document for a reader; the reading is recorded. Empty when erased."""
    envelope = bytes(invoice.sealed) if invoice.sealed else None
    what = f"compliance.invoice {invoice.number}"
    return customers.disclose_fiscal(invoice.subject, envelope, CONTEXT, by=by, what=what)


def _credit(
    order: "Order", source: str, parts: dict[Invoice, dict[int, int]], at: datetime, *, by: str
) -> Invoice:
    """One credit note over units of one or several invoices of an entity."""
    first = next(iter(parts))
    units: dict[int, int] = {}
    for piece in parts.values():
        for line, quantity in piece.items():
            units[line] = units.get(line, 0) + quantity
    numbers = ", ".join(invoice.number for invoice in parts)
    done = queries.documented_units(order, DocumentKind.CREDIT_NOTE)
    lines = list(order.lines.order_by("position"))
    fees = order.charges.filter(kind=ChargeKind.RETURN_FEE).order_by("pk")
    items = [
        *amounts.line_items(order, lines, done, units),
        *amounts.fee_items(order, fees, queries.documented_charges(order), source),
    ]
    return _issue(
        Invoice(
            kind=DocumentKind.CREDIT_NOTE,
            entity=first.entity,
            order=order,
            source=source,
            corrects=first,
            subject_id=first.subject_id,
            sealed=first.sealed,  # the same person and context: the envelope opens here too
            treatment=first.treatment,
            territory=first.territory,
            place_of_supply=first.place_of_supply,
            notes=[f"Corrects invoice {numbers}.", *first.notes],
            supplied_on=_day(first.entity, at),
        ),
        amounts.draft(items, order.currency),
        by=by,
    )


def _draft_invoice(order: "Order", goods: Goods) -> amounts.Draft:
    lines: Iterable[OrderLine] = order.lines.select_related("product").order_by("position")
    done = queries.documented_units(order, DocumentKind.INVOICE)
    of_notes = (ChargeKind.RETURN, ChargeKind.RETURN_FEE)
    charges = order.charges.exclude(kind__in=of_notes).order_by("pk")
    items = [
        *amounts.line_items(order, lines, done, goods.units),
        *amounts.charge_items(order, charges, queries.documented_charges(order)),
    ]
    return amounts.draft(items, order.currency)


def _issue(invoice: Invoice, draft: amounts.Draft, *, by: str) -> Invoice:
    """Number, freeze and store a document whose parties and reason are set."""
    now = timezone.now()
    invoice.issued_at, invoice.issued_on = now, _day(invoice.entity, now)
    invoice.currency = invoice.order.currency
    if invoice.kind == DocumentKind.INVOICE and (due := due_of(invoice.order, invoice.issued_on)):
        invoice.due_on, invoice.notes = due.on, [*invoice.notes, due.words]
    invoice.seller = queries.seller_on_document(invoice.entity)
    invoice.net, invoice.tax, invoice.gross = draft.net, draft.tax, draft.gross
    invoice.tax_groups = [group.plain(invoice.currency) for group in draft.groups]
    _number(invoice)
    lines = [_line(invoice, position, amount) for position, amount in enumerate(draft.lines, 1)]
    invoice.digest = digest_of(invoice, lines)
    invoice.save()
    InvoiceLine.objects.bulk_create(lines)
    facts = {
        "order": invoice.order_id,
        "source": invoice.source,
        "gross": plain(invoice.gross, invoice.currency),
        "currency": invoice.currency,
    }
    events.record_first([events.Fact(f"{invoice.kind}.issued", invoice, facts)], by=by)
    return invoice


def _number(invoice: Invoice) -> None:
    """Take the next number of the series: its row stays locked until the document is committed."""
    year = queries.fiscal_year(invoice.entity, invoice.issued_on)
    key: dict[str, Any] = {"entity": invoice.entity, "kind": invoice.kind, "fiscal_year": year}
    DocumentSeries.objects.get_or_create(**key)
    series = DocumentSeries.objects.select_for_update().get(**key)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    invoice.series, invoice.sequence = series, series.last_number
    kind = DocumentKind(invoice.kind)
    invoice.number = queries.number_of(invoice.entity, kind, year, invoice.sequence)


def _line(invoice: Invoice, position: int, amount: amounts.Amount) -> InvoiceLine:
    units = amount.item.units
    return InvoiceLine(
        invoice=invoice,
        position=position,
        quantity=units,
        unit_price=(amount.net / units).quantize(UNIT_PRICE_PLACES),
        net=amount.net,
        category=amount.item.taxation.category,
        rate=amount.item.taxation.rate,
        tax=amount.tax,
        **queries.described(amount.item.row),
    )


def _day(entity: LegalEntity, moment: datetime) -> date:
    """The day it was at the entity's seat."""
    return moment.astimezone(ZoneInfo(entity.time_zone)).date()

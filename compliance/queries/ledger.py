"""What must hold for issued documents, for `check_ledgers`. None of it can be repaired."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Concat

from compliance.enums import DocumentKind
from compliance.models import DocumentSeries, Invoice, InvoiceLine
from compliance.queries.content import is_unchanged
from compliance.queries.law import has_entity
from fulfillment.models import Return, Shipment
from oms.ledgers import Invariant
from oms.models import Delivery, DeliveryState
from oms.money import ZERO
from orders.enums import ChargeKind
from orders.models import Order, OrderCharge, OrderLine

INVOICES = "compliance.consumers.issue_invoice"
CREDIT_NOTES = "compliance.consumers.issue_credit_note"
BATCH = 500


def invariants() -> list[Invariant]:
    """The invariants of issued documents."""
    documents = Invoice.objects.count
    return [
        Invariant(
            "invoice.series",
            "Documents of a series are numbered 1, 2, 3 ... without gaps.",
            count=DocumentSeries.objects.count,
            violations=_gaps,
        ),
        Invariant(
            "invoice.digest",
            "An issued document says what it said when it was issued.",
            count=documents,
            violations=_changed,
        ),
        Invariant(
            "invoice.amounts",
            "A document's totals and tax groups are the sums of its lines.",
            count=documents,
            violations=_wrong_amounts,
        ),
        Invariant(
            "invoice.units",
            "No more units are invoiced than shipped, and no more on credit notes than credited.",
            count=InvoiceLine.objects.exclude(order_line=None).count,
            violations=_too_many_units,
        ),
        Invariant(
            "invoice.orders",
            "Invoices less credit notes of an order that is wholly documented are its total.",
            count=lambda: Invoice.objects.values("order").distinct().count(),
            violations=_unlike_their_orders,
        ),
        Invariant(
            "invoice.shipments",
            "Every shipment that was passed on has its invoice.",
            count=Shipment.objects.count,
            violations=_not_invoiced,
        ),
        Invariant(
            "invoice.returns",
            "Every credited return that was passed on has its credit note.",
            count=Return.objects.filter(credit__gt=0).count,
            violations=_not_credited,
        ),
    ]


def _gaps() -> Iterator[str]:
    rows = DocumentSeries.objects.select_related("entity").annotate(
        issued=Count("documents"), highest=Coalesce(Max("documents__sequence"), 0)
    )
    for row in rows.exclude(issued=F("last_number"), highest=F("last_number")):
        yield (
            f"{row.entity} {row}: {row.issued} documents up to number {row.highest}, "
            f"counter at {row.last_number}"
        )


def _changed() -> Iterator[str]:
    rows = Invoice.objects.select_related("order", "entity", "series", "corrects")
    for invoice in rows.prefetch_related("lines").order_by("pk").iterator(chunk_size=BATCH):
        if not is_unchanged(invoice):
            yield f"{invoice.number} differs from its digest"


def _wrong_amounts() -> Iterator[str]:
    sums = {
        row["invoice"]: (row["net"], row["tax"])
        for row in InvoiceLine.objects.order_by()
        .values("invoice")
        .annotate(net=Sum("net"), tax=Sum("tax"))
    }
    rows = Invoice.objects.values_list("pk", "number", "net", "tax", "gross", "tax_groups")
    for pk, number, net, tax, gross, groups in rows.iterator(chunk_size=BATCH):
        grouped = sum((Decimal(group["amount"]) for group in groups), ZERO)
        if sums.get(pk, (ZERO, ZERO)) != (net, tax) or net + tax != gross or grouped != tax:
            yield f"{number}: {net} + {tax} = {gross}, lines {sums.get(pk)}, groups {grouped}"


def _too_many_units() -> Iterator[str]:
    rows = OrderLine.objects.select_related("order").annotate(
        invoiced=_units(DocumentKind.INVOICE), noted=_units(DocumentKind.CREDIT_NOTE)
    )
    for line in rows.filter(invoiced__gt=F("shipped")):
        yield f"{line.order} line {line.position}: invoiced {line.invoiced} of {line.shipped}"
    for line in rows.filter(noted__gt=F("credited")):
        yield f"{line.order} line {line.position}: credited {line.noted} of {line.credited}"


def _unlike_their_orders() -> Iterator[str]:
    """Compared here and not in SQL: SQLite adds up in floating point."""
    orders = Order.objects.filter(Exists(Invoice.objects.filter(order=OuterRef("pk"))))
    rows = orders.filter(~Exists(_undocumented()), ~Exists(_unshown())).annotate(
        invoiced=_gross(DocumentKind.INVOICE), credited=_gross(DocumentKind.CREDIT_NOTE)
    )
    figures = rows.order_by("pk").values_list("number", "total", "invoiced", "credited")
    for number, total, invoiced, credited in figures.iterator(chunk_size=BATCH):
        if round(invoiced - credited, 4) != total:
            yield f"{number}: {total}, documents {invoiced} - {credited}"


def _undocumented() -> QuerySet[OrderLine]:
    """Lines of which something is still to be shipped, invoiced or credited."""
    lines = OrderLine.objects.filter(order=OuterRef("pk")).annotate(
        line_invoiced=_units(DocumentKind.INVOICE), line_credited=_units(DocumentKind.CREDIT_NOTE)
    )
    whole = Q(line_invoiced=F("quantity") - F("cancelled"), line_credited=F("credited"))
    return lines.exclude(whole)


def _unshown() -> QuerySet[OrderCharge]:
    """Goods charged again of which no invoice tells yet."""
    charges = OrderCharge.objects.filter(order=OuterRef("pk"), kind=ChargeKind.NOT_RETURNED)
    return charges.filter(invoice_lines=None)


def _gross(kind: DocumentKind) -> Any:
    found = Invoice.objects.filter(order=OuterRef("pk"), kind=kind).order_by()
    totals = found.values("order").annotate(sum=Sum("gross")).values("sum")
    return Coalesce(totals, Value(0), output_field=DecimalField())


def _units(kind: DocumentKind) -> Any:
    found = InvoiceLine.objects.filter(order_line=OuterRef("pk"), invoice__kind=kind)
    totals = found.order_by().values("order_line").annotate(units=Sum("quantity")).values("units")
    return Coalesce(totals, Value(0), output_field=DecimalField())


def _not_invoiced() -> Iterator[str]:
    rows = _missing(Shipment.objects.all(), "shipment", INVOICES)
    yield from (f"Shipment {row.number} has no invoice" for row in rows)


def _not_credited() -> Iterator[str]:
    missing = _missing(Return.objects.filter(credit__gt=0), "return", CREDIT_NOTES)
    yield from (f"Return {row.number} has no credit note" for row in missing)


def _missing(rows: QuerySet[Any], kind: str, consumer: str) -> QuerySet[Any]:
    """Rows whose event the consumer is through with, or gave up on, and that no document shows."""
    if not has_entity():
        return rows.none()
    passed_on = Delivery.objects.filter(
        consumer=consumer, event__subject_id=OuterRef("pk")
    ).exclude(state=DeliveryState.PENDING)
    shown = Invoice.objects.filter(source=OuterRef("source"))
    named = rows.annotate(source=Concat(Value(f"{kind}:"), "number"))
    return named.filter(Exists(passed_on), ~Exists(shown)).order_by("pk")

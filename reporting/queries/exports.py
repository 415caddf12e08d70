"""What an export of each list contains: named columns, none of which holds personal data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from oms.money import quantize

CHUNK = 2_000

Row = list[Any]


class NotExportable(LookupError):
    """There is no list of this model, or nothing is agreed about its export."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export; `currency` names the field whose currency rounds the amount."""

    title: str
    path: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of rows that a list can be exported as."""

    key: str
    label: str
    model: str
    columns: tuple[Column, ...]
    through: str = ""  # how the rows point to the list's rows; empty: they are the list's rows
    order: tuple[str, ...] = ("pk",)


def columns(*described: str) -> tuple[Column, ...]:
    """Columns from "Title = path" or "Title = path in currency_path"."""
    made = []
    for text in described:
        title, _, path = text.partition(" = ")
        path, _, currency = path.partition(" in ")
        made.append(Column(title, path, currency))
    return tuple(made)


ORDERS = Content(
    "orders",
    "Orders",
    "orders.order",
    columns(
        "Order = number",
        "Channel = channel__code",
        "External ID = external_id",
        "Placed (UTC) = placed_at",
        "Promised (UTC) = promised_at",
        "Status = status",
        "Stage = stage",
        "In stage since (UTC) = stage_since",
        "Payment = payment_status",
        "Fulfilment = fulfillment_status",
        "Customer = customer__number",
        "Country = ship_country",
        "Priority = priority",
        "Currency = currency",
        "Goods = goods_total in currency",
        "Charges = charges_total in currency",
        "Tax = tax_total in currency",
        "Total = total in currency",
        "Confirmed (UTC) = confirmed_at",
        "Closed (UTC) = closed_at",
        "Cancelled (UTC) = cancelled_at",
    ),
)
LINES = Content(
    "lines",
    "Order lines",
    "orders.orderline",
    columns(
        "Order = order__number",
        "Channel = order__channel__code",
        "Placed (UTC) = order__placed_at",
        "Stage = order__stage",
        "Line = position",
        "SKU = product__sku",
        "SKU as sent = sku",
        "Product = name",
        "Ordered = quantity",
        "Cancelled = cancelled",
        "Allocated = allocated",
        "Released = released",
        "Shipped = shipped",
        "Delivered = delivered",
        "Undelivered = undelivered",
        "Returned = returned",
        "Currency = order__currency",
        "Unit price = unit_price",
        "Discount = discount in order__currency",
        "Tax = tax_amount in order__currency",
        "Total = total in order__currency",
    ),
    through="order",
    order=("order_id", "position"),
)
HOLDS = Content(
    "holds",
    "Holds",
    "orders.hold",
    columns(
        "Order = order__number",
        "Kind = type_id",
        "Reason = reason",
        "Owner = owner",
        "Placed (UTC) = placed_at",
        "Due (UTC) = due_at",
        "Lifted (UTC) = lifted_at",
        "Why lifted = lift_reason",
    ),
)
PAYMENTS = Content(
    "payments",
    "Payments",
    "orders.payment",
    columns(
        "Payment = number",
        "Order = order__number",
        "Channel = order__channel__code",
        "Method = method",
        "Reference = reference",
        "Created (UTC) = created_at",
        "Currency = currency",
        "Agreed = amount in currency",
        "Order total = order__total in currency",
        "Order payment status = order__payment_status",
    ),
)
TRANSACTIONS = Content(
    "transactions",
    "Payment transactions",
    "orders.paymenttransaction",
    columns(
        "Payment = payment__number",
        "Order = payment__order__number",
        "At (UTC) = at",
        "Kind = kind",
        "Method = payment__method",
        "Reference = reference",
        "Currency = payment__currency",
        "Amount = amount in payment__currency",
    ),
    through="payment",
)
STOCK = Content(
    "stock",
    "Stock levels",
    "inventory.stocklevel",
    columns(
        "SKU = product__sku",
        "Product = product__name",
        "Location = location__code",
        "On hand = on_hand",
        "Reserved = reserved",
        "Safety stock = safety_stock",
        "Changed (UTC) = changed_at",
    ),
)
MOVEMENTS = Content(
    "movements",
    "Stock movements",
    "inventory.stockmovement",
    columns(
        "At (UTC) = at",
        "SKU = level__product__sku",
        "Location = level__location__code",
        "Kind = kind",
        "Quantity = quantity",
        "Balance = balance",
        "Reference = reference",
        "Reason = reason",
        "Unit cost = unit_cost",
        "Actor = actor",
    ),
)
PRODUCTS = Content(
    "products",
    "Products",
    "inventory.product",
    columns(
        "SKU = sku",
        "Name = name",
        "Barcode = barcode",
        "Price = unit_price",
        "Cost = unit_cost",
        "Weight (g) = weight_g",
        "Tax class = tax_class",
        "HS code = hs_code",
        "Origin = origin_country",
        "Active = is_active",
    ),
)
FULFILLMENT_ORDERS = Content(
    "fulfillment_orders",
    "Fulfilment orders",
    "fulfillment.fulfillmentorder",
    columns(
        "Fulfilment order = number",
        "Order = order__number",
        "Location = location__code",
        "Status = status",
        "Reject reason = reject_reason",
        "Ship by (UTC) = ship_by",
        "Created (UTC) = created_at",
        "Accepted (UTC) = accepted_at",
        "Picked (UTC) = picked_at",
        "Packed (UTC) = packed_at",
        "Shipped (UTC) = shipped_at",
        "Ended (UTC) = ended_at",
    ),
)
WORK_LINES = Content(
    "work_lines",
    "Lines of fulfilment orders",
    "fulfillment.fulfillmentorderline",
    columns(
        "Fulfilment order = fulfillment_order__number",
        "Order = fulfillment_order__order__number",
        "Location = fulfillment_order__location__code",
        "SKU = order_line__product__sku",
        "Quantity = quantity",
        "Picked = picked",
        "Packed = packed",
        "Shipped = shipped",
        "Dropped = dropped",
    ),
    through="fulfillment_order",
    order=("fulfillment_order_id", "pk"),
)
SHIPMENTS = Content(
    "shipments",
    "Shipments",
    "fulfillment.shipment",
    columns(
        "Shipment = number",
        "Order = order__number",
        "Location = fulfillment_order__location__code",
        "Carrier = carrier__code",
        "Service = service",
        "Tracking number = tracking_number",
        "Status = status",
        "Weight (g) = weight_g",
        "Shipped (UTC) = shipped_at",
        "Delivered (UTC) = delivered_at",
    ),
)
RETURNS = Content(
    "returns",
    "Returns",
    "fulfillment.return",
    columns(
        "Return = number",
        "Order = order__number",
        "Location = location__code",
        "Status = status",
        "Reference = reference",
        "Currency = order__currency",
        "Credit = credit in order__currency",
        "Fee = fee in order__currency",
        "Charged again = charged in order__currency",
        "Requested (UTC) = requested_at",
        "Received (UTC) = received_at",
        "Closed (UTC) = closed_at",
    ),
)
RETURN_LINES = Content(
    "return_lines",
    "Lines of returns",
    "fulfillment.returnline",
    columns(
        "Return = return_order__number",
        "Order = return_order__order__number",
        "Channel = return_order__order__channel__code",
        "Requested (UTC) = return_order__requested_at",
        "Status = return_order__status",
        "SKU = order_line__product__sku",
        "Reason = reason__code",
        "Whose doing = reason__fault",
        "Condition as said = state",
        "Announced = quantity",
        "Restocked = restocked",
        "Quarantined = quarantined",
        "Scrapped = scrapped",
        "Sent back = sent_back",
        "Never came = given_up",
        "Credited = credited",
        "Currency = return_order__order__currency",
        "To the buyer = refund in return_order__order__currency",
    ),
    through="return_order",
    order=("return_order_id", "pk"),
)
CLAIMS = Content(
    "claims",
    "Claims",
    "fulfillment.claim",
    columns(
        "Claim = number",
        "Carrier = carrier__code",
        "Their number = carrier_reference",
        "Order = order__number",
        "Channel = order__channel__code",
        "Shipment = shipment__number",
        "Kind = kind",
        "Status = status",
        "Buyer got = remedy",
        "Currency = currency",
        "Claimed = amount in currency",
        "Liable up to = liable in currency",
        "Accepted = accepted in currency",
        "Received = received in currency",
        "Written off = written_off in currency",
        "Refused or withdrawn = dropped in currency",
        "Open = open in currency",
        "Claim by = claim_by",
        "Next step due = due_on",
        "Opened (UTC) = opened_at",
        "Sent (UTC) = sent_at",
        "Answered (UTC) = answered_at",
        "Paid (UTC) = paid_at",
        "Ended (UTC) = ended_at",
    ),
)
CLAIM_ENTRIES = Content(
    "claim_entries",
    "Money of claims",
    "fulfillment.claimentry",
    columns(
        "Claim = claim__number",
        "Carrier = claim__carrier__code",
        "Order = claim__order__number",
        "Entry = kind",
        "Takes back = undoes__kind",
        "Currency = claim__currency",
        "Amount = amount in claim__currency",
        "Reference = reference",
        "Reason = note",
        "By = by",
        "At (UTC) = at",
    ),
    through="claim",
    order=("claim_id", "pk"),
)
INVOICES = Content(
    "invoices",
    "Invoices and credit notes",
    "compliance.invoice",
    columns(
        "Number = number",
        "Kind = kind",
        "Entity = entity__code",
        "Order = order__number",
        "Source = source",
        "Corrects = corrects__number",
        "Issued on = issued_on",
        "Supplied on = supplied_on",
        "Currency = currency",
        "Net = net in currency",
        "Tax = tax in currency",
        "Gross = gross in currency",
    ),
)
INVOICE_LINES = Content(
    "invoice_lines",
    "Lines of invoices and credit notes",
    "compliance.invoiceline",
    columns(
        "Number = invoice__number",
        "Kind = invoice__kind",
        "Issued on = invoice__issued_on",
        "Line = position",
        "SKU = sku",
        "Name = name",
        "HS code = hs_code",
        "Quantity = quantity",
        "Unit price net = unit_price",
        "Tax category = category",
        "Tax rate = rate",
        "Currency = invoice__currency",
        "Net = net in invoice__currency",
        "Tax = tax in invoice__currency",
    ),
    through="invoice",
    order=("invoice_id", "position"),
)
CUSTOMERS = Content(
    "customers",
    "Customers, without personal data",
    "customers.customer",
    columns(
        "Customer = number",
        "Company = company__code",
        "Group = group",
        "Credit limit = credit_limit",
        "Payment terms (days) = payment_terms_days",
        "Since (UTC) = created_at",
    ),
)

CONTENTS: dict[str, tuple[Content, ...]] = {
    "orders.order": (ORDERS, LINES),
    "orders.hold": (HOLDS,),
    "orders.payment": (PAYMENTS, TRANSACTIONS),
    "inventory.stocklevel": (STOCK,),
    "inventory.stockmovement": (MOVEMENTS,),
    "inventory.product": (PRODUCTS,),
    "fulfillment.fulfillmentorder": (FULFILLMENT_ORDERS, WORK_LINES),
    "fulfillment.shipment": (SHIPMENTS,),
    "fulfillment.return": (RETURNS, RETURN_LINES),
    "fulfillment.claim": (CLAIMS, CLAIM_ENTRIES),
    "compliance.invoice": (INVOICES, INVOICE_LINES),
    "customers.customer": (CUSTOMERS,),
}


def contents(label: str) -> tuple[Content, ...]:
    """What a list may be exported as. Raises NotExportable."""
    try:
        return CONTENTS[label]
    except KeyError:
        raise NotExportable(label) from None


def content(label: str, key: str) -> Content:
    """One of them. Raises NotExportable."""
    for found in contents(label):
        if found.key == key:
            return found
    raise NotExportable(f"{label} {key}")


def listed(label: str, query: str, user: AbstractBaseUser) -> QuerySet[Any]:
    """The rows that this person's list shows under these filters, all of them, in key order.

    The list page itself answers, so that an export can never contain other rows than the list,
    nor rows that the person may not see. Raises NotExportable, or what the page raises for
    filters that it does not know.
    """
    model = apps.get_model(label)
    page = admin.site._registry.get(model)  # noqa: SLF001 (no public door)
    if page is None:
        raise NotExportable(label)
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(query)  # type: ignore[assignment]
    request.user = user  # type: ignore[assignment]
    if not page.has_view_permission(request):
        raise NotExportable(label)
    return page.get_changelist_instance(request).get_queryset(request).order_by("pk")


def chunks(rows: QuerySet[Any], what: Content) -> Iterator[tuple[int, list[Row]]]:
    """Rows of the export in pieces, each with how many rows of the list it took.

    Each piece is a short query of its own, after the last key: nothing is held open, memory
    stays flat, and the millionth row costs what the first did.
    """
    last = 0
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK]):
        last = keys[-1]
        yield len(keys), list(_rows(keys, what))


def _rows(keys: list[int], what: Content) -> Iterator[Row]:
    wanted = {f"{what.through or 'pk'}__in": keys}
    model = apps.get_model(what.model)
    found = model._default_manager.filter(**wanted).order_by(*what.order)  # noqa: SLF001
    paths = [column.path for column in what.columns]
    money = [
        (index, paths.index(column.currency))
        for index, column in enumerate(what.columns)
        if column.currency and column.currency in paths
    ]
    return _rounded(found.values_list(*paths), money)


def _rounded(rows: Iterable[tuple[Any, ...]], money: list[tuple[int, int]]) -> Iterator[Row]:
    for found in rows:
        row = list(found)
        for amount, currency in money:
            if isinstance(row[amount], Decimal):
                row[amount] = quantize(row[amount], row[currency])
        yield row

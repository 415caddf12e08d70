"""From the form of a new order to what `orders.operations.place` takes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from customers.operations import Party
from oms.money import ZERO
from orders import operations
from orders.enums import ChargeKind, PaymentMethod
from orders.forms import NewOrderForm

LATER = {PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.ON_ACCOUNT}


def placed_order(form: NewOrderForm, rows: Sequence[dict[str, Any]]) -> operations.PlacedOrder:
    """The order as it was told; prices left empty are list prices."""
    data = form.cleaned_data
    lines = tuple(_line(row) for row in rows if row)
    shipping = data["shipping"] or ZERO
    charges = (operations.PlacedCharge(ChargeKind.SHIPPING, shipping),) if shipping else ()
    due = sum((line.quantity * line.unit_price for line in lines), shipping)
    return operations.PlacedOrder(
        external_id=data["external_id"],
        currency=data["channel"].currency,
        customer=Party(
            **{key: data[key] for key in ("name", "email", "phone", "company", "tax_id")}
        ),
        shipping_address=form.address,
        billing_address=form.address,
        lines=lines,
        charges=charges,
        payments=_payments(data["method"], due),
    )


def _line(row: dict[str, Any]) -> operations.PlacedLine:
    product, price = row["product"], row.get("unit_price")
    if price is None:
        price = product.unit_price or ZERO
    return operations.PlacedLine(product.sku, row["quantity"], price, name=product.name)


def _payments(method: str, due: Decimal) -> tuple[operations.PlacedPayment, ...]:
    if not method:
        return ()
    state = "pending" if method in LATER else "captured"
    return (operations.PlacedPayment(method, due, state, ""),)

"""Messages of the orders API: what channels send and what they are answered."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from django.utils import timezone
from rest_framework import serializers

from customers.operations import Party
from oms.money import plain as money
from oms.wire import Moment, Quantity, Sent, Short, Sku, Text, message, utc
from orders.enums import GIVEN_REASONS, ChargeKind, HoldKind, PaymentMethod
from orders.models import Business, Channel, Hold, Order, OrderLine, Payment
from orders.operations import PlacedCharge, PlacedLine, PlacedOrder, PlacedPayment
from orders.queries import OrderDetail, allowed_actions
from orders.queries.balance import Balance, usual_state
from orders.serializers.promise import PromiseOut
from orders.serializers.rest import RestOut

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Amount = Decimal
Charge = Literal[tuple(ChargeKind.values)]  # type: ignore[valid-type]
Method = Literal[tuple(PaymentMethod.values)]  # type: ignore[valid-type]
Cause = Literal[tuple(reason.value for reason in GIVEN_REASONS)]  # type: ignore[valid-type]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"\S")]  # not blank
HoldCode = Annotated[str, msgspec.Meta(min_length=1, max_length=20, description="A hold type.")]


@message
class CustomerIn(Sent):
    """Who buys."""

    name: Text
    email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    company: Text = ""
    tax_id: Annotated[str, msgspec.Meta(max_length=40)] = ""


@message
class AddressIn(Sent):
    """A postal address. Country as ISO 3166-1 alpha-2; what is incomplete is put on hold."""

    name: Text = ""
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""
    country: Annotated[str, msgspec.Meta(max_length=100)] = ""


@message
class LineIn(Sent):
    """A line. `discount` and `tax_amount` are of the whole line, not of a unit."""

    sku: Sku
    quantity: Quantity
    unit_price: Amount
    tax_amount: Amount | None = None
    discount: Amount = Decimal(0)
    external_id: Short = ""
    name: Text = ""


@message
class ChargeIn(Sent):
    """Something charged beside goods; a discount is negative."""

    type: Charge
    amount: Amount
    tax_amount: Amount | None = None
    description: Text = ""


@message
class PaymentIn(Sent):
    """A payment as the channel knows it. Without `state` captured; what is paid later is pending."""

    method: Method
    amount: Amount
    state: Literal["pending", "authorized", "captured"] | None = None
    reference: Annotated[str, msgspec.Meta(max_length=120)] = ""

    @property
    def standing(self) -> str:
        """The state, told or usual."""
        return self.state or usual_state(self.method)


@message
class OrderIn(Sent):
    """An order to place. `external_id` makes repeats harmless.

    `reservation` is the token of a soft reservation whose units this order takes. With the code of a
    `pickup_location` the buyer collects it there, and the shipping address may be empty.
    `purchase_order_number` is the buyer's own; some companies want one on every order.
    """

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    currency: Currency
    customer: CustomerIn
    shipping_address: AddressIn
    lines: Annotated[list[LineIn], msgspec.Meta(min_length=1, max_length=2_000)]
    billing_address: AddressIn | None = None
    charges: Annotated[list[ChargeIn], msgspec.Meta(max_length=100)] = []
    payments: Annotated[list[PaymentIn], msgspec.Meta(max_length=20)] = []
    placed_at: Moment | None = None
    total: Amount | None = None
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    tags: Annotated[list[Short], msgspec.Meta(max_length=20)] = []
    reservation: Annotated[str, msgspec.Meta(max_length=64)] = ""
    pickup_location: Annotated[str, msgspec.Meta(max_length=40)] = ""
    purchase_order_number: Annotated[str, msgspec.Meta(max_length=60)] = ""


# Each order is read by itself, so that one that does not fit leaves the others alone.
RawOrder = Annotated[
    msgspec.Raw, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/OrderIn"})
]


@message
class BulkIn(Sent):
    """Up to 1,000 orders: all or nothing (`abort`), or each by itself (`continue`)."""

    orders: Annotated[list[RawOrder], msgspec.Meta(min_length=1, max_length=1_000)]
    on_error: Literal["abort", "continue"] = "abort"


@message
class HoldIn(Sent):
    """A reason to wait."""

    reason: Sentence
    kind: HoldCode = HoldKind.OTHER.value
    handle: Short = ""
    owner: Short = ""
    due_at: Moment | None = None


@message
class LiftIn(Sent):
    """Why a hold may end."""

    reason: Sentence


@message
class HoldOut(msgspec.Struct):
    """A hold; `kind` is the code of its type, `unblock` what the type says would end it.

    `claimed_by` is who works on it, for eight hours at most.
    """

    id: int
    kind: str
    name: str
    reason: str
    unblock: str
    placed_at: datetime
    owner: str
    due_at: datetime | None
    escalated_at: datetime | None
    claimed_by: str
    lifted_at: datetime | None
    lift_reason: str

    @classmethod
    def of(cls, hold: Hold) -> "HoldOut":
        """As the API shows it."""
        return cls(
            hold.pk,
            hold.kind,
            hold.type.name,
            hold.reason,
            hold.type.unblock,
            utc(hold.placed_at),
            hold.owner,
            utc(hold.due_at),
            utc(hold.escalated_at),
            hold.claimant(timezone.now()),
            utc(hold.lifted_at),
            hold.lift_reason,
        )


@message
class LineOut(msgspec.Struct):
    """A line and how far its units have come."""

    line: int
    sku: str
    name: str
    external_id: str
    quantity: int
    cancelled: int
    allocated: int
    backordered: int
    released: int
    shipped: int
    delivered: int
    undelivered: int
    returned: int
    unit_price: str
    discount: str
    tax_amount: str
    total: str

    @classmethod
    def of(cls, line: OrderLine, currency: str) -> "LineOut":
        """As the API shows it."""
        return cls(
            line=line.position,
            sku=line.sku,
            name=line.name,
            external_id=line.external_id,
            quantity=line.quantity,
            cancelled=line.cancelled,
            allocated=line.allocated,
            backordered=line.backordered,
            released=line.released,
            shipped=line.shipped,
            delivered=line.delivered,
            undelivered=line.undelivered,
            returned=line.returned,
            unit_price=money(line.unit_price, currency),
            discount=money(line.discount, currency),
            tax_amount=money(line.tax_amount, currency),
            total=money(line.total, currency),
        )


@message
class ChargeOut(msgspec.Struct):
    """A charge beside goods."""

    type: str
    amount: str
    tax_amount: str
    description: str


@message
class TransactionOut(msgspec.Struct):
    """One movement of money."""

    kind: str
    amount: str
    reference: str
    at: datetime


@message
class PaymentOut(msgspec.Struct):
    """A payment and what moved through it."""

    number: str
    method: str
    amount: str
    currency: str
    reference: str
    transactions: list[TransactionOut]

    @classmethod
    def of(cls, payment: Payment) -> "PaymentOut":
        """As the API shows it."""
        return cls(
            payment.number,
            payment.method,
            money(payment.amount, payment.currency),
            payment.currency,
            payment.reference,
            [
                TransactionOut(
                    row.kind, money(row.amount, payment.currency), row.reference, utc(row.at)
                )
                for row in payment.transactions.all()
            ],
        )


@message
class BalanceOut(msgspec.Struct):
    """What is due, what came and what went back."""

    due: str
    authorized: str
    captured: str
    refunded: str
    balance: str
    refundable: str

    @classmethod
    def of(cls, money_of: Balance, currency: str) -> "BalanceOut":
        """As the API shows it."""
        return cls(
            money(money_of.due, currency),
            money(money_of.authorized, currency),
            money(money_of.captured, currency),
            money(money_of.refunded, currency),
            money(money_of.balance, currency),
            money(money_of.refundable, currency),
        )


@message
class OrderSummaryOut(msgspec.Struct):
    """An order in a list."""

    number: str
    channel: str
    external_id: str
    status: str
    stage: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total: str
    customer: str | None
    placed_at: datetime
    promised_at: datetime | None

    @classmethod
    def of(cls, order: Order) -> "OrderSummaryOut":
        """As the API shows it."""
        return cls(**_head(order))


@message
class BusinessOut(msgspec.Struct):
    """For which company an order was placed, by which number and on which payment terms."""

    company: str | None
    purchase_order_number: str
    terms: str

    @classmethod
    def of(cls, row: Business) -> "BusinessOut":
        """As the API shows it."""
        code = row.company.code if row.company else None
        return cls(code, row.purchase_order_number, row.terms.get("name", ""))


@message
class OrderOut(msgspec.Struct):
    """An order with its lines and what can be done with it now."""

    number: str
    channel: str
    external_id: str
    status: str
    stage: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total: str
    customer: str | None
    placed_at: datetime
    promised_at: datetime | None
    tax_total: str
    price_includes_tax: bool
    priority: int
    tags: list[str]
    holds: list[HoldOut]
    lines: list[LineOut]
    charges: list[ChargeOut]
    balance: BalanceOut
    promise: PromiseOut | None
    pickup_location: str | None
    business: BusinessOut | None
    rest: RestOut | None
    allowed_actions: list[str]

    @classmethod
    def of(cls, shown: OrderDetail) -> "OrderOut":
        """As the API shows it."""
        order = shown.order
        return cls(
            **_head(order),
            tax_total=money(order.tax_total, order.currency),
            price_includes_tax=order.price_includes_tax,
            priority=order.priority,
            tags=order.tags,
            holds=[HoldOut.of(hold) for hold in shown.holds],
            lines=[LineOut.of(line, order.currency) for line in shown.lines],
            charges=[_charge(order, charge) for charge in shown.charges],
            balance=BalanceOut.of(shown.balance, order.currency),
            promise=PromiseOut.of(shown.promises[-1]) if shown.promises else None,
            pickup_location=order.pickup_location.code if order.pickup_location else None,
            business=BusinessOut.of(shown.business) if shown.business else None,
            rest=RestOut.of(shown.rest, shown.lines) if shown.rest else None,
            allowed_actions=allowed_actions(order, shown=shown),
        )


@message
class ErrorOut(msgspec.Struct):
    """Why an order of a batch was refused."""

    code: str
    detail: str
    pointer: str = ""


@message
class BulkResultOut(msgspec.Struct):
    """What became of one order of a batch."""

    external_id: str
    status: Literal["created", "existing", "refused", "not_placed"]
    order: OrderOut | None = None
    error: ErrorOut | None = None


@message
class BulkOut(msgspec.Struct):
    """One result per order, in the order in which they were sent."""

    created: int
    existing: int
    refused: int
    results: list[BulkResultOut]


class ChannelSerializer(serializers.ModelSerializer):
    """A channel with its policies."""

    class Meta:
        model = Channel
        fields = (
            "code",
            "name",
            "currency",
            "price_includes_tax",
            "needs_payment",
            "auto_release",
            "allows_backorder",
            "over_limit",
            "ships_complete",
            "review_limit",
            "remorse_minutes",
            "undo_minutes",
            "promise_days",
            "is_active",
        )
        read_only_fields = fields


def placed_order(sent: OrderIn) -> PlacedOrder:
    """What the channel sent, in the words of the operation."""
    return PlacedOrder(
        external_id=sent.external_id,
        currency=sent.currency,
        customer=Party(
            name=sent.customer.name,
            email=sent.customer.email,
            phone=sent.customer.phone,
            company=sent.customer.company,
            tax_id=sent.customer.tax_id,
        ),
        shipping_address=address(sent.shipping_address),
        billing_address=address(sent.billing_address) if sent.billing_address else {},
        lines=tuple(
            PlacedLine(
                sku=line.sku,
                quantity=line.quantity,
                unit_price=line.unit_price,
                discount=line.discount,
                tax_amount=line.tax_amount,
                external_id=line.external_id,
                name=line.name,
            )
            for line in sent.lines
        ),
        charges=tuple(
            PlacedCharge(row.type, row.amount, row.tax_amount, row.description)
            for row in sent.charges
        ),
        payments=tuple(
            PlacedPayment(row.method, row.amount, row.standing, row.reference)
            for row in sent.payments
        ),
        placed_at=sent.placed_at,
        total=sent.total,
        priority=sent.priority,
        tags=tuple(sent.tags),
        reservation=sent.reservation,
        pickup_location=sent.pickup_location,
        purchase_order_number=sent.purchase_order_number,
    )


def address(sent: AddressIn) -> dict[str, str]:
    """An address as it is sealed."""
    return {name: getattr(sent, name).strip() for name in sent.__struct_fields__}


def _head(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "channel": order.channel.code,
        "external_id": order.external_id,
        "status": order.status,
        "stage": order.stage,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        "currency": order.currency,
        "total": money(order.total, order.currency),
        "customer": order.customer.number if order.customer else None,
        "placed_at": utc(order.placed_at),
        "promised_at": utc(order.promised_at),
    }


def _charge(order: Order, charge: Any) -> ChargeOut:
    return ChargeOut(
        charge.kind,
        money(charge.amount, order.currency),
        money(charge.tax_amount, order.currency),
        charge.description,
    )

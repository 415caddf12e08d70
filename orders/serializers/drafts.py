"""Messages of drafts and quotes."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from customers.operations import Party
from inventory.queries import pickup_days
from oms.money import plain as money
from oms.wire import Moment, Sent, Short, message, utc
from orders.models import DraftLine, DraftOrder
from orders.operations import PlacedCharge, PlacedLine, PlacedOrder
from orders.queries import allowed_draft_actions
from orders.queries.quotes import quote_link
from orders.serializers.orders import (
    AddressIn,
    ChargeIn,
    ChargeOut,
    Currency,
    CustomerIn,
    LineIn,
    address,
)

Promised = Literal["", "bank_transfer", "cash_on_delivery", "on_account"]


@message
class DraftIn(Sent):
    """An order being put together; everything but the currency may be missing yet.

    `external_id` makes a repeat harmless. With a `pickup_location` the buyer collects it there. Tax
    that is stated is kept; what states none is worked out. `revision` is the one you changed: 409 `draft_changed`
    when it is no longer the present one.
    """

    currency: Currency
    external_id: Annotated[str, msgspec.Meta(max_length=80)] = ""
    customer: CustomerIn | None = None
    shipping_address: AddressIn | None = None
    billing_address: AddressIn | None = None
    lines: Annotated[list[LineIn], msgspec.Meta(max_length=2_000)] = []
    charges: Annotated[list[ChargeIn], msgspec.Meta(max_length=100)] = []
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    tags: Annotated[list[Short], msgspec.Meta(max_length=20)] = []
    purchase_order_number: Annotated[str, msgspec.Meta(max_length=60)] = ""
    pickup_location: Annotated[str, msgspec.Meta(max_length=40)] = ""
    revision: Annotated[int, msgspec.Meta(ge=1, le=2_000_000_000)] | None = None


@message
class SubmissionIn(Sent):
    """How the order will be paid, if that is known."""

    pay_by: Promised = ""


@message
class StockIn(Sent):
    """Until when all units of a draft are kept for its buyer."""

    until: Moment


@message
class QuoteIn(Sent):
    """Until when the draft is offered."""

    valid_until: Moment


@message
class DiscardIn(Sent):
    """Why nothing comes of it."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class DraftLineOut(msgspec.Struct):
    """A line, priced and taxed as if it were placed now."""

    line: int
    sku: str
    name: str
    external_id: str
    quantity: int
    unit_price: str
    discount: str
    tax_amount: str
    total: str

    @classmethod
    def of(cls, line: DraftLine, currency: str) -> "DraftLineOut":
        """As the API shows it."""
        return cls(
            line.position,
            line.sku,
            line.name,
            line.external_id,
            line.quantity,
            money(line.unit_price, currency),
            money(line.discount, currency),
            money(line.tax_amount, currency),
            money(line.total, currency),
        )


@message
class QuoteLinkOut(msgspec.Struct):
    """A quote: until when it stands, and the link by which the buyer accepts it."""

    valid_until: datetime
    url: str


@message
class DraftOut(msgspec.Struct):
    """A draft with its lines; `order` is the number of the order that it became.

    `pickup_days` is how long goods are kept for their buyer at the `pickup_location`.
    """

    number: str
    channel: str
    external_id: str
    status: str
    revision: int
    currency: str
    total: str
    tax_total: str
    customer: str | None
    lines: list[DraftLineOut]
    charges: list[ChargeOut]
    quote: QuoteLinkOut | None
    reservation: str | None
    order: str | None
    pickup_location: str | None
    pickup_days: int | None
    price_includes_tax: bool
    purchase_order_number: str
    priority: int
    tags: list[str]
    created_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, draft: DraftOrder) -> "DraftOut":
        """As the API shows it."""
        currency = draft.currency
        lines = sorted(draft.lines.all(), key=lambda line: line.position)
        return cls(
            number=draft.number,
            channel=draft.channel.code,
            external_id=draft.external_id,
            status=draft.status,
            revision=draft.revision,
            currency=currency,
            total=money(draft.total, currency),
            tax_total=money(draft.tax_total, currency),
            customer=draft.customer.number if draft.customer else None,
            lines=[DraftLineOut.of(line, currency) for line in lines],
            charges=[
                ChargeOut(
                    row.kind,
                    money(row.amount, currency),
                    money(row.tax_amount, currency),
                    row.description,
                )
                for row in draft.charges.all()
            ],
            quote=_offer(draft),
            reservation=draft.reservation or None,
            order=draft.order.number if draft.order else None,
            pickup_location=draft.pickup_location.code if draft.pickup_location else None,
            pickup_days=pickup_days(draft.pickup_location) if draft.pickup_location else None,
            price_includes_tax=draft.price_includes_tax,
            purchase_order_number=draft.purchase_order_number,
            priority=draft.priority,
            tags=draft.tags,
            created_at=utc(draft.created_at),
            allowed_actions=allowed_draft_actions(draft),
        )


def _offer(draft: DraftOrder) -> QuoteLinkOut | None:
    if draft.valid_until is None:
        return None
    return QuoteLinkOut(utc(draft.valid_until), quote_link(draft))


def drafted(sent: DraftIn) -> PlacedOrder:
    """What was sent, in the words of the operation."""
    who = sent.customer
    party = Party(who.name, who.email, who.phone, who.company, who.tax_id) if who else Party("")
    return PlacedOrder(
        external_id=sent.external_id,
        currency=sent.currency,
        customer=party,
        shipping_address=address(sent.shipping_address) if sent.shipping_address else {},
        billing_address=address(sent.billing_address) if sent.billing_address else {},
        lines=tuple(
            PlacedLine(
                line.sku,
                line.quantity,
                line.unit_price,
                line.discount,
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
        priority=sent.priority,
        tags=tuple(sent.tags),
        purchase_order_number=sent.purchase_order_number,
        pickup_location=sent.pickup_location,
    )

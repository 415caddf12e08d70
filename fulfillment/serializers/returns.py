"""Messages about returns."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from fulfillment.enums import GoodsState, Outcome
from fulfillment.models import Exchange, Return, ReturnLine
from fulfillment.queries import allowed_return_actions
from fulfillment.queries.expecting import expected_credit
from fulfillment.serializers.work import Note, Position
from oms.money import plain
from oms.wire import Invalid, Quantity, Sent, Short, message, utc
from orders.queries import balance
from orders.serializers import DryRun, PreviewOut, Seen

Fate = Literal[tuple(Outcome.values)]  # type: ignore[valid-type]
State = Literal[("", *GoodsState.values)]  # type: ignore[valid-type]
Verdict = Literal["accepted", "refused"]
Code = Annotated[str, msgspec.Meta(max_length=40)]


@message
class ReturnLineIn(Sent):
    """Units of an order line, by its position; why and in what state, where they differ."""

    line: Position
    quantity: Quantity
    reason: Code = ""
    state: State = ""
    note: Note = ""


@message
class ReturnIn(Sent):
    """Goods that a buyer wants to send back. `reference` makes repeats harmless.

    `reason` is the code of a return reason and counts for lines that give none.
    """

    order: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    lines: Annotated[list[ReturnLineIn], msgspec.Meta(min_length=1, max_length=2_000)]
    reason: Code = ""
    reference: Short = ""
    note: Note = ""
    dry_run: DryRun = False
    seen: Seen | None = None

    def reasons(self) -> Iterator[str]:
        """The reason of each line. Raises Invalid where there is none."""
        return _reasons(self.lines, self.reason)


@message
class ExchangeLineIn(Sent):
    """Units of an order line that come back, and the SKU of which as many are sent instead.

    They are replaced at what was paid for them; `unit_price` asks for another price, in the
    order's currency and with tax where its prices have it.
    """

    line: Position
    quantity: Quantity
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    unit_price: Decimal | None = None
    reason: Code = ""
    state: State = ""
    note: Note = ""


@message
class ExchangeIn(Sent):
    """Goods that come back, and what is sent in their place. `reference` makes repeats harmless.

    The return policy says whether the replacement leaves at once or when the goods are here.
    """

    order: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    lines: Annotated[list[ExchangeLineIn], msgspec.Meta(min_length=1, max_length=2_000)]
    reason: Code = ""
    reference: Short = ""
    note: Note = ""
    dry_run: DryRun = False
    seen: Seen | None = None

    def reasons(self) -> Iterator[str]:
        """The reason of each line. Raises Invalid where there is none."""
        return _reasons(self.lines, self.reason)


def _reasons(lines: Iterable[ReturnLineIn] | Iterable[ExchangeLineIn], given: str) -> Iterator[str]:
    for index, row in enumerate(lines):
        if not (reason := row.reason or given):
            raise Invalid("Give a reason.", f"/lines/{index}/reason")
        yield reason


@message
class RefusalIn(Sent):
    """Why a return is declined."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class EndIn(Sent):
    """Why a return is waited for again, or its rest no more."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class OutcomeIn(Sent):
    """What became of received units of an order line; of which lot, where it went out in several."""

    line: Position
    outcome: Fate
    quantity: Quantity
    lot: Annotated[str, msgspec.Meta(max_length=64)] = ""


@message
class ReceiptIn(Sent):
    """Units that arrived, each with its outcome."""

    lines: Annotated[list[OutcomeIn], msgspec.Meta(min_length=1, max_length=2_000)]


@message
class VerdictIn(Sent):
    """What was decided about quarantined units of an order line."""

    line: Position
    verdict: Verdict
    quantity: Quantity


@message
class InspectionIn(Sent):
    """Quarantined units that were looked at."""

    lines: Annotated[list[VerdictIn], msgspec.Meta(min_length=1, max_length=2_000)]
    note: Note = ""


@message
class ReturnLineOut(msgspec.Struct):
    """Announced units of an order line, their outcomes, and how many are credited."""

    line: int
    sku: str
    channel_sku: str
    reason: str
    state: str
    note: str
    refund_on: str
    quantity: int
    restocked: int
    quarantined: int
    scrapped: int
    sent_back: int
    accepted: int
    refused: int
    given_up: int
    waived: int
    credited: int
    refund: str


@message
class ReturnOut(msgspec.Struct):
    """A return merchandise authorisation; refund is credit less fee and what was charged again.

    `expected` is what is still to be given back if all that is announced arrives and is accepted.
    """

    number: str
    order: str
    location: str
    status: str
    reference: str
    decline_reason: str
    waiver: str
    label_payer: str
    label_cost: str
    credit: str
    fee: str
    charged: str
    refund: str
    expected: str
    currency: str
    requested_at: datetime
    approved_at: datetime | None
    expires_at: datetime | None
    received_at: datetime | None
    replacement: str | None
    lines: list[ReturnLineOut]
    allowed_actions: list[str]

    @classmethod
    def of(cls, document: Return) -> "ReturnOut":
        """As the API shows it; lines with their order lines are best prefetched."""
        currency, made = document.order.currency, getattr(document, "exchange", None)
        rows = document.lines.all()
        return cls(
            number=document.number,
            order=document.order.number,
            location=document.location.code,
            status=document.status,
            reference=document.reference,
            decline_reason=document.decline_reason,
            waiver=document.waiver,
            label_payer=document.label_payer,
            label_cost=plain(document.label_cost, currency),
            credit=plain(document.credit, currency),
            fee=plain(document.fee, currency),
            charged=plain(document.charged, currency),
            refund=plain(document.refunded, currency),
            expected=plain(expected_credit(document, rows).refund, currency),
            currency=currency,
            requested_at=utc(document.requested_at),
            approved_at=utc(document.approved_at),
            expires_at=utc(document.expires_at),
            received_at=utc(document.received_at),
            replacement=made.replacement.number if made else None,
            lines=_lines(rows, currency),
            allowed_actions=allowed_return_actions(document),
        )


@message
class ExchangeOut(msgspec.Struct):
    """The return, the replacement, when it leaves, and how the money of both orders stands.

    `due` is still to be paid for the replacement; a negative `balance` is owed to the buyer of the
    first order.
    """

    status: str
    ships: str
    replacement: str
    total: str
    due: str
    balance: str
    currency: str
    note: str
    rma: ReturnOut

    @classmethod
    def of(cls, made: Exchange, document: Return) -> "ExchangeOut":
        """As the API shows it."""
        currency = document.order.currency
        return cls(
            status=made.status,
            ships=made.ships,
            replacement=made.replacement.number,
            total=plain(made.replacement.total, currency),
            due=plain(balance(made.replacement).balance, currency),
            balance=plain(balance(document.order).balance, currency),
            currency=currency,
            note=made.note,
            rma=ReturnOut.of(document),
        )


@message
class ReturnPreviewOut(PreviewOut):
    """What asking for the return would do: the order before and after, and the return itself."""

    rma: ReturnOut | None


@message
class ExchangePreviewOut(PreviewOut):
    """What the exchange would do: the replacement stands among `others`."""

    exchange: ExchangeOut | None


COPIED = (
    "state",
    "note",
    "refund_on",
    "quantity",
    "restocked",
    "quarantined",
    "scrapped",
    "sent_back",
    "accepted",
    "refused",
    "given_up",
    "waived",
    "credited",
)


def _lines(rows: Iterable[ReturnLine], currency: str) -> list[ReturnLineOut]:
    return [
        ReturnLineOut(
            line=row.order_line.position,
            sku=row.order_line.stock_sku,
            channel_sku=row.order_line.sku,
            reason=row.reason_id,
            refund=plain(row.refund, currency),
            **{name: getattr(row, name) for name in COPIED},
        )
        for row in sorted(rows, key=lambda row: row.order_line.position)
    ]

"""Messages about the payments and refunds of an order."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from oms.money import plain
from oms.wire import Sent, Short, message, utc
from orders.models import RefundGrant
from orders.serializers.orders import Amount, Sentence

Reference = Annotated[str, msgspec.Meta(max_length=120)]


@message
class CaptureIn(Sent):
    """Money to take of a payment; without an amount all that is open."""

    amount: Amount | None = None
    reference: Reference = ""


@message
class RefundIn(Sent):
    """Overpaid money that shall go back. `reference` makes repeats harmless."""

    amount: Amount
    reason: Sentence
    reference: Short = ""


@message
class RefundPaymentIn(Sent):
    """Through which payment of the order (its number) granted money goes back, all of it or a part."""

    payment: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    amount: Amount | None = None
    reference: Reference = ""


@message
class RefundOut(msgspec.Struct):
    """A refund that was granted, and how much of it was paid."""

    id: int
    amount: str
    paid: str
    currency: str
    reason: str
    reference: str
    by: str
    at: datetime

    @classmethod
    def of(cls, grant: RefundGrant, left: Decimal) -> "RefundOut":
        """As the API shows it; `left` is not paid yet."""
        currency = grant.order.currency
        return cls(
            grant.pk,
            plain(grant.amount, currency),
            plain(grant.amount - left, currency),
            currency,
            grant.reason,
            grant.reference,
            grant.by,
            utc(grant.at),
        )

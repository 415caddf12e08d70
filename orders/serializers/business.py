"""Messages about orders of companies: approval and purchase order number."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from oms.wire import Sent, Text, message


@message
class ApprovalIn(Sent):
    """What an approver of the company decides; a reason where it is not approved.

    `total` is what the approver saw: 409 `approval_outdated` says what the order costs by now.
    """

    decision: Literal["approve", "decline", "send_back"]
    reason: Text = ""
    total: Decimal | None = None


@message
class ApprovalOut(msgspec.Struct):
    """What became of the order; `draft` is the number of the draft that it was sent back as."""

    order: str
    status: str
    stage: str
    draft: str | None = None


@message
class BuyerNumberIn(Sent):
    """The buyer's purchase order number."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]

"""Messages about stock set aside for baskets."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from inventory.enums import SoftPurpose
from inventory.queries import SoftContent
from oms.wire import Quantity, Sent, Sku, message, utc

Purpose = Literal[tuple(SoftPurpose.values)]  # type: ignore[valid-type]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Token = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern="^[A-Za-z0-9._~-]+$")]


@message
class SoftLineIn(Sent):
    """Units of a product to set aside."""

    sku: Sku
    quantity: Quantity


SoftLines = Annotated[list[SoftLineIn], msgspec.Meta(min_length=1, max_length=200)]


@message
class SoftIn(Sent):
    """Units to set aside for a basket: all of them or none.

    `token` is your own name for the basket and makes repeats harmless; without it one is given.
    `country` and `postcode` say where it would go, `location` takes the units from there alone.
    """

    lines: SoftLines
    token: Token | None = None
    purpose: Purpose = SoftPurpose.CART.value
    minutes: Minutes | None = None
    country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")] = ""
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""
    location: Annotated[str, msgspec.Meta(max_length=20)] = ""


@message
class SoftChangeIn(Sent):
    """Activity in a basket: its time starts anew, and its lines are replaced where given."""

    minutes: Minutes | None = None
    lines: SoftLines | None = None


@message
class SoftLineOut(msgspec.Struct):
    """Units kept at a location."""

    sku: str
    location: str
    quantity: int


@message
class SoftOut(msgspec.Struct):
    """A soft reservation; its lines are what it keeps now, nothing once it has ended."""

    token: str
    channel: str
    purpose: str
    state: str
    expires_at: datetime
    order: str
    lines: list[SoftLineOut]

    @classmethod
    def of(cls, content: SoftContent) -> "SoftOut":
        """As the API shows it."""
        soft = content.soft
        return cls(
            token=soft.token,
            channel=soft.channel,
            purpose=soft.purpose,
            state=soft.state,
            expires_at=utc(soft.expires_at),
            order=soft.reference,
            lines=[SoftLineOut(*row) for row in content.rows],
        )

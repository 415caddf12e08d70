"""Messages of the consents API."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from customers.enums import ConsentPurpose
from customers.models import Consent
from oms.wire import Sent, message, utc

Purpose = Literal[tuple(purpose.value for purpose in ConsentPurpose)]  # type: ignore[valid-type]


@message
class ConsentIn(Sent):
    """What a person said: yes, with the words they were told, or no.

    `said_at` is when they said it, where that is told later; `version` names the wording, whose
    digest stands for it otherwise.
    """

    purpose: Purpose
    granted: bool
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    wording: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    version: Annotated[str, msgspec.Meta(max_length=40)] = ""
    said_at: datetime | None = None


@message
class ConsentOut(msgspec.Struct):
    """One thing that a person said, with the proof: where, when, in which words, who wrote it down."""

    customer: str
    purpose: str
    granted: bool
    source: str
    wording: str
    version: str
    said_at: datetime
    recorded_at: datetime
    by: str

    @classmethod
    def of(cls, row: Consent) -> "ConsentOut":
        """From a row with its customer."""
        return cls(
            customer=row.customer.number,
            purpose=row.purpose,
            granted=row.granted,
            source=row.source,
            wording=row.wording,
            version=row.version,
            said_at=utc(row.when),
            recorded_at=utc(row.at),
            by=row.by,
        )

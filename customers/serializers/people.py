"""Messages of the customers API; personal data stands in them only for those who may read it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from customers.models import Address, Customer, Segment
from customers.queries.segments import segment_words
from oms.wire import Sent, Text, message, utc

Email = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")]
Phone = Annotated[str, msgspec.Meta(max_length=40)]
TaxId = Annotated[str, msgspec.Meta(max_length=40)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


@message
class ProfileOut(msgspec.Struct):
    """Who a customer is."""

    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    tax_id: str = ""

    @classmethod
    def of(cls, values: dict[str, Any]) -> "ProfileOut":
        """From an opened envelope."""
        return cls(**{name: values.get(name, "") for name in cls.__struct_fields__})


@message
class CustomerAddressOut(msgspec.Struct):
    """An address that is kept for a customer."""

    kind: str
    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    @classmethod
    def of(cls, row: Address, values: dict[str, Any]) -> "CustomerAddressOut":
        """From an opened envelope."""
        names = cls.__struct_fields__[1:]
        return cls(row.kind, **{name: str(values.get(name, "")) for name in names})


@message
class CustomerOut(msgspec.Struct):
    """A customer; `profile` and `addresses` are null for keys without `customers:read_personal`.

    They are null too when a key of one channel asks for somebody `shared` with others. `delivery` says
    how they want parcels delivered: no_ring, window, leave_with, place, note. `tags` and `segments`
    (codes) tell of dealings in every channel: null in lists and for keys of one channel.
    """

    number: str
    group: str
    company_code: str | None
    credit_limit: Decimal | None
    payment_terms_days: int
    erased: bool
    created_at: datetime | None
    profile: ProfileOut | None = None
    addresses: list[CustomerAddressOut] | None = None
    shared: bool = False
    delivery: dict[str, str] | None = None
    tags: list[str] | None = None
    segments: list[str] | None = None

    @classmethod
    def of(cls, customer: Customer) -> "CustomerOut":
        """From a row with subject and company selected along, without personal data."""
        return cls(
            number=customer.number,
            group=customer.group,
            company_code=customer.company.code if customer.company else None,
            credit_limit=customer.credit_limit,
            payment_terms_days=customer.payment_terms_days,
            erased=customer.subject.erased_at is not None,
            created_at=utc(customer.created_at),
        )


@message
class CorrectionIn(Sent):
    """What is right; what is left out stays as it is."""

    reason: Why
    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None
    company: Text | None = None
    tax_id: TaxId | None = None

    def over(self, known: dict[str, Any]) -> dict[str, str]:
        """What is known, with the corrections in it."""
        names = ProfileOut.__struct_fields__
        sent = {name: getattr(self, name) for name in names}
        return {
            name: known.get(name, "") if value is None else value for name, value in sent.items()
        }


@message
class DeliveryWishesIn(Sent):
    """How somebody wants parcels delivered; all of it, what is left out is no wish any more."""

    no_ring: bool = False
    window: Annotated[str, msgspec.Meta(max_length=40)] = ""
    leave_with: Annotated[str, msgspec.Meta(max_length=100)] = ""
    place: Annotated[str, msgspec.Meta(max_length=100)] = ""
    note: Text = ""


@message
class SegmentOut(msgspec.Struct):
    """A segment: what it asks, in words and as data, and how many are in it.

    `filled_at` says when the last round over all customers began, null before the first; until
    `filled_version` is `version`, members of the version before stand.
    """

    code: str
    name: str
    version: int
    words: str
    conditions: dict[str, Any]
    members: int
    filled_version: int
    filled_at: datetime | None

    @classmethod
    def of(cls, segment: Segment, members: int) -> "SegmentOut":
        """From a row whose versions are loaded, newest first."""
        version = segment.versions.all()[0]
        return cls(
            code=segment.code,
            name=segment.name,
            version=version.number,
            words=segment_words(version.conditions),
            conditions=version.conditions,
            members=members,
            filled_version=segment.filled_version,
            filled_at=utc(segment.filled_at) if segment.filled_at else None,
        )

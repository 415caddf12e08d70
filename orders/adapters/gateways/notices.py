"""What gateways say, in words that all of them share."""

from dataclasses import dataclass


class Declined(Exception):
    """The gateway will not do it, and says why."""


class Unanswered(Exception):
    """The gateway did not answer, or not so that anybody knows whether it was done."""


class BadSignature(Exception):
    """A webhook that the gateway did not sign, or signed long ago."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook that is about a payment."""

    event_id: str
    name: str
    reference: str

"""Gateways that hold money for us: one folder each, all of one shape, no rules in them.

A gateway has `capture`, `refund`, `void` and `lookup`. Each makes the gateway do it once, however
often it is called with the same key, and answers how the payment stands there; it raises Declined
when the gateway will not, and Unanswered when nobody knows. `verify` reads a signed webhook.

Cash, transfers and what a channel captures by itself have no folder: they are recorded, not asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oms.deferred import deferred
from orders.adapters.gateways import notices
from orders.enums import Gateway

Act = Callable[..., Any]  # deferred: each answers with a GatewayState


@dataclass(frozen=True, slots=True)
class Adapter:
    """What can be asked of a gateway."""

    capture: Act
    refund: Act
    void: Act
    lookup: Act
    verify: Callable[[bytes, Mapping[str, str]], notices.Notice | None]


GATEWAYS: dict[str, Adapter] = {
    Gateway.STRIPE: Adapter(
        capture=deferred("orders.adapters.gateways.stripe.intents.capture"),
        refund=deferred("orders.adapters.gateways.stripe.intents.refund"),
        void=deferred("orders.adapters.gateways.stripe.intents.void"),
        lookup=deferred("orders.adapters.gateways.stripe.intents.lookup"),
        verify=deferred("orders.adapters.gateways.stripe.webhooks.verify"),
    ),
}

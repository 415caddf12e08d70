"""Reactions of orders to what happened elsewhere."""

from collections.abc import Sequence

from oms.events import heeds, takes_many
from oms.models import Event
from orders import operations
from orders.enums import HoldKind, PromiseReason
from orders.operations import (
    capture_by_policy,
    forget_uploads_of_the_erased,
    repromise,
    run_events,
    serve_waiting,
)
from orders.queries.gateways import capturing_orders, events_of_money
from orders.queries.mails import mail_about
from orders.queries.rules.listening import events_of_rules
from orders.queries.waiting import products_waited_for, waited_for


@takes_many
def allocate_waiting(events: Sequence[Event]) -> None:
    """Stock became available: serve the orders that wait for it.

    A delivery of a thousand products is one question; only what somebody waits for costs more.
    """
    increased = {product for event in events for product, _ in event.facts["levels"]}
    again = all("tried" in event.facts for event in events)  # else there is new stock for all
    tried = {pk for event in events for pk in event.facts["tried"]} if again else ()
    if waiting := waited_for(increased):
        serve_waiting(waiting, by="consumer:allocate_waiting", tried=tried)


@takes_many
def promise_anew(events: Sequence[Event]) -> None:
    """Supply, or who is served first, changed: look again at the promises of those who wait."""
    for reason, products in _changed(events).items():
        waiting = waited_for(products)
        if waiting:
            repromise(waiting, by="consumer:promise_anew", reason=reason)


@takes_many
def forget_uploads(events: Sequence[Event]) -> None:  # noqa: ARG001 (whoever it was)
    """A person was erased: files that are kept for mending may hold rows of them."""
    forget_uploads_of_the_erased()


@takes_many
def forget_payers(events: Sequence[Event]) -> None:  # noqa: ARG001 (whoever it was)
    """A person was erased: a worker empties the bank lines that name them."""
    operations.begin_forgetting(by="consumer:forget_payers")


@takes_many
def end_keeping(events: Sequence[Event]) -> None:
    """Nobody came in time for stock that was set aside: drafts for which it was say so."""
    tokens = {event.facts["token"] for event in events}
    operations.end_keeping(tokens, by="consumer:end_keeping")


def solve_waiting(event: Event) -> None:
    """A channel's word was remembered: its other orders that wait for it go on."""
    operations.solve_waiting(event)


@heeds(events_of_money)
@takes_many
def take_money(events: Sequence[Event]) -> None:
    """Something shipped, or money can be taken: ask gateways for it as the channel wants it."""
    causes = {event.subject_id: str(event.facts.get("reference", "")) for event in events}
    for order in capturing_orders(causes):
        capture_by_policy(order, by="consumer:take_money", cause=causes[order.pk])


@heeds(events_of_rules)
def run_rules(event: Event) -> None:
    """Something happened to an order: run the rules that act on it, in a transaction of its own.

    What a rule does locks stock; many orders in one transaction would wait for others in a circle.
    """
    run_events([event])


def ask_approvers(event: Event) -> None:
    """An order waits for its company's approval: ask those who approve there."""
    if event.facts.get("kind") == HoldKind.APPROVAL:
        operations.ask_approvers(event)


def mail_colleague(event: Event) -> None:
    """A rule has something to say to a colleague: send it.

    The address is one of the house, the text the rule's own; nothing of the buyer goes along. A
    repeat after a broken connection has the same Message-ID, by which mail programs know it.
    """
    mail_about(event).send()


def _changed(events: Sequence[Event]) -> dict[str, set[int]]:
    """Products by the reason for which promises may change."""
    supply = {e.subject_id for e in events if e.name == "product.supply_changed"}
    lost = {e.subject_id for e in events if e.name == "order.backordered" and "first" in e.facts}
    moved = {e.subject_id for e in events if e.name == "order.priority_set"}
    found = {
        PromiseReason.SUPPLY_SLIPPED.value: supply,
        PromiseReason.ALLOCATION_LOST.value: products_waited_for(lost),
        PromiseReason.REORDERED.value: products_waited_for(moved),
    }
    return {reason: products for reason, products in found.items() if products}

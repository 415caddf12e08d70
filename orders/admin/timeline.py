"""An order's events as sentences that a person reads from top to bottom."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from inventory import queries as stock
from oms import words
from oms.models import Event
from orders.enums import CancelReason, ChangeStep, Gateway, PaymentMethod, PromiseReason
from orders.models import Order
from orders.queries.hold_types import hold_names
from orders.queries.rules.actions import carrier_name
from orders.queries.rules.wording import saw_words

SHOWN = 200
TONES = {
    "order.held": "warn",
    "order.backordered": "warn",
    "order.recalled": "warn",
    "order.cancelled": "bad",
    "order.rule_stopped": "bad",
    "order.gateway_declined": "bad",
    "order.gateway_unanswered": "warn",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    sentence: str
    at: datetime
    who: str
    tone: str
    facts: str


class Teller:
    """Turns the events of one order into sentences; knows its lines, locations and currency."""

    def __init__(self, order: Order, events: list[Event], skus: dict[int, str]) -> None:
        """Look up every name that the events use, in two queries for any number of them."""
        self.order = order
        self.skus = skus
        self.locations = stock.location_codes(_location_ids(events))
        self.names = words.names_of(event.actor for event in events)

    @cached_property
    def hold_types(self) -> dict[str, str]:
        """Names of the types of holds, by code."""
        return dict(hold_names())

    def entry(self, event: Event) -> Entry:
        """One event as an entry."""
        tell = SENTENCES.get(event.name, Teller.plain)
        return Entry(
            sentence=tell(self, event.facts) or Teller.plain(self, event.facts) or _words(event),
            at=event.at,
            who=self.names[event.actor],
            tone=_tone(event),
            facts=json.dumps(event.facts, indent=1) if event.facts else "",
        )

    def money(self, amount: object) -> str:
        """An amount in the order's currency."""
        return words.money(Decimal(str(amount or 0)), self.order.currency)

    def number(self, facts: dict[str, Any]) -> str:
        """How many units."""
        return words.count(sum(unit[2] for unit in facts.get("units", [])), "unit")

    def units(self, facts: dict[str, Any], at: str = "at") -> str:
        """How many units, and where: 5 units (3 at LONDON, 2 at BERLIN)."""
        per_place: dict[str, int] = {}
        for _line, place, quantity in facts.get("units", []):
            code = self.locations.get(place, "?")
            per_place[code] = per_place.get(code, 0) + quantity
        if len(per_place) == 1:
            return f"{self.number(facts)} {at} {next(iter(per_place))}"
        parts = ", ".join(f"{quantity} {at} {code}" for code, quantity in per_place.items())
        return f"{self.number(facts)} ({parts})"

    def lines(self, facts: dict[str, Any]) -> str:
        """Units per SKU: 3 x LAMP, 1 x MUG."""
        rows = facts.get("lines") or []
        if not isinstance(rows, list):
            return f"{rows} lines"
        said = [f"{quantity} × {self.skus.get(pk, '?')}" for pk, quantity in rows[:6]]
        return ", ".join(said) + (" …" if len(rows) > len(said) else "")

    def plain(self, _facts: dict[str, Any]) -> str:
        """Nothing special to say: the name of the event says it."""
        return ""


def timeline(order: Order, skus: dict[int, str]) -> list[Entry]:
    """The newest events of an order, newest first."""
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk)
    events = list(rows.order_by("-sequence")[:SHOWN])
    teller = Teller(order, events, skus)
    return [teller.entry(event) for event in events]


def _location_ids(events: list[Event]) -> set[int]:
    rows = [event.facts.get("units") for event in events]
    return {unit[1] for units in rows if isinstance(units, list) for unit in units}


def _words(event: Event) -> str:
    return event.name.rpartition(".")[2].replace("_", " ").capitalize()


def _clock(moment: str) -> str:
    return words.moment(datetime.fromisoformat(moment))


def _label(choices: Any, value: str) -> str:
    return words.sentence_case(dict(choices.choices).get(value, value))


def _placed(teller: Teller, facts: dict[str, Any]) -> str:
    lines = facts.get("lines")
    count = len(lines) if isinstance(lines, list) else lines
    return (
        f"Placed through {teller.order.channel.name}: "
        f"{words.count(facts.get('units'), 'unit')} on {words.count(count, 'line')}, "
        f"{teller.money(facts.get('total'))}"
    )


def held_words(kind: str, reason: str) -> str:
    """Name of its type and reason of a hold, without saying the same twice."""
    return reason if reason.startswith(kind) else f"{kind}: {reason}"


def _held(teller: Teller, facts: dict[str, Any]) -> str:
    kind = teller.hold_types.get(facts["kind"], facts["kind"])
    return f"Put on hold – {held_words(kind, facts['reason'])}"


def _hold_lifted(teller: Teller, facts: dict[str, Any]) -> str:
    kind = teller.hold_types.get(facts.get("kind", ""), "hold")
    return f"Hold lifted – {kind}" + (f": {facts['reason']}" if facts.get("reason") else "")


def _hold_escalated(teller: Teller, facts: dict[str, Any]) -> str:
    kind = teller.hold_types.get(facts["kind"], facts["kind"])
    return f"Past due, escalated to {facts['to'] or 'whoever is at work'} – {kind}"


def _hold_claimed(teller: Teller, facts: dict[str, Any]) -> str:
    return f"Claimed – {teller.hold_types.get(facts['kind'], facts['kind'])}"


def _cancelled(teller: Teller, facts: dict[str, Any]) -> str:
    if _is_of_change(facts):
        off = f"{teller.lines(facts)}, total less {teller.money(facts.get('amount'))}"
        return f"Taken off by {facts['change']}: {off}"
    why = _label(CancelReason, facts.get("reason", ""))
    what = "Cancelled" if facts.get("whole") else f"Cancelled {teller.lines(facts)}"
    said = f"{what}, total less {teller.money(facts.get('amount'))}"
    return f"{said} – {why.lower()}" if why else said


def _tone(event: Event) -> str:
    of_change = event.name == "order.cancelled" and _is_of_change(event.facts)
    return "" if of_change else TONES.get(event.name, "")


def _is_of_change(facts: dict[str, Any]) -> bool:
    """Units that a change takes off, or gives another price; the order goes on."""
    return bool(facts.get("change")) and not facts.get("whole")


def _gateway(sentence: str) -> Callable[[Teller, dict[str, Any]], str]:
    def tell(teller: Teller, facts: dict[str, Any]) -> str:
        told = {"reason": "", **facts, "amount": teller.money(facts.get("amount"))}
        return f"{_label(Gateway, facts.get('gateway', ''))} {sentence.format(**told)}"

    return tell


def _payment(verb: str) -> Callable[[Teller, dict[str, Any]], str]:
    def tell(teller: Teller, facts: dict[str, Any]) -> str:
        method = _label(PaymentMethod, facts.get("method", ""))
        return f"{teller.money(facts.get('amount'))} {verb}" + (f" – {method}" if method else "")

    return tell


def _changed(_teller: Teller, facts: dict[str, Any]) -> str:
    counted = Counter(facts.get("steps", []))
    done = [words.count(number, STEP_WORDS[kind]) for kind, number in counted.items()]
    return f"Changed by {facts.get('change', '')}: {', '.join(done)}"


def _promise_changed(_teller: Teller, facts: dict[str, Any]) -> str:
    """What nothing in sight covers has no day: the one in the facts is the channel's own aim."""
    if facts["reason"] == PromiseReason.SUPPLY_LOST:
        return "No day can be promised any more – supply lost"
    when = datetime.fromisoformat(facts["promised_at"])
    return (
        f"Ship by {words.moment(when)} instead – {_label(PromiseReason, facts['reason']).lower()}"
    )


def _tagged(_teller: Teller, facts: dict[str, Any]) -> str:
    added, removed = facts.get("added"), facts.get("removed")
    said = [f"Tagged {', '.join(added)}"] if added else []
    return "; ".join([*said, f"Tag {', '.join(removed)} removed"] if removed else said)


def _rule_ran(_teller: Teller, facts: dict[str, Any]) -> str:
    done = [row["said"] if row["ok"] else f"refused: {row['said']}" for row in facts["did"]]
    seen = saw_words(facts.get("saw", {}))
    why = f" – it saw {', '.join(seen)}" if seen else ""
    return f"Rule {facts['rule']} (version {facts['version']}): {'; '.join(done)}{why}"


def _colleague(to: str) -> str:
    """A role by its name; a person is on the rule's page only."""
    return "a colleague" if ":" in to or "@" in to else to


def _rule_stopped(_teller: Teller, facts: dict[str, Any]) -> str:
    why = "; ".join(row["said"] for row in facts["did"]) or "what rules did called it again"
    return f"Rule {facts['rule']} (version {facts['version']}) was stopped: {why}"


STEP_WORDS = {
    ChangeStep.ADD_LINE: "added line",
    ChangeStep.SET_QUANTITY: "changed quantity",
    ChangeStep.SET_PRICE: "changed price",
    ChangeStep.SET_DISCOUNT: "changed discount",
    ChangeStep.SET_ADDRESS: "changed address",
    ChangeStep.SET_PICKUP: "changed pickup location",
    ChangeStep.SET_TAX_ID: "changed tax ID",
    ChangeStep.ADD_CHARGE: "added charge",
    ChangeStep.REMOVE_CHARGE: "removed charge",
    ChangeStep.SPLIT_OFF: "split line",
    ChangeStep.MERGE_FROM: "merged order",
}

SENTENCES: dict[str, Callable[[Teller, dict[str, Any]], str]] = {
    "order.placed": _placed,
    "order.held": _held,
    "order.hold_lifted": _hold_lifted,
    "order.hold_escalated": _hold_escalated,
    "order.hold_claimed": _hold_claimed,
    "order.allocated": lambda teller, facts: f"Reserved {teller.units(facts)}",
    "order.backordered": lambda teller, facts: f"Waits for stock: {teller.lines(facts)}",
    "order.confirmed": lambda _teller, _facts: "Confirmed",
    "order.released": lambda teller, facts: f"Handed to locations: {teller.units(facts)}",
    "order.recalled": lambda teller, facts: (
        f"Taken back from locations: {teller.units(facts)} – {facts.get('reason', '')}"
    ),
    "order.withdrawn": lambda teller, facts: (
        f"Taken back from locations, still reserved: {teller.units(facts)}"
        f" – {facts.get('reason', '')}"
    ),
    "order.rest_collected": lambda teller, facts: (
        f"Given up by locations, routed again with others at {_clock(facts['until'])}: "
        f"{teller.units(facts)}"
    ),
    "order.shipped": lambda teller, facts: (
        f"Shipped {teller.units(facts, 'from')} with {facts.get('reference', '')}"
    ),
    "order.delivered": lambda teller, facts: f"Delivered {teller.number(facts)}",
    "order.undelivered": lambda teller, facts: (
        f"Will not arrive with {facts['reference']}: {teller.lines(facts) or 'nothing'}"
    ),
    "order.returned": lambda teller, facts: (
        f"Returned {teller.number(facts)} with {facts.get('reference', '')}"
    ),
    "order.return_credited": lambda teller, facts: (
        f"Credited {teller.money(facts['credit'])} for {facts['reference']}"
        + (f", less {teller.money(facts['fee'])} in fees" if Decimal(facts["fee"]) else "")
    ),
    "order.exchanged": lambda _teller, facts: (
        f"Exchanged for {facts['replacement']} by {facts['reference']}"
    ),
    "order.return_charged": lambda teller, facts: (
        f"Charged {teller.money(facts['amount'])} again: {facts['reference']} never came"
    ),
    "order.return_announced": lambda teller, facts: (
        f"Return announced by the channel: {teller.lines(facts)}"
    ),
    "order.changed": _changed,
    "order.split_off": lambda _teller, facts: f"Split off from {facts['source']}",
    "order.merged": lambda _teller, facts: f"{facts['source']} is merged into this order",
    "order.units_moved": lambda teller, facts: (
        f"Moved to {facts['to']}: {'everything' if facts['whole'] else teller.lines(facts)}"
    ),
    "order.promise_changed": _promise_changed,
    "order.approved": lambda _teller, facts: (
        f"Approved for the company{facts['note'] and ' – ' + facts['note']}"
    ),
    "order.declined": lambda _teller, facts: f"Declined for the company – {facts['reason']}",
    "order.decision_refused": lambda _teller, facts: (
        f"Its approver wanted to {facts['decision']} it, but could not – {facts['reason']}"
    ),
    "order.approval_asked": lambda _teller, facts: f"{facts['approver']} is asked to approve it",
    "order.purchase_order_set": lambda _teller, facts: f"Purchase order {facts['number']}",
    "order.priority_set": lambda _teller, facts: (
        f"Priority {facts.get('before')} is {facts.get('after')} now – {facts.get('reason', '')}"
    ),
    "order.tagged": _tagged,
    "order.rule_ran": _rule_ran,
    "order.rule_stopped": _rule_stopped,
    "order.rule_told": lambda _teller, facts: f"Told by webhook: {facts['message']}",
    "rule.notified": lambda _teller, facts: (
        f"Rule {facts['rule']} writes to the customer: {facts['template']}"
    ),
    "order.rule_mailed": lambda _teller, facts: (
        f"Rule {facts['rule']} mails {_colleague(facts['to'])}: {facts['message']}"
    ),
    "order.assigned": lambda _teller, facts: f"Looked after by {facts['after'] or 'nobody'} now",
    "order.carrier_chosen": lambda _teller, facts: (
        f"To be shipped with {carrier_name(facts['carrier']) or 'any carrier'} {facts['service']}".rstrip()
    ),
    "order.cancellation_scheduled": lambda _teller, facts: (
        f"To be cancelled {words.moment(datetime.fromisoformat(facts['at']))}"
        f" ({_label(CancelReason, facts['reason'])})"
    ),
    "order.cancellation_dropped": lambda _teller, facts: (
        f"Not cancelled as scheduled – {facts['reason']}"
    ),
    "order.task_created": lambda _teller, facts: f"Task for {facts['owner']}: {facts['title']}",
    "order.task_claimed": lambda _teller, facts: f"Task claimed: {facts['title']}",
    "order.task_given_back": lambda _teller, facts: f"Task given back: {facts['title']}",
    "order.task_done": lambda _teller, facts: (
        f"Task done: {facts['title']}{facts['note'] and ' – ' + facts['note']}"
    ),
    "order.cancelled": _cancelled,
    "order.closed": lambda _teller, _facts: "Closed: everything delivered, nothing owed",
    "order.sku_solved": lambda _teller, facts: (
        f"SKU {facts.get('sku')} mapped to {facts.get('product_sku')}"
    ),
    "order.address_corrected": lambda _teller, facts: (
        f"Shipping address corrected – {facts.get('reason', '')}"
    ),
    "order.gateway_asked": _gateway("asked to {kind} {amount}"),
    "order.gateway_declined": _gateway("declined to {kind} {amount} – {reason}"),
    "order.gateway_unanswered": _gateway("did not answer, {kind} of {amount} – {reason}"),
    "order.gateway_done_otherwise": _gateway("asked in vain to {kind}; done otherwise – {reason}"),
    "order.balance_written_off": lambda teller, facts: (
        f"{teller.money(facts.get('amount'))} written off – {facts.get('reason', '')}"
    ),
    "order.payment_promised": _payment("promised"),
    "order.payment_authorized": _payment("authorised"),
    "order.payment_captured": _payment("received"),
    "order.payment_voided": _payment("given up"),
    "order.payment_moved_out": _payment("moved to another order"),
    "order.payment_moved_in": _payment("moved from another order"),
    "order.refund_failed": _payment("came back: the refund failed"),
    "order.payment_undone": _payment("taken off again: booked by mistake"),
    "order.refund_granted": _payment("granted as refund"),
    "order.refund_paid": _payment("paid back"),
}

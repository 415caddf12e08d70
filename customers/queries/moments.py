"""One timeline of a customer: what every app tells of the same person, newest first.

Each app says what happened to what it owns, as sentences; `MOMENTS` in `oms/wiring.py` names them.
Pages follow the keys of events, so that nothing is told twice or left out while more happens.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string

from customers.enums import ConsentPurpose, NotificationState
from customers.models import Customer, Notification
from customers.queries.notifications import message_name
from oms import words
from oms.events import subject_type
from oms.models import Event

PAGE = 25  # moments on one page


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `page` names where it can be looked at: admin page and key.

    `note` is the key of a note that only some may read, shown after the sentence.
    """

    event: int
    at: Any
    who: str
    kind: str  # what it is about, such as order or return
    sentence: str
    tone: str = ""
    label: str = ""  # public number of what it is about
    page: tuple[str, int] | None = None
    note: int | None = None

    @staticmethod
    def of(event: Event, kind: str, sentence: str, **more: Any) -> "Moment":
        """From an event, labelled with the number of its subject."""
        label = more.pop("label", event.subject_label)
        return Moment(event.pk, event.at, event.actor, kind, sentence, label=label, **more)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of moments, and the key before which the next one begins, where there is one."""

    moments: list[Moment]
    older: int | None


def timeline_of(
    members: Sequence[int],
    *,
    may: Callable[[str], bool],
    before: int | None = None,
    most: int = PAGE,
) -> Timeline:
    """The newest moments of a person, known under these customers, before an event's key.

    `may` says whether whoever asks has a permission of the back office: what they could not open is
    left out. What has the key of the last one on the page stands on the page too. Costs a few statements an
    app, however much there is.
    """
    told = import_module("oms.wiring").MOMENTS.items()
    tellers = [import_string(path) for path, permission in told if may(permission)]
    found = [moment for tell in tellers for moment in tell(members, before, most + 1)]
    found.sort(key=lambda moment: moment.event, reverse=True)
    if len(found) <= most:
        return Timeline(found, None)
    last = found[most - 1].event
    shown = [moment for moment in found if moment.event >= last]
    return Timeline(shown, last if len(shown) < len(found) else None)


def events_before(
    kind: str, ids: Any, names: Sequence[str], before: int | None, most: int
) -> list[Event]:
    """The newest events of these names about some rows of one kind."""
    rows = Event.objects.filter(subject_type=kind, subject_id__in=list(ids), name__in=names)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[:most])


def moments_of(members: Sequence[int], before: int | None, most: int) -> list[Moment]:
    """What happened to the customer as such."""
    kind = subject_type(Customer())
    rows = events_before(kind, members, list(SENTENCES), before, most)
    return [_told(event) for event in rows]


def messages_to(members: Sequence[int], before: int | None, most: int) -> list[Moment]:
    """What the customer was told, each with the key of the event that it tells of."""
    return list(_notifications(members, before, most))


def _told(event: Event) -> Moment:
    sentence = SENTENCES[event.name](event.facts)
    page = ("customers_customer_change", event.subject_id)
    moment = Moment.of(event, "customer", sentence, page=page)
    return replace(moment, note=event.facts["note"]) if event.name == "customer.noted" else moment


def _notifications(members: Sequence[int], before: int | None, most: int) -> Iterator[Moment]:
    rows = Notification.objects.filter(customer__in=members).select_related("template")
    if before is not None:
        rows = rows.filter(event__lt=before)
    for row in rows.order_by("-event", "-pk")[:most]:
        what = message_name(row.template.event)
        state = NotificationState(row.state)
        said = {NotificationState.SENT: "Told", NotificationState.SUPPRESSED: "Not told"}
        sentence = f"{said.get(state, f'Message {state.label.lower()}')}: {what}"
        yield Moment(
            row.event_id,
            row.sent_at or row.created_at,
            "system",
            "message",
            f"{sentence} – {row.why}" if row.why else sentence,
            tone="warn" if state in FAILED else "",
            label=row.about_label,
            page=("customers_notification_change", row.pk),
        )


FAILED = {NotificationState.FAILED, NotificationState.UNCERTAIN}


def _purpose(facts: dict[str, Any]) -> str:
    return str(dict(ConsentPurpose.choices).get(facts["purpose"], facts["purpose"])).lower()


def _tags(facts: dict[str, Any]) -> str:
    said = [f"Tagged {', '.join(facts['added'])}"] if facts["added"] else []
    return "; ".join([*said, *([f"Tag {', '.join(facts['removed'])} removed"] * bool(facts["removed"]))])  # fmt: skip


def _segments(facts: dict[str, Any]) -> str:
    said = [f"Came into {', '.join(facts['entered'])}"] if facts["entered"] else []
    said += [f"Fell out of {', '.join(facts['left'])}"] if facts["left"] else []
    return "; ".join(said)


def _classified(facts: dict[str, Any]) -> str:
    company = f", company {facts['company']}" if facts.get("company") else ""
    return f"Group {facts['group'] or 'none'}{company}"


SENTENCES: dict[str, Any] = {
    "customer.noted": lambda _facts: "Note",
    "customer.tagged": _tags,
    "customer.segments_changed": _segments,
    "customer.merged": lambda facts: f"Merged into {facts['into']} – {facts['reason']}",
    "customer.absorbed": lambda facts: f"{facts['merged']} is the same person – {facts['reason']}",
    "customer.unmerged": lambda facts: f"Stands apart from {facts['survivor']} again",
    "customer.consent_given": lambda facts: f"Agreed to {_purpose(facts)} ({facts['source']})",
    "customer.consent_withdrawn": lambda facts: (
        f"Withdrew consent to {_purpose(facts)} ({facts['source']})"
    ),
    "customer.corrected": lambda facts: f"Corrected: {', '.join(facts['fields'])}",
    "customer.terms_changed": lambda facts: (
        f"Limit {facts['credit_limit'] or 'none'}, {words.count(facts['payment_terms_days'], 'day')} to pay"
    ),
    "customer.classified": _classified,
    "customer.buyer_set": lambda facts: f"Buys for their company as {facts['role']}",
    "customer.buyer_ended": lambda facts: f"No longer {facts['role']} of a company",
    "customer.delivery_wishes_set": lambda _facts: "Delivery wishes set",
    "customer.contact_preference_set": lambda _facts: "Message wishes set",
    "customer.address_added": lambda facts: f"Address for {facts['kind']} added",
    "customer.address_removed": lambda _facts: "Address removed",
    "customer.erased": lambda _facts: "Personal data destroyed",
}

"""One timeline of any record: what changed field by field, what happened, what stock moved.

Three logs answer three questions: history rows say which field had which value, events say which
act happened, movements say which stock it moved. Sealed fields show that they changed, not what
they hold.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BinaryField, Field, ForeignKey, Model, Q

from customers.models import Disclosure
from inventory.enums import StockCondition
from inventory.models import StockMovement
from oms import events, telling
from oms.models import Event
from oms.money import plain

SHOWN = 300  # entries of each log, newest first
AUDITED = ("oms", "customers", "inventory", "orders", "fulfillment", "reporting", "compliance")
PUBLIC = ("number", "code", "sku", "prefix", "username", "public_id")
PARTS_OF_ORDER = (
    "fulfillment.FulfillmentOrder",
    "fulfillment.Shipment",
    "fulfillment.Return",
    "compliance.Invoice",
)
SEALED = "sealed"
TECHNICAL = {
    "fingerprint",
    "grant",
    "hold",
    "stage_since",
    "stage since",
    "history",
}  # say nothing to people
ACTOR = re.compile(
    r"(?P<by>(user|api-key|command|consumer|job|task):[\w.\-]+|system)(: (?P<why>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in the life of a record: when, who, what, and why."""

    at: datetime
    source: str  # history, event, movement or reading
    what: str
    by: str
    why: str = ""
    changes: tuple[Change, ...] = ()
    code: str = ""  # of an event, as integrations know it
    facts: dict[str, str] | None = None


def find_record(label: str, ident: str) -> Model | None:
    """The record of a model (app_label.model) by its public number, code or SKU, or its key."""
    model = _audited(label)
    if model is None:
        return None
    rows = model._default_manager.all()  # noqa: SLF001 (documented)
    for name in PUBLIC:
        if _has(model, name) and (found := rows.filter(**_match(name, ident)).first()):
            return found
    return rows.filter(pk=int(ident)).first() if ident.isdecimal() and len(ident) < 19 else None  # noqa: PLR2004 (digits of a key)


def find_records(ident: str) -> list[Model]:
    """Every audited record that is publicly known by this number, code or SKU."""
    found = []
    for app in AUDITED:
        for model in apps.get_app_config(app).get_models():
            if "." in model.__name__ or model.__name__.startswith("Historical"):
                continue
            names = [name for name in PUBLIC[:3] if _has(model, name)]
            for name in names:
                found += model._default_manager.filter(**_match(name, ident))[:5]  # noqa: SLF001
    return found


def trail(record: Model) -> list[Entry]:
    """Everything known of a record's life, newest first."""
    entries = [*_changes(record), *_events(record), *_movements(record), *_readings(record)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def folded(entries: Iterable[Entry]) -> list[Entry]:
    """Readings of one thing by one person on one day as one entry, at the time of the last one."""
    found: dict[object, list[Entry]] = {}
    for at, entry in enumerate(entries):
        is_read = entry.source == "reading"
        key = (entry.what, entry.by, entry.at.date()) if is_read else at
        found.setdefault(key, []).append(entry)
    return [
        replace(same[0], what=f"{same[0].what}, {len(same)} times") if same[1:] else same[0]
        for same in found.values()
    ]


def said_event(event: Event) -> str:
    """What happened in words: order.hold_lifted is Order hold lifted."""
    words = re.sub(r"[._]", " ", event.name).replace("fulfillment", "fulfilment")
    return words.capitalize()


def latest_events() -> list[Event]:
    """What happened last, anywhere."""
    return list(Event.objects.order_by("-pk")[:50])


# --- History, field by field ------------------------------------------------------------------


def _changes(record: Model) -> list[Entry]:
    if not hasattr(record._meta, "simple_history_manager_attribute"):  # noqa: SLF001
        return []
    history: Any = record.history  # type: ignore[attr-defined]
    rows = list(history.order_by("-history_date", "-history_id")[: SHOWN + 1])
    fields = [
        f
        for f in record._meta.concrete_fields  # noqa: SLF001
        if not f.primary_key and f.name not in TECHNICAL
    ]
    says = _Saying(fields, rows)
    befores: Sequence[Any] = [*rows[1:], None]
    found = [
        (_change(row, before, fields, says), before)
        for row, before in list(zip(rows, befores, strict=True))[:SHOWN]
    ]
    # A version in which no field differs was written beside an event, which says what happened.
    return [entry for entry, before in found if entry.changes or before is None]


def _change(row: Any, before: Any, fields: Sequence[Field[Any, Any]], says: "_Saying") -> Entry:
    by, why = _who_and_why(row)
    what = {"+": "Created", "~": "Changed", "-": "Deleted"}[row.history_type]
    if before is None and row.history_type == "~":
        return Entry(row.history_date, "history", what, by, why)
    changed = [f for f in fields if _differs(row, before, f)]
    details = tuple(
        Change(str(f.verbose_name), says(f, before) if before else "", says(f, row))
        for f in changed
        if before is not None or says(f, row)
    )
    return Entry(row.history_date, "history", what, by, why, details)


def _differs(row: Any, before: Any, field: Field[Any, Any]) -> bool:
    if before is None:
        return True
    now, then = getattr(row, field.attname), getattr(before, field.attname)
    if isinstance(field, BinaryField):
        return bytes(now or b"") != bytes(then or b"")
    return now != then


class _Saying:
    """Values of fields as words; names of other records in one query per kind of record."""

    def __init__(self, fields: Sequence[Field[Any, Any]], rows: Iterable[Any]) -> None:
        self.names: dict[str, dict[Any, str]] = {}
        rows = list(rows)
        for field in fields:
            if isinstance(field, ForeignKey):
                keys = {getattr(row, field.attname) for row in rows} - {None}
                others = field.related_model._default_manager.in_bulk(keys)  # type: ignore[union-attr] # noqa: SLF001
                self.names[field.name] = {key: str(other) for key, other in others.items()}

    def __call__(self, field: Field[Any, Any], row: Any) -> str:
        value = getattr(row, field.attname)
        if value in (None, "", []):
            return ""
        if isinstance(field, BinaryField):
            return SEALED
        if field.name in self.names:
            return self.names[field.name].get(value, f"#{value}")
        if isinstance(value, Decimal):
            currency = getattr(row, "currency", "")
            return plain(value, currency) if currency else f"{value.normalize():f}"
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S %Z}"
        return str(dict(field.flatchoices).get(value, value))


def _who_and_why(row: Any) -> tuple[str, str]:
    """Actor and reason as `oms.history.describe` joined them."""
    text = row.history_change_reason or ""
    if found := ACTOR.fullmatch(text):
        return found["by"], found["why"] or ""
    return (f"user:{row.history_user_id}" if row.history_user_id else ""), text


# --- Events, movements, readings --------------------------------------------------------------


def _events(record: Model) -> list[Entry]:
    rows = Event.objects.filter(_told_of(record)).order_by("-pk")
    own = events.subject_type(record)
    found = list(rows[:SHOWN])
    return [
        Entry(
            row.at,
            "event",
            said_event(row)
            if row.subject_type == own
            else f"{said_event(row)} {row.subject_label}".strip(),
            row.actor,
            str(row.facts.get("reason", "")),
            code=row.name,
            facts=_without(_plain(row.facts | told), str(record)) or None,
        )
        for row, told in zip(found, telling.told_facts(found), strict=True)
    ]


def _told_of(record: Model) -> Q:
    """Events of the record; for an order also those of its work, parcels, returns and documents."""
    label = events.subject_type(record)
    about = Q(subject_type=label, subject_id=record.pk)
    if label == "orders.order":
        for part in PARTS_OF_ORDER:
            rows = apps.get_model(part)._default_manager.filter(order=record.pk)  # noqa: SLF001
            ids = list(rows.order_by("-pk").values_list("pk", flat=True)[:SHOWN])
            about |= Q(subject_type=part.lower(), subject_id__in=ids)
    return about


def _plain(facts: dict[str, Any]) -> dict[str, str]:
    """Facts as words: names without underscores, lists with commas, nothing technical or empty."""
    found = {
        name.replace("_", " "): _said(value)
        for name, value in facts.items()
        if name not in {"reason", *TECHNICAL}
    }
    return {name: said for name, said in found.items() if said}


def _without(facts: dict[str, str], own: str) -> dict[str, str]:
    """Facts that say more than whose trail it is."""
    return {name: said for name, said in facts.items() if said != own}


def _said(value: Any) -> str:
    """A value of a fact; of rows what they name and how many of each."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_said, value)))
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    cells = {name: _said(cell) for name, cell in value.items()}
    sku, quantity = cells.pop("sku", ""), cells.pop("quantity", "")
    if sku:
        cells.pop("line", None)
        cells.pop("external_id", None)
        cells = {name: cell for name, cell in cells.items() if cell != sku}
    first = f"{quantity} × {sku}" if sku and quantity else sku or quantity
    more = [f"{name.replace('_', ' ')} {cell}" for name, cell in cells.items() if cell]
    return " ".join(filter(None, [first, *more]))


def _movements(record: Model) -> list[Entry]:
    about = _moved_by(record)
    if about is None:
        return []
    rows = StockMovement.objects.filter(about).select_related(
        "level__product", "level__location", "reason_code"
    )
    return [
        Entry(
            row.at,
            "movement",
            f"{row.get_kind_display()} {row.quantity:+d} × {row.level.product.sku} "
            f"at {row.level.location.code}, {row.balance} {_lies_there(row)}",
            row.actor,
            " ".join(filter(None, (str(row.reason_code or ""), row.reason, row.reference))),
        )
        for row in rows.order_by("-pk")[:SHOWN]
    ]


def _lies_there(row: StockMovement) -> str:
    return "on hand" if row.condition == StockCondition.AVAILABLE else row.condition


def _moved_by(record: Model) -> Q | None:
    """Which movements belong to a record: by level, line, or the document's number."""
    own = {
        "inventory.stocklevel": Q(level=record.pk),
        "inventory.product": Q(level__product=record.pk),
        "orders.order": Q(order_line__order=record.pk),
        "orders.orderline": Q(order_line=record.pk),
    }.get(events.subject_type(record))
    if number := getattr(record, "number", ""):
        return Q(reference=number) | own if own else Q(reference=number)
    return own


def _readings(record: Model) -> list[Entry]:
    """Who read the personal data of a customer, or of one order."""
    label = events.subject_type(record)
    if label == "customers.customer":
        rows = Disclosure.objects.filter(subject=record.subject_id)  # type: ignore[attr-defined]
    elif subject := getattr(record, "subject_id", None):
        rows = Disclosure.objects.filter(subject=subject, what=f"{label} {record}")
    else:
        return []
    return [
        Entry(row.at, "reading", f"Read {row.told}", row.reader)
        for row in rows.order_by("-at")[:SHOWN]
    ]


# --- Finding ----------------------------------------------------------------------------------


def _audited(label: str) -> type[Model] | None:
    app, _, name = label.partition(".")
    if app not in AUDITED or name.startswith("historical"):
        return None
    try:
        return apps.get_model(app, name)
    except LookupError:
        return None


def _has(model: type[Model], name: str) -> bool:
    try:
        return bool(getattr(model._meta.get_field(name), "unique", False))  # noqa: SLF001
    except FieldDoesNotExist:
        return False


def _match(name: str, ident: str) -> dict[str, Any]:
    if name != "public_id":
        return {f"{name}__in": {ident, ident.upper()}}
    try:
        return {name: UUID(ident)}
    except ValueError:
        return {"pk__in": []}

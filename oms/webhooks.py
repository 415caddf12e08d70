"""Webhook endpoints: subscribed, paused, resumed, replayed; what is sent and how it is signed.

Sending itself is the worker's business (`oms.dispatch.sending`). Messages are Standard Webhooks:
the id is the event's, so a receiver that keeps ids takes every event once.
"""

import base64
import fnmatch
import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from standardwebhooks import Webhook

from oms import sealed, telling
from oms.errors import DomainError, InvalidInput
from oms.models import DeliveryState, Event, WebhookDelivery, WebhookEndpoint, WebhookState

PREFIX = "whsec_"
BATCH = 1_000
MOST_MEANT, LIKENESS = 4, 0.75  # names proposed for one that does not exist, and how alike


class UnsafeUrl(DomainError):
    """The address is not one that events may be sent to."""

    code = "unsafe_url"
    message = "Events are sent to https addresses on the public internet only."


class UnknownEvent(InvalidInput):
    """No event has a name that the pattern fits."""

    code = "unknown_event"
    message = "No event is called {pattern}. {hint}"


class NothingToRetry(DomainError):
    """The delivery has not been given up."""

    code = "nothing_to_retry"
    message = "Only deliveries that were given up can be tried again."


@transaction.atomic
def subscribe(
    url: str, *, channel: str = "", events: Sequence[str] = (), description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint and return it with its signing secret, which is shown once.

    `events` are patterns such as `order.*`; none means all. Raises UnsafeUrl and UnknownEvent.
    """
    check_url(url)
    refuse_unknown(events)
    endpoint = WebhookEndpoint(
        url=url, channel=channel, events=list(events), description=description
    )
    key = secrets.token_bytes(32)
    endpoint.secret = sealed.seal_secret(key, _context(endpoint))

    endpoint.save()
    return endpoint, PREFIX + base64.b64encode(key).decode()


@transaction.atomic
def pause(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Stop sending; events wait in line. Pausing twice is harmless."""
    return _set(endpoint, WebhookState.PAUSED)


@transaction.atomic
def resume(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send again, from what waits in line. Also closes the circuit breaker."""
    now = timezone.now()
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING)
    waiting.filter(Q(locked_until=None) | Q(locked_until__lt=now)).update(next_attempt_at=now)
    return _set(endpoint, WebhookState.ACTIVE)


@transaction.atomic
def unsubscribe(endpoint: WebhookEndpoint) -> None:
    """Delete an endpoint with everything that waits for it.

    Waits for whoever puts events in line for it, so that none is left that belongs to nobody.
    """
    WebhookEndpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    endpoint.delete()


def keep_endpoints() -> list[WebhookEndpoint]:
    """All endpoints, none of which can be deleted before this transaction ends."""
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    table = connection.ops.quote_name(WebhookEndpoint._meta.db_table)  # noqa: SLF001 (its public name)
    return list(WebhookEndpoint.objects.raw(f"SELECT * FROM {table} ORDER BY id{lock}"))  # noqa: S608 (our words)


@transaction.atomic
def replay(endpoint: WebhookEndpoint, *, after: int, until: int | None = None) -> int:
    """Send all matching events after a position (up to another) once more; how many.

    Receivers tell repeats by the message id, which is the same as the first time.
    """
    rows = Event.objects.filter(position__gt=after)
    if until is not None:
        rows = rows.filter(position__lte=until)
    if endpoint.channel:
        rows = rows.filter(channel=endpoint.channel)

    if endpoint not in keep_endpoints():
        return 0
    count = 0
    fields = ("pk", "name", "subject_type", "subject_id")
    batch: list[WebhookDelivery] = []
    for pk, name, kind, subject in rows.order_by("position").values_list(*fields).iterator(BATCH):
        if matches(endpoint.events, name):
            batch.append(_again(endpoint, pk, f"{kind}:{subject}"))
        if len(batch) == BATCH:
            count += _renew(batch)
            batch = []
    return count + _renew(batch)


@transaction.atomic
def retry(delivery: WebhookDelivery) -> WebhookDelivery:
    """Try a delivery that was given up from the start of its ladder. Raises NothingToRetry."""
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state != DeliveryState.DEAD:
        raise NothingToRetry

    _reset(delivery)
    delivery.save()
    return delivery


@transaction.atomic
def reseal(*, by: str) -> int:  # noqa: ARG001 (an act like others; the command that calls it logs)
    """Wrap every endpoint's secret by the newest master key; how many."""
    endpoints = list(WebhookEndpoint.objects.select_for_update().order_by("pk"))
    for endpoint in endpoints:
        endpoint.secret = sealed.rewrap_secret(endpoint.secret)
    return WebhookEndpoint.objects.bulk_update(endpoints, ["secret"], batch_size=500)


def matches(patterns: Sequence[str], name: str) -> bool:
    """Whether an event of this name is wanted."""
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def refuse_unknown(patterns: Sequence[str]) -> None:
    """Raise UnknownEvent for the first pattern that fits no event there is."""
    names = sorted(telling.declared())
    for at, pattern in enumerate(patterns):
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            hint = _hint(pattern, names)
            raise UnknownEvent(pointer=f"/events/{at}", pattern=pattern, hint=hint)


def _hint(pattern: str, names: Sequence[str]) -> str:
    """The few names that whoever wrote the pattern may have meant, or how names begin."""
    families = [f"{family}.*" for family in sorted({name.partition(".")[0] for name in names})]
    meant = get_close_matches(pattern.casefold(), [*names, *families], MOST_MEANT, LIKENESS)
    if meant:
        return f"Did you mean {' or '.join(meant)}?"
    return f"Patterns are {', '.join(families)}; the guide at /api/docs/ has every name."


def check_url(url: str) -> None:
    """Raise UnsafeUrl for what is plainly not an address on the internet.

    Names are looked up and checked at every connection, so that a name which moves is caught too.
    """
    parts = urlsplit(url)
    if settings.OMS_WEBHOOK_ALLOW_PRIVATE:
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    else:
        good = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    if not good:
        raise UnsafeUrl


def describe(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Events as the feed and the webhooks tell them: public names and plain values.

    Never personal data, and never a key of our tables (`oms/telling.py`).
    """
    facts, subjects = telling.told_facts(events), telling.subjects(events)
    return [
        {
            "id": str(event.public_id),
            "type": event.name,
            "timestamp": _iso(event.at),
            "position": event.position,
            "subject": subject,
            "sequence": event.sequence,
            "channel": event.channel,
            "actor": event.actor,
            "correlation_id": str(event.correlation_id),
            "data": data,
        }
        for event, subject, data in zip(events, subjects, facts, strict=True)
    ]


def messages(events: Sequence[Event]) -> list[str]:
    """The bodies of webhooks, as Standard Webhooks recommends them."""
    return [
        json.dumps(
            {"type": told.pop("type"), "timestamp": told.pop("timestamp"), "data": told},
            separators=(",", ":"),
        )
        for told in describe(events)
    ]


def headers(endpoint: WebhookEndpoint, event: Event, body: str, now: datetime) -> dict[str, str]:
    """Id, time and signature of a message that is about to be sent."""
    key = sealed.open_secret(endpoint.secret, _context(endpoint))
    return {
        "webhook-id": str(event.public_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(key).sign(str(event.public_id), now, body),
        "content-type": "application/json",
        "user-agent": "oms-webhooks/1",
    }


def _set(endpoint: WebhookEndpoint, state: WebhookState) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.state, endpoint.failures, endpoint.retry_at = state, 0, None
    endpoint.save(update_fields=["state", "failures", "retry_at"])
    return endpoint


def _again(endpoint: WebhookEndpoint, event: int, subject: str) -> WebhookDelivery:
    return WebhookDelivery(endpoint=endpoint, event_id=event, subject_key=subject)


def _renew(batch: list[WebhookDelivery]) -> int:
    """Insert deliveries, or set those that exist back to the start, in one statement."""
    for delivery in batch:
        _reset(delivery)
    WebhookDelivery.objects.bulk_create(
        batch,
        update_conflicts=True,
        unique_fields=["endpoint", "event"],
        update_fields=[
            "state", "attempts", "next_attempt_at", "locked_until", "response_status", "error",
            "done_at",
        ],
    )  # fmt: skip
    return len(batch)


def _reset(delivery: WebhookDelivery) -> None:
    delivery.state, delivery.attempts, delivery.error = DeliveryState.PENDING, 0, ""
    delivery.next_attempt_at = timezone.now()
    delivery.locked_until = delivery.response_status = delivery.done_at = None


def _context(endpoint: WebhookEndpoint) -> str:
    return f"oms.webhookendpoint.secret:{endpoint.public_id}"


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")

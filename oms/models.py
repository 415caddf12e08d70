"""Tables of the kernel: users, events and their deliveries, webhooks, API keys, jobs.

Events, deliveries and webhook deliveries form the outbox. An event is written in the transaction
of the act it tells of; the worker gives it a `position` once it is committed, so that the feed
never shows a later event before an earlier one.
"""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone


class AppendOnlyError(Exception):
    """A row that may never change was about to be changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet):
    """Rows that can be asked and added, and nothing else."""

    def update(self, **_values: Any) -> int:
        """Never."""
        raise AppendOnlyError(self.model._meta.label)  # noqa: SLF001 (documented)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Never."""
        raise AppendOnlyError(self.model._meta.label)  # noqa: SLF001 (documented)

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> int:
        """Never."""
        raise AppendOnlyError(self.model._meta.label)  # noqa: SLF001 (documented)


class AppendOnly(models.Model):
    """Rows that are written once. The ORM refuses; on PostgreSQL a trigger refuses too."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        if not self._state.adding:
            raise AppendOnlyError(self._meta.label)
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never."""
        raise AppendOnlyError(self._meta.label)


class User(AbstractUser):
    """A member of staff; the roles are groups, laid down by migration."""

    class Meta(AbstractUser.Meta):
        db_table = "oms_user"


class Event(models.Model):
    """Something that happened, in the past tense, with ids and plain values only."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)  # app_label.model
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=60, blank=True)  # public number, code or SKU
    sequence = models.PositiveIntegerField()  # 1, 2, 3 ... per subject, without gaps
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    facts = models.JSONField(default=dict)
    channel = models.CharField(max_length=40, blank=True)  # code; whose API keys may read it
    correlation_id = models.UUIDField(default=uuid.uuid4, editable=False)
    position = models.BigIntegerField(null=True, unique=True, editable=False)  # set by the worker

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "sequence"], name="oms_event_sequence_unique"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="oms_event_waiting", condition=Q(position=None)),
            models.Index(
                fields=["channel", "position"],
                name="oms_event_feed",
                condition=Q(position__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_label} #{self.sequence}"


class DeliveryState(models.TextChoices):
    """Life of a delivery to a consumer or a webhook endpoint."""

    PENDING = "pending"  # to be tried at next_attempt_at
    DONE = "done"  # taken
    DEAD = "dead"  # given up; may be replayed


class Delivery(models.Model):
    """One event for one consumer; unique, so that a consumer's effect happens once."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    consumer = models.CharField(max_length=100)
    subject_key = models.CharField(max_length=64)  # deliveries of one subject run in order
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "reaction", "reactions"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "consumer"], name="oms_delivery_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["consumer", "subject_key", "id"],
                name="oms_delivery_open",
                condition=~Q(state="done"),
            ),
            models.Index(
                fields=["next_attempt_at", "id"],
                name="oms_delivery_waiting",
                condition=Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} #{self.event_id}"


class WebhookState(models.TextChoices):
    """Whether an endpoint is being sent to."""

    ACTIVE = "active"  # events are sent
    PAUSED = "paused"  # switched off by a person
    BROKEN = "broken"  # circuit breaker open; tried again at retry_at


class WebhookEndpoint(models.Model):
    """A subscriber's address, signed as Standard Webhooks."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    url = models.URLField(max_length=500)
    secret = models.BinaryField()  # sealed by the master key
    channel = models.CharField(max_length=40, blank=True)  # empty: every channel's events
    events = models.JSONField(default=list)  # patterns such as order.*; empty: all
    description = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=WebhookState, default=WebhookState.ACTIVE)
    failures = models.PositiveIntegerField(default=0)  # in a row
    retry_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One event for one endpoint, kept with its last answer."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="webhook_deliveries")
    subject_key = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    locked_until = models.DateTimeField(null=True)  # lease of the worker that is sending it
    response_status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="oms_webhook_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "subject_key", "id"],
                name="oms_webhook_open",
                condition=~Q(state="done"),
            ),
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                name="oms_webhook_waiting",
                condition=Q(state="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} #{self.event_id}"


class ApiKey(models.Model):
    """A machine's credential: only its hash is stored."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)  # SHA-256 of the whole key; it is random, not chosen
    channel = models.CharField(max_length=40, blank=True)  # code; empty: every channel
    scopes = models.JSONField(default=list)  # such as orders:write; orders:write implies read
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}...)"


class IdempotencyKey(models.Model):
    """The stored answer to an unsafe call, given again to its repeat."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    correlation_id = models.UUIDField(default=uuid.uuid4, editable=False)  # its events carry it
    status = models.PositiveSmallIntegerField(null=True)  # empty while the first call runs
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_key", "key"], name="oms_idempotency_key_unique")
        ]

    def __str__(self) -> str:
        return f"{self.api_key_id} {self.key}"


class SentForm(models.Model):
    """The token of a form whose act was done; see `oms.once`."""

    token = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.token


class JobState(models.TextChoices):
    """Life of a long piece of work."""

    WAITING = "waiting"  # no worker has taken it yet
    RUNNING = "running"  # in hand
    DONE = "done"  # finished; single rows may have failed
    FAILED = "failed"  # ended by an error; error says which
    STOPPED = "stopped"  # ended by a person; what was not begun is left as it was


class Job(models.Model):
    """Long work that somebody waits for: progress, per-row results, a file to fetch."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState, default=JobState.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=list)  # [{"row", "ok", "message"}], at most 1,000
    result_file = models.FileField(upload_to="jobs/%Y/%m/", blank=True)
    error = models.TextField(blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=80, blank=True)  # who asked it to end early
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="undone_by"
    )  # the run that this one takes back, once

    def __str__(self) -> str:
        return self.title


class RowState(models.TextChoices):
    """What became of one row of a run."""

    WAITING = "waiting"  # not begun
    DONE = "done"  # the act was done; written in its own transaction
    REFUSED = "refused"  # a rule forbids it; message says which
    FAILED = "failed"  # broke; the log says more


class JobRow(models.Model):
    """One row that a run acts on, marked in the transaction of the act, so that it happens once."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="rows", db_index=False)
    key = models.BigIntegerField()  # primary key of the row in its own table
    label = models.CharField(max_length=80, blank=True)  # public number, code or name of the row
    state = models.CharField(max_length=10, choices=RowState, default=RowState.WAITING)
    message = models.TextField(blank=True)
    back = models.JSONField(null=True)  # ids and plain values by which the act is taken back

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "key"], name="oms_jobrow_once"),
            models.CheckConstraint(
                condition=Q(state__in=RowState.values), name="oms_jobrow_state_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["job", "state", "id"], name="oms_jobrow_state")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.label or self.key}"


class Counter(models.Model):
    """The next number of a series, moved by one conditional update."""

    name = models.CharField(max_length=60, unique=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class Chore(models.Model):
    """Something done again and again, by whichever worker comes first; `oms.wiring.CHORES` says what."""

    path = models.CharField(max_length=120, unique=True)  # dotted name of the function
    next_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)  # what the function said of its last run
    error = models.TextField(blank=True)  # of the last run, without what it was about

    def __str__(self) -> str:
        return self.path


APART = "/background"  # the end of the name of a worker that does no events


class Worker(models.Model):
    """A worker process that is alive, or was: its name stands on the work it has in hand."""

    name = models.CharField(max_length=60, unique=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # beats every few seconds
    deaths = models.PositiveIntegerField(default=0)  # of its background process
    died_at = models.DateTimeField(null=True, blank=True)  # the background process, most lately

    def __str__(self) -> str:
        return self.name

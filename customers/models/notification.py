"""What customers are told: templates, their wishes, and the log of every message."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from customers.enums import NotificationPurpose, NotificationState
from customers.models.people import Customer
from oms.querysets import LockingQuerySet


class NotificationTemplate(models.Model):
    """The words for one event in one language; without a template nothing is sent."""

    event = models.CharField(max_length=60)  # such as order.placed
    language = models.CharField(max_length=5, default="en")  # ISO 639-1
    purpose = models.CharField(
        max_length=10,
        choices=NotificationPurpose,
        default=NotificationPurpose.SERVICE,
        help_text="Contract: always sent. Service: unless the customer stopped it. "
        "Marketing: only with consent.",
    )
    subject = models.CharField(max_length=200)
    body = models.TextField()
    is_active = models.BooleanField(default=True, help_text="Only active templates are sent.")
    history = HistoricalRecords()

    class Meta:
        permissions: ClassVar = [("test_notification", "Can send test notifications")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "language"],
                name="customers_template_unique",
                violation_error_message="There is a template for this event and language.",
            )
        ]

    called = ""  # what people call such a message, where the page has asked

    def __str__(self) -> str:
        return f"{self.called or self.event} ({self.language})"


class ContactPreference(models.Model):
    """How a customer wants to be written to; who has no row has no wishes."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="contact_preference")
    language = models.CharField(max_length=5, blank=True)  # ISO 639-1; empty: the country's
    muted = models.JSONField(default=list, blank=True)  # events of service notices that are stopped
    changed_at = models.DateTimeField(default=timezone.now)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return str(self.customer_id)


class Notification(models.Model):
    """One message to one customer about one event; what was sent is sealed under their key."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(NotificationTemplate, models.PROTECT, related_name="notifications")
    event = models.ForeignKey("oms.Event", models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notifications")
    about_type = models.CharField(max_length=40)  # app_label.model of the document
    about_id = models.BigIntegerField()
    about_label = models.CharField(max_length=60)  # its public number
    sealed = models.BinaryField(null=True)  # to, subject, body; as it was sent
    state = models.CharField(
        max_length=10, choices=NotificationState, default=NotificationState.QUEUED
    )
    why = models.CharField(max_length=200, blank=True)  # it was suppressed or failed
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("resend_notification", "Can send a notification again")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "customer"],
                name="customers_notification_once",
                violation_error_message="A customer is told of an event once.",
            ),
            models.CheckConstraint(
                condition=Q(state=NotificationState.SENT, sent_at__isnull=False)
                | (~Q(state=NotificationState.SENT) & Q(sent_at=None)),
                name="customers_notification_sent_has_time",
                violation_error_message="What was sent has the time at which it was.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="customers_notification_due",
                condition=Q(state__in=["queued", "sending"]),
            ),
            models.Index(
                fields=["about_type", "about_id", "id"], name="customers_notification_about"
            ),
            models.Index(fields=["state", "-id"], name="customers_notification_state"),
            models.Index(fields=["about_label", "-id"], name="customers_notification_label"),
            models.Index(fields=["created_at", "id"], name="customers_notification_time"),
        ]

    def __str__(self) -> str:
        return f"{self.about_label} #{self.pk}"

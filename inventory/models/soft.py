"""Stock set aside for a cart or a quote, for a while."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.enums import SoftPurpose, SoftState
from oms.querysets import LockingQuerySet


class SoftReservation(models.Model):
    """Units kept for a basket that is not an order yet; open until it is bought, left or expired.

    Its units are rows of `Reservation` like those of orders, so that what is reserved stays the sum
    of open reservations, and nobody else can be sold them meanwhile.
    """

    token = models.CharField(max_length=64)  # the channel's name for the basket
    channel = models.CharField(max_length=40)  # code
    purpose = models.CharField(max_length=8, choices=SoftPurpose, default=SoftPurpose.CART)
    state = models.CharField(max_length=10, choices=SoftState, default=SoftState.OPEN)
    expires_at = models.DateTimeField()
    reference = models.CharField(max_length=80, blank=True)  # who bought it: the order's number
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "token"],
                name="inventory_soft_token_unique",
                violation_error_message="This channel has used this token before.",
            ),
            models.CheckConstraint(
                condition=Q(state=SoftState.OPEN, ended_at=None)
                | (~Q(state=SoftState.OPEN) & Q(ended_at__isnull=False)),
                name="inventory_soft_ended_when_not_open",
                violation_error_message="What has ended says when; what is open has not ended.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="inventory_soft_due", condition=Q(state=SoftState.OPEN)
            ),
            models.Index(
                fields=["channel"], name="inventory_soft_open", condition=Q(state=SoftState.OPEN)
            ),
        ]

    def __str__(self) -> str:
        return self.token

    @property
    def channel_code(self) -> str:
        """The channel's code, for events."""
        return self.channel

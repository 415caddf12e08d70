"""Changes of placed orders: drafted, looked at, then done or discarded; and what an order once was."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from oms.models import AppendOnly
from oms.querysets import LockingQuerySet
from orders.enums import ChangeStatus, ChangeStep, OrderLinkKind


class OrderChange(models.Model):
    """What somebody means to change in an order: a list of steps, done together or not at all."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="changes")
    status = models.CharField(max_length=10, choices=ChangeStatus, default=ChangeStatus.DRAFT)
    reason = models.CharField(max_length=300, blank=True)
    base = models.PositiveIntegerField()  # the order's last event when its steps were written
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict)  # totals before and after, once confirmed

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("change_placed_order", "Can change placed orders")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=ChangeStatus.values),
                name="orders_change_status_known",
                violation_error_message="A change has one of the known states.",
            ),
            models.CheckConstraint(
                condition=Q(status=ChangeStatus.DRAFT, decided_at=None)
                | (~Q(status=ChangeStatus.DRAFT) & Q(decided_at__isnull=False)),
                name="orders_change_decided_has_time",
                violation_error_message="A decided change says when it was decided.",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["order", "-id"], name="orders_change_newest")]

    def __str__(self) -> str:
        return self.number


class OrderChangeStep(models.Model):
    """One step of a change; an address stands sealed, the rest is plain."""

    change = models.ForeignKey(OrderChange, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=ChangeStep)
    line = models.ForeignKey("orders.OrderLine", models.PROTECT, null=True, related_name="+")
    values = models.JSONField(default=dict)  # amounts as text
    sealed = models.BinaryField(null=True)  # shipping_address

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["change", "position"], name="orders_change_step_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.kind}"


class OrderVersion(AppendOnly):
    """An order as it was, written before its first change and after each one."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()  # 1 is what was placed
    change = models.ForeignKey(
        OrderChange, models.PROTECT, null=True, blank=True, related_name="versions"
    )
    content = models.JSONField()
    sealed = models.BinaryField(null=True)  # the order's envelope at that time
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="orders_version_unique")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class OrderLink(AppendOnly):
    """One order came out of another: by a change (split off, merged) or by an exchange."""

    kind = models.CharField(max_length=10, choices=OrderLinkKind)
    source = models.ForeignKey("orders.Order", models.PROTECT, related_name="links_out")
    target = models.ForeignKey("orders.Order", models.PROTECT, related_name="links_in")
    change = models.CharField(
        max_length=20
    )  # number of the change or return; transactions name it too
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(source=F("target")),
                name="orders_link_of_two",
                violation_error_message="Units go from one order to another.",
            ),
            models.UniqueConstraint(fields=["source", "target", "change"], name="orders_link_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.change}"

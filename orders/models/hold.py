"""Holds: why an order may not go on, who looks after it and until when."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from orders.enums import BY_SYSTEM, HoldKind, LiftedBy, ReleaseTest
from orders.models.claim import CLAIM_SAYS, CLAIM_WHOLE, Claimable


class HoldType(models.Model):
    """A reason to wait, as data. Every hold stops release; what else it stops is said here."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    unblock = models.CharField(
        "what would unblock this",
        max_length=300,
        blank=True,
        help_text="One sentence for whoever looks after the order.",
    )
    owner = models.CharField(
        "looked after by", max_length=80, blank=True, help_text="The role it is given to."
    )
    due_hours = models.PositiveIntegerField(
        "due after, in hours",
        null=True,
        blank=True,
        help_text="Empty: when whoever places it says.",
    )
    escalate_hours = models.PositiveIntegerField(
        "escalates after, in hours past due",
        null=True,
        blank=True,
        help_text="Empty: it does not.",
    )
    escalate_to = models.CharField(
        "escalates to",
        max_length=80,
        blank=True,
        help_text="The role that is told. Empty: its own.",
    )
    test = models.CharField(
        "lifts itself when",
        max_length=20,
        choices=ReleaseTest,
        blank=True,
        help_text="Asked after everything that happens to the order, and again every minute.",
    )
    conditions = models.JSONField(default=dict, blank=True)  # of the test "condition"
    stops_allocation = models.BooleanField(
        default=True,
        help_text="Off: the order gets stock while it waits, so that nobody else does.",
    )
    stops_capture = models.BooleanField(
        default=False, help_text="On: authorised money is not taken while it waits."
    )
    lifted_by = models.CharField(
        "who lifts it", max_length=8, choices=LiftedBy, default=LiftedBy.ANYONE
    )
    needs_person = models.BooleanField(
        "stands among the exceptions",
        default=True,
        help_text="Off: nobody has to look, it only waits for its time.",
    )
    is_active = models.BooleanField("offered", default=True)
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_active=True) | ~Q(code__in=HoldKind.values),
                name="orders_hold_type_in_use_stays_on",
                violation_error_message="A type that operations give by name stays switched on.",
            ),
            models.CheckConstraint(
                condition=Q(test="") | Q(test__in=ReleaseTest.values),
                name="orders_hold_type_test_known",
                violation_error_message="A hold type has one of the known tests, or none.",
            ),
            models.CheckConstraint(
                condition=Q(lifted_by__in=[LiftedBy.ANYONE, LiftedBy.OWNERS])
                | (Q(lifted_by=LiftedBy.NOBODY) & ~Q(test="")),
                name="orders_hold_type_can_end",
                violation_error_message="What nobody may lift needs a test that does.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_protected(self) -> bool:
        """Whether operations place and end it by themselves, so that it stays as it shipped."""
        return self.code in BY_SYSTEM

    def due_from(self, at: datetime) -> datetime | None:
        """When a hold placed at this time is due, if the type says so."""
        return at + timedelta(hours=self.due_hours) if self.due_hours else None

    def escalates_from(self, due_at: datetime | None) -> datetime | None:
        """When a hold that is due then is escalated."""
        if due_at is None or self.escalate_hours is None:
            return None
        return due_at + timedelta(hours=self.escalate_hours)


class Hold(Claimable):
    """One reason to wait. Several may be open at once; an order is on hold while one is open."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="holds")
    type = models.ForeignKey(
        HoldType,
        models.PROTECT,
        to_field="code",
        db_column="kind",
        related_name="holds",
        db_index=False,  # the indexes of open holds begin with it
    )
    handle = models.CharField(max_length=80, blank=True)  # tells two holds of one kind apart
    reason = models.CharField(max_length=300)  # one sentence for a person, no personal data
    details = models.JSONField(default=dict)  # figures behind the reason
    owner = models.CharField(max_length=80, blank=True)  # a role, or an actor such as user:3
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True)  # if it is still open then
    escalated_at = models.DateTimeField(null=True, blank=True)
    failed_test_at = models.DateTimeField(null=True, blank=True)  # only then its test may lift it
    asked_at = models.DateTimeField(null=True, blank=True)  # when the chore last tested it
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        permissions: ClassVar = [
            ("place_hold", "Can place holds"),
            ("lift_hold", "Can lift holds"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "type", "handle"],
                condition=Q(lifted_at=None),
                name="orders_hold_one_open",
                violation_error_message="This hold is already open.",
            ),
            models.CheckConstraint(
                condition=CLAIM_WHOLE,
                name="orders_hold_claim_whole",
                violation_error_message=CLAIM_SAYS,
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["type", "placed_at"],
                name="orders_hold_open",
                condition=Q(lifted_at=None),
            ),
            models.Index(
                fields=["due_at", "id"], name="orders_hold_due", condition=Q(lifted_at=None)
            ),
            models.Index(
                fields=["escalate_at"],
                name="orders_hold_to_escalate",
                condition=Q(lifted_at=None, escalated_at=None, escalate_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.type.name}"

    @property
    def names_prices(self) -> bool:
        """Whether it stops the order for prices of products that are not those of the lists."""
        return self.kind == HoldKind.PRICE_MISMATCH and bool(self.details.get("lines"))

    @property
    def kind(self) -> str:
        """Code of its type, as the API, events and rules name it."""
        return self.type_id

    @kind.setter
    def kind(self, code: str) -> None:
        self.type_id = code

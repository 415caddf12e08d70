"""Rules for orders as versioned data, what they did, and how they would have done."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.models import AppendOnly
from oms.querysets import LockingQuerySet
from orders.enums import RuleMoment, RuleOutcome, RuleState, RuleSubject


class Rule(models.Model):
    """One thing that is done to orders by itself; what it says stands in its versions."""

    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveIntegerField(default=100)  # lower first; then the older rule
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("edit_rule", "Can draft rules and try them on past orders"),
            ("activate_rule", "Can switch rules on and off"),
            ("mail_colleagues", "Can have rules write to colleagues"),
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """What a rule says: drafted, then in force, then kept because runs point at it."""

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=14, choices=RuleSubject, default=RuleSubject.ORDER)
    moment = models.CharField(max_length=8, choices=RuleMoment)
    events = models.JSONField(default=list, blank=True)  # names, where it acts on events
    every_minutes = models.PositiveIntegerField(null=True, blank=True)  # where it acts by schedule
    conditions = models.JSONField(default=dict)  # see oms.conditions
    actions = models.JSONField(default=list)  # see orders.queries.rules.actions
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=RuleState, default=RuleState.DRAFT)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_by = models.CharField(max_length=80, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)  # when its schedule comes round again

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "number"], name="orders_rule_version_number"),
            models.UniqueConstraint(
                fields=["rule"],
                condition=Q(state=RuleState.ACTIVE),
                name="orders_rule_one_active",
                violation_error_message="One version of a rule is in force at a time.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RuleState.values),
                name="orders_rule_state_known",
                violation_error_message="A version has one of the known states.",
            ),
            models.CheckConstraint(
                condition=Q(moment__in=[RuleMoment.PLACING, RuleMoment.EVENT], every_minutes=None)
                | Q(moment=RuleMoment.SCHEDULE, every_minutes__gt=0),
                name="orders_rule_schedule_has_minutes",
                violation_error_message="A schedule, and nothing else, says every how many minutes.",
            ),
            models.CheckConstraint(
                condition=Q(subject=RuleSubject.ORDER)
                | Q(subject__in=RuleSubject.values, moment=RuleMoment.SCHEDULE),
                name="orders_rule_things_by_schedule",
                violation_error_message="Products and purchase orders are looked at by schedule.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["moment"],
                name="orders_rule_in_force",
                condition=Q(state=RuleState.ACTIVE),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule.name} v{self.number}"


class RuleRun(AppendOnly):
    """A version met what it is for: an order, a product, a purchase order; what it saw and did.

    `saw` holds the facts that its conditions ask about; they are no personal data. `did` has one
    row per action: {"do", "ok", "said"}.
    """

    rule = models.ForeignKey(Rule, models.PROTECT, related_name="runs", db_index=False)
    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="runs", db_index=False)
    order = models.ForeignKey("orders.Order", models.PROTECT, null=True, related_name="rule_runs")
    product = models.ForeignKey(
        "inventory.Product", models.PROTECT, null=True, related_name="+", db_index=False
    )
    purchase_order = models.ForeignKey(
        "inventory.PurchaseOrder", models.PROTECT, null=True, related_name="+", db_index=False
    )
    trigger = models.CharField(max_length=60)  # placing, event:5, schedule:7, schedule:7:2026-11-26
    chain = models.UUIDField()  # correlation of what called it: of a request, or a run's thread
    thread = models.UUIDField(default=uuid.uuid4)  # correlation of all that it has caused
    outcome = models.CharField(max_length=8, choices=RuleOutcome)
    saw = models.JSONField(default=dict)
    did = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "order", "trigger"],
                name="orders_rule_run_once",
                violation_error_message="A rule acts once on an order for one cause.",
            ),
            models.UniqueConstraint(
                fields=["rule", "product", "trigger"],
                name="orders_rule_run_product_once",
                condition=Q(product__isnull=False),
                violation_error_message="A rule acts once a day on a product.",
            ),
            models.UniqueConstraint(
                fields=["rule", "purchase_order", "trigger"],
                name="orders_rule_run_purchase_once",
                condition=Q(purchase_order__isnull=False),
                violation_error_message="A rule acts once a day on a purchase order.",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False, product=None, purchase_order=None)
                | Q(order=None, product__isnull=False, purchase_order=None)
                | Q(order=None, product=None, purchase_order__isnull=False),
                name="orders_rule_run_about_one",
                violation_error_message="A run is about one thing.",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=RuleOutcome.values), name="orders_rule_outcome_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rule", "-at"], name="orders_rule_run_newest"),
            models.Index(fields=["thread"], name="orders_rule_run_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def about(self) -> str:
        """Public name of what it is about; loaded with the run by whoever asks."""
        return str(self.order or self.product or self.purchase_order)


class RuleTrial(models.Model):
    """A version tried on past orders; nothing is done to them."""

    version = models.ForeignKey(RuleVersion, models.PROTECT, related_name="trials")
    days = models.PositiveIntegerField()
    job = models.ForeignKey("oms.Job", models.SET_NULL, null=True, related_name="+")
    result = models.JSONField(default=dict)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.days} days"

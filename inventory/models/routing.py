"""Routing rules as versioned data, and the decisions made by them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.enums import OnFailure, RuleSetState, Verdict
from inventory.models.service import fresh_stamp
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class RoutingRuleSet(models.Model):
    """A version of the routing rules: drafted, then in force, then kept for reading."""

    version = models.PositiveIntegerField(unique=True)
    name = models.CharField(max_length=100)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=RuleSetState, default=RuleSetState.DRAFT)
    stamp = models.UUIDField(default=fresh_stamp, editable=False)  # changes with what it says
    based_on = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=80)
    activated_at = models.DateTimeField(null=True, blank=True)
    activated_by = models.CharField(max_length=80, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = "version of the routing rules"
        verbose_name_plural = "versions of the routing rules"
        permissions: ClassVar = [
            ("edit_routing", "Can draft and simulate routing rules"),
            ("activate_routing", "Can put routing rules in force"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=RuleSetState.ACTIVE),
                name="inventory_rule_set_one_active",
                violation_error_message="One set of rules is in force at a time.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=RuleSetState.values),
                name="inventory_rule_set_state_known",
                violation_error_message="A rule set has one of the known states.",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.version} {self.name}"


class RoutingRule(models.Model):
    """One rule of a set: for which orders, from where, what is best, what may not be, what if not."""

    rule_set = models.ForeignKey(RoutingRuleSet, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    conditions = models.JSONField(default=dict)  # see oms.conditions
    groups = models.JSONField(default=list, blank=True)  # codes, or kind:store; empty: all
    without = models.JSONField(default=list, blank=True)
    max_km = models.PositiveIntegerField("at most km away", null=True, blank=True)
    leaves_within = models.PositiveSmallIntegerField("leaves within days", null=True, blank=True)
    keeps_back = models.PositiveIntegerField("units kept back", default=0)
    min_accuracy = models.DecimalField(
        "accuracy at least", max_digits=5, decimal_places=4, null=True, blank=True
    )
    minds_capacity = models.BooleanField("minds orders a day", default=True)
    ranking = models.JSONField(
        default=dict
    )  # {"order": [criteria]} or {"prices": {criterion: "1.00"}}
    max_parcels = models.PositiveSmallIntegerField("at most parcels", null=True, blank=True)
    min_parcel_value = MoneyField("a parcel of several is worth at least", null=True, blank=True)
    one_country = models.BooleanField("all from one country", default=False)
    apart = models.JSONField("classes kept apart", default=list, blank=True)  # pairs
    on_failure = models.CharField(max_length=10, choices=OnFailure, default=OnFailure.BACKORDER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule_set", "position"], name="inventory_rule_position"
            ),
            models.CheckConstraint(
                condition=Q(on_failure__in=OnFailure.values),
                name="inventory_rule_on_failure_known",
                violation_error_message="A rule does one of the known things when it fails.",
            ),
            models.CheckConstraint(
                condition=Q(max_parcels=None) | Q(max_parcels__gt=0),
                name="inventory_rule_max_parcels_positive",
                violation_error_message="At least one parcel.",
            ),
            models.CheckConstraint(
                condition=Q(min_accuracy=None) | (Q(min_accuracy__gte=0) & Q(min_accuracy__lte=1)),
                name="inventory_rule_accuracy_share",
                violation_error_message="Accuracy is a share between 0 and 1.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SourcingDecision(AppendOnly):
    """Why an order is served from where it is: one row per run that placed units or was asked to.

    `record` holds ids and numbers only: rules tried with the reason each location was removed for
    (`tries`), kilometres (`km`), figures, and the units by location and product (`plan`).
    """

    order = models.ForeignKey(
        "orders.Order", models.PROTECT, related_name="sourcing_decisions", db_index=True
    )
    at = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=12)  # placed, advanced, rejected, rerouted
    rule_set = models.ForeignKey(
        RoutingRuleSet, models.PROTECT, null=True, related_name="+", db_index=False
    )
    rule = models.PositiveBigIntegerField(default=0)  # of the set; 0: the built-in rule
    verdict = models.CharField(max_length=8, choices=Verdict)
    record = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values),
                name="inventory_decision_verdict_known",
                violation_error_message="A decision has one of the known verdicts.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.verdict} at {self.at:%Y-%m-%d %H:%M}"

"""Routing rules tried on past orders."""

from django.db import models
from django.utils import timezone

from inventory.models.routing import RoutingRuleSet
from oms import words


class RoutingSimulation(models.Model):
    """A rule set replayed over past orders beside the one in force; nothing was reserved."""

    rule_set = models.ForeignKey(RoutingRuleSet, models.CASCADE, related_name="simulations")
    against = models.ForeignKey(
        RoutingRuleSet, models.CASCADE, null=True, blank=True, related_name="+"
    )  # empty: the built-in rule
    stamp = models.UUIDField(null=True, editable=False)  # what the rule set said; empty: not known
    days = models.PositiveSmallIntegerField()
    job = models.ForeignKey("oms.Job", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=80)
    result = models.JSONField(default=dict, blank=True)  # empty until it is done

    def __str__(self) -> str:
        return f"{self.rule_set} on {words.count(self.days, 'day')}"

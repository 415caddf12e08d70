"""Which events rules in force act on."""

from orders.enums import RuleMoment, RuleState
from orders.models import RuleVersion


def events_of_rules() -> set[str]:
    """The names of the events that wake a rule now."""
    rows = RuleVersion.objects.filter(moment=RuleMoment.EVENT, state=RuleState.ACTIVE)
    return {name for names in rows.values_list("events", flat=True) for name in names}

"""Names of rules."""

from collections.abc import Iterable
from itertools import count

from orders.models import Rule


def free_name(name: str) -> str:
    """This name, or with the first number behind it under which there is no rule yet."""
    taken = set(Rule.objects.filter(name__startswith=name).values_list("name", flat=True))
    return next(one for at in count(1) if (one := name if at == 1 else f"{name} {at}") not in taken)


def names_of_rules(keys: Iterable[int]) -> dict[int, str]:
    """What rules are called today, by key."""
    return dict(Rule.objects.filter(pk__in=list(keys)).values_list("pk", "name"))

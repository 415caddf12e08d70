"""Whom of the house rules may write to: a role, or one person who works here."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import QuerySet

from oms.models import User
from orders.queries.hold_types import Choices

PERSON = "user:"


def colleagues() -> Choices:
    """The roles, and everybody who works here and has an address; named by role or actor."""
    roles = Group.objects.order_by("name").values_list("name", flat=True)
    people = _at_work().order_by("last_name", "first_name", "username")
    return (
        *((name, name) for name in roles),
        *((f"{PERSON}{one.pk}", one.get_full_name() or one.get_username()) for one in people),
    )


def addresses_of(to: str) -> list[str]:
    """Where somebody named by role or actor reads mail now; nowhere once they left the house."""
    people = _at_work()
    name, _, key = to.rpartition(":")
    if name:
        of_them = people.filter(pk=key) if key.isdigit() and f"{name}:" == PERSON else people.none()
    else:
        of_them = people.filter(groups__name=to)
    return sorted(set(of_them.values_list("email", flat=True)))


def role_named(word: str) -> str:
    """The role of this name in any case, as it is written; else the word as it stands."""
    rows = Group.objects.filter(name__iexact=word).values_list("name", flat=True)
    return rows.first() or word


def _at_work() -> QuerySet[User]:
    return get_user_model().objects.filter(is_active=True, is_staff=True).exclude(email="")

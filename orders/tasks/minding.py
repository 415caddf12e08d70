"""Chores of holds that tell people."""

import logging
from collections import Counter

from django.contrib.auth import get_user_model
from django.core.mail import send_mail

from oms.words import count
from orders.operations import escalate_due

logger = logging.getLogger(__name__)


def escalate() -> None:
    """Escalate what is overdue, and write to each role's people once, however many holds it is.

    A mail that cannot be sent is logged: the holds are escalated, and stand first on the page.
    """
    told: Counter[str] = Counter()
    while found := escalate_due():
        told.update(hold.owner for hold in found if hold.owner)
    for role, holds in told.items():
        _write(role, holds)


def _write(role: str, holds: int) -> None:
    people = get_user_model().objects.filter(groups__name=role, is_active=True).exclude(email="")
    addresses = sorted(set(people.values_list("email", flat=True)))
    if not addresses:
        return
    said = f"{count(holds, 'order')} on hold past due: now with {role}"
    body = f"{said}.\n\nSee Holds in the back office; they stand first there."
    try:
        send_mail(said, body, None, addresses)
    except OSError:
        logger.exception("telling %s of escalated holds", role)

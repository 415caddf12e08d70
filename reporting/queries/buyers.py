"""Promises to one buyer: how many were kept, how many broken, how many are open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q

from orders.models import Order
from reporting.models import PromiseOutcome


@dataclass(frozen=True, slots=True)
class PromisesTo:
    """Orders of a person that were promised for a day, judged by the first promise of each."""

    kept: int  # left as a whole by then
    late: int  # left later, or have not left and the promise has passed
    waiting: int  # of those: not left yet
    open: int  # not left, and the day has not come

    @property
    def rate(self) -> Decimal | None:
        """Per cent kept of those whose day has come; none before the first."""
        come = self.kept + self.late
        return Decimal(100) * self.kept / come if come else None


def promises_to(members: Sequence[int], now: datetime) -> PromisesTo:
    """Of everybody who is this person; three statements."""
    judged = PromiseOutcome.objects.filter(order__customer__in=members).aggregate(
        kept=Count("pk", filter=Q(kept_first=True)), late=Count("pk", filter=Q(kept_first=False))
    )
    rows = Order.objects.filter(customer__in=members)
    waiting = rows.promised_before(now).count()
    open_ = rows.not_left().filter(promised_at__gte=now).count()
    return PromisesTo(judged["kept"], judged["late"] + waiting, waiting, open_)

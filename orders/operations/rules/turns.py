"""Turns of scheduled rules: leased by one worker, and moved on only when they have ended.

`next_at` is when the next worker may begin: while a turn is under way, the end of its lease.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from orders.models import RuleVersion

LEASE = timedelta(minutes=5)  # how long a turn rests whose worker died
RENEWED = LEASE / 5


class Turn:
    """One turn of a version, in this worker's hands until another has it, or it is switched off."""

    def __init__(self, version: RuleVersion, began: datetime, until: datetime) -> None:
        """Take a leased turn in hand; `of` leases it."""
        self.version, self.began, self.until = version, began, until

    @classmethod
    def of(cls, version: RuleVersion) -> "Turn | None":
        """Lease the turn of a version as it was read; None where another worker was faster."""
        now = timezone.now()
        turn = cls(version, now, version.next_at or now)
        return turn if turn._move(now + LEASE) else None

    def goes_on(self) -> bool:
        """Whether it is still in this worker's hands; renews the lease while it is."""
        now = timezone.now()
        return self.until - now > LEASE - RENEWED or self._move(now + LEASE)

    def end(self) -> None:
        """The next turn begins as long after the beginning of this one as the version says."""
        self._move(self.began + timedelta(minutes=self.version.every_minutes or 1))

    def _move(self, to: datetime) -> bool:
        """Move the next beginning on, if it is still where this turn has put it."""
        mine = RuleVersion.objects.filter(pk=self.version.pk, next_at=self.until)
        moved = bool(mine.update(next_at=to))
        self.until = to
        return moved

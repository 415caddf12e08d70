"""Claims: who works on a thing now, so that a colleague takes another one."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

CLAIM_LASTS = timedelta(hours=8)  # a shift; whoever went home does not keep it for ever
CLAIM_WHOLE = Q(claimed_by="", claimed_at=None) | (~Q(claimed_by="") & Q(claimed_at__isnull=False))
CLAIM_SAYS = "A claim says who and since when."


def claimed_now() -> Q:
    """Rows that somebody works on; the same question as `Claimable.is_claimed`, to the database."""
    return Q(claimed_at__gt=timezone.now() - CLAIM_LASTS)


def free_for(who: str) -> Q:
    """Rows that this actor works on, or that nobody does."""
    lapsed = Q(claimed_at__lte=timezone.now() - CLAIM_LASTS)
    return Q(claimed_by=who) | Q(claimed_at=None) | lapsed


class Claimable(models.Model):
    """What one person at a time works on."""

    claimed_by = models.CharField(max_length=80, blank=True)  # who is working on it
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody says to be working on it, and has not gone home since."""
        return self.claimed_at is not None and self.claimed_at > now - CLAIM_LASTS

    def claimant(self, now: datetime) -> str:
        """Who works on it, as an actor; nobody once the claim has lapsed."""
        return self.claimed_by if self.is_claimed(now) else ""

"""Balances at the turn of a month, from which any moment is reached in few rows."""

from typing import ClassVar

from django.db import models

from inventory.models.stock import StockLevel


class StockSnapshot(models.Model):
    """What the ledgers of a level add up to at a moment: everything written until and including it.

    A cache of append-only ledgers. It is never wrong later, and can be thrown away and made anew.
    """

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="snapshots", db_index=False)
    at = models.DateTimeField()
    on_hand = models.BigIntegerField()
    quarantined = models.BigIntegerField()
    damaged = models.BigIntegerField()
    reserved = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["level", "at"], name="inventory_snapshot_unique"),
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="inventory_snapshot_at")]

    def __str__(self) -> str:
        return f"{self.on_hand} at {self.at:%Y-%m-%d}"

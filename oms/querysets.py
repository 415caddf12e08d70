"""Row locks that are really taken."""

from typing import Any, Self, TypeVar

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)


class LockingQuerySet(models.QuerySet[M]):
    """Rows locked in primary-key order, at once."""

    def lock(self, *pks: Any) -> list[M]:
        """Lock these rows in key order and return them freshly read.

        Raises RuntimeError outside a transaction, where a lock would end with the statement, and
        DoesNotExist when a row is gone. On SQLite the transaction itself is the lock.
        """
        if not transaction.get_connection(self.db).in_atomic_block:
            msg = "lock() needs a transaction"
            raise RuntimeError(msg)
        rows = list(self.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",)))
        if len(rows) != len(set(pks)):
            raise self.model.DoesNotExist  # type: ignore[attr-defined]
        return rows

    def lock_one(self, pk: Any) -> M:
        """Lock one row and return it freshly read."""
        return self.lock(pk)[0]

    def newest_first(self) -> Self:
        """Rows by descending key, the order of every list page."""
        return self.order_by("-pk")

"""Row locks that are really taken."""

from collections.abc import Callable
from typing import Any, Self, TypeVar

from django.db import IntegrityError, models, transaction

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


def put(
    rows: models.QuerySet[M], take_over: Callable[[M], bool], **key: Any
) -> tuple[M, bool, bool]:
    """The row with this key, made or changed as `take_over` says; whether it is new, and was changed.

    `take_over` saves a row and says whether that was news; a new row always is. Of two who make one
    row at once the later changes what the first one made. `rows` lock what they find.
    """
    row = rows.filter(**key).first()
    if row is None:
        made = rows.model(**key)
        try:
            with transaction.atomic():
                take_over(made)
        except IntegrityError:  # somebody else was first
            row = rows.get(**key)
        else:
            return made, True, True
    return row, False, take_over(row)

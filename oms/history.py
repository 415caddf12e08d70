"""Field history with the actor and the reason set explicitly.

django-simple-history learns the user from the request; commands, consumers and API keys have
none. Operations therefore stamp, and sets of rows are written with their history in one go.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, models
from django.utils import timezone


def stamp(instance: Any, *, by: str, reason: str = "") -> None:
    """Tell simple-history who changes this row and why; call before `save(update_fields=...)`."""
    instance._history_user = user_of(by)  # noqa: SLF001 (documented hook of simple-history)
    instance._change_reason = describe(by, reason)  # noqa: SLF001


def describe(by: str, reason: str) -> str:
    """One line for the history row; keeps the actor readable when it is not a user."""
    return f"{by}: {reason}" if reason else by


def user_of(by: str) -> models.Model | None:
    """The user behind an actor such as `user:3`, or none for keys, commands and consumers."""
    kind, _, key = by.partition(":")
    if kind != "user" or not key.isdigit():
        return None
    return get_user_model().objects.filter(pk=int(key)).first()


def record_created(instances: Sequence[models.Model], *, by: str, reason: str = "") -> None:
    """Write the first history row of rows that were inserted by `bulk_create`, in one statement."""
    _record(instances, "+", by, reason)


def record_changed(instances: Sequence[models.Model], *, by: str, reason: str = "") -> None:
    """Write a history row of rows that were changed by a set-based update, in one statement."""
    _record(instances, "~", by, reason)


def remove(instances: Iterable[models.Model], *, by: str, reason: str = "") -> int:
    """Delete rows, each with its last history row; how many there were.

    Row by row, because what a set-based delete leaves in the history names nobody.
    """
    count = 0
    for instance in instances:
        stamp(instance, by=by, reason=reason)
        instance.delete()
        count += 1
    return count


def marks(kind: str, *, by: str, reason: str = "") -> list[Any]:
    """When, what (+ or ~), why and who, as `copying` wants them."""
    user = user_of(by)
    return [timezone.now(), kind, describe(by, reason), user.pk if user else None]


@cache
def copying(model: type[models.Model]) -> str:
    """SQL that copies rows of this model into its history; lacks FROM, wants `marks`."""
    columns = ", ".join(quoted(str(f.column)) for f in model._meta.concrete_fields)  # noqa: SLF001
    table = quoted(model.history.model._meta.db_table)  # type: ignore[attr-defined]  # noqa: SLF001
    return (
        f"INSERT INTO {table} ({columns}, history_date, history_type,"
        f" history_change_reason, history_user_id) SELECT {columns}, %s, %s, %s, %s"
    )


def quoted(name: str) -> str:
    """A table or column as SQL names it."""
    return connection.ops.quote_name(name)


def _record(instances: Sequence[models.Model], kind: str, by: str, reason: str) -> None:
    if not instances:
        return
    manager = type(instances[0]).history  # type: ignore[attr-defined]
    model = manager.model
    names = [field.attname for field in type(instances[0])._meta.concrete_fields]  # noqa: SLF001
    user, now, why = user_of(by), timezone.now(), describe(by, reason)
    rows = [
        model(
            history_date=now,
            history_user=user,
            history_type=kind,
            history_change_reason=why,
            **{name: getattr(instance, name) for name in names},
        )
        for instance in instances
    ]
    model.objects.bulk_create(rows)

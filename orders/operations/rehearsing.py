"""Trying an act without its effects."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

T = TypeVar("T")


@transaction.atomic
def rehearse(act: Callable[[], T]) -> T:
    """Do something, undo every write, and return what it answered.

    For dry runs: the answer is the real one, against the data of this moment. The locks that the
    act takes are held only until it ends.
    """
    answer = act()
    transaction.set_rollback(True)
    return answer

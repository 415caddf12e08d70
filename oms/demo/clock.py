"""A clock that is set back while the demo's past is made, so that ledgers and timelines read true."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

from django.utils import timezone


class Clock:
    """Says what time it is; runs on from where it was last set, and never backwards."""

    def __init__(self, moment: datetime) -> None:
        """Start at a moment."""
        self._moment = moment
        self._since = time.monotonic()

    def now(self) -> datetime:
        """The moment, and what has passed since."""
        return self._moment + timedelta(seconds=time.monotonic() - self._since)

    def set(self, moment: datetime) -> None:
        """Go forward to a moment; a moment that is over already changes nothing."""
        self._moment, self._since = max(moment, self.now()), time.monotonic()


@contextmanager
def set_back(moment: datetime) -> Iterator[Clock]:
    """Let `timezone.now()` tell a demo's time within this block, in this process.

    The name `datetime` inside Django's module is exchanged rather than the function, because
    models keep the function itself as the default of their fields.
    """
    clock, real = Clock(moment), timezone.datetime  # type: ignore[attr-defined]

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return clock.now().astimezone(tz) if tz else clock.now().replace(tzinfo=None)

    timezone.datetime = Moved  # type: ignore[attr-defined]
    try:
        yield clock
    finally:
        timezone.datetime = real  # type: ignore[attr-defined]

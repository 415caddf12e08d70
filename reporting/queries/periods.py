"""The days that a report looks at, and how they are bundled for a chart."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LENGTHS = (7, 30, 90, 365)
DAILY_UP_TO = 92  # longer periods are drawn by week


@dataclass(frozen=True, slots=True)
class Period:
    """Whole UTC days, both ends included."""

    first: date
    last: date

    @classmethod
    def latest(cls, days: int, *, now: datetime) -> "Period":
        """So many days up to and including today."""
        today = now.astimezone(UTC).date()
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def start(self) -> datetime:
        """The moment at which the first day begins."""
        return datetime(self.first.year, self.first.month, self.first.day, tzinfo=UTC)

    @property
    def by_week(self) -> bool:
        """Whether charts bundle the days into weeks."""
        return self.days > DAILY_UP_TO

    def bucket(self, day: date) -> date:
        """The day, or the first day of its bundle of seven.

        Bundles are counted back from the last day, so that the newest is whole and may be
        compared with the one before; the oldest may be short.
        """
        if not self.by_week:
            return day
        return max(self.first, day - timedelta(days=6 - (self.last - day).days % 7))

    def buckets(self) -> list[date]:
        """Every bucket, also those in which nothing happened."""
        days = (self.first + timedelta(days=offset) for offset in range(self.days))
        return list(dict.fromkeys(self.bucket(day) for day in days))

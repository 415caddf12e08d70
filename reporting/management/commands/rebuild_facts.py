"""Make the daily facts anew."""

from typing import Any

from django.core.management.base import BaseCommand

from reporting import operations


class Command(BaseCommand):
    """Rebuild daily sales, shipping and product facts."""

    help = (
        "Makes the daily facts behind the reports anew from every event counted so far. Needed "
        "after a restore or when check_ledgers says that facts differ; harmless at any other "
        "time. Events that are not counted yet are added by the worker afterwards."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        rows = operations.rebuild()
        self.stdout.write(f"Daily facts made anew: {rows:,} rows.")
        judged = operations.judge_all()
        self.stdout.write(f"Promises of {judged:,} shipped orders judged.")

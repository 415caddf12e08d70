"""Import orders from a CSV or XLSX file."""

import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from oms.errors import DomainError
from orders import operations
from orders.adapters import tabular
from orders.adapters.tabular.findings import Level
from orders.adapters.tabular.loading import Summary, load, peak_memory_mb
from orders.models import Channel, ImportBatch
from orders.serializers.importing import understood

BY = "command:import_orders"
SAY_EVERY = 25_000  # rows between two lines where there is no terminal
LEFT_OUT = 3  # exit code of --strict


def _needed() -> str:
    columns = tabular.read_profile("default").columns
    return "\n".join(f"  {name}: {', '.join(columns[name])}" for name in tabular.NEEDED)


HELP = f"""\
Read orders from a file, one row per order line, and place them in a channel.

The kind of file (CSV, gzipped CSV, XLSX, JSON) is told by its content; orders of a JSON file are
in the form in which the API takes them. A profile says which column
means what: {", ".join(tabular.profile_names())}, or the path of a TOML file of your own; copy
orders/adapters/tabular/profiles/default.toml, which explains itself.

Needed columns (in the default profile, any of these titles):
{_needed()}

Each order is placed as if the channel had sent it: it may end up on hold, waiting for stock, or
with a location. Rows that cannot become an order are left out; a CSV report says which and why.
With the default profile an order is placed whole or not at all. Credits (such as invoice C536379) take back units of the buyer's latest earlier purchases of the
same product. Running a file twice places nothing twice; an import that was stopped goes on
where it was when it is started again.

A dry run makes the same report without writing anything. It looks at each batch of orders by
itself: that one order of the file takes the stock that another one wanted is not foreseen.

  manage.py import_orders orders.csv --channel shop --dry-run
  manage.py import_orders online_retail.csv.gz --channel uk-wholesale --profile uci-online-retail

Exit codes: 0 read to the end (what was left out is in the report), 1 could not be read,
{LEFT_OUT} with --strict, when anything was left out.
"""


class Command(BaseCommand):
    """Places what a file holds; the report tells what it does not."""

    help = HELP
    batch: ImportBatch | None = None

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> Any:
        """Keep the paragraphs of the help text."""
        parser = super().create_parser(prog_name, subcommand, **options)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, gzipped CSV, XLSX or JSON file")
        parser.add_argument("--channel", required=True, metavar="CODE", help="who sent them")
        parser.add_argument("--profile", default="default", metavar="NAME|FILE")
        parser.add_argument("--dry-run", action="store_true", help="report, but write nothing")
        parser.add_argument("--report", type=Path, metavar="PATH", help="where the report goes")
        parser.add_argument(
            "--create-products",
            action="store_true",
            default=None,
            help="unknown SKUs become products, whatever the profile says",
        )
        parser.add_argument(
            "--no-create-products",
            action="store_false",
            dest="create_products",
            help="orders with unknown SKUs wait for a person, whatever the profile says",
        )
        parser.add_argument("--strict", action="store_true", help="fail when rows were left out")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        channel = Channel.objects.filter(code=options["channel"]).first()
        if channel is None:
            known = ", ".join(Channel.objects.values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no channel {options['channel']}; there are: {known}.")
        path = options["report"] or default_report(file, dry_run=options["dry_run"])
        try:
            profile = tabular.read_profile(options["profile"])
            if options["create_products"] is not None:
                profile = replace(profile, create_products=options["create_products"])
            with tabular.Report(path) as report:
                summary = self._load(file, channel, profile, report, dry_run=options["dry_run"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        self._print(summary, path, dry_run=options["dry_run"])
        if options["strict"] and report.total(Level.LEFT_OUT):
            raise CommandError("Rows were left out; see the report.", returncode=LEFT_OUT)

    def _load(
        self,
        file: Path,
        channel: Channel,
        profile: tabular.Profile,
        report: tabular.Report,
        *,
        dry_run: bool,
    ) -> Summary:
        place = None if dry_run else self._begun(file, channel, profile)
        with RowProgress(self, tabular.row_count(file)) as progress:
            way = tabular.Way(understood, place, dry_run, progress.reached)
            summary = load(file, channel, profile, report, by=BY, way=way)
        if self.batch is not None:
            left_out = report.total(Level.LEFT_OUT)
            outcome = operations.Outcome(summary.rows, summary.known, summary.refused, left_out)
            operations.finish_import(self.batch, by=BY, outcome=outcome)
        return summary

    def _begun(self, file: Path, channel: Channel, profile: tabular.Profile) -> Any:
        """Begin an import that can be looked at, and undone, in the back office."""
        form = tabular.form_of(file)
        self.batch = operations.begin_local_import(channel, by=BY, form=form, profile=profile.name)
        return partial(operations.place_imported, self.batch, by=BY)

    def _print(self, summary: Summary, path: Path, *, dry_run: bool) -> None:
        console = Console(file=self.stdout, highlight=False)  # type: ignore[arg-type]
        console.print(summary_table(summary, dry_run=dry_run))
        if summary.findings:
            console.print(findings_table(summary))
        said = (
            f"{summary.seconds:.1f} s: {summary.rows_per_second:,.0f} rows/s, "
            f"{summary.orders_per_second:,.0f} orders/s; at most {peak_memory_mb():.0f} MB of memory."
        )
        self.stdout.write(said)
        self.stdout.write(f"Report: {path}")
        if self.batch is not None:
            self.stdout.write(f"Import: {self.batch.number}")


class RowProgress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, command: BaseCommand, total: int | None) -> None:
        """Know the number of rows, if somebody counted them."""
        self.command = command
        self.total = total
        self.told = 0
        console = Console()
        self.bar = Progress(
            TextColumn("Reading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rows"),
            TimeRemainingColumn(),
            console=console,
            disable=not (console.is_terminal and command.stdout.isatty()),
        )

    def __enter__(self) -> Self:
        self.bar.start()
        self.task = self.bar.add_task("rows", total=self.total)
        return self

    def __exit__(self, *_error: object) -> None:
        self.bar.stop()

    def reached(self, row: int) -> None:
        """Show the row that was reached."""
        if not self.bar.disable:
            self.bar.update(self.task, completed=row)
        elif row - self.told >= SAY_EVERY:
            self.told = row
            of = f" of {self.total:,}" if self.total else ""
            self.command.stdout.write(f"{row:,}{of} rows")


def default_report(file: Path, *, dry_run: bool) -> Path:
    """Where a report goes when nobody says: beside the data, named after file and time."""
    stem = file.name.partition(".")[0]
    kind = "dry-run" if dry_run else "import"
    moment = timezone.now().strftime("%Y%m%d-%H%M%S")
    return settings.OMS_DATA_DIR / "reports" / f"{stem}-{kind}-{moment}-{os.getpid()}.csv"


def summary_table(summary: Summary, *, dry_run: bool) -> Table:
    """What became of the orders."""
    table = Table(
        title="Dry run: nothing was written" if dry_run else "Imported", title_justify="left"
    )
    table.add_column("")
    table.add_column("Count", justify="right")
    for label, count in (
        ("Orders that would be placed" if dry_run else "Orders placed", summary.placed),
        ("  of these on hold", summary.held),
        ("Orders known from before", summary.known),
        ("Orders refused", summary.refused),
        ("Order lines", summary.lines),
        ("Products created", summary.products),
        ("Credits matched", summary.credits),
        ("  units taken back", summary.units_credited),
        ("Rows that went in", summary.rows),
    ):
        table.add_row(label, f"{count:,}")
    return table


def findings_table(summary: Summary) -> Table:
    """What the report says, counted."""
    table = Table("Report", "Code", title_justify="left")
    table.add_column("Count", justify="right")
    for (level, code), count in sorted(summary.findings.items()):
        table.add_row(str(level), code, f"{count:,}")
    return table

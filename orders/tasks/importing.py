"""Importing a sealed upload: read by a worker, reported like the command does."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from oms import jobs
from oms.models import Job
from oms.sealed_files import SealedFile
from orders import operations
from orders.adapters import tabular
from orders.adapters.tabular.findings import Finding, Level, Report
from orders.adapters.tabular.loading import Summary, load
from orders.models import ImportBatch
from orders.serializers.importing import understood


def import_file(job: Job) -> None:
    """Import the file of a job; its report becomes the job's file. Repeatable, as importing is."""
    batch = ImportBatch.objects.select_related("channel").get(pk=job.params["batch"])
    before = batch.orders.count()  # by a worker that died, or by an earlier reading of the file
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"  # numbers, codes and sentences: nobody's data
        with JobReport(path, job) as report:
            summary = _load(job, batch, report)
        summary.known = max(summary.known - before, 0)
        jobs.row(
            job, "Whole file", ok=True, message=_sentence(summary, before, dry_run=batch.dry_run)
        )
        stamp = job.created_at.strftime("%Y%m%d-%H%M%S")
        with path.open("rb") as content:
            jobs.attach(job, f"import-report-{stamp}.csv", content)
    outcome = outcome_of(summary, report, dry_run=batch.dry_run)
    operations.finish_import(batch, by=job.created_by, outcome=outcome)


def outcome_of(summary: Summary, report: Report, *, dry_run: bool) -> operations.Outcome:
    """The figures that stay with the batch."""
    return operations.Outcome(
        rows=summary.rows,
        known=summary.known,
        failed=summary.refused,
        left_out=report.total(Level.LEFT_OUT),
        would_place=summary.placed if dry_run else 0,
    )


class JobReport(Report):
    """A report whose findings also stand on the job's page, as many as fit there."""

    def __init__(self, path: Path, job: Job) -> None:
        """Report to a file and to a job."""
        super().__init__(path)
        self.job = job

    def write(self, finding: Finding) -> None:
        """Write a finding down in both places."""
        super().write(finding)
        name = f"Row {finding.row}" + (f": {finding.external_id}" if finding.external_id else "")
        jobs.row(self.job, name, ok=finding.level != Level.LEFT_OUT, message=finding.reason)


def _load(job: Job, batch: ImportBatch, report: Report) -> Summary:
    source = SealedFile(batch.upload)
    total = tabular.row_count(source)
    way = tabular.Way(
        understand=understood,
        place=partial(operations.place_imported, batch, by=job.created_by),
        dry_run=batch.dry_run,
        progress=lambda row: jobs.progress(job, row, max(total or row, row)),
    )
    profile = tabular.read_profile(batch.profile)
    return load(source, batch.channel, profile, report, by=job.created_by, way=way)


def _sentence(summary: Summary, before: int, *, dry_run: bool) -> str:
    verb = "would be placed" if dry_run else "placed"
    return (
        f"{summary.placed:,} {'order' if summary.placed == 1 else 'orders'} {verb} ({summary.held:,} on hold), {before:,} by an earlier "
        f"reading of this file, {summary.known:,} known from before, {summary.refused:,} refused; {summary.credits:,} credits matched, "
        f"{summary.units_credited:,} units taken back."
    )

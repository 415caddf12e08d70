"""Importing an uploaded file: kept until the job has ended, reported like the command does."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files.storage import default_storage

from oms import jobs
from oms.models import Job
from orders.adapters import tabular
from orders.adapters.tabular.findings import Finding, Level, Report
from orders.adapters.tabular.loading import Summary, load
from orders.models import Channel


def import_file(job: Job) -> None:
    """Import the file of a job; its report becomes the job's file. Repeatable, as importing is.

    The upload holds people's data in clear, so it goes as soon as the job has ended, well or not.
    """
    params = job.params
    with TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        try:
            with JobReport(path, job) as report:
                summary = _load(job, Path(default_storage.path(params["file"])), report)
        finally:
            default_storage.delete(params["file"])
        jobs.row(job, "Whole file", ok=True, message=_sentence(summary, dry_run=params["dry_run"]))
        stamp = job.created_at.strftime("%Y%m%d-%H%M%S")
        with path.open("rb") as content:
            jobs.attach(job, f"import-report-{stamp}.csv", content)


class JobReport(Report):
    """A report whose findings also stand on the job's page, as many as fit there."""

    def __init__(self, path: Path, job: Job) -> None:
        """Report to a file and to a job."""
        super().__init__(path)
        self.job = job

    def add(self, finding: Finding) -> None:
        """Write a finding down in both places."""
        super().add(finding)
        name = f"Row {finding.row}: {finding.external_id}"
        jobs.row(self.job, name, ok=finding.level != Level.LEFT_OUT, message=finding.reason)


def _load(job: Job, path: Path, report: Report) -> Summary:
    total = tabular.row_count(path)
    return load(
        path,
        Channel.objects.get(code=job.params["channel"]),
        tabular.read_profile(job.params["profile"]),
        report,
        by=job.created_by,
        dry_run=job.params["dry_run"],
        progress=lambda row: jobs.progress(job, row, max(total or row, row)),
    )


def _sentence(summary: Summary, *, dry_run: bool) -> str:
    verb = "would be placed" if dry_run else "placed"
    return (
        f"{summary.placed:,} orders {verb} ({summary.held:,} on hold), {summary.known:,} known from "
        f"before, {summary.refused:,} refused; {summary.credits:,} credits matched, "
        f"{summary.units_credited:,} units taken back."
    )

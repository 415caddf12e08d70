"""Booking a carrier's remittance: read by a worker or a command."""

from oms import jobs
from oms.models import Job
from oms.sealed_files import SealedFile
from orders.adapters.statements import cash
from orders.models import Remittance


def read_remittance(job: Job) -> None:
    """Book the rows of a remittance. Repeatable: rows that are here are passed over."""
    remittance = Remittance.objects.get(pk=job.params["remittance"])
    if not remittance.upload:  # read by an earlier run of this job
        return
    with SealedFile(remittance.upload).open() as content:
        remittance = cash.read_remittance(
            remittance,
            content,
            by=job.created_by,
            progress=lambda done, total: jobs.progress(job, done, total),
        )
    said = remittance.error or f"{remittance.lines_read:,} parcels."
    jobs.row(job, "Whole file", ok=not remittance.error, message=said)

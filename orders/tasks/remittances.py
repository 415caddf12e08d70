"""Booking a carrier's remittance: read by a worker or a command."""

from typing import IO

from oms import jobs
from oms.errors import DomainError
from oms.models import Job
from oms.sealed_files import SealedFile
from orders.adapters.statements import Layout, NotReadable, remittance_rows
from orders.models import Remittance, RemittanceProfile
from orders.operations import remittances

PIECE = 200


def read_remittance(job: Job) -> None:
    """Book the rows of a remittance. Repeatable: rows that are here are passed over."""
    remittance = Remittance.objects.get(pk=job.params["remittance"])
    if not remittance.upload:  # read by an earlier run of this job
        return
    with SealedFile(remittance.upload).open() as content:
        remittance = read(remittance, content, by=job.created_by, job=job)
    said = remittance.error or f"{remittance.lines_read:,} parcels."
    jobs.row(job, "Whole file", ok=not remittance.error, message=said)


def read(
    remittance: Remittance, content: IO[bytes], *, by: str, job: Job | None = None
) -> Remittance:
    """Book what a file says and end the remittance, with the reason when it cannot be read."""
    profile = RemittanceProfile.objects.get(carrier=remittance.carrier)
    try:
        rows = list(remittance_rows(content, Layout.of(profile.columns)))
        for at in range(0, len(rows), PIECE):
            remittances.book_remittance(remittance, rows[at : at + PIECE], by=by)
            if job:
                jobs.progress(job, min(at + PIECE, len(rows)), len(rows))
    except (NotReadable, DomainError) as broken:
        return remittances.finish_remittance(remittance, by=by, error=str(broken))
    return remittances.finish_remittance(remittance, by=by)

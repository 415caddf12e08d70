"""Working out what to buy, as a job that somebody watches and as a nightly chore."""

from functools import partial

from inventory import operations
from oms import jobs
from oms.models import Job


def propose(job: Job) -> None:
    """Look at every product; the job's page shows how far."""
    made = operations.propose_replenishment(partial(jobs.progress, job))
    jobs.row(job, "Proposals", ok=True, message=str(made))


def propose_nightly() -> int:
    """The same, once a day."""
    return operations.propose_replenishment()

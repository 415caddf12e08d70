"""Finding the members of segments: once a version is written, and as time passes."""

from functools import partial

from customers import operations
from oms import jobs
from oms.models import Job


def fill(job: Job) -> None:
    """Ask every customer what the segment of the job asks. Repeatable."""
    operations.fill_segments([job.params["segment"]], progress=partial(jobs.progress, job))


def sweep() -> int:
    """Fill again what is due."""
    return operations.sweep_segments()

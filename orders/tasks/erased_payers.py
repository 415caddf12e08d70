"""Emptying the bank lines of people who were erased, by a worker."""

from oms import jobs
from oms.models import Job
from orders.models import PayerSearch
from orders.operations.erased_payers import MOST, forget_payers


def forget_erased_payers(job: Job) -> None:
    """Go through the lines in turns, each its own transaction. Repeatable: it goes on where it was."""
    done = 0
    for search in PayerSearch.objects.order_by("pk"):
        while forget_payers(search):
            done += MOST
            jobs.progress(job, done)

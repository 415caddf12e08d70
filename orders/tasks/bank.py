"""Reading a bank statement that was sent, by a worker."""

from oms import jobs
from oms.models import Job
from oms.sealed_files import SealedFile
from orders.adapters.statements.storing import read_statement, sentence
from orders.models import BankStatement


def read_bank_statement(job: Job) -> None:
    """Store and match the lines of a statement. Repeatable: lines that are here are recognised."""
    statement = BankStatement.objects.select_related("account").get(pk=job.params["statement"])
    if not statement.upload:  # read by an earlier run of this job
        return
    with SealedFile(statement.upload).open() as content:
        read_statement(
            statement,
            content,
            by=job.created_by,
            progress=lambda done, total: jobs.progress(job, done, total),
        )
    statement.refresh_from_db()
    ok = not statement.error
    jobs.row(job, "Whole file", ok=ok, message=statement.error or sentence(statement))

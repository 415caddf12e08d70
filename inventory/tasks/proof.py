"""The proof of all stock figures, as a job that somebody watches and as a nightly chore."""

from inventory import queries
from oms import jobs, ledgers
from oms.models import Job

KIND = "stock_proof"
TITLE = "Proof of all stock"


def prove(job: Job) -> None:
    """Check what `check_ledgers` checks of stock; the job's rows say what holds and what does not."""
    asked = queries.invariants()
    for number, invariant in enumerate(asked, start=1):
        finding = ledgers.check(invariant)
        jobs.row(job, invariant.sentence, ok=finding.holds, message=_told(finding))
        jobs.progress(job, number, len(asked))


def begin(*, by: str) -> Job:
    """Have all stock proved by a worker; the proof that is under way already, if there is one."""
    return jobs.start_one(KIND, TITLE, by=by)


def prove_nightly() -> int:
    """Start it, once a day; the stock doctor's page shows what came of it."""
    return begin(by="system").pk


def _told(finding: ledgers.Finding) -> str:
    if finding.holds:
        return f"{finding.rows:,} rows"
    more = finding.violations - len(finding.shown)
    return "; ".join([*finding.shown, *([f"and {more:,} more"] if more else [])])

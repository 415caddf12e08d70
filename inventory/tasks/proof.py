"""The proof of all stock figures, as a job that somebody watches and as a nightly chore."""

from django.db.models import QuerySet

from inventory import queries
from inventory.models import StockLevel
from oms import jobs, ledgers
from oms.models import Job

KIND = "stock_proof"
TITLE = "Proof of all stock"
MOST = 50  # levels that are named


def prove(job: Job) -> None:
    """Check what `check_ledgers` checks of stock; the job's rows say what holds and what does not."""
    asked = queries.invariants()
    for number, invariant in enumerate(asked, start=1):
        finding = ledgers.check(invariant)
        jobs.row(job, invariant.sentence, ok=finding.holds, message=_told(finding))
        jobs.progress(job, number, len(asked))
    ill = queries.unproven_levels().values_list("pk", flat=True)[:MOST] if job.failed else []
    job.params["unproven"] = list(ill)
    job.save(update_fields=["params"])


def unproven(job: Job) -> QuerySet[StockLevel]:
    """The levels that this proof found with figures that their ledgers do not prove, 50 at most."""
    rows = StockLevel.objects.filter(pk__in=job.params.get("unproven", []))
    return rows.select_related("product", "location").order_by("pk")


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

"""Who reacts to what (event name -> consumers), who runs which job, who states which invariants.

A consumer is `consumer(event)`, runs in its own transaction together with the mark that it ran,
in order per subject, and is therefore effective once. Everything is named by a dotted path.
"""

CONSUMERS: dict[str, tuple[str, ...]] = {
    "stock.increased": ("orders.consumers.allocate_waiting",),
}

# Kind of job -> its runner, `runner(job)`.
JOBS: dict[str, str] = {}

# Functions that give the invariants `check_ledgers` proves.
INVARIANTS: tuple[str, ...] = (
    "oms.dispatch.ledger.invariants",
    "inventory.queries.invariants",
    "orders.queries.invariants",
)

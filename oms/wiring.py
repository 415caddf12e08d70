"""Who reacts to what (event name -> consumers), who runs which job, who states which invariants.

A consumer is `consumer(event)`, runs in its own transaction together with the mark that it ran,
in order per subject, and is therefore effective once. Everything is named by a dotted path.
"""

DAY = 86_400.0  # seconds

CONSUMERS: dict[str, tuple[str, ...]] = {
    "stock.increased": ("orders.consumers.allocate_waiting",),
    "order.released": ("fulfillment.consumers.create_fulfillment_orders",),
    "order.return_announced": ("fulfillment.consumers.take_back_announced",),
    "order.placed": ("reporting.consumers.count",),
    "order.cancelled": ("reporting.consumers.count",),
    "order.backordered": ("reporting.consumers.count",),
    "shipment.shipped": ("reporting.consumers.count", "compliance.consumers.issue_invoice"),
    "return.partially_received": ("compliance.consumers.issue_credit_note",),
    "return.received": ("reporting.consumers.count", "compliance.consumers.issue_credit_note"),
}

# Kind of job -> its runner, `runner(job)`.
JOBS: dict[str, str] = {
    "cover": "reporting.tasks.cover",
    "export": "reporting.tasks.export",
    "import": "orders.tasks.import_file",
    "ledger": "reporting.tasks.ledger",
}

# Function without arguments -> seconds between two runs, by one worker; see `oms.dispatch.chores`.
CHORES: dict[str, float] = {
    "inventory.tasks.counts.classify": DAY,
    "inventory.operations.expire_due": 1,
}

# Functions that give the invariants `check_ledgers` proves.
INVARIANTS: tuple[str, ...] = (
    "oms.dispatch.ledger.invariants",
    "customers.queries.invariants",
    "inventory.queries.invariants",
    "orders.queries.invariants",
    "fulfillment.queries.invariants",
    "compliance.queries.invariants",
    "reporting.queries.invariants",
)

# Questions that an app asks of one above it, which it may not import -> who answers.
ANSWERS: dict[str, str] = {
    "customers.dealings_of": "orders.queries.dealings.dealings_of",
    "inventory.picked_units": "fulfillment.queries.picked_units",
}

"""Orders: what was asked for, what stands in its way, and what it is worth.

Owns channels, SKU aliases, orders, lines, charges, holds, cancellations, payments, refund grants.
Must hold: shipped <= released <= allocated and allocated + cancelled <= ordered, per line, stated
by the database; payments are append-only; the cached axes (stage, payment status, fulfilment
status) equal what the facts say. `operations.advance` is the pipeline and the only way forward.
Never: cancel what a location is working on (fulfillment recalls it first), ship, or know an
invoice. Upper apps learn from events.
"""

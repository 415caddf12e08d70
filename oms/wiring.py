"""Who reacts to what: event name -> consumers, as dotted paths.

A consumer is `consumer(event)`, runs in its own transaction together with the mark that it ran,
in order per subject, and is therefore effective once.
"""

CONSUMERS: dict[str, tuple[str, ...]] = {
    "stock.increased": ("orders.consumers.allocate_waiting",),
}

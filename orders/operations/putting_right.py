"""What was wrong with an order is right now: nobody waits for it or works on it any more."""

from orders.operations import hold_rows, pipeline, tasks
from orders.queries.handling import tasks_of_hold


def put_right(work: pipeline.Work, kind: str, reason: str) -> None:
    """End the holds of a kind, and what rules had asked people to do because of it."""
    for hold in list(work.holds):
        if hold.kind == kind:
            hold_rows.end(work, hold, reason=reason)
    for task in tasks_of_hold(work.order.pk, kind):
        tasks.finish_task(task, by=work.by, note="Put right with the order itself.")

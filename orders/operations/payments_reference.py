"""A gateway's reference stands for one payment: money is not booked on two orders."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from oms.errors import DomainError
from orders.enums import HoldKind
from orders.models import Hold, Order, Payment
from orders.operations import hold_rows, pipeline, tasks
from orders.queries.gateways import owner_of

OWNER = "Finance"
Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class ReferenceTaken(DomainError):
    """The gateway's payment with this reference pays another order."""

    code = "reference_taken"
    message = "{gateway} payment {reference} already pays order {number}; it is booked there."


def create(payment: Payment) -> Payment:
    """Insert a payment unless another order has its reference. Raises ReferenceTaken.

    Whoever is a moment later is told by the unique index.
    """
    if not payment.gateway or not payment.reference or payment.shares_reference:
        payment.save(force_insert=True)
        return payment
    _refuse_taken(payment)
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError:
        _refuse_taken(payment)
        raise
    return payment


def queues_taken(
    act: Callable[Concatenate[Order, Given], Answer],
) -> Callable[Concatenate[Order, Given], Answer]:
    """Have an act that refuses a taken reference leave an exception for finance behind.

    Whoever calls inside a transaction of their own rolls that back, too, and calls `afterwards`.
    """

    @wraps(act)
    def queueing(order: Order, *args: Given.args, **given: Given.kwargs) -> Answer:
        try:
            return act(order, *args, **given)
        except ReferenceTaken as refusal:
            refusal.afterwards = partial(note_taken, order, refusal, by=str(given["by"]))
            refusal.afterwards()
            raise

    return queueing


@transaction.atomic
def note_taken(order: Order, refusal: ReferenceTaken, *, by: str) -> None:
    """Put an order whose payment was refused among the exceptions; one that has ended gets a task."""
    work = pipeline.lock(order, by=by)
    if work.order.status not in pipeline.OPEN:
        title = f"Find out who paid: {refusal.detail}"[:200]
        tasks.create_task(work.order, by=by, title=title, owner=OWNER)
        return
    hold = hold_of(refusal)
    known = {(row.kind, row.handle) for row in work.holds}
    if (hold.kind, hold.handle) not in known:
        hold_rows.begin(work, hold)
        pipeline.settle(work)


def hold_of(refusal: ReferenceTaken) -> Hold:
    """The exception: it names the other order, and lifts itself once this one is paid."""
    return Hold(
        type_id=HoldKind.REFERENCE_TAKEN,
        handle=refusal.params["reference"][:80],
        reason=refusal.detail[:300],
        details={"reference": refusal.params["reference"], "order": refusal.params["number"]},
    )


def _refuse_taken(payment: Payment) -> None:
    owner = owner_of(payment.gateway, payment.reference)
    if owner is not None and owner != payment.order.number:
        raise ReferenceTaken(
            gateway=payment.get_gateway_display(), reference=payment.reference, number=owner
        )

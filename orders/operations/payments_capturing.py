"""When money that a gateway holds is taken: the channel's policy, as data."""

from django.db import transaction

from oms.money import ZERO
from orders.enums import CapturePolicy, TransactionKind
from orders.models import GatewayRequest, Order
from orders.operations import payments, payments_gateway, pipeline
from orders.queries.gateways import earned, still_to_take, waiting_amount


@transaction.atomic
def capture_by_policy(order: Order, *, by: str, cause: str = "") -> list[GatewayRequest]:
    """Ask gateways for what may be taken now and was neither taken nor asked for.

    Nothing while a hold is open whose type stops that. At placement: everything due. At shipment: what has left, cumulatively,
    so that parcels add up to the cent; `cause` is the shipment. Repeating it asks for nothing.
    """
    work = pipeline.lock(order, by=by)
    if any(hold.type.stops_capture for hold in work.holds):
        return []
    policy = work.order.channel.capture_policy
    wanted = ZERO
    if policy == CapturePolicy.SHIPMENT:
        wanted = earned(work.order, work.lines)
    elif policy == CapturePolicy.PLACEMENT:
        wanted = work.order.total
    held = list(work.order.payments.exclude(gateway="").order_by("pk"))
    waiting = {row.pk: waiting_amount(TransactionKind.CAPTURE, payment=row) for row in held}
    left = still_to_take(work.money, wanted, sum(waiting.values(), ZERO))

    asked = []
    for payment in held:
        part = min(left, payments.open_amount(payment) - waiting[payment.pk])
        if part > 0:
            left -= part
            asked.append(payments_gateway.ask_capture(payment, by=by, amount=part, cause=cause))
    return asked

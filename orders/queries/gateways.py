"""What gateways hold for us, and what they were asked and have not done."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db.models import QuerySet, Sum

from oms.money import ZERO, quantize
from orders.enums import CapturePolicy, PaymentMethod, RequestState, TransactionKind
from orders.models import Channel, GatewayRequest, Order, OrderLine, Payment
from orders.queries.balance import Balance
from orders.queries.totals import charge_total, share

OUTSTANDING = (RequestState.WAITING, RequestState.GIVEN_UP)  # may be done, or become so
TAKING = {"order.placed", "order.shipped", "order.payment_authorized", "order.hold_lifted"}


def gateway_of(channel: Channel, method: str, reference: str) -> str:
    """Who moves a payment: the channel's gateway for cards that it can name; nobody otherwise."""
    return channel.gateway if method == PaymentMethod.CARD and reference else ""


def owner_of(gateway: str, reference: str) -> str | None:
    """Number of the order that a gateway's payment pays; none while nobody has it."""
    return owners_of(gateway, [reference]).get(reference)


def owners_of(gateway: str, references: Iterable[str]) -> dict[str, str]:
    """Numbers of the orders that a gateway's payments pay, by their references."""
    rows = Payment.objects.filter(
        gateway=gateway, reference__in=list(references), shares_reference=False
    )
    return dict(rows.values_list("reference", "order__number"))


def waiting_amount(kind: TransactionKind, **of: Payment | int) -> Decimal:
    """What gateways were asked for and have not answered, of a payment or of a grant.

    What was given up without an answer counts: it may have been done.
    """
    rows = GatewayRequest.objects.filter(kind=kind, state__in=OUTSTANDING, **of)
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


def needing_a_person() -> QuerySet[GatewayRequest]:
    """Requests that were declined or never answered, the newest first."""
    stuck = [RequestState.DECLINED, RequestState.GIVEN_UP]
    return GatewayRequest.objects.filter(state__in=stuck).order_by("-pk")


def earned(order: Order, lines: Sequence[OrderLine]) -> Decimal:
    """What may be taken for what has shipped: its lines with their share of charges, and tax.

    Cumulative, so that parcels add up to the cent: the charges' share follows the shipped part of
    the goods, and with the last unit everything that is due is earned.
    """
    if all(line.shipped >= line.due for line in lines):
        return order.total
    worth = [share(line.total, line.shipped, line.quantity, order.currency) for line in lines]
    goods = sum(worth, ZERO)
    if not order.goods_total:
        return goods
    charges = sum((charge_total(order, row) for row in order.charges.all()), ZERO)
    part = min(goods / order.goods_total, Decimal(1))
    return goods + quantize(charges * part, order.currency)


def events_of_money() -> set[str]:
    """The names of the events on which gateways take money by themselves; none where none does."""
    rows = Channel.objects.exclude(gateway="").exclude(capture_policy=CapturePolicy.BY_HAND)
    return TAKING if rows.exists() else set()


def capturing_orders(ids: Iterable[int]) -> list[Order]:
    """Those of these orders whose channel has its gateway take money by itself, in key order."""
    rows = Order.objects.filter(pk__in=list(ids)).exclude(channel__gateway="")
    return list(rows.exclude(channel__capture_policy=CapturePolicy.BY_HAND).order_by("pk"))


def still_to_take(money: Balance, wanted: Decimal, waiting: Decimal) -> Decimal:
    """What is missing to have taken `wanted` in all; never less than nothing."""
    return max(wanted - money.received - waiting, ZERO)

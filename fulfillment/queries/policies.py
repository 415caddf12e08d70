"""Under which terms the lines of an order can come back, and what speaks against it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from django.db.models import F, Max, Q, Sum
from django.utils import timezone

from fulfillment.enums import Fault, GoodsState, LabelPayer, ReturnStatus
from fulfillment.models import ParcelLine, Return, ReturnLine, ReturnPolicy, ReturnReason
from oms import words
from oms.errors import DomainError
from oms.money import ZERO

if TYPE_CHECKING:
    from orders.models import Order, OrderLine

OPEN = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED)
UNREPORTED = timedelta(days=7)  # what never was reported delivered counts as delivered by then
FAULT_WAY = "Broken, wrong or misdescribed goods still come back; give that as the reason."
PERSON_WAY = "Somebody who may waive the policy can still take it back."


class NotReturnable(DomainError):
    """More units than were shipped and are not yet returned or announced."""

    code = "not_returnable"
    message = "Only {available:unit} of {sku} can still be returned."


@dataclass(frozen=True, slots=True)
class Wish:
    """Units that are to come back, why, and in what state they are said to be."""

    quantity: int
    reason: str
    state: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """What the policy says against a wish, and the way that is still open."""

    why: str
    way: str


def policies_for(order: "Order", lines: Iterable["OrderLine"]) -> dict[int, ReturnPolicy]:
    """The most specific policy by line id; lines want their product selected."""
    rows = ReturnPolicy.objects.filter(Q(channel=order.channel_id) | Q(channel=None))
    found = {(row.channel_id, row.goods_class): row for row in rows}
    anything = ReturnPolicy(name="", window_days=None, keep_limit=ZERO)
    chosen = {}
    for line in lines:
        goods = line.product.goods_class if line.product else ""
        keys = (
            (order.channel_id, goods),
            (order.channel_id, ""),
            (None, goods),
            (None, ""),
        )
        chosen[line.pk] = next((found[key] for key in keys if key in found), anything)
    return chosen


def handed_over(order: "Order") -> dict[int, datetime]:
    """Since when the buyer has each line, by line id: delivered, or sent long enough ago."""
    rows = ParcelLine.objects.filter(
        line__order_line__order=order, parcel__shipment__isnull=False
    ).order_by()
    times = rows.values_list("line__order_line").annotate(
        delivered=Max("parcel__shipment__delivered_at"),
        shipped=Max("parcel__shipment__shipped_at"),
    )
    return {pk: delivered or shipped + UNREPORTED for pk, delivered, shipped in times}


def active_reasons() -> dict[str, ReturnReason]:
    """The reasons that can be given now, by code, in the order in which they are shown."""
    return {row.code: row for row in ReturnReason.objects.filter(is_active=True)}


def objection(
    policy: ReturnPolicy,
    wish: Wish,
    reason: ReturnReason,
    *,
    since: datetime | None,
    now: datetime,
) -> Objection | None:
    """What speaks against this wish under its policy; nothing when it is not the buyer's doing."""
    if reason.fault != Fault.BUYER:
        return None
    if policy.final_sale:
        return Objection("It was sold for good.", FAULT_WAY)
    if policy.window_days is not None and since is not None:
        end = since + timedelta(days=policy.window_days)
        if now > end:
            why = f"The {words.count(policy.window_days, 'day')} after delivery ended on {end.day} {end:%B %Y}."
            return Objection(why, FAULT_WAY)
    ranks = list(GoodsState)
    if wish.state and ranks.index(GoodsState(wish.state)) < ranks.index(
        GoodsState(policy.least_state)
    ):
        least = GoodsState(policy.least_state).label.lower()
        return Objection(f"Taken back is only what is {least}.", PERSON_WAY)
    return None


def objections(
    order: "Order", lines: Mapping[int, "OrderLine"], wishes: Mapping[int, Wish]
) -> dict[int, Objection]:
    """What speaks against each wish, by line id; lines without objection are left out."""
    found = policies_for(order, [lines[pk] for pk in wishes])
    reasons, since, now = active_reasons(), handed_over(order), timezone.now()
    against = {
        pk: objection(found[pk], wish, reasons[wish.reason], since=since.get(pk), now=now)
        for pk, wish in wishes.items()
    }
    return {pk: said for pk, said in against.items() if said is not None}


def label_payer(
    order: "Order", lines: Mapping[int, "OrderLine"], wishes: Mapping[int, Wish]
) -> str:
    """Who would pay the way back of these units."""
    found, reasons = policies_for(order, [lines[pk] for pk in wishes]), active_reasons()
    given = [reasons[wish.reason] for wish in wishes.values()]
    return label_of(found.values(), given, waived=False)[0]


def return_by_id(pk: int) -> Return:
    """One return with its order. Raises Return.DoesNotExist."""
    return Return.objects.select_related("order").get(pk=pk)


def announced(line_ids: Iterable[int]) -> dict[int, int]:
    """Units that open returns still wait for, by order line id."""
    rows = ReturnLine.objects.filter(
        order_line__in=list(line_ids), return_order__status__in=OPEN
    ).order_by()
    gone = ("restocked", "quarantined", "scrapped", "sent_back", "given_up", "waived")
    waited = Sum(F("quantity") - reduce(add, (F(name) for name in gone)))
    return dict(rows.values_list("order_line").annotate(waited=waited))


def returnable(lines: Iterable["OrderLine"]) -> dict[int, int]:
    """Shipped units by line id that are neither returned nor announced by an open return.

    What was credited without coming back is not asked for once more.
    """
    lines = list(lines)
    waited = announced(line.pk for line in lines)
    waived = ReturnLine.objects.filter(order_line__in=[line.pk for line in lines], waived__gt=0)
    kept = dict(waived.order_by().values_list("order_line").annotate(units=Sum("waived")))
    return {
        line.pk: line.shipped - line.returned - waited.get(line.pk, 0) - kept.get(line.pk, 0)
        for line in lines
    }


def refuse_unreturnable(lines: "Mapping[int, OrderLine]", wishes: Mapping[int, Wish]) -> None:
    """Raise NotReturnable for more units than are left, and for none."""
    if not wishes:
        raise NotReturnable(available=0, sku="nothing")
    free = returnable(lines[pk] for pk in wishes if pk in lines)
    for pk, wish in wishes.items():
        if not 0 < wish.quantity <= free.get(pk, 0):
            sku = lines[pk].sku if pk in lines else f"line {pk}"
            raise NotReturnable(available=free.get(pk, 0), sku=sku)


def terms_of(
    policy: ReturnPolicy, reason: ReturnReason, *, waived: bool
) -> tuple[Decimal, Decimal]:
    """The restocking fee in per cent and per unit: none for what is not the buyer's doing."""
    if waived or reason.fault != Fault.BUYER:
        return ZERO, ZERO
    return policy.fee_percent, policy.fee_each


def label_of(
    policies: Iterable[ReturnPolicy], reasons: Iterable[ReturnReason], *, waived: bool
) -> tuple[str, Decimal]:
    """Who pays the way back, and what is taken off: the seller, if anything is not the buyer's."""
    if waived or any(reason.fault != Fault.BUYER for reason in reasons):
        return LabelPayer.SELLER, ZERO
    dearest = max(policies, key=lambda row: (row.label_cost, row.label_payer == LabelPayer.BUYER))
    return dearest.label_payer, dearest.label_cost

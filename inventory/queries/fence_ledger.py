"""What must hold about ring-fences, for `check_ledgers`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import Fence, FencedStock, FenceUse, StockLevel
from oms.ledgers import Invariant


def fence_invariants() -> list[Invariant]:
    """The invariants of fences; that no take reaches behind one is stated by the database.

    `inventory_level_fenced_within_free` holds after every change of a level: on hand covers what
    is reserved and, beside it, all that is kept. Uses show that only holders drew on a fence.
    """
    return [
        Invariant(
            "fences.kept",
            "What a level keeps behind fences equals the sum of what each fence keeps there.",
            count=StockLevel.objects.count,
            violations=_wrong_levels,
        ),
        Invariant(
            "fences.used",
            "What is used up of a fence equals the sum of its uses.",
            count=Fence.objects.count,
            violations=_wrong_used,
        ),
        Invariant(
            "fences.quota",
            "No fence keeps more than is left of its quota, and a lifted one keeps nothing.",
            count=Fence.objects.count,
            violations=_beyond_quota,
        ),
        Invariant(
            "fences.filled",
            "No fence lacks units while units are free where it may keep them.",
            count=Fence.objects.filter(lifted_at=None).count,
            violations=_hungry,
        ),
        Invariant(
            "fences.holders",
            "Only orders and baskets of a fence's channel used it.",
            count=FenceUse.objects.count,
            violations=_strangers,
        ),
    ]


def _wrong_levels() -> Iterator[str]:
    wrong = StockLevel.objects.annotate(
        kept_units=_sum(FencedStock.objects.filter(level=OuterRef("pk")), "level")
    )
    for level in wrong.exclude(kept_units=F("fenced")).select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.fenced}, fences {level.kept_units}"


def _wrong_used() -> Iterator[str]:
    wrong = Fence.objects.annotate(
        taken=_sum(FenceUse.objects.filter(fence=OuterRef("pk")), "fence")
    )
    for fence in wrong.exclude(taken=F("used")):
        yield f"{fence}: {fence.used}, uses {fence.taken}"


def _beyond_quota() -> Iterator[str]:
    rows = Fence.objects.annotate(
        there=_sum(FencedStock.objects.filter(fence=OuterRef("pk")), "fence")
    )
    beyond = Q(lifted_at=None, there__gt=F("amount") - F("used")) | Q(lifted_at__isnull=False)
    for fence in rows.filter(beyond, there__gt=0).select_related("product"):
        yield f"{fence} of {fence.product}: keeps {fence.there} of {fence.left} left"


def _hungry() -> Iterator[str]:
    rows = Fence.objects.filter(lifted_at=None, amount__gt=F("used")).annotate(
        there=_sum(FencedStock.objects.filter(fence=OuterRef("pk")), "fence")
    )
    for fence in rows.filter(there__lt=F("amount") - F("used")).select_related("product"):
        levels = StockLevel.objects.filter(product=fence.product_id, location__is_active=True)
        if fence.location_id:
            levels = levels.filter(location=fence.location_id)
        free = levels.filter(on_hand__gt=F("reserved") + F("safety_stock") + F("fenced"))
        if free.exists():
            yield f"{fence} of {fence.product}: keeps {fence.there} of {fence.left}"


def _strangers() -> Iterator[str]:
    wrong = FenceUse.objects.filter(fence__channel__isnull=False).exclude(
        Q(order_line__order__channel=F("fence__channel"))
        | Q(soft__channel=F("fence__channel__code"))
    )
    for use in wrong.select_related("order_line__order", "soft"):
        yield f"{use} by {use.order_line.order if use.order_line else use.soft}"


def _sum(rows: QuerySet[Any], by: str) -> Coalesce:
    totals = rows.order_by().values(by).annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(totals), 0)

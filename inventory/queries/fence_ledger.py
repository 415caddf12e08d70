"""What must hold about ring-fences, for `check_ledgers`."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from inventory.enums import ReservationState
from inventory.models import Fence, FencedStock, FenceUse, Product, Reservation, StockLevel
from inventory.queries.fences import Holder
from oms.ledgers import Invariant

REPAIR = "inventory.operations.repair_fences"


def unproven_products() -> list[Product]:
    """Products of whose fences a figure is not what uses, quota and stock say."""
    wrong = {level.product_id for level in _wrong_levels()}
    for fences in (_wrong_used(), _beyond_quota(), _hungry()):
        wrong |= {fence.product_id for fence in fences}
    wrong |= {one.product_id for one in unbacked_uses()}
    return list(Product.objects.filter(pk__in=wrong).order_by("pk"))


def fence_invariants(product_id: int | None = None) -> list[Invariant]:
    """The invariants of fences, of one product or of all; each repair is of all products.

    That no take reaches behind a fence is stated by the database:
    `inventory_level_fenced_within_free` holds after every change of a level: on hand covers what
    is reserved and, beside it, all that is kept. Uses show that only holders drew on a fence.
    """
    levels = StockLevel.objects.filter(_of(product_id))
    fences = Fence.objects.filter(_of(product_id))
    uses = FenceUse.objects.filter(_of(product_id, "fence__product"))
    return [
        Invariant(
            "fences.kept",
            "What a level keeps behind fences equals the sum of what each fence keeps there.",
            count=levels.count,
            violations=partial(_levels_in_words, product_id),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "fences.used",
            "What is used up of a fence equals the sum of its uses.",
            count=fences.count,
            violations=partial(_used_in_words, product_id),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "fences.backed",
            "What lines and baskets used of open fences they have reserved there, or shipped.",
            count=uses.filter(fence__lifted_at=None).count,
            violations=partial(_unbacked_in_words, product_id),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "fences.quota",
            "No fence keeps more than is left of its quota, and a lifted one keeps nothing.",
            count=fences.count,
            violations=partial(_quotas_in_words, product_id),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "fences.filled",
            "No fence lacks units while units are free where it may keep them.",
            count=fences.filter(lifted_at=None).count,
            violations=partial(_hungry_in_words, product_id),
            repair=import_string(REPAIR),
        ),
        Invariant(
            "fences.holders",
            "Only orders and baskets of a fence's channel used it.",
            count=uses.count,
            violations=partial(_strangers, product_id),
        ),
    ]


class Unbacked(NamedTuple):
    """What a holder used of open fences at a level, and the fewer units that it has there."""

    product_id: int
    holder: Holder
    level_id: int
    used: int
    has: int


def unbacked_uses(product_id: int | None = None) -> list[Unbacked]:
    """Uses of open fences that no reservation accounts for; of one product, or of all."""
    uses = FenceUse.objects.filter(_of(product_id, "fence__product"), fence__lifted_at=None)
    held = Reservation.objects.filter(level=OuterRef("level"))
    line = held.exclude(state=ReservationState.RELEASED).filter(order_line=OuterRef("order_line"))
    soft = held.filter(state=ReservationState.OPEN, soft=OuterRef("soft"))
    found = []
    for whose, rows in (("order_line", line), ("soft", soft)):
        sums = (
            uses.filter(**{f"{whose}__isnull": False})
            .values("fence__product", "order_line", "soft", "level")
            .annotate(used=Sum("quantity"), has=_sum(rows, whose))
            .filter(used__gt=F("has"))
            .order_by("level", whose)
        )
        found += [
            Unbacked(product, Holder(order_line, soft_id), level, used, has)
            for product, order_line, soft_id, level, used, has in sums.values_list(
                "fence__product", "order_line", "soft", "level", "used", "has"
            )
        ]
    return found


def _unbacked_in_words(product_id: int | None) -> Iterator[str]:
    found = unbacked_uses(product_id)
    rows = StockLevel.objects.select_related("product", "location")
    levels = rows.in_bulk({one.level_id for one in found})
    for one in found:
        line, soft = one.holder
        whose = f"order line {line}" if line else f"basket {soft}"
        level = levels[one.level_id]
        yield f"{whose}: {one.used} of fences of {level.product} at {level.location}, has {one.has}"


def _wrong_levels(product_id: int | None = None) -> QuerySet[StockLevel]:
    rows = StockLevel.objects.filter(_of(product_id)).annotate(
        kept_units=_sum(FencedStock.objects.filter(level=OuterRef("pk")), "level")
    )
    return rows.exclude(kept_units=F("fenced")).select_related("product", "location")


def _wrong_used(product_id: int | None = None) -> QuerySet[Fence]:
    rows = Fence.objects.filter(_of(product_id)).annotate(
        taken=_sum(FenceUse.objects.filter(fence=OuterRef("pk")), "fence")
    )
    return rows.exclude(taken=F("used"))


def _beyond_quota(product_id: int | None = None) -> QuerySet[Fence]:
    rows = Fence.objects.filter(_of(product_id)).annotate(
        there=_sum(FencedStock.objects.filter(fence=OuterRef("pk")), "fence")
    )
    beyond = Q(lifted_at=None, there__gt=F("amount") - F("used")) | Q(lifted_at__isnull=False)
    return rows.filter(beyond, there__gt=0).select_related("product")


def _hungry(product_id: int | None = None) -> Iterator[Fence]:
    wishing = Fence.objects.filter(_of(product_id), lifted_at=None, amount__gt=F("used"))
    rows = wishing.annotate(there=_sum(FencedStock.objects.filter(fence=OuterRef("pk")), "fence"))
    hungry = rows.filter(there__lt=F("amount") - F("used"))
    for fence in hungry.select_related("product"):
        levels = StockLevel.objects.filter(product=fence.product_id, location__is_active=True)
        if fence.location_id:
            levels = levels.filter(location=fence.location_id)
        free = levels.filter(on_hand__gt=F("reserved") + F("safety_stock") + F("fenced"))
        if free.exists():
            yield fence


def _levels_in_words(product_id: int | None) -> Iterator[str]:
    for level in _wrong_levels(product_id):
        kept = level.kept_units  # type: ignore[attr-defined]
        yield f"{level.product} at {level.location}: {level.fenced}, fences {kept}"


def _used_in_words(product_id: int | None) -> Iterator[str]:
    for fence in _wrong_used(product_id):
        yield f"{fence}: {fence.used}, uses {fence.taken}"  # type: ignore[attr-defined]


def _quotas_in_words(product_id: int | None) -> Iterator[str]:
    for fence in _beyond_quota(product_id):
        there = fence.there  # type: ignore[attr-defined]
        yield f"{fence} of {fence.product}: keeps {there} of {fence.left} left"


def _hungry_in_words(product_id: int | None) -> Iterator[str]:
    for fence in _hungry(product_id):
        there = fence.there  # type: ignore[attr-defined]
        yield f"{fence} of {fence.product}: keeps {there} of {fence.left}"


def _strangers(product_id: int | None) -> Iterator[str]:
    uses = FenceUse.objects.filter(_of(product_id, "fence__product"))
    wrong = uses.filter(fence__channel__isnull=False).exclude(
        Q(order_line__order__channel=F("fence__channel"))
        | Q(soft__channel=F("fence__channel__code"))
    )
    for use in wrong.select_related("order_line__order", "soft"):
        yield f"{use} by {use.order_line.order if use.order_line else use.soft}"


def _sum(rows: QuerySet[Any], by: str) -> Coalesce:
    totals = rows.order_by().values(by).annotate(total=Sum("quantity")).values("total")
    return Coalesce(Subquery(totals), 0)


def _of(product_id: int | None, by: str = "product") -> Q:
    return Q() if product_id is None else Q(**{by: product_id})

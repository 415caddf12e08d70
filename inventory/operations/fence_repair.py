"""Fences whose figures do not add up: uses are the ledger, everything else is worked out anew."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Sum

from inventory.models import Fence, FencedStock, Product, StockLevel
from inventory.operations import counters, fence_uses, fences
from inventory.queries.fence_ledger import unbacked_uses, unproven_products
from oms import events

BY = "command:check_ledgers"


def repair_fences() -> Iterator[str]:
    """Repair the fences of every product where one is not proven; one sentence each."""
    for product in unproven_products():
        yield repair_fences_of(product, by=BY)


@transaction.atomic
def repair_fences_of(product: Product, *, by: str) -> str:
    """Give back what nobody has, set used quotas to the sum of their uses, and keep units anew.

    Says what was changed. Uses are a ledger: what no reservation accounts for is given back by rows
    of its own.

    Records `fence.repaired` on the product's first fence with the figures before and after.
    """
    levels = StockLevel.objects.lock(
        *StockLevel.objects.filter(product=product).values_list("pk", flat=True)
    )
    rows = Fence.objects.lock(*Fence.objects.filter(product=product).values_list("pk", flat=True))
    before = _figures(product)
    for one in unbacked_uses(product.pk):
        fence_uses.give_back(one.holder, one.level_id, one.used - one.has)

    for fence in rows:
        used = fence.uses.aggregate(sum=Sum("quantity"))["sum"] or 0
        if fence.used != used:
            fence.used = used
            fence.save(update_fields=["used"])
    FencedStock.objects.filter(level__product=product).update(quantity=0)
    counters.apply(
        counters.Delta(level.pk, fenced=-level.fenced) for level in levels if level.fenced
    )
    fences.settle(level.pk for level in levels)

    after = _figures(product)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if rows:
        events.record("fence.repaired", rows[0], by=by, sku=product.sku, changed=changed)
    told = ", ".join(f"{name} {was} -> {now}" for name, (was, now) in changed.items())
    return f"{product}: {told or 'kept anew'}, as the uses and the stock say."


def _figures(product: Product) -> dict[str, int]:
    """Used and kept units by fence, and what levels say that is kept."""
    figures = {}
    for fence in Fence.objects.filter(product=product).order_by("pk"):
        figures[f"{fence} used"] = fence.used
        figures[f"{fence} keeps"] = fence.kept.aggregate(sum=Sum("quantity"))["sum"] or 0
    for level in StockLevel.objects.filter(product=product).select_related("location"):
        figures[f"fenced at {level.location}"] = level.fenced
    return figures

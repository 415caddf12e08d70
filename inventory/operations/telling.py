"""Telling channels what they may sell: after the stock has changed, beside the buying.

Every change of a level raises its `changes`; a level whose `told` is behind is looked at by one
worker at a time, which adds up what each channel may sell and records `availability.changed` where
that differs from what was told last. A burst of changes gives one event with the last figure, and a
change that comes while the worker reads leaves the level behind, so that none is lost.

What holds for very many levels at once, such as what a channel leaves of every product, changes in
one short transaction that also writes a `Retelling`. The worker goes through its levels in turns and
keeps how far it is: whoever is stopped in the middle goes on from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from inventory import queries
from inventory.models import (
    Availability,
    ChannelSafetyStock,
    Fence,
    Location,
    Product,
    Retelling,
    StockLevel,
)
from inventory.operations import counters, fences
from inventory.queries import selling
from oms import events

BATCH = 500  # levels a transaction
BATCHES = 20  # transactions a run
LOCK = 7_246_011  # any number that nothing else in this database locks
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A figure that a channel is told anew."""

    row: Availability
    previous: int


def tell_availability() -> int:
    """Tell channels what changed since the last run; how many figures.

    Records `availability.changed` with quantity and previous quantity per product and channel.
    """
    told = 0
    for _ in range(BATCHES):
        looked, found = _tell_batch()
        told += found
        if looked < BATCH and not _go_on():
            break
    return told


@transaction.atomic
def set_channel_safety_stock(
    channel_id: int, quantity: int | None, *, by: str, product: Product | None = None
) -> None:
    """Let a channel leave so many units at every location: of a product, or of every other one.

    No quantity ends it. It counts for every order from now on; what the channel may sell is told
    anew, of every product in turns. Records `channel_safety_stock.set` on the row; nothing when
    nothing changed.
    """
    rows = ChannelSafetyStock.objects.filter(channel=channel_id, product=product)
    row = rows.select_for_update().first() or ChannelSafetyStock(
        channel_id=channel_id, product=product, quantity=0
    )
    before = row.quantity if row.pk else None
    if before == quantity:
        return

    row.quantity = quantity or 0
    row.save()
    facts = {"product": product and product.sku, "channel": channel_id}
    events.record("channel_safety_stock.set", row, by=by, before=before, after=quantity, **facts)
    if quantity is None:
        row.delete()
    if product is None:
        tell_all()
    else:
        touch(StockLevel.objects.filter(product=product))


def tell_untrue() -> Iterator[str]:
    """Tell channels the figures that are not what they may sell; one sentence each.

    For `check_ledgers --repair`. The rule decides, never the copy.
    """
    for wrong in list(queries.untrue_figures()):
        touch(StockLevel.objects.filter(product=wrong.product_id))
        yield f"{wrong}: told anew."
    tell_availability()


@transaction.atomic
def tell_all(location: Location | None = None) -> Retelling | None:
    """Have channels told anew of everything, or of all that lies at a location, in turns.

    None where there is nothing. Figures that stay the same are not told twice, and what waits to be
    begun is not gone through twice.
    """
    last = StockLevel.objects.order_by("-pk").values_list("pk", flat=True).first()
    if last is None:
        return None
    waiting = Retelling.objects.filter(location=location, after=0, until=last)
    waiting = waiting.select_for_update(skip_locked=True)  # one that is being begun is no use
    return waiting.first() or Retelling.objects.create(location=location, until=last)


@transaction.atomic
def serve_anew(location: Location) -> None:
    """Bring fences and told figures in line after a location began or ceased to serve orders.

    What fences kept there is kept elsewhere as far as there is stock, or there again.
    """
    fenced = Fence.objects.filter(lifted_at=None, product__levels__location=location)
    levels = StockLevel.objects.filter(product__in=fenced.values("product"))
    StockLevel.objects.lock(*levels.values_list("pk", flat=True))
    fences.settle(levels.values_list("pk", flat=True))
    tell_all(location)


def touch(levels: Any) -> int:
    """Have channels told anew what they may sell of what lies at these levels; how many levels."""
    with transaction.atomic():
        pks = levels.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True)
        return StockLevel.objects.filter(pk__in=list(pks)).update(changes=F("changes") + 1)


@transaction.atomic
def _go_on() -> bool:
    """Mark the next levels of the eldest retelling; whether there were any."""
    if not _alone():
        return False
    row = Retelling.objects.select_for_update(skip_locked=True).order_by("pk").first()
    if row is None:
        return False
    levels = StockLevel.objects.filter(pk__gt=row.after, pk__lte=row.until)
    if row.location_id:
        levels = levels.filter(location=row.location_id)
    pks = list(levels.order_by("pk").values_list("pk", flat=True)[:BATCH])
    touch(StockLevel.objects.filter(pk__in=pks))
    if len(pks) < BATCH:
        row.delete()
    else:
        row.after = pks[-1]
        row.save(update_fields=["after"])
    return True


@transaction.atomic
def _tell_batch() -> tuple[int, int]:
    """Levels looked at and figures told."""
    if not _alone():
        return 0, 0
    untold = selling.untold_levels(BATCH)
    if not untold:
        return 0, 0
    told = list(_changed({product for _, product, _ in untold}))
    _write(told)
    counters.mark_told({level: change for level, _, change in untold})
    return len(untold), len(told)


def _changed(product_ids: set[int]) -> Iterator[Told]:
    """What differs from what was told, with the moment of the change."""
    channels = {channel.pk: channel for channel in selling.selling_channels()}
    products = Product.objects.only("sku").in_bulk(product_ids)
    known = {
        (row.product_id, row.channel_id): row
        for row in Availability.objects.filter(product__in=product_ids)
    }
    moment = _next_moment()
    for (product, channel), quantity in sorted(selling.figures_of(product_ids, channels).items()):
        row = known.get((product, channel)) or Availability(product_id=product, channel_id=channel)
        previous = row.quantity
        if quantity == previous:
            continue
        row.product, row.channel = products[product], channels[channel]
        row.quantity, row.changed_at = quantity, moment
        moment += TICK
        yield Told(row, previous)


def _next_moment() -> datetime:
    last = Availability.objects.aggregate(last=Max("changed_at"))["last"]
    now = timezone.now()
    return max(now, last + TICK) if last else now


def _write(told: Sequence[Told]) -> None:
    rows = [one.row for one in told]
    known = [row for row in rows if row.pk is not None]
    Availability.objects.bulk_create([row for row in rows if row.pk is None])
    Availability.objects.bulk_update(known, ["quantity", "changed_at"], batch_size=BATCH)
    events.record_all(
        [
            events.Fact(
                "availability.changed",
                one.row,
                {
                    "sku": one.row.sku,
                    "quantity": one.row.quantity,
                    "previous": one.previous,
                },
            )
            for one in told
        ],
        by="worker",
    )


def _alone() -> bool:
    """Whether this process may tell now; on SQLite its transaction is the only writer."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])

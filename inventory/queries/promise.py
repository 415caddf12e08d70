"""From when a quantity can leave, and what that is made of.

Supply is what is available now and what documents expect (`ExpectedSupply`); a document that is
overdue is taken to come tomorrow. What a location receives on a day leaves on the first day of
its own after that day's cut-off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils import timezone

from inventory.enums import PromiseSource
from inventory.models import ExpectedSupply, Location, Product
from inventory.queries.atp import Book, Demand, Lot, Part
from inventory.queries.fences import NOBODY, Taker
from inventory.queries.places import Destination
from inventory.queries.sourcing.asked import PLAIN, Service, Site
from inventory.queries.sourcing.days import day_of
from inventory.queries.sourcing.reading import network
from inventory.queries.supplies import supplies_of
from inventory.queries.transit import Way, transit_days, ways

D = TypeVar("D", date, datetime)
END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class PromisedPart:
    """Units that come from one lot: when they are there, when they leave, when they arrive."""

    kind: str
    reference: str
    location: str
    quantity: int
    ready_on: date
    ships_on: date
    arrives_on: date

    def plain(self) -> dict[str, object]:
        """As the promise ledger keeps it."""
        return {
            "kind": self.kind,
            "reference": self.reference,
            "location": self.location,
            "quantity": self.quantity,
            "ready_on": self.ready_on.isoformat(),
            "ships_on": self.ships_on.isoformat(),
            "arrives_on": self.arrives_on.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Promised:
    """A quantity of a product, promised: its parts, and the units that nothing in sight covers."""

    parts: tuple[PromisedPart, ...]
    missing: int
    ships_by: datetime | None  # end of the last part's day at its location; none when missing
    waits: int = 0  # days for which a rule lets it lie ready

    def not_before(self, rule: datetime) -> "Promised":
        """The same, leaving no sooner than a rule says; it arrives as much later."""
        if self.ships_by is None or self.ships_by >= rule:
            return self
        waits = (rule.date() - max(part.ships_on for part in self.parts)).days
        return replace(self, ships_by=rule, waits=max(waits, 0))

    @property
    def arrives_on(self) -> date | None:
        """When the last unit is with the buyer; none when something is missing."""
        if self.missing:
            return None
        last = last_of(part.arrives_on for part in self.parts)
        return last and last + timedelta(days=self.waits)


@dataclass(slots=True)
class Outlook:
    """Dated supply of some products at one moment, drawn down as units are promised."""

    now: datetime
    books: dict[int, Book]
    places: dict[int, Location]
    preorders: dict[int, date]  # first day on which a product ships, by product id
    table: Sequence[Way] = field(default_factory=list)
    services: Mapping[int, Service] = field(default_factory=dict)  # working days, by location id

    def commit(self, product_id: int, demands: Iterable[Demand]) -> None:
        """Keep units for what others were promised."""
        self.books[product_id].commit(demands)

    def promise(
        self, product_id: int, quantity: int, destination: Destination, taker: Taker = NOBODY
    ) -> Promised:
        """Promise the taker units from what comes first, and draw them down."""
        book = self.books[product_id]
        taken = book.take(quantity, taker)
        missing = quantity - sum(part.quantity for part in taken)
        if missing and product_id in self.preorders:
            taken = (*taken, self._preordered(product_id, missing))
            missing = 0
        parts = tuple(self._dated(product_id, part, destination) for part in taken)
        return Promised(parts, missing, None if missing else self._ships_by(parts))

    def _preordered(self, product_id: int, quantity: int) -> Part:
        """What no document covers of a product that does not exist yet: its first day counts."""
        first = min(self.places.values(), key=lambda place: (place.priority, place.code))
        lot = Lot(self.preorders[product_id], quantity, first.pk, PromiseSource.PREORDER)
        return Part(lot, quantity)

    def _dated(self, product_id: int, part: Part, destination: Destination) -> PromisedPart:
        place = self.places[part.lot.location_id]
        ready = max(part.lot.day, self.preorders.get(product_id, part.lot.day))
        if part.lot.kind == PromiseSource.STOCK:
            ready = max(ready, self.now.astimezone(ZoneInfo(place.time_zone)).date())
            ships = max(self._leaves_on(place, self.now), ready)
        elif part.lot.kind == PromiseSource.PREORDER:
            ships = ready
        else:
            ships = self._leaves_on(place, _at(place, ready, END_OF_DAY))
        return PromisedPart(
            kind=part.lot.kind,
            reference=part.lot.reference,
            location=place.code,
            quantity=part.quantity,
            ready_on=ready,
            ships_on=ships,
            arrives_on=ships + timedelta(days=transit_days(place, destination, self.table)),
        )

    def _leaves_on(self, place: Location, ready: datetime) -> date:
        return leaves_on(place, ready, self.services.get(place.pk, PLAIN))

    def _ships_by(self, parts: Sequence[PromisedPart]) -> datetime:
        codes = {place.code: place for place in self.places.values()}
        return max(_at(codes[part.location], part.ships_on, END_OF_DAY) for part in parts)


def outlook(
    product_ids: Iterable[int],
    *,
    on_hand: bool = True,
    now: datetime | None = None,
) -> Outlook:
    """The dated supply of these products at active locations, in a fixed number of statements.

    `on_hand` false leaves out what is available now: for demand that was just refused it.
    """
    now, wanted = now or timezone.now(), sorted(set(product_ids))
    return Outlook(
        now=now,
        books=supplies_of(wanted, now, on_hand=on_hand),
        places={place.pk: place for place in Location.objects.filter(is_active=True)},
        preorders=preorder_dates(wanted, now),
        table=ways(),
        services=network(),
    )


def leaves_on(place: Location, ready: datetime, service: Service = PLAIN) -> date:
    """The day on which work given to a location at this moment leaves it, at its own time.

    By its cut-off, working days, holidays and lead time, as sourcing counts them.
    """
    site = Site(
        place.pk,
        place.priority,
        place.latitude,
        place.longitude,
        time_zone=place.time_zone,
        cutoff=place.cutoff,
        service=service,
    )
    return day_of(site, ready).leaves_on


def arrivals(product_ids: Iterable[int]) -> dict[int, list[ExpectedSupply]]:
    """What documents expect of these products, soonest first, with its location."""
    rows = ExpectedSupply.objects.filter(product__in=set(product_ids)).select_related("location")
    found: dict[int, list[ExpectedSupply]] = defaultdict(list)
    for row in rows.order_by("due_on", "pk"):
        found[row.product_id].append(row)
    return dict(found)


def preorder_dates(product_ids: Iterable[int], now: datetime) -> dict[int, date]:
    """First shipping days of those of these products that do not exist yet."""
    rows = Product.objects.filter(pk__in=set(product_ids), preorder_on__gt=timezone.localdate(now))
    return {pk: day for pk, day in rows.values_list("pk", "preorder_on") if day}


def last_of(days: Iterable[D | None]) -> D | None:
    """The last of these days or moments; none when one of them is not known, or there is none."""
    known: list[D] = []
    for day in days:
        if day is None:
            return None
        known.append(day)
    return max(known, default=None)


def _at(place: Location, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, ZoneInfo(place.time_zone))

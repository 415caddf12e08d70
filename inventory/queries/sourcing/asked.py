"""What sourcing is asked and answers, in plain values: no order, no row."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from inventory.queries.fences import NOBODY, Draw, Kept, Taker
from inventory.queries.places import Destination

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of a product that something, named by `key`, wants; `unit_value` is the price of one."""

    key: int
    product_id: int
    quantity: int
    unit_value: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Request:
    """What one order wants, where it goes, and which locations may not serve it.

    `facts` are what rules may ask about the order (see `vocabulary`); `pickup` is the location at which
    the buyer fetches it, if that is how it is delivered; `taker` is whose fences open for it.
    """

    destination: Destination
    demands: tuple[Demand, ...]
    avoid: frozenset[int] = frozenset()
    facts: Mapping[str, Any] = field(default_factory=dict)
    pickup: int | None = None
    settled: bool = False  # a person looked at it: serve what can be served
    taker: Taker = NOBODY


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units of a stock level that a plan gives to a demand.

    `draws` says which of them come from the taker's own fences, `spare` how many units the taker's
    channel leaves at the level.
    """

    key: int
    level_id: int
    location_id: int
    quantity: int
    draws: tuple[Draw, ...] = ()
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """How a location serves: what it costs (house currency), when it works, how often it is right."""

    groups: frozenset[str] = frozenset()
    capacity: int | None = None  # orders a day; none: no limit
    weekdays: str = "1234567"  # ISO
    holidays: frozenset[date] = frozenset()
    lead_days: int = 0  # working days from taking the work on until it leaves
    shipping_base: Decimal = NOTHING  # a parcel
    shipping_per_100km: Decimal = NOTHING  # a parcel
    shipping_per_kg: Decimal = NOTHING
    handling_per_parcel: Decimal = NOTHING
    handling_per_unit: Decimal = NOTHING
    accuracy: Decimal = Decimal(1)  # units found of units asked for


PLAIN = Service()


@dataclass(frozen=True, slots=True)
class Site:
    """A location as far as sourcing needs it."""

    location_id: int
    priority: int
    latitude: float | None
    longitude: float | None
    country: str = ""
    kind: str = ""
    time_zone: str = "UTC"
    cutoff: Any = None  # time of day
    service: Service = PLAIN


@dataclass(slots=True)
class Day:
    """The day on which work given to a location now would leave, and how full it is."""

    leaves_on: date
    in_days: int  # from today
    orders: int = 0  # given to the location for that day


@dataclass(slots=True)
class Supply:
    """Units per product and location that anybody may take, drawn down as a batch is planned.

    `kept` units are not among them: they open for the taker whose fences keep them (`fencing`).
    """

    levels: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    available: dict[int, int] = field(default_factory=dict)  # by level id
    sites: dict[int, Site] = field(default_factory=dict)
    goods: dict[int, tuple[int, str]] = field(
        default_factory=dict
    )  # weight in g, class of a product
    rules: Any = None  # the rule set in force; none: the built-in rule
    days: dict[int, Day] = field(default_factory=dict)  # by location, where somebody asked
    ages: dict[int, int] = field(default_factory=dict)  # days since the last receipt, by level
    kept: dict[int, list[Kept]] = field(default_factory=dict)  # behind fences, by product
    spare: dict[int, int] = field(default_factory=dict)  # what the channel leaves, by level

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take for anybody."""
        kept = (row.quantity for rows in self.kept.values() for row in rows)
        return not any(self.available.values()) and not any(kept)

    @property
    def asks_orders(self) -> bool:
        """Whether rules are in force that may ask about the order."""
        return self.rules is not None and self.rules.pk is not None


@dataclass(slots=True)
class Decision:
    """How a plan came about, in ids and numbers.

    `tries` has one entry per rule that matched: its id (0: built in), what came of it, and per removed
    location the reason. `distances` are kilometres per candidate; `figures` add the plan up; `why` works
    out `others`, which takes longer than the plan itself.
    """

    rule_set: int | None
    rule: int = 0
    verdict: str = "none"
    tries: list[list[Any]] = field(default_factory=list)
    distances: dict[int, int | None] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    why: Callable[[], dict[int, list[Any]]] = field(default=dict, repr=False, compare=False)
    exact: bool = True

    @property
    def others(self) -> dict[int, list[Any]]:
        """In which figure locations that could have served lost (`passed_over`); worked out anew."""
        return self.why()


@dataclass(slots=True)
class Plan:
    """What serves one request, how that was decided, and the days' work that it fills."""

    parts: list[Allotment]
    decision: Decision
    slots: list[tuple[int, date]] = field(default_factory=list)  # location and day
    asks_person: str = ""  # hold or queue: nothing was planned, somebody has to decide

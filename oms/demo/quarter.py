"""Ninety days of business: each day's orders come in, and the work of each day is done."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db.models import F

from fulfillment import operations as fulfillment
from fulfillment.enums import FulfillmentOrderStatus, Outcome, ReturnStatus, ShipmentStatus
from oms import dispatch
from oms.demo import goods, world
from oms.demo.clock import Clock
from oms.demo.elsewhere import orders_between
from oms.demo.slice import FILE, documents, moved_at
from oms.demo.supply import Supply
from oms.errors import DomainError
from orders import operations as orders
from orders.adapters.tabular import Credit, Loader, Report, Sale, Way, read_profile
from orders.adapters.tabular.sales import Sales
from orders.enums import CancelReason

BY = "command:seed_demo"
LEFT_OPEN = 3  # days with orders whose work is partly left to whoever opens the demo
LEFT_PART = 0.55
TRANSIT = (2, 5)  # days
SHIPPED_NEXT_DAY = 0.86
LOST = 0.02  # shipments that report an exception
FOUND_AGAIN = 10  # days
ASKED_FOR = 6  # days until an order whose address nobody completes is given up
BOUGHT_IN = ((1, 45), (2, 30), (4, 15), (9, 7), (400, 3))  # days until the goods are there, of 100
MORE = 36  # units bought beyond what is waited for

Tell = Callable[[int, int], None]


class Quarter:
    """Lets the days pass, one after the other."""

    def __init__(self, clock: Clock, now: datetime, report: Path, file: Path = FILE) -> None:
        """Read the slice and sort it by day; `now` is the end of the story."""
        self.clock = clock
        self.now = now
        self.report = Report(report)
        self.channel = world.table("orders.Channel").get(code=world.SHOP)
        self.days: dict[date, list[Sale | Credit]] = defaultdict(list)
        for document in documents(now, self.report, file):
            self.days[moved_at(document).date()].append(document)
        self.others: dict[date, list[tuple[str, orders.PlacedOrder]]] = defaultdict(list)
        for code, placed in orders_between(self.first, now, self.shelf()):
            self.others[moved(placed).date()].append((code, placed))
        self.dice = random.Random(7)  # noqa: S311 (the same demo every time)
        self.clerk = world.user_of("Operations")
        self.picker = world.user_of("Warehouse")
        self.finance = world.user_of("Finance")

    @property
    def first(self) -> date:
        """The day on which the story begins."""
        return min(self.days)

    def sales(self) -> Iterator[Sale]:
        """All sales of the quarter."""
        for day in self.days.values():
            yield from (one for one in day if isinstance(one, Sale))

    def shelf(self) -> list[orders.PlacedLine]:
        """What sells best and is bought in well, most wanted first."""
        sold = [line for sale in self.sales() for line in sale.placed.lines]
        often = Counter(line.sku for line in sold if not goods.is_short(line.sku))
        lines = {line.sku: line for line in sold}
        return [lines[sku] for sku, _ in often.most_common(60)]

    def live(self, tell: Tell) -> None:
        """Let every day pass; `tell` learns how many orders are in, of how many."""
        placed_on = [moved_at(sale).date() for sale in self.sales()]
        self.supply = Supply()  # the catalogue is there by now
        with self.report, Sales() as sales:
            profile = read_profile("uci-online-retail")
            self.loader = Loader(self.channel, profile, self.report, sales, by=BY, way=Way())
            for day in self._calendar():
                self._morning(day)
                self._afternoon(day)
                tell(sum(at <= day for at in placed_on), len(placed_on))

    def _calendar(self) -> Iterator[date]:
        day = self._begin()
        while day <= self.now.date():
            yield day
            day += timedelta(days=1)

    def _begin(self) -> date:
        """The first day, or the day that an interrupted demo had reached.

        Its clock goes on from the last thing that happened: nothing ends before it began.
        """
        if not world.table("orders.Order").filter(channel=self.channel).exists():
            return self.first
        self.clock.set(world.table("oms.Event").latest("pk").at)
        return self.clock.now().date()

    def _at(self, day: date, hour: int) -> datetime:
        moment = datetime.combine(day, time(hour), tzinfo=UTC)
        self.clock.set(min(moment, self.now))
        return self.clock.now()

    def _morning(self, day: date) -> None:
        """Deliver, receive returns, ship what was released until yesterday, collect money."""
        now = self._at(day, 8)
        if day.weekday() < 6:  # noqa: PLR2004 (Sunday)
            self._deliver(now)
            self._receive_returns(now)
            self._buy_in(now)
            self.supply.morning(day)
            self._release(now)
            self._at(day, 10)
            self._ship()
            self._collect(now)
            self._give_up(now)
        dispatch.drain(webhooks=False)

    def _afternoon(self, day: date) -> None:
        """Take in the day's orders and credits; lift yesterday's holds."""
        today = self.days.get(day, [])
        self._at(day, 17)
        self._lift()
        for document in today:
            self.loader.take(document)
        self.loader.finish()
        for code, placed in self.others.get(day, []):
            orders.place(world.table("orders.Channel").get(code=code), [placed], by=BY)
        dispatch.drain(webhooks=False)

    def _is_left(self, placed_at: datetime) -> bool:
        return placed_at.date() >= sorted(self.days)[-LEFT_OPEN:][0]

    def _release(self, now: datetime) -> None:
        """A clerk releases what companies ordered until yesterday; the latest waits."""
        waiting = world.table("orders.Order").filter(
            channel__code=world.DESK, status="placed", placed_at__lt=now - timedelta(hours=20)
        )
        for order in waiting:
            if not self._is_left(order.placed_at):
                with suppress(DomainError):
                    orders.release(order, by=self.clerk)

    def _ship(self) -> None:
        """Pick, pack and hand over what waits, most of it on the first day."""
        waiting = world.table("fulfillment.FulfillmentOrder").filter(
            status=FulfillmentOrderStatus.OPEN
        )
        for document in waiting.select_related("order", "location").order_by("pk"):
            fate = random.Random(document.number)  # noqa: S311 (asked again each morning)
            if self._is_left(document.order.placed_at) and fate.random() < LEFT_PART:
                self._half_way(document, step=fate.randrange(5))
            elif self.dice.random() < SHIPPED_NEXT_DAY:
                with suppress(DomainError):
                    self.hand_over(document)

    def hand_over(self, document: Any) -> None:
        """Everything that a location does for one order."""
        fulfillment.pick(document, by=self.picker)
        self._pack(document)
        fulfillment.ship(
            document,
            by=self.picker,
            carrier=world.CARRIER_OF[document.location.code],
            tracking_number=f"{document.location.code}{self.dice.randrange(10**9):09}",
        )

    def _pack(self, document: Any) -> None:
        lines = list(document.lines.select_related("order_line__product"))
        grams = sum(line.quantity * line.order_line.product.weight_g for line in lines)
        contents = {line.pk: line.quantity - line.dropped for line in lines}
        parcel = fulfillment.PackedParcel(min(grams + 150, 30_000), contents)
        fulfillment.pack(document, by=self.picker, parcels=[parcel])

    def _half_way(self, document: Any, step: int) -> None:
        """Leave work lying at each of its steps; some of it untouched."""
        with suppress(DomainError):
            if step == 2:  # noqa: PLR2004 (steps are counted)
                fulfillment.accept(document, by=self.picker)
            if step > 2:  # noqa: PLR2004
                fulfillment.pick(document, by=self.picker)
            if step > 3:  # noqa: PLR2004
                self._pack(document)

    def _deliver(self, now: datetime) -> None:
        """Say what carriers say: delivered after some days, now and then something else."""
        moving = [ShipmentStatus.SHIPPED, ShipmentStatus.IN_TRANSIT, ShipmentStatus.EXCEPTION]
        shipments = world.table("fulfillment.Shipment").filter(status__in=moving)
        for shipment in shipments.select_related("order", "carrier").order_by("pk"):
            days = (now - shipment.shipped_at).days + 1
            luck = random.Random(shipment.number)  # noqa: S311
            if luck.random() < LOST and days < FOUND_AGAIN:
                fulfillment.track(
                    shipment,
                    by=f"carrier:{shipment.carrier.code}",
                    status="exception",
                    code="DELAY",
                )
            elif days >= luck.randint(*TRANSIT):
                fulfillment.deliver(shipment, by=f"carrier:{shipment.carrier.code}")

    def _receive_returns(self, now: datetime) -> None:
        """Receive announced goods after four days; most can be sold again."""
        due = world.table("fulfillment.Return").filter(
            status=ReturnStatus.APPROVED, requested_at__lt=now - timedelta(days=4)
        )
        for document in due.select_related("order").order_by("pk"):
            outcomes = {line.pk: {self._outcome(): line.quantity} for line in document.lines.all()}
            with suppress(DomainError):
                fulfillment.receive(document, by=self.picker, outcomes=outcomes)
                fulfillment.close(document, by=self.clerk)

    def _outcome(self) -> str:
        return self.dice.choices(
            [Outcome.RESTOCK, Outcome.QUARANTINE, Outcome.SCRAP, Outcome.SEND_BACK], [80, 10, 7, 3]
        )[0]

    def _collect(self, now: datetime) -> None:
        """Capture what was authorised or promised once goods are on their way; pay back refunds."""
        payments = world.table("orders.Payment").filter(
            order__payment_status__in=["unpaid", "authorized"],
            order__fulfillment_status="shipped",
            order__placed_at__lt=now - timedelta(days=9),
        )
        for payment in payments.select_related("order"):
            with suppress(DomainError):
                self._take_money(payment)
        overpaid = world.table("orders.Order").filter(
            payment_status="overpaid", channel=self.channel, placed_at__lt=now - timedelta(days=9)
        )
        for order in overpaid:
            self._refund(order)

    def _take_money(self, payment: Any) -> None:
        """Capture what was promised; what tax came on top is transferred."""
        order = payment.order
        orders.capture(payment, by=self.finance, amount=min(payment.amount, order.total))
        if order.total > payment.amount:
            orders.record_capture(
                order,
                by=self.finance,
                method="bank_transfer",
                amount=order.total - payment.amount,
                reference=f"BACS-{order.number}",
            )

    def _refund(self, order: Any) -> None:
        payment = order.payments.first()
        amount = sum(row.amount for row in payment.transactions.all() if row.kind == "capture")
        with suppress(DomainError):
            grant = orders.grant_refund(
                order,
                by=self.clerk,
                amount=amount - order.total,
                reason="Goods came back or were cancelled",
            )
            orders.pay_refund(
                grant,
                by=self.finance,
                payment=payment,
                amount=grant.amount,
                reference=f"re_{grant.pk}",
            )

    def _lift(self) -> None:
        """A person looks at the holds of the day before; those of the last days wait."""
        open_holds = world.table("orders.Hold").filter(lifted_at=None)
        for hold in open_holds.select_related("order"):
            if self._is_left(hold.order.placed_at) or hold.kind == "incomplete_address":
                continue
            with suppress(DomainError):
                orders.lift_hold(hold, by=self.clerk, reason="Checked with the buyer")

    def _buy_in(self, now: datetime) -> None:
        """Receive what orders wait for, most of it within days; a few things cannot be had."""
        waiting = world.table("orders.OrderLine").filter(
            order__status__in=["placed", "confirmed"],
            product__isnull=False,
            quantity__gt=F("cancelled") + F("allocated"),
        )
        missing: Counter[str] = Counter()
        for line in waiting.select_related("order", "product"):
            if (now - line.order.placed_at).days >= _days_to_buy(line.product.sku):
                missing[line.product.sku] += line.quantity - line.cancelled - line.allocated
        units = {sku: count + MORE for sku, count in sorted(missing.items())}
        goods.replenish(units, f"GRN-{now:%y%m%d}")

    def _give_up(self, now: datetime) -> None:
        """Cancel what nobody sent an address for."""
        silent = world.table("orders.Hold").filter(
            lifted_at=None,
            type="incomplete_address",
            order__placed_at__lt=now - timedelta(days=ASKED_FOR),
        )
        for hold in silent.select_related("order"):
            with suppress(DomainError):
                orders.cancel(
                    hold.order, by=self.clerk, reason=CancelReason.CUSTOMER, note="Sent no address"
                )


def _days_to_buy(sku: str) -> int:
    dice = random.Random(f"buy {sku}")  # noqa: S311 (the same every time)
    days, often = zip(*BOUGHT_IN, strict=True)
    return int(dice.choices(days, often)[0])


def moved(placed: orders.PlacedOrder) -> datetime:
    """When an order of the demo came: always known."""
    assert placed.placed_at is not None  # noqa: S101 (the demo gives every order its time)
    return placed.placed_at

"""Who the demo buys from: orders that come early, late and in parts, and stock between locations."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

from django.utils import timezone

from inventory import operations as inventory
from oms.demo import world
from oms.errors import DomainError

SUPPLIERS: dict[str, dict[str, Any]] = {
    "NINGBO": {"name": "Ningbo Homeware Export", "country": "CN", "currency": "USD",
               "lead_time_days": 21, "address": "88 Zhongshan Road\nNingbo 315000\nChina"},
    "JAIPUR": {"name": "Jaipur Craft Works", "country": "IN", "currency": "USD",
               "lead_time_days": 14, "address": "14 Amer Road\nJaipur 302002\nIndia"},
    "MIDLAND": {"name": "Midland Paper & Card", "country": "GB", "currency": "GBP",
                "lead_time_days": 5, "over_percent": 5,
                "address": "3 Foundry Lane\nBirmingham B9 4AA\nUnited Kingdom"},
    "PORTO": {"name": "Porto Têxteis", "country": "PT", "currency": "EUR",
              "lead_time_days": 9, "address": "Rua do Almada 20\n4050-030 Porto\nPortugal"},
}  # fmt: skip
RATES = {"USD": Decimal("0.79"), "EUR": Decimal("0.86"), "GBP": Decimal(1)}
OF_ORIGIN = {"CN": "NINGBO", "IN": "JAIPUR", "GB": "MIDLAND", "PT": "PORTO"}
TAKES = {"NINGBO": (18, 4), "JAIPUR": (17, 5), "MIDLAND": (5, 1), "PORTO": (9, 2)}  # days
EVERY = 12  # days between two orders at one supplier
FEW = 40  # offers of a supplier
LINES = 6
PACKS = (6, 12, 24)

By = Callable[[str], str]


class Supply:
    """Buys, receives and moves stock as the days pass."""

    def __init__(self) -> None:
        """Suppliers and what they sell; what is there already stays."""
        self.buyer, self.hand = world.user_of("Operations"), world.user_of("Warehouse")
        self.places = {row.code: row for row in world.table("inventory.Location").all()}
        self.suppliers = [_supplier(code, fields) for code, fields in SUPPLIERS.items()]
        self._offer()

    def morning(self, day: date) -> None:
        """Receive what is due today; order, now and then."""
        self._receive(day)
        for index, supplier in enumerate(self.suppliers):
            if (day.toordinal() + 3 * index) % EVERY == 0:
                self._order(supplier, day)
        if day.toordinal() % (EVERY + 1) == 0:
            self._transfer(day, received=True)

    def leave_open(self, now: datetime) -> None:
        """What whoever opens the demo finds: each kind of document in each of its states."""
        if world.table("inventory.PurchaseOrder").filter(status="draft").exists():
            return
        sellers = cycle([row for row in self.suppliers if row.offers.exists()] or [None])
        if (first := next(sellers)) is None:
            return
        self._draft(first, "left")
        late = inventory.send_purchase_order(self._draft(next(sellers), "late"), by=self.buyer)
        inventory.confirm_purchase_order(
            late,
            by=self.buyer,
            reference="ACK-2291",
            expected_on=timezone.localdate(now) - timedelta(days=4),
        )
        part = inventory.send_purchase_order(self._draft(next(sellers), "part"), by=self.buyer)
        self._take(part, 0.6, damaged=1)
        gone = self._draft(next(sellers), "gone")
        inventory.cancel_purchase_order(gone, by=self.buyer, reason="Found cheaper elsewhere")
        inventory.send_purchase_order(self._draft(next(sellers), "next"), by=self.buyer)
        today = timezone.localdate(now)
        for name, received in (("ask", None), ("way", False), ("part", True)):
            self._transfer(today, received=received, name=name)
        inventory.value_stock()
        inventory.propose_replenishment()
        inventory.draft_from_template("cheapest", by=self.buyer)  # to be simulated

    def _offer(self) -> None:
        offers, products = world.table("inventory.SupplierProduct"), []
        for supplier in self.suppliers:
            origins = [one for one, code in OF_ORIGIN.items() if code == supplier.code]
            rows = world.table("inventory.Product").filter(
                origin_country__in=origins, offers=None, levels__location__country="GB"
            )
            products = list(rows.order_by("pk").distinct()[:FEW])
            offers.bulk_create(
                [self._priced(offers.model, supplier, product) for product in products]
            )

    def _priced(self, model: Any, supplier: Any, product: Any) -> Any:
        dice = random.Random(f"offer {product.sku}")  # noqa: S311 (the same every time)
        cost = (product.unit_cost or Decimal(2)) / RATES[supplier.currency]
        pack = dice.choice(PACKS)
        return model(
            supplier=supplier,
            product=product,
            supplier_sku=f"{supplier.code[:2]}-{product.sku}",
            price=round(cost * Decimal("0.9"), 2),
            pack_size=pack,
            minimum=pack,
            is_preferred=True,
        )

    def _draft(self, supplier: Any, name: object) -> Any:
        dice = random.Random(f"order {supplier.code} {name}")  # noqa: S311
        offers = list(supplier.offers.order_by("pk"))
        chosen = dice.sample(offers, min(LINES, len(offers)))
        wanted = [
            inventory.Wanted(row.product_id, row.pack_size * dice.randint(1, 4)) for row in chosen
        ]
        rate = RATES[supplier.currency] if supplier.currency != "GBP" else None
        terms = inventory.Terms(exchange_rate=rate)
        place = self.places[world.LONDON]
        return inventory.draft_purchase_order(supplier, place, wanted, by=self.buyer, terms=terms)

    def _order(self, supplier: Any, day: date) -> None:
        made = supplier.purchase_orders.filter(created_at__date=day)
        if supplier.offers.exists() and not made.exists():
            inventory.send_purchase_order(self._draft(supplier, day), by=self.buyer)

    def _receive(self, day: date) -> None:
        orders = world.table("inventory.PurchaseOrder").filter(status="sent")
        for order in orders.select_related("supplier", "location"):
            dice = random.Random(f"delivery {order.number}")  # noqa: S311
            mean, spread = TAKES[order.supplier.code]
            days = max(round(dice.gauss(mean, spread)), 2)
            if (day - timezone.localdate(order.sent_at)).days >= days:
                with suppress(DomainError):
                    receipt = self._take(order, 1)
                    freight = Decimal(dice.randint(20, 90))
                    landed = inventory.Landed("freight", freight, "weight", f"FR-{order.number}")
                    inventory.add_landed_cost(receipt, landed, by=self.buyer)

    def _take(self, order: Any, share: float, damaged: int = 0) -> Any:
        rows = []
        for line in order.lines.order_by("position"):
            good = int(line.quantity * share) - damaged
            rows.append(inventory.Delivered(line.product_id, max(good, 0), damaged))
            damaged = 0
        delivery = inventory.Delivery(tuple(rows), f"DN-{order.number}")
        return inventory.receive_purchase_order(order, delivery, by=self.hand)

    def _transfer(self, day: date, *, received: bool | None, name: str = "") -> None:
        """London sends Leeds a few things; `received` in part when it is named, else whole."""
        levels = world.table("inventory.StockLevel").filter(
            location=self.places[world.LONDON], on_hand__gte=40
        )
        rows = list(levels.order_by("-on_hand").values_list("product_id", flat=True)[:30])
        dice = random.Random(f"transfer {day} {name}")  # noqa: S311
        wanted = {pk: dice.randint(2, 8) for pk in dice.sample(rows, min(4, len(rows)))}
        plan = inventory.Plan(f"WK-{day} {name}".strip(), expected_on=day + timedelta(days=2))
        if not wanted:
            return
        made = inventory.request_transfer(
            self.places[world.LONDON], self.places[world.LEEDS], wanted, by=self.buyer, plan=plan
        )
        if received is None or made.status != "requested":
            return
        with suppress(DomainError):
            made = inventory.ship_transfer(made, by=self.hand)
            if received:
                came = tuple(
                    inventory.Delivered(pk, quantity - (1 if name else 0))
                    for pk, quantity in wanted.items()
                )
                inventory.receive_transfer(made, inventory.Delivery(came), by=self.hand)


def _supplier(code: str, fields: dict[str, Any]) -> Any:
    return world.table("inventory.Supplier").get_or_create(code=code, defaults=fields)[0]

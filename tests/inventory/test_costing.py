"""What stock costs, by FIFO and by moving average, in worked examples and in any sequence."""

# ruff: noqa: ARG002 (every act takes the same two numbers)

from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import operations as inventory
from inventory.models import CostEntry, CostLayer, LevelCost, StockLevel, StockMovement, Transfer
from inventory.queries.supply_ledger import supply_invariants
from oms.errors import DomainError
from oms.models import Event
from reporting.queries.valuation import valuation
from tests import factories as world
from tests.examples import examples
from tests.factories import BY, documents, supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db


def buy(units, cost, sku="MUG", code="LON"):
    row = inventory.Delivered(supply.goods(sku).pk, units, unit_cost=cost and Decimal(cost))
    return inventory.receive_blind(supply.place(code), inventory.Delivery((row,)), by=BY)


def lose(units, code="LON"):
    return inventory.adjust(
        supply.goods("MUG"), supply.place(code), -units, by=BY, why=inventory.Why("other")
    )


def valued(code="LON"):
    inventory.value_stock()
    cost = LevelCost.objects.get(level__location__code=code)
    return cost.quantity, cost.fifo_value, cost.average_value


def basis():
    inventory.value_stock()
    return CostEntry.objects.order_by("-pk").values_list("basis", flat=True)[0]


def test_fifo_takes_the_oldest_and_average_takes_the_mean():
    """10 at 2.00 and 10 at 3.00; 15 leave: FIFO 20 + 15 = 35, average 15 x 2.50 = 37.50."""
    buy(10, "2.00")
    buy(10, "3.00")
    lose(15)

    assert valued() == (5, Decimal(15), Decimal("12.5"))
    assert list(CostLayer.objects.values_list("remaining", flat=True)) == [0, 5]
    assert_ledgers_hold()


def test_average_moves_with_each_delivery():
    """10 at 2.00, 5 leave, 5 at 4.00: mean (10 + 20) / 10 = 3.00."""
    buy(10, "2.00")
    lose(5)
    buy(5, "4.00")
    lose(1)

    assert valued() == (9, Decimal(28), Decimal(27))


def test_last_unit_takes_whatever_rounding_left():
    buy(3, "3.3333")
    for _ in range(3):
        lose(1)

    assert valued() == (0, 0, 0)
    assert_ledgers_hold()


def test_found_units_cost_what_is_there_then_what_was_there_last_then_the_standard():
    mug, london = supply.goods("MUG"), supply.place("LON")
    mug.unit_cost = Decimal("1.50")
    mug.save()

    inventory.adjust(mug, london, 1, by=BY, why=inventory.Why("other"))
    assert (basis(), valued()) == ("standard", (1, Decimal("1.5"), Decimal("1.5")))
    inventory.adjust(mug, london, 1, by=BY, why=inventory.Why("other"))
    assert basis() == "average"
    lose(2)
    inventory.adjust(mug, london, 1, by=BY, why=inventory.Why("other"))
    assert basis() == "last"


def test_units_without_any_known_cost_are_worth_nothing_and_say_so():
    buy(3, None)

    assert (basis(), valued()) == ("unknown", (3, 0, 0))


def test_returned_units_cost_what_they_cost_when_they_left():
    buy(2, "2.00")
    order = world.place(world.shop(), ("MUG", 2))
    buy(10, "5.00")
    documents.ship(order, "SH1", MUG=2)
    documents.take_back(order, "RMA1", MUG=1)
    line = order.lines.get()
    inventory.move(
        [
            inventory.Change(
                line.product_id,
                supply.place("LON").pk,
                1,
                "returned",
                "RMA1",
                order_line_id=line.pk,
            )
        ],
        by=BY,
    )

    assert (basis(), valued()[:2]) == ("issued", (11, Decimal(52)))


def test_change_of_condition_moves_no_value():
    buy(10, "2.00")
    buy(10, "3.00")
    valued()

    inventory.quarantine(
        supply.goods("MUG"), supply.place("LON"), 4, by=BY, why=inventory.Why("inspection")
    )

    assert valued() == (20, Decimal(50), Decimal(50))
    assert_ledgers_hold()


def test_correction_undoes_the_value_of_what_it_corrects():
    buy(10, "2.00")
    buy(10, "9.00")
    wrong = StockLevel.objects.get().movements.order_by("-pk").first()

    inventory.correct(wrong, by=BY, why=inventory.Why("other", "Typed twice"))

    assert valued() == (10, Decimal(20), Decimal(20))


def test_landed_cost_makes_what_is_there_dearer_and_expenses_what_left():
    """Freight 10.00 on 10 units of which 4 left: 6.00 stay in stock, 4.00 are an expense."""
    receipt = buy(10, "2.00")
    lose(4)

    inventory.add_landed_cost(
        receipt, inventory.Landed("freight", Decimal(10), "quantity", "F-1"), by=BY
    )
    inventory.add_landed_cost(
        receipt, inventory.Landed("freight", Decimal(10), "quantity", "F-1"), by=BY
    )

    entry = CostEntry.objects.get(landed_cost__isnull=False)
    assert (entry.fifo_value, entry.fifo_expensed) == (Decimal(6), Decimal(4))
    assert valued() == (6, Decimal(18), Decimal(18))
    told = Event.objects.get(name="goods_receipt.cost_added")
    assert (told.facts["amount"], told.facts["expensed"], told.actor) == ("10", "4.0000", BY)
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("spread_by", "parts"),
    [
        ("value", {"MUG": "8.33", "CUP": "1.67"}),
        ("weight", {"MUG": "2.50", "CUP": "7.50"}),
        ("quantity", {"MUG": "5.00", "CUP": "5.00"}),
    ],
)
def test_landed_cost_is_spread_to_the_cent(spread_by, parts):
    """Ten mugs at 5.00 of 100 g and ten cups at 1.00 of 300 g share 10.00."""
    mug, cup = world.product("MUG", weight_g=100), world.product("CUP", weight_g=300)
    rows = (
        inventory.Delivered(mug.pk, 10, unit_cost=Decimal(5)),
        inventory.Delivered(cup.pk, 10, unit_cost=Decimal(1)),
    )
    receipt = inventory.receive_blind(supply.place(), inventory.Delivery(rows), by=BY)

    inventory.add_landed_cost(receipt, inventory.Landed("duty", Decimal(10), spread_by), by=BY)

    entries = CostEntry.objects.filter(basis="landed")
    found = dict(entries.values_list("level__product__sku", "fifo_value"))
    assert found == {sku: Decimal(amount) for sku, amount in parts.items()}
    assert_ledgers_hold()


def test_credit_takes_off_no_more_than_the_goods_are_worth():
    """5 at 2.00 of which 3 left: a credit of 20.00 takes the 4.00 that lie there, 16.00 are income."""
    receipt = buy(5, "2.00")
    lose(3)

    inventory.add_landed_cost(receipt, inventory.Landed("freight", Decimal(-20), "value"), by=BY)

    entry = CostEntry.objects.get(landed_cost__isnull=False)
    assert (entry.fifo_value, entry.fifo_expensed) == (Decimal(-4), Decimal(-16))
    assert (entry.average_value, entry.average_expensed) == (Decimal(-4), Decimal(-16))
    assert valued() == (2, Decimal(0), Decimal(0))
    lose(2)
    assert valued() == (0, Decimal(0), Decimal(0))
    assert_ledgers_hold()


@pytest.mark.parametrize("name", ["fifo_value", "average_value"])
def test_database_knows_no_stock_worth_less_than_nothing(name):
    buy(1, "2.00")
    valued()

    with pytest.raises(IntegrityError, match="not_negative"), transaction.atomic():
        LevelCost.objects.update(**{name: -1})
    with pytest.raises(IntegrityError, match="not_negative"), transaction.atomic():
        CostLayer.objects.update(remaining_value=-1)


def worth_less_than_nothing(**last):
    """What an earlier release could leave: a value below zero that no landed cost brought here."""
    checks = {
        "levelcost": "inventory_level_cost_value_not_negative",
        "costlayer": "inventory_cost_layer_value_not_negative",
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table, name in checks.items():
                cursor.execute(f"ALTER TABLE inventory_{table} DROP CONSTRAINT {name}")
            cursor.execute("ALTER TABLE inventory_costentry DISABLE TRIGGER append_only")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        LevelCost.objects.update(**last)
        CostLayer.objects.update(remaining_value=last.get("fifo_value", 0))
        entry = CostEntry.objects.filter(quantity__gt=0)
        models.QuerySet.update(entry, fifo_value=last.get("fifo_value", 0), average_value=-3)
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def test_migration_repairs_a_value_below_zero_that_no_landed_cost_brought():
    buy(2, None)
    valued()
    worth_less_than_nothing(fifo_value=-5, average_value=-3, last_unit_cost=Decimal("-1.5"))

    import_module("inventory.migrations.0037_nothing_worth_less_than_nothing").put_back(apps, None)

    assert valued() == (2, 0, 0)
    assert LevelCost.objects.get().last_unit_cost is None
    entry = CostEntry.objects.latest("pk")
    assert (entry.basis, entry.movement, entry.landed_cost) == ("repaired", None, None)
    assert (entry.fifo_value, entry.average_value, entry.fifo_expensed) == (5, 3, -5)
    assert_ledgers_hold()


def test_units_that_were_worth_less_than_nothing_come_back_worth_nothing():
    buy(2, None)
    lose(2)
    valued()
    LevelCost.objects.update(last_unit_cost=Decimal("-1.5"))

    inventory.adjust(supply.goods("MUG"), supply.place("LON"), 1, by=BY, why=inventory.Why("other"))

    assert valued() == (1, 0, 0)
    assert_ledgers_hold()


def test_landed_cost_of_nothing_is_refused():
    receipt = buy(1, "1.00")

    with pytest.raises(inventory.NothingToSpread):
        inventory.add_landed_cost(receipt, inventory.Landed("duty", Decimal(0), "value"), by=BY)

    assert not receipt.landed_costs.exists()


class Warehouse:
    """Two places, one product; every act that brings, takes or moves it."""

    def __init__(self):
        self.places = [supply.place("LON"), supply.place("LEE")]
        self.mug = supply.goods("MUG")
        self.receipts = []

    def buy(self, pick, size):
        self.receipts.append(buy(size, f"{pick}.37", code=self.places[pick % 2].code))

    def freight(self, pick, size):
        if self.receipts:
            landed = inventory.Landed("freight", Decimal(f"{size}.01"), "value")
            inventory.add_landed_cost(self.receipts[pick % len(self.receipts)], landed, by=BY)

    def cheaper(self, pick, size):
        """An estimate was too high, perhaps by more than the goods are worth by now."""
        if self.receipts:
            landed = inventory.Landed("freight", -Decimal(f"{size * 3}.01"), "quantity")
            inventory.add_landed_cost(self.receipts[pick % len(self.receipts)], landed, by=BY)

    def correct(self, pick, size):
        """A movement was wrong; its opposite is effective since then."""
        rows = StockMovement.objects.order_by("-pk")[:8]
        if rows:
            inventory.correct(rows[pick % len(rows)], by=BY, why=inventory.Why("entered-twice"))

    def buy_anew(self, pick, size):
        """A receipt had too high a price: it is undone and received at a lower one."""
        if self.receipts:
            receipt = self.receipts[pick % len(self.receipts)]
            inventory.undo_receipt(receipt, by=BY, why=inventory.Why("entered-twice"))
            self.receipts.append(buy(size, "0.11", code=receipt.location.code))

    def issue(self, pick, size):
        lose(size, code=self.places[pick % 2].code)

    def back(self, pick, size):
        change = inventory.Change(self.mug.pk, self.places[pick % 2].pk, size, "returned", "RMA")
        inventory.move([change], by=BY)

    def break_(self, pick, size):
        place = self.places[pick % 2]
        inventory.mark_damaged(self.mug, place, size, by=BY, why=inventory.Why("broken"))

    def ship(self, pick, size):
        source, destination = self.places[pick % 2], self.places[1 - pick % 2]
        made = inventory.request_transfer(source, destination, {self.mug.pk: size}, by=BY)
        inventory.ship_transfer(made, by=BY)

    def arrive(self, pick, size):
        if transfer := self.under_way():
            came = supply.delivery(MUG=(size - pick % 2, pick % 2))
            inventory.receive_transfer(transfer, came, by=BY)

    def settle(self, pick, size):
        if transfer := self.under_way():
            outcome = ("write_off", "write_back")[pick % 2]
            inventory.settle_transfer(transfer, inventory.Settlement(outcome, "lost"), by=BY)

    def under_way(self):
        return Transfer.objects.filter(status__in=["shipped", "partially_received"]).first()

    def value(self, pick, size):
        inventory.value_stock()


def stock_is_consistent():
    broken = [line for law in supply_invariants() for line in law.violations()]
    assert not broken, broken
    return True


ACTS = [name for name in vars(Warehouse) if name != "under_way" and "__" not in name]
steps = st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(1, 5))


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=4, max_size=14).map(lambda rest: [("buy", 0, 5), *rest]))
def test_any_sequence_keeps_layers_average_and_valuation_consistent(sequence):
    with transaction.atomic():
        plant = Warehouse()
        for name, pick, size in sequence:
            try:
                with transaction.atomic():
                    getattr(plant, name)(pick, size)
            except DomainError:
                pass
            assert stock_is_consistent()
        inventory.value_stock()
        assert_ledgers_hold()
        for cost in LevelCost.objects.select_related("level"):
            assert cost.quantity == cost.level.on_hand + cost.level.damaged
            assert min(cost.fifo_value, cost.average_value) >= 0
            if not cost.quantity:
                assert (cost.fifo_value, cost.average_value) == (0, 0)
        assert not CostLayer.objects.filter(remaining_value__lt=0)
        for row in valuation(timezone.localdate()).bridges:
            for method in ("fifo", "average"):
                steps = sum(getattr(step, method) for step in (row.opening, *row.steps))
                assert steps == getattr(row.closing, method)
        transaction.set_rollback(True)

"""Every rule that ships, switched on as it ships, and what it does to an order or to stock."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from customers.models import Notification
from inventory.models import PurchaseOrder, StockLevel
from oms import wiring
from oms.dispatch import drain
from oms.dispatch.chores import run_due
from oms.models import Chore, Event
from orders import operations as orders
from orders.models import Order, RuleRun, Task
from orders.operations import payments_gateway
from orders.operations.rules.templates import TEMPLATES
from tests import factories as world
from tests.factories import supply

pytestmark = pytest.mark.django_db
BY = world.BY
PARIS = {**world.LONDON, "city": "Paris", "postcode": "75001", "country": "FR"}


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 1_000)
    return world.shop(duplicate_window_minutes=0, undo_minutes=15)


def on(key):
    template = TEMPLATES[key]
    drafted = orders.draft_rule(template.name, template.wording, by=BY)
    return orders.activate_rule(drafted, by=BY, may=lambda _right: True).rule


def place(shop, *lines, **fields):
    """Place one order and let the worker do what follows from it."""
    found = world.place(shop, *lines, **{"placed_at": timezone.now(), **fields})
    drain()
    return Order.objects.get(pk=found.pk)


def turn():
    """A worker's turn: the rules' chore, when it is due, and what follows from it."""
    later = timezone.now() + timedelta(days=1)
    for path in set(wiring.CHORES) - {"orders.operations.run_scheduled"}:
        Chore.objects.update_or_create(path=path, defaults={"next_at": later})
    assert run_due() == 1
    drain()


def again(time_machine, **later):
    time_machine.move_to(timezone.now() + timedelta(**later), tick=True)
    turn()


def holds(order):
    return list(order.holds.filter(lifted_at=None).values_list("type", "owner", "placed_by"))


def test_high_value_waits_for_finance_and_nothing_is_released(shop):
    rule = on("high_value")
    dear, cheap = place(shop, ("MUG", 100)), place(shop, ("MUG", 99, "10"))

    assert holds(dear) == [("review", "Finance", f"rule:{rule.pk}")]
    assert (dear.stage, dear.fulfillment_orders.count()) == ("validation", 0)
    assert (holds(cheap), cheap.stage) == ([], "fulfilment")


def test_billing_in_another_country_than_shipping_waits_as_fraud(shop):
    rule = on("countries_differ")
    odd = place(shop, ("MUG", 30), billing_address=PARIS)
    same = place(shop, ("MUG", 30), billing_address=world.LONDON)

    assert (holds(odd), holds(same)) == ([("fraud", "Finance", f"rule:{rule.pk}")], [])


def test_third_payment_that_is_given_up_or_declined_holds_the_order(shop):
    rule = on("payments_fail")
    strict = world.shop("strict", needs_payment=True, gateway="stripe")
    order = place(strict, ("MUG", 3))
    for number, fails in enumerate((declined, orders.void, orders.void)):
        assert holds(order) == []
        paid = orders.record_authorization(
            order, by=BY, method="card", amount=Decimal(10), reference=f"pi_{number}"
        )
        fails(paid, by=BY)
        drain()

    assert holds(order) == [("fraud", "Finance", f"rule:{rule.pk}")]


def declined(payment, *, by):
    request = orders.ask_capture(payment, by=by, amount=payment.amount)
    payments_gateway.note_declined(request, "Your card was declined.", None)


def test_what_nobody_paid_in_48_hours_is_cancelled_and_gives_its_stock_back(shop, time_machine):
    on("unpaid")
    strict = world.shop("strict", needs_payment=True, duplicate_window_minutes=0)
    unpaid, paid = place(strict, ("MUG", 5)), place(strict, ("MUG", 7))
    orders.record_capture(paid, by=BY, method="card", amount=Decimal(70), reference="pi_1")
    turn()
    assert not RuleRun.objects.exists()

    again(time_machine, hours=49)

    assert list(Order.objects.order_by("pk").values_list("status", flat=True)) == [
        "cancelled",
        "confirmed",
    ]
    assert unpaid.cancellations.get().reason == "expired"
    assert StockLevel.objects.get().reserved == 7


def test_a_good_customer_is_served_before_others(shop):
    on("vip")
    place(shop, ("MUG", 500))
    stranger = place(shop, ("MUG", 600), customer=world.CORA)
    regular = place(shop, ("MUG", 600))
    assert (regular.priority, regular.tags, stranger.priority) == (10, ["vip"], 0)

    world.stocked("MUG", StockLevel.objects.get().location, 700)
    drain()
    assert [sum(line.allocated for line in each.lines.all()) for each in (regular, stranger)] == [
        600,
        600,
    ]


def test_stuck_in_picking_is_tagged_and_given_to_the_warehouse(shop, time_machine):
    on("stuck")
    order = place(shop, ("MUG", 1))
    turn()
    assert not RuleRun.objects.exists()

    again(time_machine, hours=25)

    task = Task.objects.get()
    assert (task.order, task.owner, task.title.split()[0]) == (order, "Warehouse", "Find")
    assert Order.objects.get().tags == ["stuck"]


def test_task_for_an_address_ends_with_its_correction_and_others_stay(shop):
    on("address")
    order = place(shop, ("MUG", 1), shipping_address={**world.LONDON, "line1": ""})
    other = orders.create_task(order, by=BY, title="Ring the buyer", owner="Support")

    orders.correct_address(order, by=BY, shipping_address=world.LONDON, reason="The buyer said")

    asked = Task.objects.get(title="Ask the buyer for the full address")
    other.refresh_from_db()
    assert (asked.done_by, asked.note) == (BY, "Put right with the order itself.")
    assert other.done_at is None
    assert Event.objects.filter(name="order.task_done").count() == 1


def test_hold_and_task_for_an_address_end_when_a_change_gives_a_whole_one(shop):
    on("address")
    order = place(shop, ("MUG", 1), shipping_address={**world.LONDON, "line1": ""})
    new = orders.Step("set_address", address=world.LONDON)

    seen = orders.preview_steps(order, by=BY, steps=[new])
    assert (seen.before.holds != (), seen.after.holds) == (True, ())
    orders.change_order(order, by=BY, steps=[new], seen=seen.base)

    assert not order.holds.filter(lifted_at=None).exists()
    assert Task.objects.get().note == "Put right with the order itself."


def test_incomplete_address_becomes_a_task_of_support(shop):
    on("address")
    order = place(shop, ("MUG", 1), shipping_address={**world.LONDON, "line1": ""})

    assert [kind for kind, *_ in holds(order)] == ["incomplete_address"]
    assert (Task.objects.get().owner, order.handling.owner) == ("Support", "Support")
    assert Task.objects.get().due_at < timezone.now() + timedelta(hours=4)


def test_gift_is_tagged_for_the_packing_table(shop):
    on("gift")
    assert place(shop, ("MUG", 1), tags=("gift-wrap",)).tags == ["gift-wrap", "gift"]
    assert place(shop, ("MUG", 1)).tags == []


def test_large_order_waits_until_a_person_has_split_it(shop):
    rule = on("large")
    order = place(shop, ("MUG", 500))
    assert holds(order) == [("routing", "Operations", f"rule:{rule.pk}")]

    split = orders.Step("split_off", order.lines.get().pk, {"quantity": 200})
    seen = orders.preview_steps(order, by=BY, steps=[split]).base
    orders.change_order(order, by=BY, steps=[split], seen=seen)
    for hold in order.holds.model.objects.filter(lifted_at=None):
        orders.lift_hold(hold, by=BY, reason="Split")
    drain()

    found = [
        (sum(line.due for line in each.lines.all()), each.stage) for each in Order.objects.all()
    ]
    assert sorted(found) == [(200, "fulfilment"), (300, "fulfilment")]


def test_past_the_promised_day_the_order_is_hurried_and_its_buyer_told(shop, time_machine):
    on("late")
    shop.notifies_customers = True
    shop.save()
    place(shop, ("MUG", 1))
    turn()
    again(time_machine, days=30)

    order = Order.objects.get()
    assert (order.priority, order.tags) == (20, ["late"])
    assert Event.objects.get(name="order.rule_told").facts["message"].startswith("Not shipped")
    assert "rule.notified:delay" in Notification.objects.values_list("template__event", flat=True)


def test_many_of_one_product_wait_unless_a_business_buys_them(shop):
    on("bulk_of_one")
    assert [kind for kind, *_ in holds(place(shop, ("MUG", 25)))] == ["review"]
    assert holds(place(shop, ("MUG", 24))) == []


def test_what_waits_for_stock_is_tagged_and_told_to_machines(shop):
    on("short")
    order = place(shop, ("MUG", 1_001))

    assert order.tags == ["backorder"]
    assert Event.objects.get(name="order.rule_told").subject_id == order.pk


def test_low_stock_is_one_mail_and_event_a_turn_however_many_products(shop, time_machine):
    time_machine.move_to(timezone.now().replace(hour=9), tick=True)
    world.colleague("buyer", "Operations")
    world.colleague("ben", "Operations")
    for number in range(205):
        world.product(f"POT{number:03}", name="A <b>pot</b>")
    on("low_stock")

    turn()

    [sent] = mail.outbox
    assert (sorted(sent.to), sent.subject) == (
        ["ben@shop.example", "buyer@shop.example"],
        "205 products: At the reorder point, or sold out",
    )
    [(table, kind)] = sent.alternatives
    assert (table.count("<tr>"), kind) == (201, "text/html")
    assert "A &lt;b&gt;pot&lt;/b&gt;" in table
    assert "Units available" in table
    [(name, file, _)] = sent.attachments
    assert (name, len(file.splitlines())) == ("products.csv", 206)
    assert "5 more are in the attached file." in sent.body
    told = Event.objects.filter(name="rule.told").order_by("pk")
    assert [len(event.facts["labels"]) for event in told] == [200, 5]
    assert RuleRun.objects.count() == 205
    assert RuleRun.objects.values("chain").distinct().count() == 1

    world.product("PAN")
    again(time_machine, hours=2)
    assert [message.subject for message in mail.outbox[1:]] == [
        "PAN: At the reorder point, or sold out"
    ]


def test_late_supplier_is_one_mail_with_all_purchase_orders(shop):
    world.colleague("buyer", "Operations")
    late = [supply.sent(("MUG", 5, "2")), supply.sent(("MUG", 3, "2"))]
    supply.sent(("MUG", 3, "2"))
    keys = [each.pk for each in late]
    PurchaseOrder.objects.filter(pk__in=keys).update(expected_on=date(2020, 1, 1))
    PurchaseOrder.objects.exclude(pk__in=keys).update(expected_on=date(2090, 1, 1))
    on("late_supplier")

    turn()

    [sent] = mail.outbox
    assert sent.subject == "2 purchase orders: The supplier is late"
    assert all(each.number in sent.body for each in late)
    assert Event.objects.get(name="rule.told").facts["labels"] == [each.number for each in late]


def test_high_value_knows_that_a_rupee_is_not_a_pound(shop):
    on("high_value")
    world.stocked("SARI", world.warehouse("BOM"), 400)
    india = world.shop("india", currency="INR")

    cheap, dear = (place(india, ("SARI", units, "1080"), currency="INR") for units in (1, 100))

    assert (holds(cheap), [kind for kind, *_ in holds(dear)]) == ([], ["review"])

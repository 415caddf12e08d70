"""What each step of an order change does to the locked order.

Invoiced units are never touched: whatever a step does to a line of which units have shipped, it
does to the rest, and where the price differs the rest becomes a line of its own. So documents that
were issued stay true, and the order still adds up to them.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string

from customers import queries as customers
from inventory import queries as stock
from oms.countries import with_country_code
from oms.errors import DomainError
from oms.money import ZERO
from orders.enums import RETURN_CHARGES, CancelReason, ChangeStep, ChargeKind, HoldKind
from orders.models import Order, OrderChangeStep, OrderCharge, OrderLine
from orders.operations import cancelling, payments, pipeline
from orders.operations.putting_right import put_right
from orders.operations.repricing import price
from orders.queries.prices import list_price
from orders.queries.sealing import CONTEXT, area_of
from orders.queries.tax_ids import is_tax_id
from orders.queries.validation import missing_parts

TAX = ["total", "tax_amount", "tax_lines", "stated_tax"]
STEP_CONTEXT = "orders.orderchangestep.sealed"


class StepImpossible(DomainError):
    """What a step asks for cannot be done any more; the sentence names the way that is open."""

    code = "step_impossible"
    message = "{reason}"


class Change:
    """A locked order being changed: its work, and rows that wait to be priced and saved."""

    def __init__(self, work: pipeline.Work, *, number: str) -> None:
        """Nothing has happened yet; `number` is the change's."""
        self.work = work
        self.number = number
        self.moved = False  # the order goes somewhere else
        self.renamed = False  # its buyer pays tax under another number, or under none
        self.leaving: dict[int, int] = {}  # units by line id that go into a new order
        self.joining: list[str] = []  # numbers of orders that are merged into this one

    def line(self, step: OrderChangeStep) -> OrderLine:
        """The line a step is about. Raises StepImpossible when it is another order's."""
        for line in self.work.lines:
            if line.pk == step.line_id:
                return line
        raise StepImpossible(reason="This line is not in the order.")

    def save_prices(self, *rows: OrderLine | OrderCharge) -> None:
        """Price rows anew and write them, new ones included."""
        price(self.work.order, rows)
        for row in rows:
            if row.pk:
                row.save(update_fields=self._fields(row))
            else:
                row.save()

    def append(self, **fields: Any) -> OrderLine:
        """A new last line, priced and saved."""
        position = max((line.position for line in self.work.lines), default=0) + 1
        line = OrderLine(order=self.work.order, position=position, **fields)
        self.save_prices(line)
        self.work.lines.append(line)
        return line

    def _fields(self, row: OrderLine | OrderCharge) -> list[str]:
        if isinstance(row, OrderCharge):
            return ["amount", "tax_amount", "tax_lines", "stated_tax"]
        return ["quantity", "unit_price", "discount", *TAX]


def make_room(order: Order, steps: Iterable[OrderChangeStep], *, by: str, number: str) -> None:
    """Take back from locations what steps are about to change; nothing where none works on it.

    Raises StepImpossible while the work is on its way to a location, which takes a moment.
    """
    busy = [line for line in order.lines.all() if line.released > line.shipped]
    wanted = {line.pk for line in busy for step in steps if _disturbs(step, line)}
    if not wanted:
        return
    withdraw = import_string(import_module("oms.wiring").ANSWERS["orders.withdraw_lines"])
    withdraw(order, wanted, by=by, reason=f"Change {number}")
    if any(line.released > line.shipped for line in order.lines.filter(pk__in=wanted)):
        raise StepImpossible(
            reason="The work is just being handed to a location; try again in a moment."
        )


def _disturbs(step: OrderChangeStep, line: OrderLine) -> bool:
    """Whether a step needs units that a location works on."""
    if step.kind in {ChangeStep.SET_ADDRESS, ChangeStep.SET_PICKUP}:
        return True
    if step.line_id != line.pk:
        return False
    if step.kind == ChangeStep.SET_QUANTITY:
        return int(step.values["quantity"]) < line.released
    if step.kind == ChangeStep.SPLIT_OFF:
        return int(step.values["quantity"]) > line.due - line.released
    return bool(line.shipped) and step.kind in {ChangeStep.SET_PRICE, ChangeStep.SET_DISCOUNT}


def apply(change: Change, step: OrderChangeStep) -> None:
    """Do one step. Raises StepImpossible, or what the operation behind it raises."""
    STEPS[ChangeStep(step.kind)](change, step)


def _add_line(change: Change, step: OrderChangeStep) -> None:
    sku = str(step.values["sku"])
    product = stock.products_by_sku([sku]).get(sku)
    if product is None:
        raise StepImpossible(reason=f"There is no product {sku} that is sold.")
    order, quantity = change.work.order, _units(step)
    listed = list_price(order.channel, order.customer, product, quantity, change.work.now.date())
    change.append(
        product=product,
        sku=sku,
        name=product.name,
        quantity=quantity,
        unit_price=_amount(change, step, "unit_price", missing=listed.unit_price),
        discount=_amount(change, step, "discount", missing=ZERO),
    )


def _set_quantity(change: Change, step: OrderChangeStep) -> None:
    line, wanted = change.line(step), _units(step, least=0)
    if wanted < line.shipped:
        raise StepImpossible(
            reason=f"{line.shipped} of {line.sku} have shipped; take them back with a return."
        )
    if wanted < line.due:
        _take_off(change, line, line.due - wanted)
    elif wanted > line.due:
        _add_units(change, line, wanted - line.due)


def _set_price(change: Change, step: OrderChangeStep) -> None:
    line, unit_price = change.line(step), _amount(change, step, "unit_price")
    if not line.shipped:
        line.unit_price = unit_price
        line.discount = _amount(change, step, "discount", missing=line.discount)
        change.save_prices(line)
        return
    discount = _amount(change, step, "discount", missing=ZERO)
    _move_rest(change, line, unit_price=unit_price, discount=discount)


def _set_discount(change: Change, step: OrderChangeStep) -> None:
    line, discount = change.line(step), _amount(change, step, "discount")
    if discount > line.quantity * line.unit_price:
        raise StepImpossible(reason=f"{line.sku} is not worth a discount of {discount}.")
    if not line.shipped:
        line.discount = discount
        change.save_prices(line)
        return
    _move_rest(change, line, unit_price=line.unit_price, discount=discount)


def _set_address(change: Change, step: OrderChangeStep) -> None:
    work, order = change.work, change.work.order
    _refuse_sent(work)
    address = with_country_code(customers.unseal(order.subject, step.sealed, STEP_CONTEXT))
    if missing := missing_parts(address):
        raise StepImpossible(reason=f"The address still lacks: {', '.join(missing)}.")
    order.pickup_location = None
    _send_to(change, address)


def _set_pickup(change: Change, step: OrderChangeStep) -> None:
    work, order, code = change.work, change.work.order, str(step.values["location"])
    _refuse_sent(work)
    place = stock.pickup_places([code]).get(code)
    if place is None:
        raise StepImpossible(reason=f"Buyers cannot collect orders at {code}.")
    contact = customers.unseal(order.subject, order.sealed, CONTEXT).get("contact", {})
    order.pickup_location = place
    _send_to(change, {**stock.address_of(place), "name": contact.get("name", "")})


def _set_tax_id(change: Change, step: OrderChangeStep) -> None:
    """Seal the buyer's tax ID and tax anew what was not invoiced. Amounts of a channel end so."""
    work, order = change.work, change.work.order
    _refuse_sent(work)
    told = customers.unseal(order.subject, step.sealed, STEP_CONTEXT).get("tax_id", "").strip()
    if told and not is_tax_id(told, order.ship_country):
        raise StepImpossible(
            reason="This cannot be a tax ID of that country; ask the buyer, or leave it empty."
        )
    values = customers.unseal(order.subject, order.sealed, CONTEXT)
    values["contact"] = {**values.get("contact", {}), "tax_id": told}
    order.sealed = customers.seal(order.subject, values, CONTEXT)
    order.buyer_tax_id = bool(told)
    invoiced = any(line.shipped for line in work.lines)
    charges = [] if invoiced else order.charges.exclude(kind__in=RETURN_CHARGES)
    change.save_prices(*(line for line in work.lines if not line.shipped and line.due), *charges)
    change.renamed = True
    put_right(work, HoldKind.TAX_ID, f"Changed by {change.number}")


def _refuse_sent(work: pipeline.Work) -> None:
    if not any(line.due > line.shipped for line in work.lines):
        raise StepImpossible(reason="Everything has shipped; only the carrier can redirect it.")


def _send_to(change: Change, address: dict[str, str]) -> None:
    """Seal where the locked order goes, and tax there what nothing has shipped of."""
    work, order = change.work, change.work.order
    values = customers.unseal(order.subject, order.sealed, CONTEXT)
    values["shipping_address"] = address
    order.sealed = customers.seal(order.subject, values, CONTEXT)
    order.ship_country = address["country"]
    order.ship_region = address.get("region", "")[:40]
    order.ship_area = area_of(address)
    if untouched := [line for line in work.lines if not line.shipped and line.due]:
        change.save_prices(*untouched)
    change.moved = True
    put_right(work, HoldKind.INCOMPLETE_ADDRESS, f"Changed by {change.number}")


def _add_charge(change: Change, step: OrderChangeStep) -> None:
    kind, amount = ChargeKind(step.values["kind"]), _amount(change, step, "amount", signed=True)
    if not amount or kind in RETURN_CHARGES:
        raise StepImpossible(
            reason="A charge adds or takes off something; returns write their own."
        )
    if kind == ChargeKind.DISCOUNT and amount > 0:
        raise StepImpossible(reason="A discount lowers the order; its amount is negative.")
    order = change.work.order
    text = str(step.values.get("description", ""))[:200]
    change.save_prices(OrderCharge(order=order, kind=kind, description=text, amount=amount))


def _remove_charge(change: Change, step: OrderChangeStep) -> None:
    charge = change.work.order.charges.filter(pk=step.values["charge"]).first()
    if charge is None or charge.kind in RETURN_CHARGES:
        raise StepImpossible(reason="There is no such charge that could be taken off.")
    if any(line.shipped for line in change.work.lines):
        raise StepImpossible(
            reason="An invoice may show this charge already; add one that takes it back."
        )
    charge.delete()


def _split_off(change: Change, step: OrderChangeStep) -> None:
    line = change.line(step)
    change.leaving[line.pk] = change.leaving.get(line.pk, 0) + _units(step)


def _merge_from(change: Change, step: OrderChangeStep) -> None:
    change.joining.append(str(step.values["order"]))


def _take_off(change: Change, line: OrderLine, quantity: int) -> None:
    cancelling.take_off(
        change.work,
        {line.pk: quantity},
        reason=CancelReason.CUSTOMER,
        note=change.number,
        change=change.number,
    )


def _add_units(change: Change, line: OrderLine, more: int) -> None:
    """More of the same: in the line itself as long as nothing of it was invoiced."""
    if line.shipped or line.cancelled:
        change.append(
            product=line.product,
            sku=line.sku,
            name=line.name,
            quantity=more,
            unit_price=line.unit_price,
        )
        return
    line.quantity += more
    change.save_prices(line)


def _move_rest(change: Change, line: OrderLine, *, unit_price: Decimal, discount: Decimal) -> None:
    rest = line.due - line.shipped
    if not rest:
        raise StepImpossible(
            reason=f"All of {line.sku} has shipped and was invoiced; add a reduction as a charge."
        )
    _take_off(change, line, rest)
    change.append(
        product=line.product,
        sku=line.sku,
        name=line.name,
        quantity=rest,
        unit_price=unit_price,
        discount=discount,
    )


def _units(step: OrderChangeStep, *, least: int = 1) -> int:
    quantity = int(step.values["quantity"])
    if quantity < least:
        raise StepImpossible(reason=f"A quantity of {quantity} is not possible.")
    return quantity


def _amount(
    change: Change,
    step: OrderChangeStep,
    name: str,
    *,
    missing: Decimal | None = None,
    signed: bool = False,
) -> Decimal:
    text = step.values.get(name)
    if text in {None, ""}:
        if missing is None:
            raise StepImpossible(reason=f"The {name.replace('_', ' ')} is missing.")
        return missing
    amount = Decimal(str(text))
    if amount < 0 and not signed:
        raise StepImpossible(reason=f"The {name.replace('_', ' ')} is not negative.")
    if name != "unit_price":
        payments.refuse_parts(amount, change.work.order.currency)
    return amount


STEPS: dict[ChangeStep, Callable[[Change, OrderChangeStep], None]] = {
    ChangeStep.ADD_LINE: _add_line,
    ChangeStep.SET_QUANTITY: _set_quantity,
    ChangeStep.SET_PRICE: _set_price,
    ChangeStep.SET_DISCOUNT: _set_discount,
    ChangeStep.SET_ADDRESS: _set_address,
    ChangeStep.SET_PICKUP: _set_pickup,
    ChangeStep.SET_TAX_ID: _set_tax_id,
    ChangeStep.ADD_CHARGE: _add_charge,
    ChangeStep.REMOVE_CHARGE: _remove_charge,
    ChangeStep.SPLIT_OFF: _split_off,
    ChangeStep.MERGE_FROM: _merge_from,
}

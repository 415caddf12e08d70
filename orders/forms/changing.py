"""Input of the page on which a placed order is changed: what was edited becomes steps.

A page sends only what differs from what it showed, so that whatever else happened to the order
meanwhile stays. What is sent and is as the order has it already is no step either.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from oms.money import plain
from orders.enums import RETURN_CHARGES, ChangeStep, ChargeKind
from orders.forms.drafting import COUNTRIES, DraftLineForm
from orders.models import OrderCharge, OrderLine
from orders.operations import Step

ADDRESS = ("name", "line1", "line2", "postcode", "city", "region", "country")
CHARGES = [(kind.value, kind.label) for kind in ChargeKind if kind not in RETURN_CHARGES]
LONGEST_TAX_ID = 40
LONG_NUMBER = 12  # digits; nobody means such a number
MOST = 2_000  # rows that are added in one go
LONGEST = 300


class WrongInput(Exception):
    """A field that cannot be read; the text says which and what is expected."""


class LineForm(forms.Form):
    """What may be changed of a line; a field that was not sent stays."""

    quantity = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
    unit_price = forms.DecimalField(
        min_value=0, max_digits=14, decimal_places=4, required=False, label="Price"
    )
    discount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, required=False)


class ChargeForm(forms.Form):
    """A new charge; negative takes off."""

    kind = forms.ChoiceField(choices=CHARGES, label="Charge")
    amount = forms.DecimalField(max_digits=12, decimal_places=2)
    description = forms.CharField(max_length=200, required=False)


class AddressForm(forms.Form):
    """Where the order goes."""

    name = forms.CharField(label="Name", max_length=200, required=False)
    line1 = forms.CharField(label="Street and number", max_length=200, required=False)
    line2 = forms.CharField(label="More of the address", max_length=200, required=False)
    postcode = forms.CharField(label="Postcode", max_length=20, required=False)
    city = forms.CharField(label="City", max_length=100, required=False)
    region = forms.CharField(label="Region or state", max_length=100, required=False)
    country = forms.ChoiceField(label="Country", choices=COUNTRIES, required=False)


def steps_of(
    data: Mapping[str, Any],
    *,
    lines: Sequence[OrderLine],
    charges: Sequence[OrderCharge],
    address: Mapping[str, str],
    pickup: str,
    tax_id: str = "",
) -> list[Step]:
    """The steps that a page's fields mean for an order as it is now. Raises WrongInput."""
    touched = {name.split("-")[1] for name in data if name.startswith("line-")}
    return [
        *(step for line in lines if str(line.pk) in touched for step in _of_line(data, line)),
        *_added(data),
        *_moved(data, address, pickup),
        *_renamed(data, tax_id),
        *(
            Step(ChangeStep.REMOVE_CHARGE, values={"charge": charge.pk})
            for charge in charges
            if data.get(f"charge-{charge.pk}-off")
        ),
        *_charged(data),
        *(step for line in lines for step in _split(data, line)),
        *(
            Step(ChangeStep.MERGE_FROM, values={"order": name.removeprefix("merge-")})
            for name in sorted(data)
            if name.startswith("merge-")
        ),
    ]


def seen_of(data: Mapping[str, Any]) -> int | None:
    """The last event of the order that the page knew of; none where it showed no preview."""
    if "base" not in data:
        return None
    text = str(data["base"])
    return int(text) if text.isdecimal() and len(text) < LONG_NUMBER else 0


def reason_of(data: Mapping[str, Any]) -> str:
    """Why it is changed; may be empty."""
    return str(data.get("reason", "")).strip()[:LONGEST]


def _of_line(data: Mapping[str, Any], line: OrderLine) -> Iterator[Step]:
    given = _cleaned(LineForm(data, prefix=f"line-{line.pk}"), line.sku)
    sent = {name for name in given if f"line-{line.pk}-{name}" in data}
    quantity, price = given["quantity"], given["unit_price"]
    discount = given["discount"] or Decimal(0)
    off = {"discount": str(discount)} if "discount" in sent and discount != line.discount else {}
    if quantity is not None and quantity != line.due:
        yield Step(ChangeStep.SET_QUANTITY, line.pk, {"quantity": quantity})
    if price is not None and price != line.unit_price:
        yield Step(ChangeStep.SET_PRICE, line.pk, {"unit_price": str(price), **off})
    elif off:
        yield Step(ChangeStep.SET_DISCOUNT, line.pk, off)


def _split(data: Mapping[str, Any], line: OrderLine) -> Iterator[Step]:
    text = str(data.get(f"line-{line.pk}-split", "")).strip()
    if text and text != "0":
        if not text.isdecimal() or len(text) >= LONG_NUMBER:
            msg = f"{line.sku}: {text} is not a number of units."
            raise WrongInput(msg)
        yield Step(ChangeStep.SPLIT_OFF, line.pk, {"quantity": int(text)})


def _added(data: Mapping[str, Any]) -> Iterator[Step]:
    for prefix in _prefixes(data, "add", "sku"):
        row = DraftLineForm(data, prefix=prefix)
        sku = str(data.get(f"{prefix}-sku", ""))
        placed = _cleaned(row, sku) and row.placed()
        values = {
            "sku": placed.sku,
            "quantity": placed.quantity,
            "unit_price": str(placed.unit_price),
            "discount": str(placed.discount),
        }
        yield Step(ChangeStep.ADD_LINE, values=values)


def _charged(data: Mapping[str, Any]) -> Iterator[Step]:
    for prefix in _prefixes(data, "new", "amount"):
        if not str(data.get(f"{prefix}-amount", "")).strip():
            continue
        given = _cleaned(ChargeForm(data, prefix=prefix), "The new charge")
        yield Step(ChangeStep.ADD_CHARGE, values={**given, "amount": str(given["amount"])})


def _moved(data: Mapping[str, Any], address: Mapping[str, str], pickup: str) -> Iterator[Step]:
    """Another place to collect at, or an address; whoever chose a place meant no address."""
    chosen = str(data.get("pickup", pickup))
    if chosen:
        if chosen != pickup:
            yield Step(ChangeStep.SET_PICKUP, values={"location": chosen})
        return
    if pickup and not any(f"address-{part}" in data for part in ADDRESS):
        msg = "Say where it is to be sent; so far the address is that of the pickup location."
        raise WrongInput(msg)
    if not any(f"address-{part}" in data for part in ADDRESS):
        return
    given = _cleaned(AddressForm(data, prefix="address"), "The address")
    wanted = {**address, **{part: given[part].strip() for part in ADDRESS}}
    if any(wanted[part] != address.get(part, "") for part in ADDRESS):
        yield Step(ChangeStep.SET_ADDRESS, address=wanted)


def _renamed(data: Mapping[str, Any], tax_id: str) -> Iterator[Step]:
    told = str(data.get("tax_id", tax_id)).strip()[:LONGEST_TAX_ID]
    if told != tax_id:
        yield Step(ChangeStep.SET_TAX_ID, address={"tax_id": told})


def _prefixes(data: Mapping[str, Any], kind: str, field: str) -> list[str]:
    numbers = {
        int(name.split("-")[1])
        for name in data
        if name.startswith(f"{kind}-")
        and name.endswith(f"-{field}")
        and name.split("-")[1].isdecimal()
    }
    return [f"{kind}-{number}" for number in sorted(numbers)[:MOST]]


def _cleaned(form: forms.Form, what: str) -> dict[str, Any]:
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        label = form.fields[name].label or name.replace("_", " ").capitalize()
        msg = f"{what}, {str(label).lower()}: {errors[0]}"
        raise WrongInput(msg)
    return form.cleaned_data


def shown_line(line: OrderLine, steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of a line as the order has them (`was`) and as a kept draft wants them."""
    money = line.order.currency
    was = {
        "quantity": str(line.due),
        "unit_price": plain(line.unit_price, money),
        "discount": plain(line.discount, money) if line.discount else "",
    }
    wanted = {name: str(value) for values in steps for name, value in values.items()}
    return {"line": line, "was": was, "wanted": {**was, **wanted}}

"""Messages of the API about changes of placed orders and what orders once were."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from oms.wire import Invalid, Sent, Sku, Text, message, utc
from orders.enums import RETURN_CHARGES, ChangeStep, ChargeKind
from orders.models import OrderChange, OrderChangeStep, OrderVersion
from orders.operations import Preview, Step
from orders.queries.versions import addresses_of, differences
from orders.serializers.orders import AddressIn
from orders.serializers.previews import PreviewOut

Kind = Literal[
    "add_line",
    "set_quantity",
    "set_price",
    "set_discount",
    "set_address",
    "set_pickup",
    "set_tax_id",
    "add_charge",
    "remove_charge",
    "split_off",
    "merge_from",
]
Charged = Literal[tuple(kind.value for kind in ChargeKind if kind not in RETURN_CHARGES)]  # type: ignore[valid-type]
Reason = Annotated[str, msgspec.Meta(max_length=300)]

# What each kind of step needs; other fields are refused where they would be ignored.
NEEDS: dict[str, tuple[set[str], set[str]]] = {
    ChangeStep.ADD_LINE: ({"sku", "quantity"}, {"unit_price", "discount"}),
    ChangeStep.SET_QUANTITY: ({"line", "quantity"}, set()),
    ChangeStep.SET_PRICE: ({"line", "unit_price"}, {"discount"}),
    ChangeStep.SET_DISCOUNT: ({"line", "discount"}, set()),
    ChangeStep.SET_ADDRESS: ({"address"}, set()),
    ChangeStep.SET_PICKUP: ({"location"}, set()),
    ChangeStep.SET_TAX_ID: ({"tax_id"}, set()),
    ChangeStep.ADD_CHARGE: ({"type", "amount"}, {"description"}),
    ChangeStep.REMOVE_CHARGE: ({"charge"}, set()),
    ChangeStep.SPLIT_OFF: ({"line", "quantity"}, set()),
    ChangeStep.MERGE_FROM: ({"order"}, set()),
}


@message
class ChangeStepIn(Sent):
    """One step of a change.

    `line` is the position of a line, `charge` of a charge among the order's `charges`, both from
    1. `set_quantity` names the units wanted in all, 0 takes a line off; `discount` is of the whole
    line. `add_charge` with a negative amount reduces the order. `split_off` takes units of a line
    out into one new order, `merge_from` brings in all of another open order of the same customer.
    `set_pickup` names the `location` at which the buyer collects the order; `set_address` has it
    sent, also what was to be collected; without an `address` it keeps the one that the draft has.
    `set_tax_id` gives the buyer's `tax_id`, or "" for none, and taxes anew what was not sent.
    """

    kind: Kind
    line: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    sku: Sku | None = None
    quantity: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    address: AddressIn | None = None
    type: Charged | None = None
    amount: Decimal | None = None
    description: Text | None = None
    charge: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    order: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    location: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    tax_id: Annotated[str, msgspec.Meta(max_length=40)] | None = None


@message
class ChangeIn(Sent):
    """What to change, and why."""

    steps: Annotated[list[ChangeStepIn], msgspec.Meta(min_length=1, max_length=4_000)]
    reason: Reason = ""


@message
class ChangeStepOut(msgspec.Struct, omit_defaults=True):
    """A step with the fields by which it was written, so that it can be sent again.

    Only addresses and tax IDs are sealed and not shown: a step that names none keeps the draft's. The
    `charge` that a confirmed change took off has no position any more.
    """

    kind: str
    line: int | None = None
    sku: str | None = None
    quantity: int | None = None
    unit_price: str | None = None
    discount: str | None = None
    type: str | None = None
    amount: str | None = None
    description: str | None = None
    charge: int | None = None
    order: str | None = None
    location: str | None = None

    @classmethod
    def of(cls, step: OrderChangeStep, charges: Sequence[int]) -> "ChangeStepOut":
        """As the API takes it; `charges` are the keys of the order's charges in their order."""
        told = {name: value for name, value in step.values.items() if value != ""}
        if "charge" in told:
            told["charge"] = (
                charges.index(told["charge"]) + 1 if told["charge"] in charges else None
            )
        if "kind" in told:
            told["type"] = told.pop("kind")
        known = {name: told[name] for name in cls.__struct_fields__ if name in told}
        return cls(step.kind, step.line.position if step.line else None, **known)


@message
class TotalsOut(msgspec.Struct):
    """What an order says that it costs."""

    goods: str
    charges: str
    tax: str
    total: str


@message
class MovedOut(msgspec.Struct):
    """By how much a line or charge came to be worth more or less; units only of lines."""

    what: str
    amount: str
    units_before: int | None
    units_after: int | None


@message
class OutcomeOut(msgspec.Struct):
    """What a confirmed change came to: totals, what moved them, and the other orders it touched."""

    before: TotalsOut
    after: TotalsOut
    parts: list[MovedOut]
    orders: list[str]

    @classmethod
    def of(cls, outcome: dict[str, Any]) -> "OutcomeOut":
        """As the API shows it."""
        return cls(
            TotalsOut(**outcome["before"]),
            TotalsOut(**outcome["after"]),
            [MovedOut(*part) for part in outcome.get("parts", [])],
            outcome.get("orders", []),
        )


@message
class ChangeOut(msgspec.Struct):
    """A change of an order; `preview` as long as it is a draft, `outcome` once it is confirmed."""

    number: str
    order: str
    status: str
    reason: str
    steps: list[ChangeStepOut]
    created_at: datetime
    decided_at: datetime | None
    outcome: OutcomeOut | None
    preview: PreviewOut | None = None

    @classmethod
    def of(cls, change: OrderChange, seen: Preview | None = None) -> "ChangeOut":
        """As the API shows it; many at once are best prefetched: `steps__line`, `order__charges`."""
        rows = sorted(change.steps.all(), key=lambda step: step.position)
        charges = sorted(charge.pk for charge in change.order.charges.all())
        return cls(
            number=change.number,
            order=change.order.number,
            status=change.status,
            reason=change.reason,
            steps=[ChangeStepOut.of(step, charges) for step in rows],
            created_at=utc(change.created_at),
            decided_at=utc(change.decided_at),
            outcome=OutcomeOut.of(change.outcome) if change.outcome else None,
            preview=PreviewOut.of(seen, change.order.currency) if seen else None,
        )


@message
class DifferenceOut(msgspec.Struct):
    """One thing that is not as in the version before."""

    what: str
    before: str
    after: str


@message
class VersionOut(msgspec.Struct):
    """What an order said, without personal data, and how that differs from the version before.

    `address_changed` says whether it was to go to another address than in the version before.
    """

    version: int
    change: str | None
    by: str
    at: datetime
    content: dict[str, Any]
    differences: list[DifferenceOut]
    address_changed: bool

    @classmethod
    def all_of(cls, versions: Sequence[OrderVersion]) -> "list[VersionOut]":
        """As the API shows them, the oldest first."""
        goes_to = addresses_of(versions)
        return [
            cls(
                row.number,
                row.change.number if row.change else None,
                row.by,
                utc(row.at),
                row.content,
                [
                    DifferenceOut(each.what, each.before, each.after)
                    for each in (differences(before.content, row.content) if before else ())
                ],
                before is not None and was_to != to,
            )
            for before, row, was_to, to in zip(
                [None, *versions], versions, [{}, *goes_to], goes_to, strict=False
            )
        ]


def steps_of(
    sent: ChangeIn,
    *,
    lines: Mapping[int, int],
    charges: Sequence[int],
    kept: Collection[str] = (),
) -> list[Step]:
    """Steps as operations take them. Raises Invalid with a pointer to what does not fit.

    `lines` are the keys of the order's lines by position, `charges` those of its charges in order;
    `kept` names fields that the draft has already and that need not be said again.
    """
    return [_step(f"/steps/{at}", row, lines, charges, kept) for at, row in enumerate(sent.steps)]


def _step(
    at: str,
    row: ChangeStepIn,
    lines: Mapping[int, int],
    charges: Sequence[int],
    kept: Collection[str],
) -> Step:
    given = {name for name in row.__struct_fields__ if getattr(row, name) is not None} - {"kind"}
    needed, more = NEEDS[row.kind]
    for name in sorted(needed - given - set(kept)):
        raise Invalid(f"{row.kind} needs {name}.", f"{at}/{name}")
    for name in sorted(given - needed - more):
        raise Invalid(f"{row.kind} takes no {name}.", f"{at}/{name}")
    if row.line is not None and row.line not in lines:
        raise Invalid(f"The order has no line {row.line}.", f"{at}/line")
    if row.charge is not None and row.charge > len(charges):
        raise Invalid(f"The order has no charge {row.charge}.", f"{at}/charge")
    address = msgspec.structs.asdict(row.address) if row.address else None
    if row.tax_id is not None:
        address = {"tax_id": row.tax_id}
    line_id = lines[row.line] if row.line else None
    return Step(row.kind, line_id, _values(row, charges), address)


def _values(row: ChangeStepIn, charges: Sequence[int]) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: str(amount)
        for name in ("unit_price", "discount", "amount")
        if (amount := getattr(row, name)) is not None
    }
    plainly = {
        "sku": row.sku,
        "quantity": row.quantity,
        "kind": row.type,
        "order": row.order,
        "location": row.location,
    }
    values |= {name: value for name, value in plainly.items() if value is not None}
    if row.type is not None:
        values["description"] = row.description or ""
    if row.charge is not None:
        values["charge"] = charges[row.charge - 1]
    return values

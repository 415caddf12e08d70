"""Messages about counts; none of them tells what the book expects."""

from datetime import date
from typing import Annotated

import msgspec

from inventory.models import Count
from inventory.queries import counts as questions
from oms.wire import Sent, Sku, message

Code = Annotated[str, msgspec.Meta(max_length=64)]
Name = Annotated[str, msgspec.Meta(max_length=150)]
Found = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


@message
class CountEntryIn(Sent):
    """Units found of a product; of a tracked one by lot or serial number."""

    sku: Sku
    quantity: Found
    lot: Code = ""


@message
class CountEntriesIn(Sent):
    """What one person found; `counter` is that person's user name, else the key itself counts."""

    entries: Annotated[list[CountEntryIn], msgspec.Meta(min_length=1, max_length=2_000)]
    counter: Name = ""


@message
class CompletionIn(Sent):
    """Who ends the round."""

    counter: Name = ""


@message
class CountLineOut(msgspec.Struct):
    """A line to be counted in this round."""

    sku: str
    name: str
    barcode: str
    lot: str
    round: int
    entered: int | None


@message
class CountOut(msgspec.Struct):
    """A count with the lines that are asked for now."""

    number: str
    location: str
    status: str
    cause: str
    due_on: date
    assigned_to: str
    lines: list[CountLineOut]

    @classmethod
    def of(cls, count: Count) -> "CountOut":
        """As the API shows it."""
        lines = list(questions.sheet(count))
        entered = questions.entries_of_round(lines)
        return cls(
            number=count.number,
            location=count.location.code,
            status=count.status,
            cause=count.cause,
            due_on=count.due_on,
            assigned_to=count.assigned_to.get_username() if count.assigned_to else "",
            lines=[
                CountLineOut(
                    line.level.product.sku,
                    line.level.product.name,
                    line.level.product.barcode,
                    line.lot.code if line.lot else "",
                    line.round,
                    entered[line.pk].quantity if line.pk in entered else None,
                )
                for line in lines
            ],
        )

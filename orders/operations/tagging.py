"""Tags: words by which people and rules find orders again."""

from collections.abc import Iterable

from django.db import transaction

from oms import events
from oms.errors import DomainError
from oms.history import stamp
from orders.models import Order
from orders.operations.pipeline import lock_order

LONGEST = 40
MOST = 50


class BadTag(DomainError):
    """A tag is a short word, and an order has a readable number of them."""

    code = "bad_tag"
    message = f"A tag has 1 to {LONGEST} characters, an order at most {MOST} tags."


def tag(
    order: Order, *, by: str, add: Iterable[str] = (), remove: Iterable[str] = (), reason: str = ""
) -> Order:
    """Add and remove tags of an order in any state; records `order.tagged` when something changed.

    Raises BadTag.
    """
    return change_tags(order, by=by, add=add, remove=remove, reason=reason)[0]


@transaction.atomic
def change_tags(
    order: Order, *, by: str, add: Iterable[str] = (), remove: Iterable[str] = (), reason: str = ""
) -> tuple[Order, list[str], list[str]]:
    """Like `tag`; returns the order with the tags that it had not before and those it has no more.

    Raises BadTag.
    """
    order = lock_order(order)
    added, removed = [text.strip() for text in add], set(remove)
    tags = [one for one in dict.fromkeys([*order.tags, *added]) if one not in removed]
    if len(tags) > MOST or any(not 0 < len(text) <= LONGEST for text in added):
        raise BadTag
    if tags == order.tags:
        return order, [], []

    before, order.tags = set(order.tags), tags
    new, gone = [one for one in tags if one not in before], sorted(before - set(tags))
    stamp(order, by=by, reason=reason)
    order.save(update_fields=["tags"])
    events.record("order.tagged", order, by=by, added=new, removed=gone)
    return order, new, gone

"""Customers in handfuls, and the facts that segments ask of them, in a few statements a handful.

A customer is a person: what stands under numbers that were merged into theirs is added up. Whoever
was erased is nobody any more. What was bought is asked of the app above, through the wiring.

Measured on PostgreSQL with 100,000 customers and 300,000 orders of 600,000 lines, two cores shared with
other work (load 10): asking all of them for value and number of orders takes 2.8 s, 1.8 s of it our own
processor time; for a tag 0.9 s; for five facts, lines and countries among them, 7.5 s (4.1 s). Previews
ask the database as a whole instead, see `asking`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from django.db.models import Q
from django.utils.module_loading import import_string

from customers.enums import ConsentPurpose
from customers.models import Consent, Customer, CustomerTag
from customers.queries.consents import SAID
from customers.queries.merging import roots_of
from oms.conditions import Field, fields_by_name

Facts = dict[str, Any]
HANDFUL = 20_000

FIELDS = (
    Field("lifetime_value", "Lifetime value", "number"),
    Field("orders", "Orders", "number"),
    Field("average_order", "Average order", "number"),
    Field("last_order_days", "Last order", "number", unit="days ago"),
    Field("returned_percent", "Units returned", "number", unit="% of those shipped"),
    Field("currency", "Currency of the last order", "text"),
    Field("country", "Country of the last order", "text"),
    Field("channels", "Channels they bought in", "set"),
    Field("tags", "Customer tags", "set", folded=True),
    Field("consents", "Consents that stand", "set", choices=tuple(ConsentPurpose.choices)),
    Field("business", "Buys for a company", "flag"),
    Field("company", "Company (code)", "text"),
    Field("group", "Group", "text"),
    Field("known_days", "Customer for", "number", unit="days"),
)
VOCABULARY = fields_by_name(FIELDS)
TIMED = frozenset({"last_order_days", "known_days"})  # change without anything happening
KNOWN = frozenset({"group", "company", "business", "known_days"})
BOUGHT = frozenset(
    {"lifetime_value", "orders", "average_order", "last_order_days", "returned_percent"}
    | {"currency", "country", "channels"}
)


@dataclass(frozen=True, slots=True)
class People:
    """Some persons: the id of whoever each number is known as, by the id of the number."""

    roots: dict[int, int]
    between: tuple[int, int] | None = None  # ids of a whole stretch of customers

    def under(self, column: str) -> Q:
        """Rows whose customer may be one of them, as a condition that stays short."""
        if self.between is None:
            return Q(**{f"{column}__in": list(self.roots)})
        first, last = self.between
        outside = [pk for pk in self.roots if not first <= pk <= last]
        stretch = Q(**{f"{column}__gte": first, f"{column}__lte": last})
        return stretch | Q(**{f"{column}__in": outside}) if outside else stretch


def everybody(most: int = HANDFUL) -> Iterator[People]:
    """All persons, so many at once, in the order of their ids; two statements a handful."""
    last = 0
    rows = Customer.objects.order_by("pk").values_list("pk", "merged_into")
    while found := list(rows.filter(pk__gt=last)[:most]):
        first, last = found[0][0], found[-1][0]
        roots = {pk: pk for pk, root in found if root is None}
        merged = rows.filter(merged_into__gte=first, merged_into__lte=last)
        roots |= {pk: root for pk, root in merged if root}
        yield People(roots, (first, last))


def those(customer_ids: Iterable[int]) -> People:
    """The persons whom these numbers stand for; two statements."""
    return People(roots_of(customer_ids))


def facts_of(people: People, names: Collection[str], now: datetime) -> dict[int, Facts]:
    """Facts of the living among them, by the id that each is known as.

    `names` are those that will be asked about: nothing else is looked up.
    """
    wanted = set(names)
    facts = _known(people, wanted & KNOWN, now)
    if "tags" in wanted:
        _add_tags(facts, people)
    if "consents" in wanted:
        _add_consents(facts, people)
    if BOUGHT & wanted:
        ask = import_string(import_module("oms.wiring").ANSWERS["customers.bought"])
        bought = ask(people, wanted, now)
        for pk, row in facts.items():
            row.update(bought.get(pk) or _nothing())
    return facts


def _nothing() -> Facts:
    """The facts of whoever has not bought yet: when and where are unknown."""
    return {"orders": 0, "lifetime_value": 0, "channels": set()}


def _known(people: People, wanted: set[str], now: datetime) -> dict[int, Facts]:
    """The living, with what stands in their own rows."""
    living = Customer.objects.filter(
        people.under("pk"), merged_into=None, subject__erased_at=None
    ).order_by()
    if not wanted:
        return {pk: {} for pk in living.values_list("pk", flat=True) if pk in people.roots}
    rows = living.values_list("pk", "group", "company__code", "created_at")
    return {
        pk: {
            "group": group,
            "company": company or "",
            "business": company is not None,
            "known_days": (now - since).days,
        }
        for pk, group, company, since in rows
        if pk in people.roots
    }


def _add_tags(facts: dict[int, Facts], people: People) -> None:
    for row in facts.values():
        row["tags"] = set()
    rows = CustomerTag.objects.filter(people.under("customer"))
    for pk, tag in rows.values_list("customer_id", "tag"):
        if (root := people.roots.get(pk)) in facts:
            facts[root]["tags"].add(tag)


def _add_consents(facts: dict[int, Facts], people: People) -> None:
    """The last word of a person on each purpose counts, under whichever number it was said."""
    for row in facts.values():
        row["consents"] = set()
    newest: dict[int, dict[str, bool]] = defaultdict(dict)
    rows = Consent.objects.filter(people.under("customer")).order_by(*SAID)
    for pk, purpose, granted in rows.values_list("customer_id", "purpose", "granted"):
        if (root := people.roots.get(pk)) in facts:
            newest[root][purpose] = granted
    for root, said in newest.items():
        facts[root]["consents"] = {purpose for purpose, granted in said.items() if granted}

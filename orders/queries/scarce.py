"""Scarce stock: who gets the next units of a product and why, and what a change would do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, F, Min, Sum

from inventory import queries as stock
from inventory.queries.atp import Book
from orders.queries.serving import Waiter, in_turn, lines_in_turn, lines_waiting, policies

PRODUCTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ScarceProduct:
    """A product that somebody waits for."""

    product_id: int
    sku: str
    name: str
    units: int
    orders: int
    first_promise: datetime | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A waiting line: where it stands, what it gets, and whether its promise holds."""

    waiter: Waiter
    place: int
    gets: stock.Promised
    place_before: int
    gets_before: stock.Promised

    @property
    def keeps(self) -> bool:
        """Its units leave by the promised day."""
        return keeps(self.waiter, self.gets)

    @property
    def kept(self) -> bool:
        """They would have without the change."""
        return keeps(self.waiter, self.gets_before)

    @property
    def outcome(self) -> str:
        """What the change does to its promise: breaks it, saves it, or nothing."""
        if self.keeps == self.kept:
            return ""
        return "saved" if self.keeps else "broken"


@dataclass(frozen=True, slots=True)
class LineUp:
    """Everybody who waits for a product, next to be served first."""

    criteria: tuple[str, ...]
    turns: list[Turn]

    @property
    def broken(self) -> list[Turn]:
        """Promises that a change breaks."""
        return [turn for turn in self.turns if turn.outcome == "broken"]

    @property
    def saved(self) -> list[Turn]:
        """Promises that a change saves."""
        return [turn for turn in self.turns if turn.outcome == "saved"]


def scarce_products() -> list[ScarceProduct]:
    """Products that open orders wait for, most units first; reads only lines that lack stock."""
    missing = F("quantity") - F("cancelled") - F("allocated")
    rows = lines_waiting().filter(product__isnull=False)
    found = rows.values_list("product_id", "product__sku", "product__name").annotate(
        units=Sum(missing), orders=Count("order", distinct=True), first=Min("order__promised_at")
    )
    return [ScarceProduct(*row) for row in found.order_by("-units", "product_id")[:PRODUCTS_SHOWN]]


def line_up(product_id: int, priorities: Mapping[int, int] | None = None) -> LineUp:
    """Who waits for a product in turn, as it would be with these priorities by order id.

    Supply is what is available and expected now. Nothing is changed.
    """
    criteria = policies([product_id])[product_id]
    before = lines_in_turn([product_id])[product_id]
    after = in_turn((_with(one, priorities or {}) for one in before), criteria)
    view = stock.outlook([product_id])
    book = view.books[product_id]
    places = {one.line_id: place for place, one in enumerate(before, start=1)}
    got = _serve(before, view, product_id, book.anew())
    gets = _serve(after, view, product_id, book.anew())
    turns = [
        Turn(one, place, gets[one.line_id], places[one.line_id], got[one.line_id])
        for place, one in enumerate(after, start=1)
    ]
    return LineUp(criteria, turns)


def keeps(waiter: Waiter, gets: stock.Promised) -> bool:
    """Whether what it gets leaves by the day it was promised for."""
    promised = waiter.promised_at or waiter.rule_at
    return gets.ships_by is not None and gets.ships_by.date() <= promised.date()


def _with(waiter: Waiter, priorities: Mapping[int, int]) -> Waiter:
    return replace(waiter, priority=priorities.get(waiter.order_id, waiter.priority))


def _serve(
    waiters: list[Waiter], view: stock.Outlook, product_id: int, book: Book
) -> dict[int, stock.Promised]:
    view.books[product_id] = book
    return {
        one.line_id: view.promise(product_id, one.quantity, one.destination, one.taker).not_before(
            one.rule_at
        )
        for one in waiters
    }

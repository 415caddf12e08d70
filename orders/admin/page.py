"""What the order page shows: its lines with the stock behind them, its money, its papers."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from customers import queries as customers
from inventory import queries as stock
from inventory.queries.decisions import explained
from oms import links as links_
from oms import words
from orders import queries
from orders.admin import sealed, versions
from orders.admin.diagnosis import (
    IN_TROUBLE,
    OWN_PERMISSION,
    Diagnosis,
    lift_url,
    page_url,
    related,
    steps,
)
from orders.admin.handling import handling_context
from orders.admin.money import money_rows, payments_context
from orders.admin.promise import promise_context
from orders.admin.refusals import allowed_now
from orders.admin.timeline import timeline
from orders.admin.told import notifications
from orders.models import Hold, Order, OrderLine
from orders.queries.hold_types import remedy_of
from orders.queries.terms import business_of
from orders.queries.together import could_join, first_cut_off, relatives
from orders.queries.totals import amount_due

LINES_SHOWN = 100
LOTS_SHOWN = 12  # of a line


@dataclass(slots=True)
class LineRow:
    """A line with the stock behind it."""

    line: OrderLine
    currency: str
    places: list[str] = field(default_factory=list)  # where its open reservations are
    levels: list[stock.Availability] = field(default_factory=list)
    lots: list[dict[str, Any]] = field(default_factory=list)  # of its parcels
    more_lots: int = 0

    @property
    def due(self) -> Decimal:
        """What the units are worth that are not cancelled, as the order's total counts them."""
        return amount_due(self.line, self.currency)

    @property
    def available(self) -> int:
        """What all locations together could still promise."""
        return sum(row.available for row in self.levels)

    @property
    def stock_words(self) -> str:
        """Availability per location, for a tooltip."""
        return ", ".join(f"{row.location}: {row.available} of {row.on_hand}" for row in self.levels)


def context(request: HttpRequest, order: Order, act_url: Callable[[str], str]) -> dict[str, Any]:
    """Everything that the page's template asks for; opens the envelope, which is recorded."""
    lines = list(order.lines.select_related("product").order_by("position"))
    holds, money = list(order.holds.all()), queries.balance(order)
    on_hold = any(hold.lifted_at is None for hold in holds)
    diagnosis = Diagnosis(order, lines, money, act_url, allowed_now(order))
    blocker, collected = diagnosis.blocker(), diagnosis.collected()
    return {
        "order": order,
        "title": order.number,
        "subtitle": None,
        "steps": steps(order, lines, on_hold=on_hold),
        "blocker": blocker,
        "collected": collected if collected and collected.sentence != blocker.sentence else None,
        "blocker_button": blocker.label and request.user.has_perm(blocker.permission),
        **line_page(request, lines, order.currency),
        "why": explained(order.pk),
        "hold_rows": hold_rows(holds),
        "money_rows": money_rows(order, money, lines),
        "may_read": sealed.may_read(request),
        "person": (person := sealed.opened(request, order)),
        "wishes": customers.wishes_in_words(person.get("delivery", {})),
        "timeline": timeline(order, {line.pk: line.sku for line in lines}),
        "links": links(order),
        "notifications": notifications("orders.order", order.pk),
        "silent_channel": None if order.channel.notifies_customers else order.channel,
        "business": business_of(order),
        **handling_context(order),
        **promise_context(order, lines),
        **versions.card(order),
        **payments_context(order),
        **_addresses(request, order),
    }


def _addresses(request: HttpRequest, order: Order) -> dict[str, Any]:
    """Pages of other apps about this order, as far as they are there and allowed."""
    allowed, may = allowed_now(order), request.user.has_perm
    recall = "recall" in allowed and may("orders.cancel_order")
    take_back = "return" in allowed and may("fulfillment.add_return")
    change = "change" in allowed and may("orders.change_placed_order")
    return {
        "change_url": change and page_url("orders_order_change_page", order.pk),
        "move_url": change and page_url("orders_order_move_page", order.pk),
        "could_join": (others := could_join(order) if change else []),
        "cut_off": first_cut_off([order, *others]) if others else None,
        "relatives": relatives(order),
        "customer_url": page_url("customers_customer_change", order.customer_id),
        "audit_url": page_url("audit", "orders.order", order.number),
        "recall_url": recall and page_url("fulfillment_cancel_order", order.pk),
        "return_link": take_back and links_.link("return", "return", order.number),
        "offer_url": take_back and page_url("fulfillment_offer_return", order.pk),
        "exchange_url": take_back
        and may("orders.add_order")
        and page_url("fulfillment_exchange", order.pk),
        "claim_url": _claim_url(order) if may("fulfillment.add_claim") else "",
        "return_url": take_back and page_url("fulfillment_request_return", order.pk),
    }


def _claim_url(order: Order) -> str:
    """Where a claim is opened for the last shipment of which something can be claimed now."""
    if not related(order, "shipments", "carrier"):
        return ""
    found = import_string(import_module("oms.wiring").ANSWERS["orders.claimable"])(order.pk)
    return reverse("admin:fulfillment_shipment_act", args=[found[0], "open_claim"]) if found else ""


def line_page(request: HttpRequest, lines: Sequence[OrderLine], currency: str) -> dict[str, Any]:
    """The lines that one page shows, of those that a search leaves; the rest costs nothing."""
    wanted = request.GET.get("line", "").strip().casefold()
    found = [one for one in lines if wanted in f"{one.sku} {one.name}".casefold()]
    page = Paginator(found, LINES_SHOWN).get_page(request.GET.get("lines"))
    return {
        "line_rows": line_rows(list(page.object_list), currency),
        "line_page": page,
        "line_count": len(lines),
        "line_wanted": request.GET.get("line", "").strip(),
        "line_search": len(lines) > LINES_SHOWN,
    }


def line_rows(lines: Sequence[OrderLine], currency: str) -> list[LineRow]:
    """Lines with where they are reserved and what is available now: two queries for any number."""
    rows = {line.pk: LineRow(line, currency) for line in lines}
    for held in stock.open_reservations(rows):
        rows[held.order_line_id].places.append(f"{held.quantity} at {held.level.location.code}")
    levels: dict[str, list[stock.Availability]] = defaultdict(list)
    for row in stock.availability({line.product.sku for line in lines if line.product}):
        levels[row.sku].append(row)
    for row in rows.values():
        if row.line.product:
            row.levels = levels[row.line.product.sku]
    _add_lots(rows)
    return list(rows.values())


def _add_lots(rows: dict[int, LineRow]) -> None:
    """Which lots or serial numbers went into which parcel: a query where any line is tracked."""
    tracked = [
        pk for pk, row in rows.items() if row.line.product and row.line.product.tracking != "none"
    ]
    if not tracked:
        return
    told = import_string(import_module("oms.wiring").ANSWERS["orders.lots_of_lines"])(tracked)
    for pk, lots in told.items():
        rows[pk].more_lots = max(len(lots) - LOTS_SHOWN, 0)
        rows[pk].lots = [
            {
                "lot": lot,
                "where": f"{lot.shipment or lot.work}, parcel {lot.parcel}",
                "url": page_url("fulfillment_shipment_change", lot.shipment_id)
                if lot.shipment_id
                else page_url("fulfillment_fulfillmentorder_change", lot.work_id),
            }
            for lot in lots[:LOTS_SHOWN]
        ]


def hold_rows(holds: Sequence[Hold]) -> list[dict[str, Any]]:
    """Holds, open ones first, with who placed and lifted them."""
    names = words.names_of(
        actor
        for hold in holds
        for actor in (hold.placed_by, hold.lifted_by, hold.claimed_by)
        if actor
    )
    now = timezone.now()
    ordered = sorted(holds, key=lambda hold: (hold.lifted_at is not None, -hold.pk))
    return [
        {
            "hold": hold,
            "placed_by": names.get(hold.placed_by, ""),
            "lifted_by": names.get(hold.lifted_by, ""),
            "claimed_by": names.get(hold.claimant(now), ""),
            "overdue": hold.due_at is not None and hold.due_at < now,
            "button": hold_button(hold),
        }
        for hold in ordered
    ]


def hold_button(hold: Hold) -> dict[str, str]:
    """Where the button of an open hold leads, and what it says."""
    act, label = remedy_of(hold.kind)
    if act in OWN_PERMISSION:
        url = reverse("admin:orders_order_act", args=[hold.order_id, act])
        return {"url": url, "label": label}
    return {"url": lift_url(hold), "label": "Lift hold"}


def links(order: Order) -> dict[str, list[dict[str, str]]]:
    """Documents of the higher apps as titles, words and addresses."""
    return {
        "work": [
            _link(row, "fulfillment_fulfillmentorder_change", row.location.code)
            for row in related(order, "fulfillment_orders", "location")
        ],
        "shipments": [
            _link(
                row,
                "fulfillment_shipment_change",
                f"{row.carrier.name} {row.tracking_number}".strip(),
            )
            for row in related(order, "shipments", "carrier")
        ],
        "returns": [
            _link(row, "fulfillment_return_change", row.location.code)
            for row in related(order, "returns", "location")
        ],
        "claims": [
            _link(
                row,
                "fulfillment_claim_change",
                f"{row.carrier.name}, {words.money(row.amount, row.currency)}",
            )
            for row in related(order, "claims", "carrier")
        ],
        "documents": [
            _link(row, "compliance_invoice_change", words.money(row.gross, row.currency))
            for row in related(order, "invoices", "entity")
        ],
    }


def _link(row: Any, page: str, note: str) -> dict[str, str]:
    status = (
        words.sentence_case(row.get_status_display())
        if hasattr(row, "get_status_display")
        else words.sentence_case(row.get_kind_display())
    )
    return {
        "title": str(row),
        "note": note,
        "status": str(status),
        "tone": "is-warn" if getattr(row, "status", "") in IN_TROUBLE else "",
        "url": page_url(page, row.pk),
    }

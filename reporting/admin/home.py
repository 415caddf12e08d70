"""The first page: where orders stand, what waits, which promises are in danger, what is stuck."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils import timezone

from orders.enums import WAITING, PaymentStatus, Stage
from reporting import queries
from reporting.admin import links


@dataclass(frozen=True, slots=True)
class Tile:
    """A counted queue: grey when it is empty or normal, coloured when a person is needed."""

    label: str
    count: int
    url: str = ""
    note: str = ""
    tone: str = ""  # warn or bad


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the pipeline with its bands of age, in per cent of its orders."""

    stage: queries.StageCount
    waits: str  # what its orders wait for
    url: str
    old_url: str
    bands: tuple[tuple[str, str, int], ...]  # tone, words, orders


FINANCE = "Finance"  # the role that types of holds name
WAITS = {
    "placement": "drafts",
    "validation": "on hold",
    "allocation": "wait for stock",
    "payment": "to pay",
    "fulfilment": "at locations",
    "shipping": "on the way",
    "reporting": "in 7 days",
}


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page of the back office with what this person may see."""
    now = timezone.now()
    context |= {"title": "Home", "now": now}
    if request.user.has_perm("orders.view_order"):
        context |= _orders(request, now)
        if context["is_empty"]:
            return context | {"first": _first_steps()}
    if request.user.has_perm("fulfillment.view_fulfillmentorder"):
        context["places"] = [
            (place, links.rows("fulfillment.fulfillmentorder", location=place.code))
            for place in queries.places(now)
        ]
    context["first_work"] = _first_work(request.user)
    context["tiles"] = list(_tiles(request, context, now))
    context["may_see_work"] = "steps" in context or "places" in context
    return context


def _orders(request: HttpRequest, now: datetime) -> dict[str, Any]:
    stages = queries.pipeline(now)
    stuck = queries.stuck()
    return {
        "steps": [_step(stage, now, request.user) for stage in stages],
        "stages": {stage.stage: stage for stage in stages},
        "is_empty": not any(stage.orders for stage in stages) and not queries.any_orders(),
        "holds": [(hold, links.rows("orders.hold", type=hold.key)) for hold in queries.holds(now)],
        "jeopardy": (jeopardy := queries.jeopardy(now)),
        "promises": [(order, links.row("orders.order", order.pk)) for order in jeopardy.orders],
        "jeopardy_url": links.promised_before(now + queries.JEOPARDY_WITHIN),
        "stuck": [
            (row, links.row("orders.order", row.pk), *links.remedy(row, request.user))
            for row in stuck
        ],
        "stuck_count": _stuck_count(stages),
        "stuck_url": links.rows("orders.order", stage__in=",".join(WAITING)),
    }


def _first_steps() -> dict[str, str]:
    """Where an empty installation goes on."""
    return {
        "channel": links.page("orders_channel_add"),
        "product": links.page("inventory_product_add"),
        "stock": links.page("inventory_stocklevel_changelist"),
        "upload": links.page("orders_import"),
    }


def _stuck_count(stages: list[queries.StageCount]) -> int:
    return sum(stage.orders for stage in stages if stage.stage in WAITING)


def _step(stage: queries.StageCount, now: datetime, user: Any) -> Step:
    drafts = stage.stage == Stage.PLACEMENT
    open_to = not drafts or user.has_perm("orders.view_draftorder")
    bands = (
        ("fresh", "under 1 day", stage.fresh),
        ("ageing", "1 to 3 days", stage.ageing),
        ("old", "over 3 days", stage.old),
    )
    return Step(
        stage=stage,
        waits=WAITS[stage.stage],
        url=links.stage(stage.stage) if open_to else "",
        old_url=links.stage_before(stage.stage, now - queries.OLD) if stage.old and open_to else "",
        bands=tuple(band for band in bands if band[2]),
    )


def _tiles(request: HttpRequest, context: dict[str, Any], now: datetime) -> Iterator[Tile]:
    places = [place for place, _url in context.get("places", ())]
    money_first, places_first = (context["first_work"] == work for work in ("money", "places"))
    if places_first:
        yield from _place_tiles(places)
    if money_first:
        yield from _money_tiles(request.user, now)
    if "stages" in context:
        yield from _order_tiles(context, now)
    if "places" in context and not places_first:
        yield from _place_tiles(places)
    if request.user.has_perm("fulfillment.view_return"):
        returns = queries.returns_due()
        url = links.rows("fulfillment.return", status__in="requested,approved")
        yield Tile("Returns due", returns.count, url)
    if not money_first:
        yield from _money_tiles(request.user, now)
    if request.user.has_perm("oms.view_event"):
        yield from _message_tiles(queries.messages(now), request.user)
    if request.user.has_perm("inventory.view_stocklevel"):
        yield _oversold_tile(queries.oversold())


def _first_work(user: Any) -> str:
    """What stands first for this person: money or places for who does that and no more, else orders."""
    if user.has_perm("orders.release_order"):
        return "orders"
    if user.has_perm("orders.pay_refund"):
        return "money"
    return "places" if user.has_perm("fulfillment.change_fulfillmentorder") else "orders"


def _money_tiles(user: Any, now: datetime) -> Iterator[Tile]:
    """What waits for somebody who may see to it; a refusal for everybody who may see it."""
    if user.has_perm("orders.pay_refund"):
        count = queries.refunds_to_pay()
        url = links.rows("orders.refundgrant", money="unpaid")
        yield Tile("Refunds to pay", count, url, "granted", _warn(count))
    if user.has_perm("orders.match_bankline"):
        count, url = queries.bank_lines_to_book(), links.page("orders_bankline_changelist")
        yield Tile("Bank lines", count, url, "not booked", _warn(count))
    if user.has_perm("orders.view_payment") and user.has_perm("orders.view_order"):
        count = queries.overpaid()
        url = links.rows("orders.order", payment_status__exact=PaymentStatus.OVERPAID.value)
        yield Tile("Overpaid", count, url, "to pay back", _warn(count))
    refused = queries.refused_by_gateways() if user.has_perm("orders.view_gatewayrequest") else 0
    if refused:
        url = links.rows("orders.gatewayrequest", what="stuck")
        yield Tile("Payments refused", refused, url, "by the gateway", "bad")
    if user.has_perm("orders.pay_refund"):
        held = queries.holds_of(FINANCE, now)
        note = f"{held.overdue:,} overdue" if held.overdue else "to look after"
        url = links.rows("orders.hold", owner=FINANCE)
        yield Tile(held.label, held.count, url, note, _warn(held.count))


def _order_tiles(context: dict[str, Any], now: datetime) -> Iterator[Tile]:
    late, short, release = context["jeopardy"].late, queries.backordered(), queries.to_release()
    yield Tile("Late", late, links.promised_before(now), "past promise", "bad" if late else "")
    yield Tile("To release", release, links.to_release(), "ready to go", _warn(release))
    url = f"{links.page('reporting_stock')}?sort=backordered"
    yield Tile("Backordered", short, url, "order lines", _warn(short))


def _place_tiles(places: list[queries.Place]) -> Iterator[Tile]:
    def to_do(*statuses: str) -> str:
        return links.rows(
            "fulfillment.fulfillmentorder", status__in=",".join(statuses), location=""
        )

    at = f"at {len(places)} location{'' if len(places) == 1 else 's'}" if places else ""
    yield Tile("To pick", sum(p.pick for p in places), to_do("open", "accepted"), at)
    yield Tile("To pack", sum(p.pack for p in places), to_do("picked"), "picked")
    yield Tile("To ship", sum(p.ship for p in places), to_do("packed"), "packed")


def _message_tiles(found: queries.Messages, user: Any) -> Iterator[Tile]:
    broken = found.broken_endpoints
    if broken:
        names = [urlsplit(url).hostname or url for _pk, url in broken]
        url = ""
        if user.has_perm("oms.view_webhookendpoint"):
            one = links.row("oms.webhookendpoint", broken[0][0])
            url = links.rows("oms.webhookendpoint", state__exact="broken") if broken[1:] else one
        yield Tile("Endpoints down", len(broken), url, ", ".join(names), "bad")
    failed = found.dead_deliveries + found.dead_webhooks
    url = links.rows("oms.event")
    if found.dead_webhooks and user.has_perm("oms.view_webhookdelivery"):
        url = links.rows("oms.webhookdelivery", state__exact="dead")
    elif user.has_perm("oms.view_delivery"):
        url = links.rows("oms.delivery", state__exact="dead")
    note = f"{found.slow_deliveries:,} overdue" if found.slow_deliveries else "messages"
    yield Tile("Failed", failed, url, note, "bad" if failed else _warn(found.slow_deliveries))


def _oversold_tile(proof: queries.Proof) -> Tile:
    note = f"of {proof.levels:,} level{'' if proof.levels == 1 else 's'}"
    url = links.rows("inventory.stocklevel")
    return Tile("Oversold", proof.oversold, url, note, "bad" if proof.oversold else "")


def _warn(count: int) -> str:
    return "warn" if count else ""

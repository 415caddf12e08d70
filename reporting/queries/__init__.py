"""Questions that reports answer, one file per page."""

from reporting.queries.facts import CONSUMER
from reporting.queries.ledger import invariants
from reporting.queries.lots import LOT_SORTS, WITHIN, LotRow, LotsReport, lots_report
from reporting.queries.periods import LENGTHS, Period
from reporting.queries.pipeline import (
    JEOPARDY_WITHIN,
    OLD,
    Jeopardy,
    StageCount,
    any_orders,
    in_jeopardy,
    jeopardy,
    pipeline,
    to_release,
)
from reporting.queries.queues import (
    Messages,
    Place,
    Proof,
    Waiting,
    backordered,
    holds,
    messages,
    oversold,
    places,
    refused_by_gateways,
    returns_due,
)
from reporting.queries.sales import Figure, Sales, Turnover, channels, daily_sales, sales
from reporting.queries.stock import SORTS, YEAR, Cover, StockCover, stock_cover
from reporting.queries.stuck import LATER, Stuck, stuck
from reporting.queries.valuation import METHODS, Bridge, LevelValue, Step, Valuation, valuation

__all__ = [
    "CONSUMER",
    "JEOPARDY_WITHIN",
    "LATER",
    "LENGTHS",
    "LOT_SORTS",
    "METHODS",
    "OLD",
    "SORTS",
    "WITHIN",
    "YEAR",
    "Bridge",
    "Cover",
    "Figure",
    "Jeopardy",
    "LevelValue",
    "LotRow",
    "LotsReport",
    "Messages",
    "Period",
    "Place",
    "Proof",
    "Sales",
    "StageCount",
    "Step",
    "StockCover",
    "Stuck",
    "Turnover",
    "Valuation",
    "Waiting",
    "any_orders",
    "backordered",
    "channels",
    "daily_sales",
    "holds",
    "in_jeopardy",
    "invariants",
    "jeopardy",
    "lots_report",
    "messages",
    "oversold",
    "pipeline",
    "places",
    "refused_by_gateways",
    "returns_due",
    "sales",
    "stock_cover",
    "stuck",
    "to_release",
    "valuation",
]

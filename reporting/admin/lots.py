"""Stock of tracked products by lot and expiry, as a page and as a file."""

import csv
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from oms import words
from reporting import queries
from reporting.admin import dashboard, links
from reporting.forms import LotsForm
from reporting.queries.lots import LOT_TITLES, LOTS_SHOWN, WITHIN, LotsReport, Part, lot_cells

SORTS = {
    "expiry": "First to expire",
    "risk": "Most at risk",
    "value": "Worth most",
    "age": "Oldest",
    "units": "Most units",
}
WILL_NOT_SELL = (
    "Units that will not have sold on their last day at the demand of the period, where what "
    "expires first sells first."
)


def lots(request: HttpRequest) -> HttpResponse:
    """What expires when, what it is worth, and what will not sell before."""
    dashboard.refuse_strangers(request)
    form = LotsForm(request.GET)
    days, within, sort = form.asked()
    report = _report(days, within, sort)
    costs = request.user.has_perm("inventory.view_costentry")
    context = {
        "title": "Lots and expiry",
        "report": report,
        "period": report.period,
        "periods": dashboard.periods(request, days),
        "withins": [
            dashboard.Choice(
                f"{choice} days" if choice else "All",
                dashboard.changed(request, within=choice or ""),
                choice == within,
            )
            for choice in (*WITHIN, None)
        ],
        "sorts": [
            dashboard.Choice(label, dashboard.changed(request, sort=name), name == sort)
            for name, label in SORTS.items()
        ],
        "parts": [
            (_said(part, costs), why)
            for part, why in (
                (report.expired, "Their last day has passed; they leave the good stock."),
                (report.soon, "Good and other units whose last day comes."),
                (report.at_risk, WILL_NOT_SELL),
                (report.held, "Recalled or doubted; nothing of them leaves."),
            )
        ],
        "ages": [_said(part, costs) for part in (*report.ages, report.whole)],
        "rows": [
            (row, links.row("inventory.lot", row.lot) if row.lot else "",
             links.row("inventory.product", row.product),
             words.money(row.average, row.currency), words.money(row.risk, row.currency))
            for row in report.rows[:LOTS_SHOWN]
        ],
        "count": len(report.rows),
        "costs": costs,
        "file": f"{links.page('reporting_lots_file')}{dashboard.changed(request)}",
    }  # fmt: skip
    return dashboard.page(request, "reporting/lots.html", context)


def file(request: HttpRequest) -> HttpResponse:
    """Every row as CSV; what it is worth only for those who may see costs."""
    dashboard.refuse_strangers(request)
    report = _report(*LotsForm(request.GET).asked())
    money = {LOT_TITLES.index(title) for title in ("FIFO value", "Average value", "Worth of it")}
    hidden = set() if request.user.has_perm("inventory.view_costentry") else money
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lots-and-expiry.csv"'
    writer = csv.writer(response)
    for cells in (LOT_TITLES, *(lot_cells(row) for row in report.rows)):
        writer.writerow([cell for at, cell in enumerate(cells) if at not in hidden])
    return response


def _report(days: int, within: int | None, sort: str) -> LotsReport:
    period = queries.Period.latest(days, now=timezone.now())
    return queries.lots_report(period, within=within, sort=sort)


def _said(part: Part, costs: bool) -> dict[str, Any]:  # noqa: FBT001 (a permission)
    def money(amounts: dict[str, Decimal]) -> str:
        said = [words.money(amount, name) for name, amount in sorted(amounts.items()) if amount]
        return " + ".join(said) or "–"

    return {
        "name": part.name,
        "units": part.units,
        "fifo": money(part.fifo) if costs else "",
        "average": money(part.average) if costs else "",
    }

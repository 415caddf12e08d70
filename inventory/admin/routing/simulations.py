"""A simulation: how far it is, then both rule sets side by side, in figures, charts and orders."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory.enums import RuleSetState
from inventory.models import Location, RoutingRuleSet, RoutingSimulation
from inventory.queries.simulations import is_of_now
from oms.admin.jobs import progress_of

CHANGES_SHOWN = 50
ROWS = (  # label, sum, divided by, decimals, whether less is better
    ("Parcels per served order", "parcels", "served", 2),
    ("Orders in more than one parcel", "split", "", 0),
    ("Distance per parcel, km", "km", "parcels", 0),
    ("Shipping cost per order", "shipping", "served", 2),
    ("Handling cost per order", "handling", "served", 2),
    ("Cost per order", "cost", "served", 2),
    ("Cost of all orders", "cost", "", 0),
    ("CO2e per order, kg", "co2e_g", "served", 2),
    ("Orders that leave after their promise", "late", "", 0),
    ("Units that would wait for stock", "missing", "", 0),
    ("Orders left to a person", "asks", "", 0),
)

DIFFERENCES = (  # figure of an order, its unit where it is one, decimals, what one unit is
    ("missing", "unit waiting", 0, 1),
    ("parcels", "parcel", 0, 1),
    ("cost", "cost", 2, 1),
    ("km", "km", 0, 1),
    ("co2e_g", "kg CO2e", 2, 1_000),
    ("days", "day", 0, 1),
)
COUNTED = {"unit waiting": "units waiting", "parcel": "parcels", "day": "days"}


def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The simulation's page; it loads itself again when the work has ended."""
    if not request.user.has_perm("inventory.view_routingruleset"):
        raise PermissionDenied
    row = get_object_or_404(
        RoutingSimulation.objects.select_related("rule_set", "against", "job"), pk=pk
    )
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "opts": RoutingRuleSet._meta,  # noqa: SLF001
        "title": f"Simulation of {row.rule_set}",
        "object": row.rule_set,
        "row": row,
        "next": _next(request, row),
        "before": str(row.against) if row.against else "Built-in rule",
        "after": str(row.rule_set),
        **(progress_of(row.job) if row.job else {}),
        **(_shown(row) if row.result else {}),
    }
    return TemplateResponse(request, "admin/inventory/routing/simulation.html", context)


def changes_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every order that would change, as CSV."""
    if not request.user.has_perm("inventory.view_routingruleset"):
        raise PermissionDenied
    row = get_object_or_404(RoutingSimulation.objects.select_related("job"), pk=pk)
    if row.job is None or not row.job.result_file:
        raise Http404
    name = f"routing-simulation-{pk}.csv"
    return FileResponse(row.job.result_file.open("rb"), as_attachment=True, filename=name)


def _next(request: HttpRequest, row: RoutingSimulation) -> dict[str, str]:
    """What to do with what was seen: activate the version, or look again since it changed."""
    if not row.result or row.rule_set.state == RuleSetState.ACTIVE:
        return {}
    act, label = ("activate", "Activate") if is_of_now(row) else ("simulate", "Simulate again")
    permission = "activate_routing" if act == "activate" else "edit_routing"
    if not request.user.has_perm(f"inventory.{permission}"):
        return {"changed": "" if is_of_now(row) else "yes"}
    url = reverse("admin:inventory_routingruleset_act", args=[row.rule_set_id, act])
    return {"url": url, "label": label, "changed": "" if act == "activate" else "yes"}


def _shown(row: RoutingSimulation) -> dict[str, Any]:
    result = row.result
    names = dict(Location.objects.values_list("pk", "code"))
    codes = [names.get(int(pk), pk) for pk in result["load"]]
    loads = list(result["load"].values())
    before, after = str(row.against or "Built-in rule"), str(row.rule_set)
    return {
        "orders": result["orders"],
        "changed": result["changed"],
        "share": 100 * result["changed"] / result["orders"] if result["orders"] else 0,
        "figures": [_figure(result, *one) for one in ROWS],
        "loads": [
            {
                "code": code,
                "old": load[0],
                "old_units": load[1],
                "new": load[2],
                "new_units": load[3],
            }
            for code, load in zip(codes, loads, strict=True)
        ],
        "changes": [_change(one, names) for one in result["changes"][:CHANGES_SHOWN]],
        "no_costs": not any(
            result[side].get(name) for side in ("old", "new") for name in ("shipping", "handling")
        ),
        "charts": {
            "sums": _compared(result, before, after),
            "load": {
                "labels": codes,
                "unit": "orders",
                "sets": [
                    {"label": before, "data": [load[0] for load in loads]},
                    {"label": after, "data": [load[2] for load in loads]},
                ],
            },
        },
    }


def _compared(result: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    """Kilometres, money and CO2e under the new rules, as a share of what they were before."""
    shown = []
    for label, name, per, _ in ROWS:
        if name in {"parcels", "km", "shipping", "handling", "co2e_g"} or (name == "cost" and per):
            old, new = (_value(result[side], name, per) for side in ("old", "new"))
            if old:
                shown.append((label.partition(" per ")[0], round(100 * new / old, 1)))
    return {
        "labels": [label for label, _ in shown],
        "unit": "%",
        "sets": [
            {"label": before, "data": [100 for _ in shown]},
            {"label": after, "data": [share for _, share in shown]},
        ],
    }


def _figure(
    result: dict[str, Any], label: str, name: str, per: str, decimals: int
) -> dict[str, Any]:
    old, new = (_value(result[side], name, per) for side in ("old", "new"))
    change = 100 * (new - old) / old if old else 0
    return {
        "label": label,
        "old": f"{old:,.{decimals}f}",
        "new": f"{new:,.{decimals}f}",
        "change": f"{change:+.1f} %"
        if old and round(change, 1)
        else ("new" if new and not old else "="),
        "worse": new > old,
    }


def _value(sums: dict[str, float], name: str, per: str) -> float:
    parts = ("shipping", "handling") if name == "cost" else (name,)
    value = sum(sums.get(part, 0) for part in parts) / (1_000 if name == "co2e_g" else 1)
    divisor = sums.get(per, 0) if per else 1
    return value / divisor if divisor else 0


def _change(one: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    return {
        "number": one["order"],
        "url": reverse("admin:orders_order_change", args=[one["pk"]]),
        "old": _served(one["from"], names),
        "new": _served(one["to"], names),
        "differs": [_differs(*found) for found in _differences(one.get("figures", {}))],
    }


def _differences(figures: dict[str, list[float]]) -> Iterator[tuple[str, float, int]]:
    """What differs, as unit, difference, decimals."""
    for name, unit, decimals, scale in DIFFERENCES:
        before, after = figures.get(name, (0, 0))
        if round((after - before) / scale, decimals):
            yield unit, (after - before) / scale, decimals


def _differs(unit: str, more: float, decimals: int) -> dict[str, Any]:
    noun = unit if abs(more) == 1 else COUNTED.get(unit, unit)
    return {"words": f"{more:+,.{decimals}f} {noun}", "worse": more > 0}


def _served(units: list[list[int]], names: dict[int, str]) -> str:
    return ", ".join(f"{count:,} from {names.get(pk, pk)}" for pk, count in units) or "waits"

"""The documentation portal: a guide that a stranger can follow, beside the reference."""

from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from oms import keys, telling, wire
from oms.errors import DomainError, InvalidInput
from oms.problems import OWN, TITLES


def guide(request: HttpRequest) -> HttpResponse:
    """Show the guide, with codes of this installation in its examples."""
    channel = apps.get_model("orders.Channel").objects.filter(is_active=True).order_by("pk").first()
    context = {
        "base": request.build_absolute_uri("/").rstrip("/"),
        "channel": channel.code if channel else "web",
        "currency": channel.currency if channel else "GBP",
        "sku": _first("inventory.Product", "sku", "MUG"),
        "location": _first("inventory.Location", "code", "LON"),
        "carrier": _first("fulfillment.Carrier", "code", "royal-mail"),
        "rate": settings.OMS_API_RATE,
        "events": _events(),
        "scopes": keys.SCOPES,
        "reasons": wire.choices(wire.message_named("CancellationIn"), "/reason"),
    }
    return render(request, "portal/guide.html", context)


def problems(request: HttpRequest) -> HttpResponse:
    """List every code that an error may have; `type` of a problem document leads to its row."""
    rows = [*OWN.items(), *_refusals().items()]
    told = [(code, status, TITLES[status], text) for code, (status, text) in sorted(rows)]
    return render(request, "portal/problems.html", {"problems": told})


def _refusals() -> dict[str, tuple[int, str]]:
    """Status and sentence of each refusal that an operation may raise, by code."""
    return {
        kind.code: (422 if issubclass(kind, InvalidInput) else 409, kind.message)
        for kind in _below(DomainError)
    }


def _below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _events() -> dict[str, dict[str, telling.Told]]:
    """What is told, by the first word of the event's name."""
    found: dict[str, dict[str, telling.Told]] = {}
    for name, told in telling.declared().items():
        found.setdefault(name.partition(".")[0].replace("_", " "), {})[name] = told
    return found


def _first(model: str, field: str, otherwise: str) -> str:
    rows = apps.get_model(model).objects.filter(is_active=True).order_by("pk")
    return rows.values_list(field, flat=True).first() or otherwise

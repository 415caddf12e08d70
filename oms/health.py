"""What watches this installation from outside: readiness for balancers, figures for Prometheus."""

import hmac
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from oms.models import APART, Delivery, DeliveryState, Event, WebhookDelivery, Worker

ALIVE = timedelta(seconds=45)
LATELY = timedelta(minutes=10)
LOOPBACK = {"127.0.0.1", "::1"}


class Backlog(Collector):
    """What waits for the workers, counted when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges by kind of work and state; dead ones wait for a person."""
        yield GaugeMetricFamily(
            "oms_events_waiting", "Events without a position.", _count(Event, position=None)
        )
        for model, name in ((Delivery, "oms_deliveries"), (WebhookDelivery, "oms_webhooks")):
            gauge = GaugeMetricFamily(name, "Deliveries not done.", labels=["state"])
            for state in (DeliveryState.PENDING, DeliveryState.DEAD):
                gauge.add_metric([state], _count(model, state=state))
            yield gauge
        yield GaugeMetricFamily("oms_workers", "Workers alive.", alive_workers().count())
        background = alive_backgrounds().count()
        yield GaugeMetricFamily("oms_background", "Background processes alive.", background)
        deaths = alive_workers().aggregate(sum=Sum("deaths"))["sum"] or 0
        yield GaugeMetricFamily("oms_background_deaths", "Of workers that are alive.", deaths)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is counted when the collector is registered."""
        return []


class NotMigrated(Exception):
    """The database is older than the code."""


def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers and is migrated, 503 before; workers are told of besides.

    A web process serves without workers, so that their trouble is told as `degraded` and why, and
    takes nothing out of the balancer.
    """
    try:
        _require_migrations()
        told = _workers()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "reason": "no database"}, status=503)
    except NotMigrated:
        return JsonResponse({"status": "unavailable", "reason": "not migrated"}, status=503)
    return JsonResponse({"database": connection.vendor, **told})


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: to this machine, or to whoever brings OMS_METRICS_TOKEN."""
    token = settings.OMS_METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(sent.encode(), token.encode()):
        return ExportToDjangoView(request)
    direct = "X-Forwarded-For" not in request.headers
    if not token and direct and request.META.get("REMOTE_ADDR") in LOOPBACK:
        return ExportToDjangoView(request)
    return HttpResponseForbidden("Not for you.", content_type="text/plain")


def _workers() -> dict[str, Any]:
    """How many workers and background processes live, and what ails them."""
    now, workers = timezone.now(), list(alive_workers())
    background = alive_backgrounds().count()
    settled = any(worker.started_at < now - ALIVE for worker in workers)
    dying = [worker for worker in workers if worker.died_at and worker.died_at > now - LATELY]
    reasons = {
        "no background process: tasks and chores wait": settled and not background,
        "a background process has died and was started again": bool(dying),
    }
    found = [reason for reason, holds in reasons.items() if holds]
    return {
        "status": "degraded" if found else "ok",
        "reason": "; ".join(found),
        "workers": len(workers),
        "background": background,
        "background_deaths": sum(worker.deaths for worker in workers),
    }


def alive_backgrounds() -> QuerySet[Worker]:
    """Background processes that have beaten lately."""
    rows = Worker.objects.filter(seen_at__gt=timezone.now() - ALIVE)
    return rows.filter(name__endswith=APART)


def alive_workers() -> QuerySet[Worker]:
    """Workers that do events and have beaten lately; their background processes do not count."""
    rows = Worker.objects.filter(seen_at__gt=timezone.now() - ALIVE)
    return rows.exclude(name__endswith=APART)


def _count(model: type[Model], **conditions: object) -> int:
    return model._default_manager.filter(**conditions).count()  # noqa: SLF001


REGISTRY.register(Backlog())


def is_migrated() -> bool:
    """Whether every migration of this code has run on the database."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@cache
def _require_migrations() -> None:
    """Raise NotMigrated; success is remembered, for it stays true."""
    if not is_migrated():
        raise NotMigrated

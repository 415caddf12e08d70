"""What watches this installation from outside: readiness for balancers, figures for Prometheus."""

import hmac
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, JsonResponse
from django.utils import timezone
from django_prometheus.exports import ExportToDjangoView

from oms.models import Worker

ALIVE = timedelta(seconds=45)
LOOPBACK = {"127.0.0.1", "::1"}


class NotMigrated(Exception):
    """The database is older than the code."""


def health(_request: HttpRequest) -> JsonResponse:
    """200 when the database answers and is migrated, 503 before; workers are told of besides."""
    try:
        _require_migrations()
        workers = Worker.objects.filter(seen_at__gt=timezone.now() - ALIVE).count()
    except DatabaseError:
        return JsonResponse({"status": "unavailable", "reason": "no database"}, status=503)
    except NotMigrated:
        return JsonResponse({"status": "unavailable", "reason": "not migrated"}, status=503)
    return JsonResponse({"status": "ok", "database": connection.vendor, "workers": workers})


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


@cache
def _require_migrations() -> None:
    """Raise NotMigrated; success is remembered, for it stays true."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated

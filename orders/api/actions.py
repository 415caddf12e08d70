"""One act on many orders through the API, as a run that is polled, stopped and undone."""

from typing import Any, ClassVar

from django.contrib.admin import site
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request

from oms import jobs
from oms.admin import runs
from oms.admin.acts import Act
from oms.api import HasScope, IdempotencyMixin, actor
from oms.models import Job, JobRow
from oms.wire import Invalid, decode, respond, schema_of
from orders.api.orders import OrderFilter, orders_of
from orders.models import Order
from orders.serializers.actions import ActionsIn, ForecastOut, RunOut, RunRowOut

FILTERS = {*OrderFilter.base_filters}


class _RunView(IdempotencyMixin, GenericAPIView):
    """What all of them have in common: a key sees the runs that it started."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = Job.objects.none()
    pagination_class = None

    def run(self, request: Request, run: Any) -> Job:
        """The run; 404 for another key's."""
        rows = Job.objects.select_related("undoes").filter(kind=runs.KIND)
        return get_object_or_404(rows, public_id=run, created_by=actor(request))


class ActionsView(_RunView):
    """Beginning a run."""

    @extend_schema(
        operation_id="orders_actions_create",
        request={"application/json": schema_of(ActionsIn)},
        responses={200: schema_of(ForecastOut), 202: schema_of(RunOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Act on up to 100,000 orders: 202 with the run to poll, or 200 for a dry run.

        Each order is acted on by itself, by a worker; those that refuse leave the others as they
        are, and their rows say why. 409 `nothing_chosen` when no order matches; 400 when one of
        `orders` is unknown, before anything is done.
        """
        sent = decode(request.body, ActionsIn)
        rows, act = _chosen(request, sent), _act(sent.action)
        if sent.dry_run:
            return respond(ForecastOut.of(runs.forecast(act, rows)))
        try:
            job = runs.begin(act, rows, _form_data(sent), by=actor(request))
        except runs.BadInput as refusal:
            field, sentences = next(iter(refusal.errors.items()))
            raise Invalid(" ".join(sentences), f"/input/{field}") from None
        return respond(RunOut.of(Job.objects.get(pk=job.pk)), 202)


class RunView(_RunView):
    """One run."""

    @extend_schema(operation_id="orders_actions_retrieve", responses={200: schema_of(RunOut)})
    def get(self, request: Request, run: Any) -> HttpResponse:
        """How far it is."""
        return respond(RunOut.of(self.run(request, run)))

    @extend_schema(
        operation_id="orders_actions_stop", request=None, responses={200: schema_of(RunOut)}
    )
    def delete(self, request: Request, run: Any) -> HttpResponse:
        """Have it end early; orders that were not begun stay as they are. 409 `job_ended`."""
        return respond(RunOut.of(jobs.stop(self.run(request, run), by=actor(request))))


class RunRowsView(IdempotencyMixin, ListAPIView):
    """What became of each order of a run."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = JobRow.objects.none()
    cursor_ordering = ("pk",)

    @extend_schema(operation_id="orders_actions_rows_list", responses={200: schema_of(RunRowOut)})
    def get(self, request: Request, run: Any) -> HttpResponse:
        """In the order in which they are acted on, 50 a page; follow `next`."""
        mine = Job.objects.filter(created_by=actor(request), kind=runs.KIND)
        job = get_object_or_404(mine, public_id=run)
        page = self.paginate_queryset(job.rows.order_by("pk"))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [RunRowOut.of(row) for row in page]})


class UndoView(_RunView):
    """Taking a run back."""

    @extend_schema(
        operation_id="orders_actions_undo", request=None, responses={202: schema_of(RunOut)}
    )
    def post(self, request: Request, run: Any) -> HttpResponse:
        """Put back what the run changed and nobody changed since: 202 with a run of its own.

        For holds placed or lifted, priorities and tags. 409 `cannot_be_undone` otherwise.
        """
        return respond(RunOut.of(runs.undo(self.run(request, run), by=actor(request))), 202)


def _act(name: str) -> Act:
    acts: tuple[Act, ...] = site.get_model_admin(Order).acts  # type: ignore[attr-defined]
    return next(act for act in acts if act.name == name)


def _chosen(request: Request, sent: ActionsIn) -> QuerySet[Order]:
    if (sent.orders is None) == (sent.filter is None):
        raise Invalid("Say either orders or filter.", "/orders")
    rows = orders_of(request)
    if sent.orders is not None:
        chosen = rows.filter(number__in=set(sent.orders))
        known = set(chosen.values_list("number", flat=True))
        if unknown := [at for at, number in enumerate(sent.orders) if number not in known]:
            said = ", ".join(sent.orders[at] for at in unknown[:10])
            raise Invalid(f"There is no order {said}.", f"/orders/{unknown[0]}")
        return chosen
    if not sent.filter:
        raise Invalid("Name at least one filter.", "/filter")
    if unknown := sorted(sent.filter.keys() - FILTERS):
        raise Invalid("There is no such filter.", f"/filter/{unknown[0]}")
    found = OrderFilter(sent.filter, queryset=rows)
    if not found.is_valid():
        field, sentences = next(iter(found.errors.items()))
        raise Invalid(" ".join(sentences), f"/filter/{field}")
    return found.qs


def _form_data(sent: ActionsIn) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in sent.input.items():
        text = ", ".join(value) if isinstance(value, list) else str("" if value is None else value)
        data[name] = text
    return data


urlpatterns = [
    path("orders/actions/", ActionsView.as_view(), name="order-actions"),
    path("orders/actions/<uuid:run>/", RunView.as_view(), name="order-action"),
    path("orders/actions/<uuid:run>/rows/", RunRowsView.as_view(), name="order-action-rows"),
    path("orders/actions/<uuid:run>/undo/", UndoView.as_view(), name="order-action-undo"),
]

"""The API of tasks: what people are to do about orders, and who works on what."""

from typing import ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.filters import FilterSet, Moment, YesOrNo
from oms.wire import Invalid, decode, respond, schema_of
from orders import operations
from orders.api.orders import orders_of
from orders.models import Task
from orders.models.claim import claimed_now
from orders.queries.colleagues import role_named
from orders.queries.rules.actions import roles
from orders.serializers.tasks import TaskDoneIn, TaskIn, TaskOut


def tasks_of(request: Request) -> QuerySet[Task]:
    """The tasks that this key may see."""
    rows, codes = Task.objects.select_related("order"), visible_channels(request)
    return rows if codes is None else rows.filter(order__channel__code__in=codes)


class TaskFilter(FilterSet):
    """Filters of the tasks."""

    order = filters.CharFilter("order__number")
    owner = filters.CharFilter("owner", "iexact")
    due_before = Moment("due_at", "lt")
    done = YesOrNo("done_at", "isnull", exclude=True, label="it is done")
    claimed = YesOrNo(method="by_claim", label="somebody works on it now")

    class Meta:
        model = Task
        fields = ()

    def by_claim(self, rows: QuerySet[Task], _name: str, value: bool) -> QuerySet[Task]:  # noqa: FBT001 (called by the filter)
        """Claims that have lapsed, and those of what is done, do not count."""
        worked_on = claimed_now() & Q(done_at=None)
        return rows.filter(worked_on) if value else rows.exclude(worked_on)


class TasksView(ListAPIView):
    """What is to be done."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    filterset_class = TaskFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    cursor_ordering = ("pk",)
    queryset = Task.objects.none()

    @extend_schema(operation_id="tasks_list", responses={200: schema_of(TaskOut)})
    def get(self, request: Request) -> HttpResponse:
        """Oldest first, 50 a page; follow `next`. `done=false` leaves what is still to be done."""
        page = self.paginate_queryset(self.filter_queryset(tasks_of(request)))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [TaskOut.of(task) for task in page]})


class OrderTasksView(IdempotencyMixin, APIView):
    """Tasks about an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_tasks_create",
        request={"application/json": schema_of(TaskIn)},
        responses={201: schema_of(TaskOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Ask a role to do something about the order; a repeat gives the open task."""
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, TaskIn)
        if role_named(sent.owner) not in (known := dict(roles())):
            raise Invalid(
                f"There is no role {sent.owner}; there are: {', '.join(known)}.", "/owner"
            )
        task = operations.create_task(
            order, by=actor(request), title=sent.title, owner=sent.owner, due_at=sent.due_at
        )
        return respond(TaskOut.of(task), 201)


class TaskClaimView(IdempotencyMixin, APIView):
    """Who works on a task."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(operation_id="tasks_claim", request=None, responses={200: schema_of(TaskOut)})
    def post(self, request: Request, task: int) -> HttpResponse:
        """Say that this key works on it. 409 `task_claimed` says who was faster."""
        row = get_object_or_404(tasks_of(request), pk=task)
        return respond(TaskOut.of(operations.claim_task(row, by=actor(request))))

    @extend_schema(
        operation_id="tasks_give_back", request=None, responses={200: schema_of(TaskOut)}
    )
    def delete(self, request: Request, task: int) -> HttpResponse:
        """Work on it no longer."""
        row = get_object_or_404(tasks_of(request), pk=task)
        return respond(TaskOut.of(operations.give_back_task(row, by=actor(request))))


class TaskCompletionView(IdempotencyMixin, APIView):
    """The end of a task."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="tasks_complete",
        request={"application/json": schema_of(TaskDoneIn)},
        responses={200: schema_of(TaskOut)},
    )
    def post(self, request: Request, task: int) -> HttpResponse:
        """Say that it is done. 409 `task_done` when it was done before."""
        row, sent = get_object_or_404(tasks_of(request), pk=task), decode(request.body, TaskDoneIn)
        return respond(TaskOut.of(operations.finish_task(row, by=actor(request), note=sent.note)))


urlpatterns = [
    path("tasks/", TasksView.as_view(), name="tasks"),
    path("orders/<str:number>/tasks/", OrderTasksView.as_view(), name="order-tasks"),
    path("tasks/<int:task>/claim/", TaskClaimView.as_view(), name="task-claim"),
    path("tasks/<int:task>/completion/", TaskCompletionView.as_view(), name="task-completion"),
]

"""Counts for handhelds and warehouse systems: what to count, what was found. Blind."""

from typing import ClassVar

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations
from inventory.models import Count, Location
from inventory.queries import counts as questions
from inventory.serializers import CompletionIn, CountEntriesIn, CountOut
from oms.api import HasScope, IdempotencyMixin, actor
from oms.asked import refuse_unlisted
from oms.wire import Invalid, decode, respond, schema_of

MOST = 200  # counts in an answer


class CountsView(APIView):
    """Counts that somebody may work on now."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    queryset = Count.objects.none()

    @extend_schema(
        operation_id="counts_list",
        parameters=[
            OpenApiParameter("location", str, description="Code of a location."),
            OpenApiParameter(
                "counter", str, description="User name: only what this person may count."
            ),
        ],
        responses={200: {"type": "array", "items": schema_of(CountOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Open counts, due first; recounts of what the person counted before are left out."""
        rows = _open(request)
        if code := request.query_params.get("location", ""):
            refuse_unlisted("location", code, Location.objects.values_list("code", flat=True))
            rows = rows.filter(location__code=code)
        rows = rows.select_related("location", "assigned_to").order_by("due_on", "pk")
        return respond([CountOut.of(count) for count in rows[:MOST]])


class CountView(IdempotencyMixin, APIView):
    """Base of the views of one count."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    queryset = Count.objects.none()

    def find(self, number: str) -> Count:
        """The count."""
        rows = Count.objects.select_related("location", "assigned_to")
        return get_object_or_404(rows, number=number)


class CountDetailView(CountView):
    """One count."""

    @extend_schema(operation_id="counts_retrieve", responses={200: schema_of(CountOut)})
    def get(self, request: Request, number: str) -> HttpResponse:  # noqa: ARG002
        """The lines to be counted in this round, without book figures."""
        return respond(CountOut.of(self.find(number)))


class CountEntriesView(CountView):
    """What was found."""

    @extend_schema(
        operation_id="counts_entries_create",
        request={"application/json": schema_of(CountEntriesIn)},
        responses={201: schema_of(CountOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Write down quantities; sending the same again changes nothing."""
        count, sent = self.find(number), decode(request.body, CountEntriesIn)
        lines = {
            (line.level.product.sku, line.lot.code if line.lot else ""): line.pk
            for line in questions.sheet(count)
        }
        quantities = {}
        for index, entry in enumerate(sent.entries):
            if (entry.sku, entry.lot) not in lines:
                what = f"{entry.sku} {entry.lot}".strip()
                raise Invalid(f"{number} does not ask for {what}.", f"/entries/{index}/sku")
            quantities[lines[entry.sku, entry.lot]] = entry.quantity
        operations.enter(count, by=_counter(request, sent.counter), quantities=quantities)
        return respond(CountOut.of(self.find(number)), 201)


class CountCompletionView(CountView):
    """The end of a round."""

    @extend_schema(
        operation_id="counts_completion_create",
        request={"application/json": schema_of(CompletionIn)},
        responses={201: schema_of(CountOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """End the round; what differs above tolerance has to be counted again by somebody else."""
        sent = decode(request.body or b"{}", CompletionIn)
        operations.finish(self.find(number), by=_counter(request, sent.counter))
        return respond(CountOut.of(self.find(number)), 201)


def _open(request: Request) -> QuerySet[Count]:
    name = request.query_params.get("counter", "")
    by = _counter(request, name)
    user = int(by.removeprefix("user:")) if by.startswith("user:") else 0
    if not name:
        return questions.open_counts()
    return questions.counts_of(user, by)


def _counter(request: Request, name: str) -> str:
    """Who counts: the person that the device names, else the caller. Raises Invalid."""
    if not name:
        return actor(request)
    user = get_user_model().objects.filter(username=name.replace("\0", ""), is_active=True).first()
    if user is None:
        raise Invalid(f"There is no active user {name}.", "/counter")
    return f"user:{user.pk}"

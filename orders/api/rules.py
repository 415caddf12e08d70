"""The API of rules. They concern every channel, so that a key of one channel may not use it."""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from oms import keys
from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.models import ApiKey
from oms.wire import decode, respond, schema_of
from orders import operations
from orders.models import Rule, RuleVersion
from orders.serializers.rules import RuleIn, RuleOut, RuleRunOut

MOST_RUNS = 200


class _RuleView(IdempotencyMixin, GenericAPIView):
    """What all of them have in common."""

    scope = "rules"
    permission_classes: ClassVar = [HasScope]
    queryset = Rule.objects.none()
    pagination_class = None

    def check_permissions(self, request: Request) -> None:
        """Only keys of all channels, and staff who may see rules."""
        super().check_permissions(request)
        if visible_channels(request) is not None:
            msg = "Rules concern every channel; this key is for one."
            raise PermissionDenied(msg)


class RulesView(_RuleView):
    """Rules with their versions."""

    @extend_schema(
        operation_id="rules_list",
        responses={200: {"type": "array", "items": schema_of(RuleOut)}},
    )
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002 (the framework's signature)
        """Every version of every rule, in the order in which rules run, newest version first."""
        rows = _versions().order_by("rule__position", "rule_id", "-number")
        return respond([RuleOut.of(row) for row in rows])

    @extend_schema(
        operation_id="rules_create",
        request={"application/json": schema_of(RuleIn)},
        responses={201: schema_of(RuleOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Draft a version of the rule of this name. It acts on nothing until it is activated."""
        sent = msgspec.structs.asdict(decode(request.body, RuleIn))
        name = sent.pop("name")
        version = operations.draft_rule(name, operations.Wording(**sent), by=actor(request))
        return respond(RuleOut.of(version), 201)


class ActivationView(_RuleView):
    """Whether a version is in force."""

    @extend_schema(operation_id="rules_activate", request=None, responses={200: schema_of(RuleOut)})
    def post(self, request: Request, rule: int, version: int) -> HttpResponse:
        """Put a version in force; the one in force until now retires.

        A rule does what its activator may do: one that holds, lifts, cancels or sets priorities
        needs the scope `orders:write` besides.
        """
        row = get_object_or_404(_versions(), rule=rule, number=version)
        row = operations.activate_rule(row, by=actor(request), may=_rights(request))
        return respond(RuleOut.of(row))

    @extend_schema(
        operation_id="rules_switch_off", request=None, responses={200: schema_of(RuleOut)}
    )
    def delete(self, request: Request, rule: int, version: int) -> HttpResponse:
        """Let the rule act on nothing any more; refused when another version is in force."""
        row = get_object_or_404(_versions(), rule=rule, number=version)
        operations.switch_off(row.rule, by=actor(request), reason="by API", version=row)
        return respond(RuleOut.of(_versions().get(pk=row.pk)))


class RunsView(_RuleView):
    """What a rule did."""

    @extend_schema(
        operation_id="rules_runs_list",
        responses={200: {"type": "array", "items": schema_of(RuleRunOut)}},
    )
    def get(self, request: Request, rule: int) -> HttpResponse:  # noqa: ARG002 (as above)
        """The newest 200 runs, newest first."""
        row = get_object_or_404(Rule, pk=rule)
        runs = row.runs.select_related("order", "version").order_by("-at", "-pk")
        return respond([RuleRunOut.of(run) for run in runs[:MOST_RUNS]])


def _rights(request: Request) -> Callable[[str], bool]:
    """Whether the caller may do by hand what needs a permission of the back office."""
    if isinstance(request.auth, ApiKey):
        allowed = keys.allows(request.auth, "orders", write=True)
        return lambda _right: allowed
    return request.user.has_perm


def _versions() -> QuerySet[RuleVersion]:
    return RuleVersion.objects.select_related("rule")


urlpatterns = [
    path("rules/", RulesView.as_view(), name="rules"),
    path(
        "rules/<int:rule>/versions/<int:version>/activation/",
        ActivationView.as_view(),
        name="rule-activation",
    ),
    path("rules/<int:rule>/runs/", RunsView.as_view(), name="rule-runs"),
]

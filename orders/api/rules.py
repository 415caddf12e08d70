"""The API of rules. They concern every channel, so that a key of one channel may not use it."""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from django.db.models import QuerySet, TextChoices
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from oms import keys
from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.asked import refuse_unlisted
from oms.models import ApiKey
from oms.wire import decode, respond, schema_of
from orders import operations
from orders.enums import RuleMoment, RuleOutcome, RuleState, RuleSubject
from orders.models import Rule, RuleTrial, RuleVersion
from orders.serializers.rules import (
    RuleIn,
    RuleOrderIn,
    RuleOut,
    RuleRunOut,
    TrialIn,
    TrialOut,
)

MOST_RUNS = 200


def _one_of(name: str, kind: type[TextChoices]) -> OpenApiParameter:
    """A parameter that takes one of some values."""
    return OpenApiParameter(name, str, enum=kind.values)


def _wanted(request: Request, name: str, kind: type[TextChoices]) -> str:
    """The value that is asked for; nothing where none is. Raises ValidationError."""
    value = request.query_params.get(name, "")
    if value:
        refuse_unlisted(name, value, kind.values)
    return value


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
        parameters=[
            OpenApiParameter("name", str, description="The whole name of the rule."),
            _one_of("state", RuleState),
            _one_of("moment", RuleMoment),
            _one_of("subject", RuleSubject),
        ],
        responses={200: {"type": "array", "items": schema_of(RuleOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Every version of every rule, in the order in which rules run, newest version first."""
        rows = _versions().order_by("rule__position", "rule_id", "-number")
        for name, kind in (("state", RuleState), ("moment", RuleMoment), ("subject", RuleSubject)):
            if wanted := _wanted(request, name, kind):
                rows = rows.filter(**{name: wanted})
        if wanted := request.query_params.get("name", "").replace("\0", ""):
            rows = rows.filter(rule__name=wanted)
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


class RuleView(_RuleView):
    """One rule."""

    @extend_schema(
        operation_id="rules_redraft",
        request={"application/json": schema_of(RuleIn)},
        responses={201: schema_of(RuleOut)},
    )
    def put(self, request: Request, rule: int) -> HttpResponse:
        """Draft the next version of this rule, under the name that is sent."""
        row = get_object_or_404(Rule, pk=rule)
        sent = msgspec.structs.asdict(decode(request.body, RuleIn))
        name = sent.pop("name")
        version = operations.redraft_rule(row, name, operations.Wording(**sent), by=actor(request))
        return respond(RuleOut.of(version), 201)


class OrderOfRulesView(_RuleView):
    """In which order rules look."""

    @extend_schema(
        operation_id="rules_order",
        request={"application/json": schema_of(RuleOrderIn)},
        responses={200: {"type": "array", "items": schema_of(RuleOut)}},
    )
    def put(self, request: Request) -> HttpResponse:
        """Let rules run in this order; those that are not named follow as they were."""
        operations.order_rules(decode(request.body, RuleOrderIn).rules, by=actor(request))
        rows = _versions().order_by("rule__position", "rule_id", "-number")
        return respond([RuleOut.of(row) for row in rows])


class TrialsView(_RuleView):
    """A version tried on past orders; nothing is done to them."""

    @extend_schema(
        operation_id="rules_try",
        request={"application/json": schema_of(TrialIn)},
        responses={202: schema_of(TrialOut)},
    )
    def post(self, request: Request, rule: int, version: int) -> HttpResponse:
        """Begin a back-test over the orders of the last days; a worker does it."""
        row = get_object_or_404(_versions(), rule=rule, number=version)
        days = decode(request.body, TrialIn).days
        trial = operations.try_rule(row, days=days, by=actor(request))
        return respond(TrialOut.of(trial), 202)


class TrialView(_RuleView):
    """How far a back-test is, and what it found."""

    @extend_schema(operation_id="rules_trial", responses={200: schema_of(TrialOut)})
    def get(self, request: Request, rule: int, trial: int) -> HttpResponse:  # noqa: ARG002 (as above)
        """Progress, then how many orders matched, on which days, and the newest 200 of them."""
        rows = RuleTrial.objects.select_related("version", "job")
        return respond(TrialOut.of(get_object_or_404(rows, pk=trial, version__rule=rule)))


class RunsView(_RuleView):
    """What a rule did."""

    @extend_schema(
        operation_id="rules_runs_list",
        parameters=[
            OpenApiParameter("order", str, description="Number of an order."),
            _one_of("outcome", RuleOutcome),
        ],
        responses={200: {"type": "array", "items": schema_of(RuleRunOut)}},
    )
    def get(self, request: Request, rule: int) -> HttpResponse:
        """The newest 200 runs, newest first."""
        wanted = _wanted(request, "outcome", RuleOutcome)
        row = get_object_or_404(Rule, pk=rule)
        runs = row.runs.select_related("order", "product", "purchase_order", "version").order_by(
            "-at", "-pk"
        )
        if wanted:
            runs = runs.filter(outcome=wanted)
        if number := request.query_params.get("order", "").replace("\0", ""):
            runs = runs.filter(order__number=number)
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
    path("rules/order/", OrderOfRulesView.as_view(), name="rules-order"),
    path("rules/<int:rule>/", RuleView.as_view(), name="rule"),
    path(
        "rules/<int:rule>/versions/<int:version>/trials/", TrialsView.as_view(), name="rule-trials"
    ),
    path("rules/<int:rule>/trials/<int:trial>/", TrialView.as_view(), name="rule-trial"),
    path("rules/<int:rule>/runs/", RunsView.as_view(), name="rule-runs"),
]

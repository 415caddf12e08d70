"""The rule builder: rules in words, one rule as a form, their order, a try, a comparison."""

from importlib import import_module
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from inventory import operations
from inventory.enums import RuleSetState
from inventory.forms.routing import RuleForm
from inventory.models import LocationGroup, RoutingRule, RoutingRuleSet
from inventory.queries.decisions import Explained, explained_plan
from inventory.queries.products import product_classes
from inventory.queries.selling import selling_channels
from inventory.queries.simulations import is_of_now, under
from inventory.queries.sourcing import look_ahead, rules_for, source, supply_of
from inventory.queries.sourcing.vocabulary import FIELDS
from inventory.queries.sourcing.wording import rule_words
from oms import words
from oms.admin import actor
from oms.conditions import builder
from oms.countries import countries
from oms.errors import DomainError

EDIT = "inventory.edit_routing"


def context(request: HttpRequest, rules: RoutingRuleSet) -> dict[str, Any]:
    """What the page of a version shows."""
    return {
        "title": str(rules),
        "subtitle": None,
        "rules": rules,
        "rows": in_sentences(rules),
        "editable": rules.state == RuleSetState.DRAFT and request.user.has_perm(EDIT),
        "drafted_by": words.names_of([rules.created_by])[rules.created_by],
        "others": RoutingRuleSet.objects.exclude(pk=rules.pk).order_by("-version")[:20],
        "simulations": _simulations(rules),
        **_tried(request, rules),
    }


def _simulations(rules: RoutingRuleSet) -> list[dict[str, Any]]:
    """The newest, without all that they found."""
    rows = rules.simulations.select_related("job", "rule_set").defer("result").order_by("-pk")
    found = rows.annotate(orders=F("result__orders"), changed=F("result__changed"))[:10]
    return [{"row": row, "changed_since": not is_of_now(row)} for row in found]


def in_sentences(rules: RoutingRuleSet) -> list[dict[str, Any]]:
    """Rules in their order, each with what it does."""
    groups = dict(LocationGroup.objects.values_list("code", "name"))
    rows = rules.rules.order_by("position")
    return [{"rule": row, "words": rule_words(row, groups)} for row in rows]


def edit(request: HttpRequest, pk: int, rule: int | None = None) -> HttpResponse:
    """One rule as a form."""
    rules = _editable(request, pk)
    row = get_object_or_404(rules.rules, pk=rule) if rule else RoutingRule(conditions={"all": []})
    form = RuleForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid() and _saved(request, rules, form, rule):
        return HttpResponseRedirect(_page(rules))
    return _answer(
        request,
        "rule.html",
        title=row.name or "New rule",
        form=form,
        rules=rules,
        object=rules,
        vocabulary=_vocabulary(),
        words=rule_words(form.preview(), _groups()) if form.is_bound and form.is_valid() else "",
    )


def in_words(request: HttpRequest) -> HttpResponse:
    """What the form means as it stands now."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    sent = request.POST.copy()
    sent["name"] = sent.get("name") or "Rule"  # not what the sentence is about
    form = RuleForm(sent, instance=RoutingRule(conditions={"all": []}))
    if form.is_valid():
        return HttpResponse(rule_words(form.preview(), _groups()), "text/plain; charset=utf-8")
    mistakes = [str(error) for errors in form.errors.values() for error in errors]
    return HttpResponse("Not yet: " + " ".join(mistakes), "text/plain; charset=utf-8")


@require_POST
def reorder(request: HttpRequest, pk: int) -> HttpResponse:
    """Move a rule up or down, or take it out."""
    rules = _editable(request, pk)
    keys = list(rules.rules.order_by("position").values_list("pk", flat=True))
    act, _, chosen = request.POST.get("move", "").partition(":")
    if chosen.isdecimal() and int(chosen) in keys:
        at = keys.index(int(chosen))
        moved = keys.pop(at)
        if act != "remove":
            keys.insert(max(at - 1, 0) if act == "up" else at + 1, moved)
        operations.order_rules(rules, keys, by=actor(request))
    return HttpResponseRedirect(_page(rules))


def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Two versions side by side; what differs is marked."""
    rules = get_object_or_404(RoutingRuleSet, pk=pk)
    if not request.user.has_perm("inventory.view_routingruleset"):
        raise PermissionDenied
    other = get_object_or_404(RoutingRuleSet, pk=request.GET.get("with") or 0)
    here, there = in_sentences(rules), in_sentences(other)
    pairs = [
        {
            "position": at + 1,
            "here": here[at] if at < len(here) else None,
            "there": there[at] if at < len(there) else None,
            "same": at < min(len(here), len(there)) and here[at]["words"] == there[at]["words"],
        }
        for at in range(max(len(here), len(there)))
    ]
    return _answer(
        request,
        "compare.html",
        title="Compare versions",
        rules=rules,
        object=rules,
        other=other,
        pairs=pairs,
    )


def _tried(request: HttpRequest, rules: RoutingRuleSet) -> dict[str, Any]:
    """What this version would do with an order, by its number."""
    number = request.GET.get("try", "").strip().upper()
    if not number:
        return {}
    answers = import_module("oms.wiring").ANSWERS
    found = import_string(answers["inventory.routing_request"])(number)
    if found is None or not request.user.has_perm("orders.view_order"):
        return {"tried": number, "tried_error": f"There is no order {number}."}
    return {"tried": number, "plan": preview(rules, found)}


def preview(rules: RoutingRuleSet, request: Any) -> Explained:
    """The plan for a request by a version, against the stock of now; nothing is reserved."""
    supply = supply_of(
        (demand.product_id for demand in request.demands), channel_id=request.taker.channel_id
    )
    under(rules_for(rules.pk), supply)
    look_ahead(supply, timezone.now())
    return explained_plan(source([request], supply)[0])


def _vocabulary() -> list[dict[str, Any]]:
    """The fields of conditions; what there is to choose from is offered instead of typed."""
    offered = {
        "channel": [(row.code, row.name) for row in selling_channels()],
        "country": countries(),
        "classes": [(one, one) for one in product_classes()],
    }
    return [
        row | {"choices": offered.get(row["name"]) or row["choices"]} for row in builder(FIELDS)
    ]


def _saved(request: HttpRequest, rules: RoutingRuleSet, form: RuleForm, pk: int | None) -> bool:
    rule = rules.rules.get(pk=pk) if pk else None
    try:
        operations.save_rule(rules, form.values(), by=actor(request), rule=rule)
    except DomainError as error:
        messages.error(request, error.detail)
        return False
    except ValidationError as error:
        form.add_error(None, error.messages)
        return False
    messages.success(request, f"{form.cleaned_data['name']} is saved.")
    return True


def _editable(request: HttpRequest, pk: int) -> RoutingRuleSet:
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    return get_object_or_404(RoutingRuleSet, pk=pk, state=RuleSetState.DRAFT)


def _page(rules: RoutingRuleSet) -> str:
    return reverse("admin:inventory_routingruleset_change", args=[rules.pk])


def _groups() -> dict[str, str]:
    return dict(LocationGroup.objects.values_list("code", "name"))


def _answer(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    request.current_app = admin.site.name
    shell = {**admin.site.each_context(request), "opts": RoutingRuleSet._meta}  # noqa: SLF001
    return TemplateResponse(request, f"admin/inventory/routing/{template}", shell | context)

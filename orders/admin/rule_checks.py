"""The page of built-in checks with their limits by channel, and of the order of rules."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from oms.admin import actor
from orders import operations
from orders.enums import RuleState
from orders.forms.check_limits import CheckLimitsForm
from orders.models import Channel, Rule, RuleVersion
from orders.queries.hold_types import hold_names
from orders.queries.rules.built_in import BUILT_IN
from orders.queries.rules.wording import version_words

FORCE, CHANGE = "orders.activate_rule", "orders.change_channel"


def order_page(request: HttpRequest) -> HttpResponse:
    """Built-in checks and rules in the order in which they look; rules can be moved."""
    if not request.user.has_perm("orders.view_rule"):
        raise PermissionDenied
    if request.method == "POST":
        if not request.user.has_perm(FORCE):
            raise PermissionDenied
        keys = moved(_keys(), request.POST.get("move", ""))
        operations.order_rules(keys, by=actor(request))
        return HttpResponseRedirect(reverse("admin:orders_rule_order"))
    return _page(request, _limits(request))


@require_POST
def set_limits(request: HttpRequest) -> HttpResponse:
    """Write the limits of all channels as the form says them, or show what is wrong with it."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    forms = _limits(request, request.POST)
    if not all(form.is_valid() for form in forms):
        return _page(request, forms)
    changed = [
        str(form.channel)
        for form in forms
        if operations.set_check_limits(form.channel, by=actor(request), **form.cleaned_data)
    ]
    said_so = f"The limits of {', '.join(changed)} count from the next order." if changed else ""
    messages.success(request, said_so or "Nothing was changed.")
    return HttpResponseRedirect(reverse("admin:orders_rule_order"))


def _limits(request: HttpRequest, sent: Any = None) -> list[CheckLimitsForm]:
    if not request.user.has_perm("orders.view_channel"):
        return []
    rows = Channel.objects.filter(is_active=True).order_by("name")
    return [CheckLimitsForm(sent, channel=channel) for channel in rows]


def _page(request: HttpRequest, limits: list[CheckLimitsForm]) -> HttpResponse:
    versions = RuleVersion.objects.select_related("rule").order_by("-number")
    rules = Rule.objects.order_by("position", "pk").prefetch_related(Prefetch("versions", versions))
    holds = dict(hold_names())
    return answer(
        request,
        "order.html",
        title="Order of rules",
        built_in=[
            {"name": row.name, "says": row.says, "set_in": row.set_in, "hold": holds[row.hold]}
            for row in BUILT_IN
        ],
        rows=[{"rule": rule, "on": is_on(rule), "words": said(rule)} for rule in rules],
        editable=request.user.has_perm(FORCE),
        limits=limits,
        limits_editable=request.user.has_perm(CHANGE),
    )


def _keys() -> list[int]:
    return list(Rule.objects.order_by("position", "pk").values_list("pk", flat=True))


def moved(keys: list[int], move: str) -> list[int]:
    """Keys with one of them a place up or down, as a button says (up:7); as they are otherwise."""
    way, _, chosen = move.partition(":")
    if not chosen.isdigit() or int(chosen) not in keys:
        return keys
    at = keys.index(int(chosen))
    pk = keys.pop(at)
    keys.insert(max(at - 1, 0) if way == "up" else at + 1, pk)
    return keys


def is_on(rule: Rule) -> bool:
    """Whether a version of it is in force."""
    return any(version.state == RuleState.ACTIVE for version in rule.versions.all())


def shown(rule: Rule) -> RuleVersion | None:
    """The version in force, or the newest; versions are loaded newest first."""
    versions = list(rule.versions.all())
    active = [version for version in versions if version.state == RuleState.ACTIVE]
    return next(iter([*active, *versions]), None)


def said(rule: Rule) -> str:
    """What it does, in words."""
    version = shown(rule)
    return version_words(version) if version else ""


def answer(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page of rules in the shell of the back office."""
    request.current_app = admin.site.name
    shell = {**admin.site.each_context(request), "opts": Rule._meta}  # noqa: SLF001
    return TemplateResponse(request, f"admin/orders/rule/{template}", shell | context)

"""Versions of the routing rules: the list, the page of one, and its buttons."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from inventory import operations
from inventory.admin.routing import builder, simulations
from inventory.enums import RuleSetState
from inventory.forms.routing import CopyForm, NewRulesForm, SimulateForm
from inventory.models import RoutingRuleSet
from inventory.operations import routing
from inventory.operations.routing import TEMPLATES
from inventory.queries.simulations import tried
from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor, led_by

EDIT, FORCE = "inventory.edit_routing", "inventory.activate_routing"
Data = dict[str, Any]
TONES = {RuleSetState.ACTIVE: "info"}


class DraftForm(NewRulesForm):
    """Templates, and a blank sheet."""

    def setup(self) -> None:
        """A template by its name and what it does."""
        choices = [(key, f"{name}: {note}") for key, (name, note, _) in TEMPLATES.items()]
        self.fields["template"].choices = [*choices, ("", "Nothing: I write every rule")]
        self.fields["template"].required = False
        self.fields["template"].initial = next(iter(TEMPLATES))


def draft(request: HttpRequest, _obj: None, data: Data) -> HttpResponse:
    """Begin a version."""
    by = actor(request)
    if data["template"]:
        return to_rules(operations.draft_from_template(data["template"], by=by))
    return to_rules(operations.draft_rules("My rules", by=by))


def copy(request: HttpRequest, rules: RoutingRuleSet, data: Data) -> HttpResponse:
    """Begin a version from this one."""
    return to_rules(operations.draft_rules(data["name"], by=actor(request), based_on=rules))


def activate(request: HttpRequest, rules: RoutingRuleSet, _data: Data) -> str:
    """Put it in force."""
    return f"{operations.activate_rules(rules, by=actor(request))} decides from now on."


def deactivate(request: HttpRequest, rules: RoutingRuleSet, _data: Data) -> str:
    """Back to the built-in rule."""
    return f"{operations.deactivate_rules(rules, by=actor(request))} is retired."


def simulate(request: HttpRequest, rules: RoutingRuleSet, data: Data) -> HttpResponse:
    """Replay past orders."""
    row = routing.simulate(rules, days=data["days"], by=actor(request))
    return HttpResponseRedirect(reverse("admin:inventory_simulation", args=[row.pk]))


def to_rules(rules: RoutingRuleSet) -> HttpResponse:
    """The page of a version."""
    return HttpResponseRedirect(reverse("admin:inventory_routingruleset_change", args=[rules.pk]))


def _is(*states: str) -> Any:
    return lambda rules: rules.state in states


def _may_decide(rules: RoutingRuleSet) -> bool:
    """A version that decided before may again at once; a draft is simulated first."""
    return rules.state == RuleSetState.RETIRED or bool(
        rules.state == RuleSetState.DRAFT and tried(rules)
    )


ACTS = (
    Act("draft", "New version", EDIT, draft, form=DraftForm, icon="add", on_list=True,
        variant=ActionVariant.PRIMARY,
        help="A draft decides nothing until somebody activates it."),
    Act("activate", "Activate", FORCE, activate, form=ConfirmForm, icon="play_arrow",
        allowed=_may_decide, variant=ActionVariant.PRIMARY,
        help="Every order placed from now on is routed by this version; the one in force "
        "retires. Open orders that no location works on yet are routed again by it, a few hundred "
        "every five minutes; none loses stock by it."),
    Act("simulate", "Simulate", EDIT, simulate, form=SimulateForm, icon="science",
        help="Replays past orders under this version and the one in force, side by side. "
        "Nothing is reserved."),
    Act("copy", "Copy as draft", EDIT, copy, form=CopyForm, icon="content_copy",
        help="Versions that were in force never change; change a copy.",
        initial=lambda rules: {"name": rules.name}),
    Act("deactivate", "Retire", FORCE, deactivate, form=ConfirmForm, icon="stop",
        allowed=_is(RuleSetState.ACTIVE), variant=ActionVariant.DANGER,
        help="The built-in rule decides from now on: fewest parcels, then priority, then distance. "
        "Open orders that no location works on yet are routed again by it."),
)  # fmt: skip


@admin.register(RoutingRuleSet)
class RoutingRuleSetAdmin(ReadOnlyAdmin):
    """Which rules decide, which did, and which are being drafted."""

    list_empty = (
        "New version begins from a template; until one is in force, the built-in rule decides."
    )

    acts = ACTS
    list_display = ("title_column", "state_column", "rules_column", "who_column", "force_column")
    list_display_links = ("title_column",)
    list_filter = ("state",)
    sortable_by: ClassVar = ()
    change_form_template = "admin/inventory/routing/rules.html"
    list_before_template = "admin/inventory/routing/intro.html"

    def get_urls(self) -> list[URLPattern]:
        """The builder's and the simulations' pages, before those of the rows."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/rule/", wrap(builder.edit), name="inventory_routing_rule_new"),
            path("<int:pk>/rule/<int:rule>/", wrap(builder.edit), name="inventory_routing_rule"),
            path("<int:pk>/order/", wrap(builder.reorder), name="inventory_routing_order"),
            path("<int:pk>/compare/", wrap(builder.compare), name="inventory_routing_compare"),
            path("words/", wrap(builder.in_words), name="inventory_routing_words"),
            path("simulations/<int:pk>/", wrap(simulations.page), name="inventory_simulation"),
            path(
                "simulations/<int:pk>/orders.csv",
                wrap(simulations.changes_file),
                name="inventory_simulation_file",
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, obj: Any = None) -> list[dict[str, Any]]:
        """Simulate is the next thing to do where a draft was not: only then it may decide."""
        found = super().buttons(request, obj)
        if obj is None or obj.state != RuleSetState.DRAFT or tried(obj):
            return found
        return led_by("simulate", found)

    def facts(self, request: HttpRequest, act: Act, obj: Any) -> dict[str, str]:
        """Whether anybody saw what activating would change."""
        if act.name != "activate":
            return super().facts(request, act, obj)
        if (row := tried(obj)) is None:
            return {"Simulated": "not yet, or its rules were changed since"}
        told = f"{row.result['changed']:,} of {words.count(row.result['orders'], 'order')} differ"
        return {"Simulated": f"{words.moment(row.created_at)}, {told}"}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The rules in words, the way to try them, and the simulations."""
        if (rules := kwargs.get("obj")) is not None:
            context |= builder.context(request, rules)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Version")
    def title_column(self, rules: RoutingRuleSet) -> SafeString:
        """Number, name and note."""
        return words.two_lines(str(rules), rules.note)

    @admin.display(description="State")
    def state_column(self, rules: RoutingRuleSet) -> SafeString:
        """Only what decides is coloured."""
        label = "In force" if rules.state == RuleSetState.ACTIVE else rules.get_state_display()
        return words.chip(label, TONES.get(RuleSetState(rules.state), ""))

    @admin.display(description="Rules")
    def rules_column(self, rules: RoutingRuleSet) -> str:
        """Names in their order."""
        return " → ".join(row.name for row in rules.rules.all()) or "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With their rules, in one query."""
        return super().get_queryset(request).prefetch_related("rules")

    @admin.display(description="Drafted")
    def who_column(self, rules: RoutingRuleSet) -> str:
        """When."""
        return words.moment(rules.created_at)

    @admin.display(description="In force since")
    def force_column(self, rules: RoutingRuleSet) -> str:
        """When it began to decide."""
        return words.moment(rules.activated_at) if rules.activated_at else "–"

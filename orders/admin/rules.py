"""Rules in the back office: the list, a rule's page, the builder, a trial on past orders."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor
from oms.errors import DomainError
from orders import operations
from orders.admin import rule_checks, rule_runs, rule_trials
from orders.admin.rule_checks import answer, is_on, said, shown
from orders.admin.rule_trials import may_begin
from orders.enums import RuleMoment, RuleState
from orders.forms.rules import ActivateForm, RuleForm, TemplateForm, TryForm
from orders.models import Rule, RuleVersion
from orders.operations.rules.templates import TEMPLATES
from orders.queries.rules.actions import actions_builder
from orders.queries.rules.naming import free_name
from orders.queries.rules.vocabulary import rules_builder
from orders.queries.rules.wording import version_words

EDIT, FORCE = "orders.edit_rule", "orders.activate_rule"
WEEK = timedelta(days=7)


class BeginForm(TemplateForm):
    """Templates, and a blank sheet."""

    def setup(self) -> None:
        """Each template by its name and what it is good for."""
        rows = [(key, f"{row.name}: {row.good_for}") for key, row in TEMPLATES.items()]
        self.fields["template"].choices = rows


def begin(request: HttpRequest, _obj: None, data: dict[str, Any]) -> HttpResponse:
    """Draft a rule from a template."""
    template = TEMPLATES[data["template"]]
    name = free_name(template.name)
    version = operations.draft_rule(name, template.wording, by=actor(request))
    return HttpResponseRedirect(_page(version.rule_id))


def switch_off(request: HttpRequest, rule: Rule, data: dict[str, Any]) -> str:
    """Let it act no more."""
    operations.switch_off(rule, by=actor(request), reason=data["reason"])
    return f"{rule} is off."


def activate(request: HttpRequest, rule: Rule, data: dict[str, Any]) -> str:
    """Put the version that was chosen in force."""
    version = operations.activate_rule(
        rule.versions.get(number=data["version"]),
        by=actor(request),
        may=request.user.has_perm,
        newest=data["newest"],
    )
    return f"{version} acts from now on."


def try_on(request: HttpRequest, rule: Rule, data: dict[str, Any]) -> HttpResponse:
    """Look at past orders with the version that was chosen."""
    version = rule.versions.get(number=data["version"])
    trial = operations.try_rule(version, days=data["days"], by=actor(request))
    return HttpResponseRedirect(reverse("admin:orders_rule_trial", args=[trial.pk]))


ACTS = (
    Act("begin", "New from template", EDIT, begin, form=BeginForm, icon="add", on_list=True,
        variant=ActionVariant.PRIMARY,
        help="A draft acts on nothing until somebody switches it on."),
    Act("activate", "Switch on", FORCE, activate, form=ActivateForm, icon="play_arrow",
        allowed=may_begin, variant=ActionVariant.PRIMARY,
        help="This version acts from now on, the one in force retires. Versions that were tried are "
        "offered. You need the rights to do by hand what it does."),
    Act("try_on", "Try on past orders", EDIT, try_on, form=TryForm, icon="science",
        help="Takes the version through the past of each order: which it is for, when it would have acted, "
        "and what would have come of it. Nothing is done."),
    Act("switch_off", "Switch off", FORCE, switch_off, icon="stop", allowed=is_on,
        variant=ActionVariant.DANGER, help="It acts on nothing any more; what it did stays."),
)  # fmt: skip


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    """What is done to orders by itself."""

    list_empty = "New from template drafts a rule; it acts once it is switched on."

    acts = ACTS
    list_display = ("name_column", "state_column", "when_column", "week_column")
    list_display_links = ("name_column",)
    search_fields = ("name",)
    search_help_text = "Name"
    sortable_by: ClassVar = ()
    ordering = ("position", "pk")
    change_form_template = "admin/orders/rule/rule.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With versions and the runs of a week."""
        week = Q(runs__at__gte=timezone.now() - WEEK)
        versions = RuleVersion.objects.select_related("rule").order_by("-number")
        rows = (
            super()
            .get_queryset(request)
            .annotate(
                week=Count("runs__order", filter=week)
                + Count("runs__chain", filter=week & Q(runs__order=None), distinct=True)
            )
        )
        return rows.prefetch_related(Prefetch("versions", versions))

    def buttons(self, request: HttpRequest, obj: Any = None) -> list[dict[str, Any]]:
        """Over the list also the blank builder, and the page with built-in checks and the order."""
        found = super().buttons(request, obj)
        if obj is not None and not is_on(obj) and "activate" not in {row["name"] for row in found}:
            for row in found:
                if row["name"] == "try_on":
                    row["variant"] = ActionVariant.PRIMARY
        if obj is None and request.user.has_perm(EDIT):
            found.append(_link("new", "Write a rule", "edit", "admin:orders_rule_new"))
        if obj is None:
            found.append(_link("order", "Order and checks", "sort", "admin:orders_rule_order"))
        return found

    def get_urls(self) -> list[URLPattern]:
        """The builder's and the trials' pages, before those of the rows."""
        wrap = self.admin_site.admin_view
        return [
            path("new/", wrap(edit), name="orders_rule_new"),
            path("order/", wrap(rule_checks.order_page), name="orders_rule_order"),
            path("limits/", wrap(rule_checks.set_limits), name="orders_rule_limits"),
            path("<int:pk>/edit/", wrap(edit), name="orders_rule_edit"),
            path("words/", wrap(in_words), name="orders_rule_words"),
            path("trials/<int:pk>/", wrap(rule_trials.trial_page), name="orders_rule_trial"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Versions in words, runs and trials."""
        if (rule := kwargs.get("obj")) is not None:
            context |= _context(request, rule)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Rule")
    def name_column(self, rule: Rule) -> SafeString:
        """Name, and what it does in a sentence."""
        return words.two_lines(rule.name, said(rule))

    @admin.display(description="State")
    def state_column(self, rule: Rule) -> SafeString:
        """Only what acts is coloured."""
        version = shown(rule)
        if version is None or version.state == RuleState.DRAFT:
            return words.chip("Draft", "")
        return words.chip("On", "info") if is_on(rule) else words.chip("Off", "")

    @admin.display(description="When")
    def when_column(self, rule: Rule) -> str:
        """At what moment it looks."""
        version = shown(rule)
        return RuleMoment(version.moment).label if version else "–"

    @admin.display(description="Runs in 7 days")
    def week_column(self, rule: Any) -> int:
        """How often it acted."""
        return int(rule.week)


def edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The newest version as a form; saving drafts the next one."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    version = _newest(pk) if pk else None
    form = RuleForm(request.POST or None, version=version)
    if request.method == "POST" and form.is_valid() and (saved := _saved(request, form)):
        return HttpResponseRedirect(_page(saved.rule_id))
    return answer(
        request,
        "builder.html",
        title=version.rule.name if version else "New rule",
        form=form,
        back=_page(pk) if pk else reverse("admin:orders_rule_changelist"),
        vocabulary=rules_builder(),
        kinds=actions_builder(),
    )


def in_words(request: HttpRequest) -> HttpResponse:
    """What the form means as it stands now."""
    if not request.user.has_perm(EDIT):
        raise PermissionDenied
    sent = request.POST.copy()
    sent["name"] = free_name("Rule")  # not what the sentence is about
    form = RuleForm(sent, version=None)
    if form.is_valid():
        wording = form.wording()
        said = version_words(
            RuleVersion(
                subject=wording.subject,
                moment=wording.moment,
                events=wording.events,
                every_minutes=wording.every_minutes,
                conditions=wording.conditions,
                actions=wording.actions,
            )
        )
        return HttpResponse(said, "text/plain; charset=utf-8")
    mistakes = [str(error) for errors in form.errors.values() for error in errors]
    return HttpResponse("Not yet: " + " ".join(mistakes), "text/plain; charset=utf-8")


def _context(request: HttpRequest, rule: Rule) -> dict[str, Any]:
    versions = list(rule.versions.all())
    names = words.names_of(version.created_by for version in versions)
    return {
        "title": rule.name,
        "subtitle": None,
        "rule": rule,
        "on": is_on(rule),
        "editable": request.user.has_perm(EDIT),
        "versions": [
            {"row": row, "words": version_words(row), "who": names[row.created_by]}
            for row in versions
        ],
        "runs": rule_runs.newest(rule),
        "counts": rule_runs.counted(rule.runs.all()),
        "trials": rule_trials.trials_of(rule),
        "untried": not rule_trials.tried_numbers(rule),
    }


def _link(name: str, title: str, icon: str, page: str) -> dict[str, Any]:
    """A button that leads to a page, as the templates draw it."""
    look = {"icon": icon, "variant": ActionVariant.DEFAULT, "folded": False}
    return {"name": name, "title": title, "path": reverse(page), **look}


def _newest(pk: int) -> RuleVersion:
    rule = get_object_or_404(Rule, pk=pk)
    return rule.versions.select_related("rule").order_by("-number")[0]


def _saved(request: HttpRequest, form: RuleForm) -> RuleVersion | None:
    name, by = form.cleaned_data["name"], actor(request)
    try:
        if form.version is None:
            version = operations.draft_rule(name, form.wording(), by=by)
        else:
            version = operations.redraft_rule(form.version.rule, name, form.wording(), by=by)
    except DomainError as error:
        messages.error(request, error.detail)
        return None
    messages.success(request, f"{version} is drafted. Try it on past orders, then switch it on.")
    return version


def _page(pk: int) -> str:
    return reverse("admin:orders_rule_change", args=[pk])

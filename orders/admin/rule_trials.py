"""The page of a trial: which orders a version is for, what it would have done, and the way on."""

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from oms.admin.jobs import progress_of
from orders.admin.rule_checks import answer
from orders.enums import RuleState, RuleSubject, Stage
from orders.models import Rule, RuleTrial, RuleVersion
from orders.queries.rules.vocabulary import EVERY, NOW_ONLY, asked
from orders.queries.rules.wording import version_words

CANCELLED = "cancelled"  # among the stages in which the matches are today


def tried_numbers(rule: Rule) -> set[int]:
    """The versions that were tried, or were in force before: those that may be switched on."""
    trials = RuleTrial.objects.filter(version__rule=rule).exclude(result={})
    was_on = rule.versions.exclude(activated_at=None)
    return {
        *trials.values_list("version__number", flat=True),
        *was_on.values_list("number", flat=True),
    }


def may_begin(rule: Rule) -> bool:
    """Whether a version that was tried is not in force."""
    waiting = {row.number for row in rule.versions.all() if row.state != RuleState.ACTIVE}
    return bool(waiting & tried_numbers(rule))


def trial_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a trial found; the page loads itself again when the work has ended."""
    if not request.user.has_perm("orders.view_ruletrial"):
        raise PermissionDenied
    trial = get_object_or_404(RuleTrial.objects.select_related("version__rule", "job"), pk=pk)
    version, result = trial.version, trial.result
    of_orders = version.subject == RuleSubject.ORDER
    days = result.get("by_day", [])
    return answer(
        request,
        "trial.html",
        title=f"{version} on past orders",
        trial=trial,
        words=version_words(version),
        share=100 * result["matched"] / result["orders"] if result.get("orders") else 0,
        noun=str(RuleSubject(version.subject).label).lower(),
        of_orders=of_orders,
        of_now=_of_now(version) if of_orders else [],
        today=[(_stage(stage), count) for stage, count in result.get("today", [])],
        ways_on=_ways_on(request, trial),
        charts={
            "days": {
                "labels": [day for day, *_ in days],
                "unit": "orders",
                "sets": [{"label": "Matching orders", "data": [row[2] for row in days]}],
            }
        },
        **(progress_of(trial.job) if trial.job else {}),
    )


def trials_of(rule: Rule) -> QuerySet[RuleTrial]:
    """The newest trials of a rule."""
    rows = RuleTrial.objects.filter(version__rule=rule).select_related("version__rule", "job")
    return rows.order_by(F("pk").desc())[:10]


def _of_now(version: RuleVersion) -> list[str]:
    return [EVERY[name].label for name in sorted(asked(version.conditions) & NOW_ONLY)]


def _stage(stage: str) -> str:
    return "Cancelled" if stage == CANCELLED else str(Stage(stage).label)


def _ways_on(request: HttpRequest, trial: RuleTrial) -> dict[str, str]:
    """Where to switch it on or change it, for whoever may."""
    version = trial.version
    ways: dict[str, str] = {}
    if not trial.result:
        return ways
    if request.user.has_perm("orders.activate_rule") and version.state != RuleState.ACTIVE:
        ways["on"] = reverse("admin:orders_rule_act", args=[version.rule_id, "activate"])
    if request.user.has_perm("orders.edit_rule"):
        ways["again"] = reverse("admin:orders_rule_act", args=[version.rule_id, "try_on"])
        ways["edit"] = reverse("admin:orders_rule_edit", args=[version.rule_id])
    return ways

"""What a rule did, as its page shows it: a row for each order, and for each turn over things."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse

from orders.enums import RuleOutcome
from orders.models import Rule, RuleRun
from orders.queries.rules.wording import saw_words

SHOWN = 50
NAMED = 10  # things of a turn


def counted(runs: QuerySet[RuleRun]) -> dict[str, int]:
    """How often a rule acted, was refused something, was stopped; a turn over things counts once."""
    things, failed = Q(order=None), Q(outcome=RuleOutcome.FAILED)
    return runs.aggregate(
        every=Count("order") + Count("chain", filter=things, distinct=True),
        stopped=Count("pk", filter=Q(outcome=RuleOutcome.STOPPED)),
        failed=Count("order", filter=failed)
        + Count("chain", filter=things & failed, distinct=True),
    )


def newest(rule: Rule) -> list[dict[str, Any]]:
    """The newest runs on orders, and turns over things with the first of those that each met."""
    loaded = rule.runs.select_related("order", "product", "purchase_order", "version__rule")
    rows = [
        {"row": run, "about": [_named(run)], "others": 0, "saw": saw_words(run.saw)}
        for run in loaded.exclude(order=None).order_by("-at", "-pk")[:SHOWN]
    ]
    turns = rule.runs.filter(order=None).values("chain").annotate(first=Min("pk"), met=Count("pk"))
    found = list(turns.order_by("-first")[:SHOWN])
    wanted = [turn["first"] + at for turn in found for at in range(NAMED)]
    members: dict[Any, list[RuleRun]] = defaultdict(list)
    for run in loaded.filter(pk__in=wanted, order=None).order_by("pk"):
        members[run.chain].append(run)
    for turn in found:
        runs = members[turn["chain"]]
        about = [_named(run) for run in runs]
        told = saw_words(runs[0].saw) if len(runs) == 1 else []
        others = turn["met"] - len(runs)
        rows.append({"row": runs[0], "about": about, "others": others, "saw": told})
    rows.sort(key=lambda each: each["row"].at, reverse=True)
    return rows[:SHOWN]


def _named(run: RuleRun) -> tuple[str, str]:
    if run.order_id:
        return run.about, reverse("admin:orders_order_change", args=[run.order_id])
    if run.product_id:
        return run.about, reverse("admin:inventory_product_change", args=[run.product_id])
    return run.about, reverse("admin:inventory_purchaseorder_change", args=[run.purchase_order_id])

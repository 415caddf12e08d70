"""Why an order is served from where it is: stored decisions, told in words."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from inventory.enums import RuleSetState, Verdict
from inventory.models import Location, RoutingRule, RoutingRuleSet, SourcingDecision
from inventory.queries.sourcing import Plan
from inventory.queries.sourcing.criteria import FAR
from inventory.queries.sourcing.vocabulary import REMOVED
from oms import words

SHOWN = 10  # the newest decisions of an order
CAUSES = {
    "placed": "when the order was placed",
    "advanced": "when stock came or the order went on",
    "rejected": "after a location gave units back",
    "rerouted": "when it was routed anew",
    "moved": "when the order got another address",
    "split": "before the order was split off; its units stayed where they were",
    "tried": "as a trial; nothing is reserved",
}
COSTS = {
    "shipping": "shipping",
    "handling": "handling",
    "cost": "shipping and handling",
    "price": "by the prices of the rule",
}
WORSE = {  # criteria whose sums say nothing to a reader
    "limits": "only beyond what the rule allows",
    "age": "newer stock",
    "balance": "emptier shelves",
    "load": "a busier day",
    "accuracy": "less accurate stock",
    "tie": "equal in every figure; it was added later",
}
LEAST_KG = 0.01
BUILT_IN = "Built-in rule: fewest parcels, then priority, then distance"
VERDICTS = {
    Verdict.COMPLETE: "Everything is served",
    Verdict.PARTIAL: "A part is served; the rest waits for stock",
    Verdict.NONE: "Nothing could be served; it waits for stock",
    Verdict.HOLD: "Nothing was served; the rule asked for a hold",
    Verdict.QUEUE: "Nothing was served; the rule leaves it to a person",
}


@dataclass(slots=True)
class Candidate:
    """A location in a decision: how far, what it gives, or why it is out."""

    location: str
    name: str
    km: int | None = None
    units: int = 0
    reason: str = ""


@dataclass(slots=True)
class Explained:
    """A decision in words; the chosen locations first, then by distance."""

    at: datetime
    cause: str
    verdict: str
    rule: str
    version: str
    why: str  # cause and verdict as they are stored
    outcome: str
    amounts: dict[str, Any]  # figures as they are stored
    candidates: list[Candidate] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)  # rules that matched and failed before
    figures: list[tuple[str, str]] = field(default_factory=list)
    exact: bool = True

    @property
    def sentence(self) -> str:
        """The decision in one line."""
        served = [f"{row.units} from {row.location}" for row in self.candidates if row.units]
        return f"{self.verdict}: {', '.join(served)}." if served else f"{self.verdict}."


def routed_otherwise(order_ids: Collection[int]) -> set[int]:
    """Which of these orders were last decided by other rules than those in force; two statements."""
    active = RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE).values_list("pk", flat=True)
    in_force = active.first()
    last = dict(
        SourcingDecision.objects.filter(order_id__in=order_ids)
        .order_by("pk")
        .values_list("order_id", "rule_set")
    )
    return {order for order, rules in last.items() if rules != in_force}


def given_back(order_id: int, *, since: datetime) -> set[int]:
    """Locations that gave units of this order back since then, as its decisions were told."""
    rows = SourcingDecision.objects.filter(order_id=order_id, cause="rejected", at__gte=since)
    records = rows.values_list("record", flat=True)
    return {
        int(place)
        for record in records
        for _, _, removed in record.get("tries", ())
        for place, reason in removed.items()
        if reason == "avoided"
    }


def explained(order_id: int) -> list[Explained]:
    """The newest decisions about an order, newest first; three statements."""
    rows = list(
        SourcingDecision.objects.filter(order_id=order_id)
        .select_related("rule_set")
        .order_by("-pk")[:SHOWN]
    )
    if not rows:
        return []
    places = {row.pk: row for row in Location.objects.only("code", "name", "is_active")}
    rules = _rule_names(rows)
    return [_explained(row, places, rules) for row in rows]


def explained_plan(plan: Plan) -> Explained:
    """A plan that was not kept, told like a stored decision."""
    decision = plan.decision
    record = {
        "tries": [[pk, outcome, {str(k): v for k, v in out.items()}]
                  for pk, outcome, out in decision.tries],
        "km": decision.distances,
        "figures": decision.figures,
        "others": {str(pk): why for pk, why in decision.others.items()},
        "plan": [[part.key, part.location_id, part.quantity] for part in plan.parts],
        "exact": decision.exact,
    }  # fmt: skip
    row = SourcingDecision(
        cause="tried", rule=decision.rule, verdict=decision.verdict, record=record
    )
    places = {row.pk: row for row in Location.objects.only("code", "name", "is_active")}
    return _explained(row, places, _rule_names([row]))


def _rule_names(rows: Iterable[SourcingDecision]) -> dict[int, str]:
    tried = {one[0] for row in rows for one in row.record.get("tries", ())} - {0}
    if not tried:
        return {}
    return dict(RoutingRule.objects.filter(pk__in=tried).values_list("pk", "name"))


def _explained(
    row: SourcingDecision, places: dict[int, Location], rules: dict[int, str]
) -> Explained:
    record = row.record
    tries = record.get("tries", [])
    return Explained(
        at=row.at,
        cause=CAUSES.get(row.cause, row.cause),
        verdict=VERDICTS[Verdict(row.verdict)],
        rule=rules.get(row.rule, BUILT_IN),
        version=str(row.rule_set) if row.rule_set else "",
        why=row.cause,
        outcome=row.verdict,
        amounts=record.get("figures", {}),
        candidates=_candidates(record, places),
        passed_over=[rules.get(pk, BUILT_IN) for pk, outcome, _ in tries if outcome == "next"],
        figures=figures_of(record.get("figures", {})),
        exact=record.get("exact", True),
    )


def _candidates(record: dict[str, Any], places: dict[int, Location]) -> list[Candidate]:
    units: dict[int, int] = defaultdict(int)
    for _, location, quantity in record.get("plan", ()):
        units[location] += quantity
    kms = {int(pk): km for pk, km in record.get("km", {}).items()}
    found = []
    for pk, place in places.items():
        reason = "" if units[pk] else _reason(pk, record, known=pk in kms)
        if pk in kms or place.is_active:
            found.append(Candidate(place.code, place.name, kms.get(pk), units[pk], reason))
    return sorted(found, key=lambda row: (-row.units, row.km is None, row.km or 0, row.location))


def _reason(pk: int, record: dict[str, Any], *, known: bool) -> str:
    """Why a location serves nothing: removed, worse by a figure, or empty."""
    removed = record["tries"][-1][2] if record.get("tries") else {}
    if why := removed.get(str(pk)):
        return REMOVED.get(why, why)
    if why := record.get("others", {}).get(str(pk)):
        figures = record.get("figures", {})
        return _passed_over(*why, wanted=figures.get("units", 0) + figures.get("missing", 0))
    return "could have served, but others are better" if known else REMOVED["stock"]


def _passed_over(
    held: int, name: str = "", would: float = 0, chosen: float = 0, *, wanted: int
) -> str:
    """What it has where that is not all, and the figure in which the best plan with it is worse."""
    has = words.count(held, "unit") if not wanted else f"{held:,} of {words.count(wanted, 'unit')}"
    said = [f"has {has}"] if held < wanted or not wanted else []
    if name:
        said.append(_worse(name, would, chosen))
    return "; ".join(said) or "could have served, but others are better"


def _worse(name: str, would: float, chosen: float) -> str:
    more = would - chosen
    if name in COSTS:
        return f"+{more:,.2f} {COSTS[name]}"
    if name == "distance" and would >= FAR:
        return "nobody knows how far it is"
    said = {
        "parcels": f"{words.count(round(would), 'parcel')} instead of {chosen:.0f}",
        "priority": f"priority {would:.0f} instead of {chosen:.0f}",
        "missing": f"{words.count(round(more), 'unit')} more would wait",
        "distance": f"+{more:,.0f} km",
        "days": f"leaves {words.count(round(more), 'day')} later",
        "co2e": f"+{more:,.2f} kg CO2e" if more >= LEAST_KG else f"+{more * 1_000:,.1f} g CO2e",
    }
    return said.get(name) or WORSE.get(name, name)


def figures_of(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """Figures of a plan as label and words; what is nothing is left out."""
    shown = [
        ("Parcels", f"{figures.get('parcels', 0)}"),
        ("Distance", f"{figures.get('km', 0):,} km"),
        ("Shipping", f"{figures.get('shipping', 0):,.2f}"),
        ("Handling", f"{figures.get('handling', 0):,.2f}"),
        ("CO2e", f"{figures.get('co2e_g', 0) / 1_000:,.2f} kg"),
        ("Leaves in", words.count(figures.get("days", 0), "day")),
        ("Waiting", words.count(figures.get("missing", 0), "unit")),
    ]
    names = ("parcels", "km", "shipping", "handling", "co2e_g", "days", "missing")
    return [one for one, name in zip(shown, names, strict=True) if figures.get(name)]

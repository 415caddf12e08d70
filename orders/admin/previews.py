"""What would come of an act on an order, as pages show it beside the form before anybody decides."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from oms import words
from oms.admin import ActForm
from oms.errors import DomainError
from orders import operations
from orders.admin import sealed
from orders.enums import OrderStatus
from orders.models import Order
from orders.operations import Preview
from orders.queries.balance import Balance
from orders.queries.changes import Standing, standing


class Row(NamedTuple):
    """One line of the comparison."""

    label: str
    before: str
    after: str
    tone: str = ""

    @property
    def changed(self) -> bool:
        """Whether the change makes a difference here."""
        return self.before != self.after


def untouched(order: Order) -> dict[str, Any]:
    """Nothing is asked yet: the order as it stands."""
    now = standing(order)
    return {"figures": figures(now, now, order.currency), "untouched": True}


def shown(request: HttpRequest, seen: Preview, order: Order) -> dict[str, Any]:
    """The comparison; what the buyer would read only for those who may read who that is."""
    after = seen.after or seen.before
    told = seen.told if sealed.may_read(request) else ()
    if told:
        sealed.looked_at(request, order)  # what is shown names the buyer: that is a reading
    rows = [*figures(seen.before, after, order.currency), *_others(seen, order.currency)]
    return {
        "figures": rows,
        "total_row": next(each for each in rows if each.label == "Total"),
        "refusal": seen.refusal.detail if seen.refusal else "",
        "new_holds": [why for why in after.holds if why not in seen.before.holds],
        "told": told,
        "told_hidden": len(seen.told) - len(told),
        "writes_itself": "" if order.channel.notifies_customers else order.channel.name,
        "base": seen.base,
        "can_confirm": seen.refusal is None,
    }


def figures(before: Standing, after: Standing, currency: str) -> list[Row]:
    """What a person compares, line by line, in the order in which they ask."""
    return [
        *_amounts(before, after, currency),
        *_route(before, after),
        Row(
            "Waits for stock",
            words.count(before.backordered, "unit"),
            words.count(after.backordered, "unit"),
            "warn" if after.backordered > before.backordered else "",
        ),
        Row(
            "Ship by",
            _ships_by(before),
            _ships_by(after),
            "warn" if _is_worse(before.promised_at, after.promised_at) else "",
        ),
        Row("Ships to", _goes_to(before.content), _goes_to(after.content)),
        Row(
            "Status",
            words.sentence_case(before.content["status"]),
            words.sentence_case(after.content["status"]),
            "warn" if after.content["status"] == "cancelled" else "",
        ),
    ]


def _ships_by(standing: Standing) -> str:
    if standing.is_over:
        return "–"
    return words.moment(standing.promised_at) or "nothing in sight"


def _goes_to(content: dict[str, Any]) -> str:
    if place := content.get("pickup"):
        return f"collected at {place}"
    return content["ship_to"] or "–"


def _amounts(before: Standing, after: Standing, currency: str) -> Iterator[Row]:
    old, new = before.content["totals"], after.content["totals"]
    for name in ("goods", "charges", "tax", "total"):
        amounts = [words.money(Decimal(totals[name]), currency) for totals in (old, new)]
        yield Row(name.capitalize(), *amounts)
    tone = "warn" if after.money.balance < 0 else ""
    yield Row("Owed", _owed(before.money, currency), _owed(after.money, currency), tone)


def _others(seen: Preview, currency: str) -> Iterator[Row]:
    for number, other in seen.others:
        total = words.money(other.total, currency)
        if other.content["status"] == OrderStatus.CANCELLED:
            yield Row(number, "open", "all of it is here")
        else:
            units = sum(line["quantity"] for line in other.content["lines"])
            owed = _owed(other.money, currency)
            told = f"{words.count(units, 'unit')}, {total}, owed {owed}"
            yield Row("New order", "–", told)


def _owed(money: Balance, currency: str) -> str:
    if not money.balance:
        return "nothing"
    who = "by the buyer" if money.balance > 0 else "to the buyer"
    return f"{words.money(abs(money.balance), currency)} {who}"


def _route(before: Standing, after: Standing) -> Iterator[Row]:
    for code in sorted(before.route.keys() | after.route.keys()):
        units = [words.count(where.route.get(code, 0), "unit") for where in (before, after)]
        yield Row(f"From {code}", *units)


def _is_worse(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and (after is None or after > before)


def answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The preview alone, for a form that asks for it while it is filled in."""
    return TemplateResponse(request, "admin/orders/change/preview.html", context)


def of_form(
    request: HttpRequest,
    order: Order,
    form: ActForm,
    look: Callable[[dict[str, Any]], Preview],
    said: Callable[[Preview], dict[str, str]],
) -> HttpResponse:
    """What an act would do that is asked for by a form; what is lacking, as long as it is unfit.

    `said` stands above the comparison, by labels.
    """
    as_it_is = {**untouched(order), "base": operations.moments_of(order)}
    if not form.is_valid():
        return answer(request, {**as_it_is, "lacking": _lacking(form)})
    try:
        seen = look(form.cleaned_data)
    except DomainError as refusal:  # of what the person may ask for, before anything is tried
        return answer(request, {**as_it_is, "problem": refusal.detail})
    return answer(
        request, {**shown(request, seen, order), "said": {} if seen.refusal else said(seen)}
    )


def _lacking(form: ActForm) -> list[str]:
    return [
        sentence if name == NON_FIELD_ERRORS else f"{form[name].label}: {sentence}"
        for name, sentences in form.errors.items()
        for sentence in sentences
    ]

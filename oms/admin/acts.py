"""Acts: the buttons of the back office, each with a permission, a form and one operation call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.enums import ActionVariant

from oms.admin.forms import ActForm, ReasonForm
from oms.errors import DomainError

BULK_LIMIT = 500  # rows a request may change; more belongs into a job


class Run(Protocol):
    """Makes one operation call and says in a sentence what came of it (or answers by itself)."""

    def __call__(self, request: HttpRequest, obj: Any, data: dict[str, Any]) -> str | HttpResponse:
        """`obj` is the row, or none for an act of the list; `data` is the form's clean data."""


def always(_obj: Any) -> bool:
    """Every row allows it."""
    return True


@dataclass(frozen=True, slots=True)
class Act:
    """A button on an object's page, over a list, or for the selected rows of a list.

    `allowed` looks at the loaded row and decides whether the button is shown; the operation
    decides again, under lock. `on_list` makes it a button over the list, without a row; `bulk`
    also offers it for selected rows, each of which is its own operation call and result.
    """

    name: str  # part of the address, lower_snake
    label: str  # words on the button: a verb first
    permission: str  # app_label.codename
    run: Run
    form: type[ActForm] = ReasonForm
    allowed: Callable[[Any], bool] = always
    help: str = ""  # a sentence above the form: what will happen, what will not
    icon: str = ""  # a name of Material Symbols
    variant: ActionVariant = ActionVariant.DEFAULT
    initial: Callable[[Any], dict[str, Any]] | None = None
    on_list: bool = False
    bulk: bool = False
    folded: bool = False  # stands under More instead of in the row of buttons

    def offered(self, request: HttpRequest, obj: Model | None) -> bool:
        """Whether this person sees the button on this row now."""
        return request.user.has_perm(self.permission) and (obj is None or self.allowed(obj))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act did to one of several rows."""

    row: str
    ok: bool
    message: str


def actor(request: HttpRequest) -> str:
    """Name the person at the page the way operations expect `by`."""
    return f"user:{request.user.pk}"


def run_each(
    act: Act, request: HttpRequest, rows: Iterable[Model], data: dict[str, Any]
) -> list[Outcome]:
    """Run an act on each row by itself: one refusal leaves the others as they are."""
    return [_run_one(act, request, row, data) for row in rows]


def _run_one(act: Act, request: HttpRequest, row: Model, data: dict[str, Any]) -> Outcome:
    name = str(row)
    if not act.allowed(row):
        return Outcome(name, ok=False, message="Not possible in its present state.")
    try:
        answer = act.run(request, row, data)
    except DomainError as error:
        return Outcome(name, ok=False, message=error.detail)
    return Outcome(name, ok=True, message=answer if isinstance(answer, str) else "Done.")

"""Acts: the buttons of the back office, each with a permission, a form and one operation call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.enums import ActionVariant

from oms.admin.forms import ActForm, ReasonForm


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an act, and the ids and plain values by which it can be taken back."""

    message: str
    back: dict[str, Any]

    def __str__(self) -> str:
        return self.message


class Run(Protocol):
    """Makes one operation call and says in a sentence what came of it (or answers by itself)."""

    def __call__(
        self, request: HttpRequest, obj: Any, data: dict[str, Any]
    ) -> str | Told | HttpResponse:
        """`obj` is the row, or none for an act of the list; `data` is the form's clean data."""


class Preview(Protocol):
    """Tries an act out, undoes it, and answers with a part of a page that says what came of it."""

    def __call__(self, request: HttpRequest, obj: Any, form: ActForm) -> HttpResponse:
        """`form` is bound and may still be invalid: it is asked for whenever a field changes."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How an act is taken back: by an operation of its own, given what the act told in `back`.

    `run` raises a DomainError where somebody has changed since what the act changed.
    """

    permission: str  # app_label.codename
    run: Callable[[HttpRequest, Any, dict[str, Any]], str]
    help: str  # a sentence: what will be as before


def always(_obj: Any) -> bool:
    """Every row allows it."""
    return True


@dataclass(frozen=True, slots=True)
class Act:
    """A button on an object's page, over a list, or for the selected rows of a list.

    `allowed` looks at the loaded row and decides whether the button is shown; the operation
    decides again, under lock. `on_list` makes it a button over the list, without a row; `bulk`
    also offers it for selected rows, or all rows that match the list's filters, as a job in which
    each row is its own operation call and result. `refuses` says the same as `allowed` in a form
    that the database can count over thousands of rows: sentences with their conditions, the first
    that fits. `gather` makes one file of all rows instead of acting on each.
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
    refuses: tuple[tuple[str, Any], ...] = ()  # (why not, a condition on the row)
    undo: Undo | None = None
    gather: Callable[[HttpRequest, Sequence[Any]], bytes] | None = None  # a PDF
    preview: Preview | None = None  # what stands beside the form of one row while it is filled in
    paper: bool = False  # answers with a file and changes nothing: the button asks no question

    def offered(self, request: HttpRequest, obj: Model | None) -> bool:
        """Whether this person sees the button on this row now."""
        return request.user.has_perm(self.permission) and (obj is None or self.allowed(obj))


def led_by(name: str, buttons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buttons with the one of this name first and coloured, and no other as the next thing to do."""
    if not any(button["name"] == name for button in buttons):
        return list(buttons)
    plain = {ActionVariant.PRIMARY: ActionVariant.DEFAULT}
    led = [
        {**one, "variant": ActionVariant.PRIMARY if one["name"] == name
                           else plain.get(one["variant"], one["variant"])}
        for one in buttons
    ]  # fmt: skip
    return sorted(led, key=lambda one: one["name"] != name)


def actor(request: HttpRequest) -> str:
    """Name the person at the page, or whoever a run is done for, as operations expect `by`."""
    return getattr(request, "on_behalf_of", "") or f"user:{request.user.pk}"

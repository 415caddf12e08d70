"""Claiming in lists of work: the button of a row, its page, and whose work the list opens with."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from oms import words
from oms.admin import actor
from oms.errors import DomainError

PLAIN = {"p", "o"}  # page and order of a list; whatever else is asked narrows it


def is_open_list(request: HttpRequest) -> bool:
    """Whether somebody opened the list without asking for anything: it shows what they can take."""
    return all(name in PLAIN or not value for name, value in request.GET.items())


class ClaimedList(ChangeList):
    """Rows with the names of those who work on them, asked once a page."""

    def get_results(self, request: HttpRequest) -> None:
        """`worker` is a name, `mine` and `may` are for the buttons, `back` is this list as it is."""
        super().get_results(request)
        rows = list(self.result_list)
        names = words.names_of({row.claimed_by for row in rows if row.claimed_by})
        now, me = timezone.now(), actor(request)
        may = request.user.has_perm(self.model_admin.claims_need)
        for row in rows:
            who = row.claimant(now)
            row.worker, row.mine = names.get(who, ""), who == me
            row.may, row.back = may, request.get_full_path()
        self.result_list = rows  # type: ignore[assignment]


def button(row: Any) -> SafeString | str:
    """Claim or give back; nothing where a colleague works on it."""
    if not row.may or (row.worker and not row.mine):
        return ""
    act, said = ("give_back", "Give back") if row.mine else ("claim", "Claim")
    return format_html(
        '<button class="oms-btn" name="oms" formaction="{}" formnovalidate>{}</button>',
        reverse(f"admin:{_name(type(row))}_{act}", args=[row.pk]),
        said,
    )


def urls(
    model: type[Model],
    wrap: Callable[..., Any],
    need: str,
    claim: Callable[..., Any],
    give_back: Callable[..., Any],
) -> list[URLPattern]:
    """The pages of both buttons."""
    return [
        path(
            f"<int:pk>/{slug}/",
            wrap(partial(_mind, model=model, need=need, act=act, said=said)),
            name=f"{_name(model)}_{slug.replace('-', '_')}",
        )
        for slug, act, said in (
            ("claim", claim, "is yours"),
            ("give-back", give_back, "is given back"),
        )
    ]


def _mind(
    request: HttpRequest,
    pk: int,
    *,
    model: type[Model],
    need: str,
    act: Callable[..., Any],
    said: str,
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(need):
        raise PermissionDenied
    rows = model._default_manager.select_related("order")  # noqa: SLF001 (public)
    row: Any = get_object_or_404(rows, pk=pk)
    try:
        act(row, by=actor(request))
        messages.success(request, f"{row.order} {said}.")
    except DomainError as error:
        messages.error(request, error.detail)
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = reverse(f"admin:{_name(model)}_changelist")
    return HttpResponseRedirect(back)


def _name(model: type[Model]) -> str:
    meta = model._meta  # noqa: SLF001 (public)
    return f"{meta.app_label}_{meta.model_name}"

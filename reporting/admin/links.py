"""Addresses of the lists and acts that reports point to, by name: reports import no other page."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from oms.admin import ReadOnlyAdmin
from orders.enums import NOT_LEFT, DraftStatus, Stage
from reporting.queries import LATER, Stuck

HOME = "admin:index"


def rows(label: str, **filters: Any) -> str:
    """The list of a model under these filters; empty where there is no such page."""
    address = page(f"{label.replace('.', '_')}_changelist")
    return f"{address}?{urlencode(filters)}" if address and filters else address


def page(name: str, *args: object) -> str:
    """A page of the back office by its name; empty where there is no such page."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""


def row(label: str, pk: int) -> str:
    """The page of one row; empty where there is no such page."""
    return page(f"{label.replace('.', '_')}_change", pk)


def stage(name: str) -> str:
    """Orders in a stage, the longest waiting first; in the first one they are drafts."""
    if name == Stage.PLACEMENT:
        return rows("orders.draftorder", status__exact=DraftStatus.OPEN.value)
    return rows("orders.order", stage__exact=name)


def stage_before(name: str, moment: datetime) -> str:
    """Orders that came into a stage before this moment."""
    if name == Stage.PLACEMENT:
        since = moment.isoformat()
        return rows("orders.draftorder", status__exact=DraftStatus.OPEN.value, created_at__lt=since)
    return rows("orders.order", stage__exact=name, stage_since__lt=moment.isoformat())


def to_release() -> str:
    """Orders that wait for somebody to release them."""
    return rows("orders.order", stage__exact="fulfilment", status__exact="placed")


def promised_before(moment: datetime) -> str:
    """Open orders whose goods have not left, promised before this moment."""
    return rows(
        "orders.order",
        stage__in=",".join(NOT_LEFT),
        promised_at__lt=moment.isoformat(timespec="minutes"),
    )


def remedy(stuck: Stuck, user: Any) -> tuple[str, str]:
    """Where the button of a stuck order leads and what it says.

    The form of the act where this person may do it, else the order.
    """
    address = ""
    if stuck.act == "see_stock" and isinstance(stuck.target, str):
        if user.has_perm("inventory.view_stocklevel"):
            address = rows("inventory.stocklevel", q=stuck.target)
    elif stuck.act == "lift_hold" and isinstance(stuck.target, int):
        address = _act("orders.hold", stuck.target, "lift", user)
    else:
        address = _act("orders.order", stuck.pk, stuck.act, user)
    return (address, stuck.label) if address else (row("orders.order", stuck.pk), LATER)


def _act(label: str, pk: int, name: str, user: Any) -> str:
    admin_page = admin.site._registry.get(apps.get_model(label))  # noqa: SLF001 (no public door)
    acts = admin_page.acts if isinstance(admin_page, ReadOnlyAdmin) else ()
    if any(act.name == name and user.has_perm(act.permission) for act in acts):
        address = page(f"{label.replace('.', '_')}_act", pk, name)
        return f"{address}?{urlencode({'next': reverse(HOME)})}"
    return ""

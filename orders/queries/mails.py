"""What rules write to colleagues."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from oms.downloads import harmless
from oms.models import Event
from oms.words import count
from orders.enums import RuleSubject
from orders.models import RuleRun
from orders.queries.colleagues import addresses_of
from orders.queries.rules.subjects import FIELDS

PAGES = {
    "order": "orders/order",
    "product": "inventory/product",
    "purchase_order": "inventory/purchaseorder",
}
NOUNS = {"product": "product", "purchase_order": "purchase order"}
MOST_LISTED = 200  # rows of a mail; all of them are in the file that comes with it
BESIDE = timedelta(hours=1)  # the runs of a turn are written with its event


def mail_about(event: Event) -> EmailMessage:
    """The mail of `order.rule_mailed` and `rule.mailed`: the rule's words, and where to look.

    A turn over products or purchase orders is one mail with a table of them. It goes to nobody
    when whoever was meant has left since; Django then sends nothing.
    """
    facts = event.facts
    if "turn" in facts:
        return _digest(event)
    about, pk = facts.get("about", "order"), facts.get("id", event.subject_id)
    label = facts.get("label", event.subject_label)
    return EmailMessage(
        subject=" ".join(f"{label}: {facts['message']}".split()),
        body=f"{facts['message']}\n\n{label}: {_page(about, pk)}\nRule: {facts['rule']}\n",
        to=addresses_of(facts["to"]),
        headers=_headers(event),
    )


def _digest(event: Event) -> EmailMessage:
    facts, about = event.facts, event.facts["about"]
    columns, rows = _table(event)
    what = rows[0]["label"] if len(rows) == 1 else count(facts["count"], NOUNS[about])
    context = {
        "message": facts["message"],
        "noun": NOUNS[about].capitalize(),
        "columns": columns,
        "rows": rows[:MOST_LISTED],
        "more": max(len(rows) - MOST_LISTED, 0),
        "rule": facts["rule"],
        "rule_page": f"{settings.OMS_PUBLIC_URL}/admin/orders/rule/{event.subject_id}/change/",
    }
    message = EmailMultiAlternatives(
        subject=" ".join(f"{what}: {facts['message']}".split()),
        body=render_to_string("mail/rule_digest.txt", context),
        to=addresses_of(facts["to"]),
        headers=_headers(event),
    )
    message.attach_alternative(render_to_string("mail/rule_digest.html", context), "text/html")
    if context["more"]:
        message.attach(f"{about}s.csv", _file(NOUNS[about], columns, rows), "text/csv")
    return message


def _table(event: Event) -> tuple[list[str], list[dict[str, Any]]]:
    """Labels of the facts that were asked about, and a row for each thing of a turn."""
    about = RuleSubject(event.facts["about"])
    beside = (event.at - BESIDE, event.at + BESIDE)
    runs = RuleRun.objects.filter(
        rule=event.subject_id, at__range=beside, chain=event.facts["turn"]
    )
    found = list(runs.select_related("product", "purchase_order").order_by("pk"))
    names = [name for name in FIELDS[about] if any(name in run.saw for run in found)]
    rows = [
        {
            "label": run.about,
            "name": run.product.name if run.product else "",
            "url": _page(about, run.product_id or run.purchase_order_id),
            "cells": [_cell(run.saw.get(name)) for name in names],
        }
        for run in found
    ]
    return [FIELDS[about][name].label for name in names], rows


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _file(noun: str, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([noun, "name", *columns])
    for row in rows:
        writer.writerow([harmless(row["label"]), harmless(row["name"]), *row["cells"]])
    return text.getvalue()


def _page(about: str, pk: int | None) -> str:
    return f"{settings.OMS_PUBLIC_URL}/admin/{PAGES[about]}/{pk}/change/"


def _headers(event: Event) -> dict[str, str]:
    return {"Message-ID": f"<{event.public_id}@rules.oms>"}

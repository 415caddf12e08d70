"""What buyers were told about a document, as its page lists it."""

from typing import Any

from customers import queries as customers
from oms import words

SHOWN = 20


def notifications(model: str, pk: int) -> list[tuple[Any, str, Any]]:
    """Each message with its name and state, newest first; `model` is app_label.model."""
    rows = customers.notifications_about(model, pk)[:SHOWN]
    return [
        (
            row,
            customers.message_name(row.template.event),
            words.chip(row.get_state_display(), "", row.why),
        )
        for row in rows
    ]

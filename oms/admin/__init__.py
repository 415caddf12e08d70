"""Bases of every page of the back office: read-only pages, and buttons that call operations.

`ReadOnlyAdmin` is the default. A change of state is an `Act`: a button with its own permission
and a small form, whose submission makes one operation call and turns a refusal into a message.
`EditableAdmin` is for reference data alone.
"""

from oms.admin.acts import Act, Told, Undo, actor, led_by
from oms.admin.bases import CappedPaginator, EditableAdmin, ReadOnlyAdmin, list_buttons
from oms.admin.chores import ChoreAdmin
from oms.admin.forms import ActForm, ConfirmForm, LineField, Proposing, ReasonForm
from oms.admin.jobs import JobAdmin, to_job
from oms.admin.keys import ApiKeyAdmin
from oms.admin.outbox import (
    DeliveryAdmin,
    EventAdmin,
    WebhookDeliveryAdmin,
    WebhookEndpointAdmin,
)
from oms.admin.people import RoleAdmin, UserAdmin

__all__ = [
    "Act",
    "ActForm",
    "ApiKeyAdmin",
    "CappedPaginator",
    "ChoreAdmin",
    "ConfirmForm",
    "DeliveryAdmin",
    "EditableAdmin",
    "EventAdmin",
    "JobAdmin",
    "LineField",
    "Proposing",
    "ReadOnlyAdmin",
    "ReasonForm",
    "RoleAdmin",
    "Told",
    "Undo",
    "UserAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "actor",
    "led_by",
    "list_buttons",
    "to_job",
]

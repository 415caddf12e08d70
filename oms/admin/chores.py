"""What is done again and again: when it ran last, what it said, when it runs next."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from oms import words
from oms.admin.acts import Act
from oms.admin.bases import ReadOnlyAdmin
from oms.admin.forms import ConfirmForm
from oms.models import Chore


def run_now(_request: HttpRequest, chore: Model, _data: dict[str, Any]) -> str:
    """Let the next worker that looks run it."""
    Chore.objects.filter(pk=chore.pk).update(next_at=timezone.now())
    return f"{chore} runs within a second or two, if a worker is running."


@admin.register(Chore)
class ChoreAdmin(ReadOnlyAdmin):
    """Recurring work of the workers."""

    list_empty = "A worker writes its recurring work down here when it starts: manage.py worker."

    acts = (
        Act("run", "Run now", "oms.change_chore", run_now, ConfirmForm, icon="play_arrow",
            help="Harmless to repeat: what was done is not done twice."),
    )  # fmt: skip
    list_display = ("path", "state_chip", "done", "ran", "next_at")
    fields = ("path", "started_at", "finished_at", "done", "error", "next_at")
    ordering = ("path",)

    @display(description="State")
    def state_chip(self, chore: Chore) -> SafeString:
        """Well, or how it went wrong."""
        if chore.error:
            return words.chip("Failed", "bad")
        return words.chip("Never ran" if chore.finished_at is None else "Well", "")

    @display(description="Last run", ordering="finished_at")
    def ran(self, chore: Chore) -> str:
        """How long ago."""
        return words.moment(chore.finished_at) if chore.finished_at else "–"

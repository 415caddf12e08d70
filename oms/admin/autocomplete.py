"""Search boxes for related rows, with labels that a person can choose by."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse


class LabelledAutocomplete(AutocompleteJsonView):
    """Asks the row's admin for a label (`choice_label`) where one says more than the row's name."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, Any]:
        """One choice: its key, and what stands for it in the box."""
        label = getattr(self.model_admin, "choice_label", str)
        return {**super().serialize_result(obj, to_field_name), "text": label(obj)}


def autocomplete(request: HttpRequest) -> HttpResponse:
    """The one address that all search boxes ask; only staff gets here."""
    return LabelledAutocomplete.as_view(admin_site=admin.site)(request)

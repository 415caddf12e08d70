"""Reason codes: why stock is changed by hand; the shipped list, and the house's own."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from inventory import operations
from inventory.enums import MovementKind
from inventory.forms.reasons import ReasonCodeForm
from inventory.models import ReasonCode
from oms import words
from oms.admin import EditableAdmin, actor


@admin.register(ReasonCode)
class ReasonCodeAdmin(EditableAdmin):
    """Those that the system gives by itself are shown and stay as they are."""

    form = ReasonCodeForm
    list_display = ("name", "code", "kinds_column", "state_column")
    ordering = ("name",)
    search_fields = ("code", "name")
    list_filter = ("is_active",)
    sortable_by: ClassVar = ()
    fields = (("name", "code"), "kinds", "is_active")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not those that operations give by name."""
        protected = obj is not None and obj.is_protected
        return not protected and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new one is switched on; one that only shows says its kinds in words."""
        if obj is None:
            return (("name", "code"), "kinds")
        if self.has_change_permission(request, obj):
            return self.fields
        return (("name", "code"), "kinds_column", "state_column")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is what files and movements name; it stays."""
        if obj is None:
            return ()
        shown = () if self.has_change_permission(request, obj) else ("kinds_column", "state_column")
        return ("code", *shown)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """By the operations, which protect what they themselves give."""
        data = {name: form.cleaned_data[name] for name in ("name", "kinds")}
        by = actor(request)
        if change:
            active = form.cleaned_data["is_active"]
            operations.change_reason(obj, by=by, is_active=active, **data)
        else:
            obj.pk = operations.add_reason(form.cleaned_data["code"], by=by, **data).pk

    @admin.display(description="For")
    def kinds_column(self, reason: ReasonCode) -> str:
        """Kinds of movements."""
        return ", ".join(str(MovementKind(kind).label) for kind in reason.kinds) or "Every kind"

    @admin.display(description="State")
    def state_column(self, reason: ReasonCode) -> SafeString:
        """Whether it is offered, and who gives it."""
        if reason.is_protected:
            return words.chip("Given by the system")
        return words.chip("Offered" if reason.is_active else "Switched off")

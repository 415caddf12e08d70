"""Companies in the back office."""

from typing import ClassVar

from django.contrib import admin

from customers.models import Company
from oms.admin import EditableAdmin


@admin.register(Company)
class CompanyAdmin(EditableAdmin):
    """Businesses that buy."""

    list_empty = "Add a company to sell to it on account, within a credit limit."

    list_display = ("code", "name", "tax_id", "created_at")
    search_fields = ("code__exact", "name__istartswith", "tax_id__exact")
    search_help_text = "Code, beginning of the name, tax ID"
    fields = ("code", "name", "tax_id")
    ordering = ("name",)
    sortable_by: ClassVar = ()

"""An inventory report as a file."""

from django import forms

from inventory.forms.moments import moment_field
from inventory.forms.supply import places
from oms.admin import ActForm


class InventoryReportForm(ActForm):
    """What a warehouse system exported, of which location and of when."""

    location = places()
    file = forms.FileField(
        help_text="CSV or XLSX with the columns sku and quantity, and condition if wanted."
    )
    as_of = moment_field(
        "As of", "When it was true, in UTC; empty: now. What moved since stays moved."
    )
    complete = forms.BooleanField(
        required=False,
        label="It is complete",
        help_text="What the file does not name is not there any more.",
    )
    reference = forms.CharField(
        required=False,
        max_length=80,
        help_text="The sender's number, by which a repeat is known; empty: the file itself.",
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Name and content."""
        file = self.cleaned_data["file"]
        return file.name, file.read()

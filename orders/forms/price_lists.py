"""Input of the acts on price lists."""

from django import forms

from oms.admin import ActForm

LARGEST = 20 * 1024 * 1024  # bytes


class PricesForm(ActForm):
    """A file of prices."""

    file = forms.FileField(
        help_text="CSV or XLSX with the columns sku, unit_price and, for quantity breaks, "
        "from_quantity."
    )
    dry_run = forms.BooleanField(
        label="Only look", required=False, initial=True, help_text="Reports; writes nothing."
    )

    def clean_file(self) -> object:
        """A file that one page can read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            msg = f"The file is larger than {LARGEST // 1024 // 1024} MB."
            raise forms.ValidationError(msg)
        return file

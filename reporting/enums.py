"""Words of the reporting app."""

from django.db import models


class ExportFormat(models.TextChoices):
    """File forms of an export."""

    XLSX = "xlsx", "Excel"
    CSV = "csv", "CSV"

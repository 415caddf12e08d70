"""Lay down the dated rates that ship with the application."""

import csv
from pathlib import Path

from django.db import migrations

RATES = Path(__file__).parent.parent / "data" / "tax_rates.csv"


def load(apps, schema_editor):
    model = apps.get_model("compliance", "TaxRate")
    with RATES.open(encoding="utf-8", newline="") as file:
        rows = [model(**{**row, "valid_to": row["valid_to"] or None}) for row in csv.DictReader(file)]
    model.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0005_invoice_treatment")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]

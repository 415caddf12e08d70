"""Numbers of bank statements, lines and remittances; who sees them, sends them and books them."""

from django.db import migrations

from oms.migrating import RunDirectly
from oms.roles import grant

SERIES = ("bank_statement", "bank_line", "remittance")
SEEN = (
    "view_bankaccount",
    "view_bankstatement",
    "view_bankline",
    "view_bankmatch",
    "view_gatewaypayout",
    "view_remittance",
    "view_remittancerow",
)
ACTS = (
    "add_bankaccount",
    "change_bankaccount",
    "add_bankstatement",
    "match_bankline",
    "add_remittance",
)


def create(apps, schema_editor):
    """Create the sequences."""
    if schema_editor.connection.vendor == "postgresql":
        for name in SERIES:
            schema_editor.execute(f"CREATE SEQUENCE oms_number_{name} START 100001 CACHE 1")


def drop(apps, schema_editor):
    """Drop the sequences."""
    if schema_editor.connection.vendor == "postgresql":
        for name in SERIES:
            schema_editor.execute(f"DROP SEQUENCE IF EXISTS oms_number_{name}")


class Migration(migrations.Migration):
    """Sequences and roles."""

    dependencies = [("orders", "0055_bank_and_remittances"), ("oms", "0003_roles")]
    operations = [
        RunDirectly(create, drop),
        grant("orders", {"Finance": (*SEEN, *ACTS), "Operations": SEEN, "Auditor": SEEN}),
    ]

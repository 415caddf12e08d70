"""Numbers, append-only tables and permissions of purchase orders, receipts, transfers and costs."""

from django.db import migrations

from oms.append_only import protect
from oms.migrating import RunDirectly
from oms.roles import grant

SERIES = ("purchase_order", "goods_receipt", "transfer")
SEEN = tuple(
    f"view_{name}"
    for name in (
        "supplier",
        "supplierproduct",
        "purchaseorder",
        "goodsreceipt",
        "transfer",
        "replenishmentproposal",
        "replenishmentpolicy",
        "costentry",
    )
)
EDITS = tuple(
    f"{verb}_{name}"
    for name in ("supplier", "supplierproduct", "replenishmentpolicy")
    for verb in ("add", "change")
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
    """Numbers, triggers, roles."""

    dependencies = [("inventory", "0013_supply"), ("oms", "0003_roles")]
    operations = [
        RunDirectly(create, drop),
        protect(
            "inventory_costentry",
            "inventory_landedcost",
            "inventory_goodsreceiptline",
            "inventory_receivedmovement",
        ),
        grant(
            "inventory",
            {
                "Operations": (
                    *SEEN,
                    *EDITS,
                    "buy",
                    "move_between_locations",
                    "add_landed_cost",
                    "decide_replenishment",
                ),
                "Warehouse": (*SEEN, "move_between_locations"),
                "Finance": (*SEEN, "add_landed_cost"),
                "Support": SEEN,
                "Auditor": SEEN,
            },
        ),
    ]

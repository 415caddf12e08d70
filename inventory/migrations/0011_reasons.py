"""The reasons that ship with the system, and who may do what is new."""

from django.db import migrations

from oms.roles import grant

ADJUST, SCRAP, APART = "adjusted", "scrapped", ["quarantined", "damaged"]
REASONS = [
    # code, name, movement kinds
    ("not-found", "Could not be found", [ADJUST]),
    ("found", "Found", [ADJUST]),
    ("miscounted", "Counted wrongly before", [ADJUST, "counted"]),
    ("wrong-location", "Was booked at the wrong location", [ADJUST]),
    ("wrong-item", "Was booked as another item", [ADJUST]),
    ("not-recorded-in", "Came in unrecorded", [ADJUST, "received"]),
    ("not-recorded-out", "Went out unrecorded", [ADJUST]),
    ("over-delivered", "Supplier sent too much", [ADJUST, "received"]),
    ("under-delivered", "Supplier sent too little", [ADJUST]),
    ("stolen", "Stolen", [ADJUST, SCRAP]),
    ("sample", "Given away as a sample", [ADJUST, SCRAP]),
    ("own-use", "Used by ourselves", [ADJUST, SCRAP]),
    ("repacked", "Repacked or made into a set", [ADJUST]),
    ("opening", "Opening stock", [ADJUST, "received"]),
    ("broken", "Broken in the warehouse", [*APART, SCRAP]),
    ("transit-damage", "Damaged on the way", [*APART, SCRAP]),
    ("water-or-fire", "Damaged by water, fire or smoke", [*APART, SCRAP]),
    ("expired", "Past its date", ["quarantined", SCRAP]),
    ("recalled", "Recalled by the manufacturer", ["quarantined", SCRAP]),
    ("inspection", "Waits for inspection", ["quarantined"]),
    ("returned", "Came back from a customer", ["returned", *APART, SCRAP]),
    ("obsolete", "No longer sold", [SCRAP]),
    ("unsellable", "Not worth selling", [SCRAP]),
    ("passed", "Inspected and good", ["restored"]),
    ("repaired", "Repaired or cleaned", ["restored"]),
    ("entered-twice", "Entered twice", ["corrected"]),
    ("typing-error", "Typing error", ["corrected"]),
    ("wrong-document", "Belongs to another document", ["corrected"]),
    ("repair", "Figures brought in line with the ledger", ["corrected"]),
    ("other", "Another reason", []),
]
READERS = ("Operations", "Warehouse", "Finance", "Support", "Auditor")
SEEN = ("view_reasoncode", "view_stocksnapshot")
GRANTS = {role: list(SEEN) for role in READERS}
GRANTS["Operations"] += [
    "add_reasoncode",
    "change_reasoncode",
    "quarantine_stock",
    "scrap_stock",
    "correct_stock",
    "repair_stock",
]
GRANTS["Warehouse"] += ["quarantine_stock", "scrap_stock"]


def ship(apps, schema_editor):
    table = apps.get_model("inventory", "ReasonCode").objects.using(schema_editor.connection.alias)
    for code, name, kinds in REASONS:
        table.get_or_create(code=code, defaults={"name": name, "kinds": kinds})


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_conditions"), ("oms", "0003_roles")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop), grant("inventory", GRANTS)]

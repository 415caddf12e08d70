"""The hold types that ship, under the codes that holds always had."""

from django.db import migrations

from oms.roles import grant

OPERATIONS, FINANCE, SUPPORT, LAST = "Operations", "Finance", "Support", "Administrator"
TYPES = [
    # code, name, owner, due h, escalates h past due, to, test, what would unblock this
    ("unknown_sku", "Unknown SKU", OPERATIONS, 8, 24, LAST, "sku_known",
     "Say which product the channel means; later orders with this SKU are then understood."),
    ("incomplete_address", "Incomplete address", SUPPORT, 24, 48, OPERATIONS, "address_complete",
     "Complete the address, from the buyer or the channel."),
    ("price_mismatch", "Price mismatch", FINANCE, 24, 48, OPERATIONS, "",
     "Ask the channel which total is right; change the order, or accept ours."),
    ("suspected_duplicate", "Suspected duplicate", SUPPORT, 8, 24, OPERATIONS, "",
     "Compare with the other order: cancel one of them, or say that both are wanted."),
    ("credit_limit", "Credit limit", FINANCE, 24, 48, OPERATIONS, "credit_free",
     "A payment, a higher limit, or somebody who approves this order."),
    ("review", "Review", OPERATIONS, 8, 24, LAST, "", "Look at the order and approve it, or cancel it."),
    ("fraud", "Fraud", FINANCE, 24, 24, LAST, "",
     "Check payment and buyer; clear the suspicion, or cancel the order."),
    ("customer_request", "Customer request", SUPPORT, None, 24, OPERATIONS, "",
     "The buyer says that it may go on."),
    ("out_of_stock", "Out of stock", OPERATIONS, 24, 48, LAST, "",
     "Buy, transfer or substitute what is missing, then lift the hold; or cancel."),
    ("routing", "Routing decision", OPERATIONS, 8, 24, LAST, "",
     "Decide from where it is served: change the rules or the stock, then lift the hold."),
    ("other", "Other", "", None, 24, "", "", "See the reason."),
    ("remorse", "Time to change one's mind", "", None, None, "", "due",
     "The window of the channel ends; or somebody releases it now."),
    ("cancelling", "Being cancelled", "", None, None, "", "",
     "It is cancelled when its window ends; until then it can be undone."),
]  # fmt: skip
BY_SYSTEM = {"remorse", "cancelling"}
STOP_CAPTURE = {"fraud", "remorse", "cancelling"}
SEEN = ("view_holdtype",)
GRANTS = dict.fromkeys(("Warehouse", "Finance", "Support", "Auditor"), SEEN)
GRANTS["Operations"] = (*SEEN, "add_holdtype", "change_holdtype")


def ship(apps, schema_editor):
    table = apps.get_model("orders", "HoldType").objects.using(schema_editor.connection.alias)
    for code, name, owner, due, escalate, to, test, unblock in TYPES:
        table.create(
            code=code,
            name=name,
            owner=owner,
            due_hours=due,
            escalate_hours=escalate,
            escalate_to=to,
            test=test,
            unblock=unblock,
            stops_allocation=code != "remorse",
            stops_capture=code in STOP_CAPTURE,
            needs_person=code not in BY_SYSTEM,
        )


class Migration(migrations.Migration):
    """Rows of the table made before, for the foreign key made after."""

    dependencies = [("orders", "0025_hold_types"), ("oms", "0003_roles")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop), grant("orders", GRANTS)]

"""Holds of orders that companies place, the role of those who approve, and who may do so."""

from django.db import migrations

from oms.roles import grant

APPROVERS, FINANCE, SUPPORT, OPERATIONS = "Approvers", "Finance", "Support", "Operations"
TYPES = [
    {
        "code": "approval",
        "name": "Approval by the company",
        "owner": APPROVERS,
        "due_hours": 24,
        "escalate_hours": 48,
        "escalate_to": SUPPORT,
        "lifted_by": "owners",
        "stops_allocation": False,
        "unblock": "An approver of the company approves or declines it, by the link in the mail or"
        " through us.",
    },
    {
        "code": "purchase_order",
        "name": "Purchase order number",
        "owner": SUPPORT,
        "due_hours": 24,
        "escalate_hours": 48,
        "escalate_to": OPERATIONS,
        "test": "number_given",
        "stops_allocation": False,
        "unblock": "Ask the buyer for the number and enter it; or let the order go without.",
    },
    {
        "code": "prepayment",
        "name": "Prepayment",
        "owner": FINANCE,
        "test": "prepaid",
        "stops_allocation": False,
        "needs_person": False,
        "unblock": "The money comes.",
    },
]
SEEN = ("view_order", "view_orderline", "view_hold", "view_holdtype", "view_channel")
ROLES = {
    OPERATIONS: ("approve_order", "view_business"),
    SUPPORT: ("approve_order", "view_business"),
    FINANCE: ("view_business",),
    "Auditor": ("view_business",),
    APPROVERS: ("approve_order", "view_business", *SEEN),
}


def ship(apps, schema_editor):
    using = schema_editor.connection.alias
    table = apps.get_model("orders", "HoldType").objects.using(using)
    for values in TYPES:
        table.get_or_create(code=values["code"], defaults=values)
    apps.get_model("auth", "Group").objects.using(using).get_or_create(name=APPROVERS)


class Migration(migrations.Migration):
    dependencies = [("orders", "0047_business_terms"), ("oms", "0003_roles")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop), grant("orders", ROLES)]

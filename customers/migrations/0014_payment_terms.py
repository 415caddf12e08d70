"""Payment terms that trade knows, and who looks after companies, terms and buyers."""

from django.db import migrations

from oms.roles import grant

TERMS = [
    {"code": "at-once", "name": "Due at once", "kind": "net", "days": 0},
    {"code": "net-14", "name": "Net 14 days", "kind": "net", "days": 14},
    {"code": "net-30", "name": "Net 30 days", "kind": "net", "days": 30},
    {"code": "net-60", "name": "Net 60 days", "kind": "net", "days": 60},
    {"code": "eom", "name": "End of month", "kind": "end_of_month", "days": 0},
    {"code": "eom-30", "name": "30 days after end of month", "kind": "end_of_month", "days": 30},
    {
        "code": "2-10-net-30",
        "name": "2/10 net 30",
        "kind": "net",
        "days": 30,
        "discount_percent": 2,
        "discount_days": 10,
    },
    {"code": "prepayment", "name": "Prepayment", "kind": "prepayment", "days": 0},
]
SEEN = ("view_paymentterms", "view_buyer")
SET = ("add_paymentterms", "change_paymentterms", "change_buyer")
ROLES = {
    "Operations": (*SEEN, *SET),
    "Finance": (*SEEN, *SET),
    "Support": (*SEEN, "change_buyer"),
    "Auditor": SEEN,
}


def ship(apps, schema_editor):
    table = apps.get_model("customers", "PaymentTerms").objects.using(
        schema_editor.connection.alias
    )
    for values in TERMS:
        table.get_or_create(code=values["code"], defaults=values)


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_company_tree"), ("oms", "0003_roles")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop), grant("customers", ROLES)]

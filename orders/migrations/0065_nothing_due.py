"""Where nothing is due and nothing was paid, the order is no longer said to be paid."""

from django.db import migrations, models

KNOWN = [
    ("not_due", "Nothing due"),
    ("unpaid", "Unpaid"),
    ("authorized", "Authorized"),
    ("partially_paid", "Partially Paid"),
    ("paid", "Paid"),
    ("overpaid", "Overpaid"),
    ("refunded", "Refunded"),
]


def tell(apps, schema_editor):
    # Paid, with a total of nothing, was said only where nothing had been taken.
    orders = apps.get_model("orders", "Order").objects.using(schema_editor.connection.alias)
    orders.filter(payment_status="paid", total=0).update(payment_status="not_due")


class Migration(migrations.Migration):
    dependencies = [("orders", "0064_remittance_payouts")]
    operations = [
        migrations.AlterField(
            model_name=name,
            name="payment_status",
            field=models.CharField(choices=KNOWN, default="unpaid", max_length=14),
        )
        for name in ("historicalorder", "order")
    ] + [migrations.RunPython(tell, migrations.RunPython.noop, elidable=True)]

"""The hold of an order whose buyer's e-mail address cannot be one."""

from django.db import migrations, models

CODES = [
    "unknown_sku", "incomplete_address", "incomplete_contact", "price_mismatch",
    "suspected_duplicate", "credit_limit", "review", "fraud", "customer_request", "out_of_stock",
    "routing", "payment", "approval", "purchase_order", "prepayment", "reference_taken", "other",
    "remorse", "cancelling", "awaits_return",
]  # fmt: skip
NAME = "orders_hold_type_in_use_stays_on"


def ship(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("orders", "HoldType").objects.using(using).get_or_create(
        code="incomplete_contact",
        defaults={
            "name": "Incomplete contact",
            "owner": "Support",
            "due_hours": 24,
            "escalate_hours": 48,
            "escalate_to": "Operations",
            "stops_allocation": False,
            "unblock": "Ask the buyer and correct the e-mail address at the customer; then lift it. "
            "Lifted without, the order goes on and no mail is sent.",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0070_payer_searches")]
    operations = [
        migrations.RemoveConstraint(model_name="holdtype", name=NAME),
        migrations.AddConstraint(
            model_name="holdtype",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_active", True), models.Q(("code__in", CODES), _negated=True), _connector="OR"),
                name=NAME,
                violation_error_message="A type that operations give by name stays switched on.",
            ),
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]

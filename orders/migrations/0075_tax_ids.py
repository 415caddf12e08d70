"""The hold of an order whose buyer's tax ID cannot be one, and the step that corrects it."""

from django.db import migrations, models

CODES = [
    "unknown_sku", "incomplete_address", "unknown_shipping", "incomplete_contact", "tax_id",
    "price_mismatch", "suspected_duplicate", "credit_limit", "review", "fraud", "customer_request",
    "out_of_stock", "routing", "payment", "approval", "purchase_order", "prepayment",
    "reference_taken", "other", "remorse", "cancelling", "awaits_return",
]  # fmt: skip
NAME = "orders_hold_type_in_use_stays_on"


def ship(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("orders", "HoldType").objects.using(using).get_or_create(
        code="tax_id",
        defaults={
            "name": "Tax ID",
            "owner": "Finance",
            "due_hours": 24,
            "escalate_hours": 48,
            "escalate_to": "Operations",
            "stops_allocation": False,
            "unblock": "Ask the buyer, and correct it with Change order. Lifted without, the order "
            "is taxed as one of a buyer without a tax ID.",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0074_shipping_aliases")]
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
        migrations.AlterField(
            model_name="orderchangestep",
            name="kind",
            field=models.CharField(choices=[("add_line", "Add Line"), ("set_quantity", "Set Quantity"), ("set_price", "Set Price"), ("set_discount", "Set Discount"), ("set_address", "Set Address"), ("set_pickup", "Set Pickup"), ("set_tax_id", "Set Tax Id"), ("add_charge", "Add Charge"), ("remove_charge", "Remove Charge"), ("split_off", "Split Off"), ("merge_from", "Merge From")], max_length=16),
        ),
        migrations.RunPython(ship, migrations.RunPython.noop),
    ]

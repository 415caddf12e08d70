"""The rule that a gateway's payment pays one order, after older rows were marked."""

from django.db import migrations, models
from django.db.models import Q

CODES = [
    "unknown_sku", "incomplete_address", "price_mismatch", "suspected_duplicate", "credit_limit",
    "review", "fraud", "customer_request", "out_of_stock", "routing", "payment", "approval",
    "purchase_order", "prepayment",
    "reference_taken", "other", "remorse", "cancelling",
]  # fmt: skip


class Migration(migrations.Migration):
    """Constraints."""

    dependencies = [("orders", "0053_one_order_a_reference")]
    operations = [
        migrations.AddConstraint(
            "payment",
            models.UniqueConstraint(
                fields=["gateway", "reference"],
                condition=~Q(gateway="") & ~Q(reference="") & Q(shares_reference=False),
                name="orders_payment_gateway_reference_one_order",
                violation_error_message="This payment of the gateway pays another order.",
            ),
        ),
        migrations.RemoveConstraint("holdtype", "orders_hold_type_in_use_stays_on"),
        migrations.AddConstraint(
            "holdtype",
            models.CheckConstraint(
                condition=Q(is_active=True) | ~Q(code__in=CODES),
                name="orders_hold_type_in_use_stays_on",
                violation_error_message="A type that operations give by name stays switched on.",
            ),
        ),
    ]

"""What channels call ways of shipping, and the hold of orders in words that nobody has named."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from oms.roles import grant

CODES = [
    "unknown_sku", "incomplete_address", "unknown_shipping", "incomplete_contact", "price_mismatch",
    "suspected_duplicate", "credit_limit", "review", "fraud", "customer_request", "out_of_stock",
    "routing", "payment", "approval", "purchase_order", "prepayment", "reference_taken", "other",
    "remorse", "cancelling", "awaits_return",
]  # fmt: skip
NAME = "orders_hold_type_in_use_stays_on"
SEEN = ("view_shippingalias",)
GRANTS = dict.fromkeys(("Warehouse", "Finance", "Support", "Auditor"), SEEN)
GRANTS["Operations"] = (*SEEN, "add_shippingalias", "change_shippingalias")


def ship(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("orders", "HoldType").objects.using(using).get_or_create(
        code="unknown_shipping",
        defaults={
            "name": "Unknown shipping method",
            "owner": "Operations",
            "due_hours": 4,
            "escalate_hours": 24,
            "escalate_to": "Operations",
            "unblock": "Say which of our methods the channel means; it is remembered. Lifted "
            "without, the order goes on in the channel's words.",
        },
    )


class Migration(migrations.Migration):
    dependencies = [("orders", "0073_stated_tax"), ("oms", "0003_roles")]
    operations = [
        migrations.AddField(
            model_name="channel",
            name="checks_shipping",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Hold orders whose shipping method, as the channel words it, nobody has named yet.",
                verbose_name="knows shipping methods",
            ),
        ),
        migrations.AddField(
            model_name="historicalchannel",
            name="checks_shipping",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Hold orders whose shipping method, as the channel words it, nobody has named yet.",
                verbose_name="knows shipping methods",
            ),
        ),
        migrations.CreateModel(
            name="ShippingAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alias", models.CharField(help_text="In small letters.", max_length=200, verbose_name="their words")),
                ("method", models.CharField(help_text="As routing rules ask for it, such as express.", max_length=40, verbose_name="our method")),
                ("remembered_by", models.CharField(blank=True, editable=False, max_length=80)),
                ("remembered_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("channel", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="shipping_aliases", to="orders.channel")),
            ],
            options={
                "verbose_name": "shipping alias",
                "verbose_name_plural": "shipping aliases",
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "alias"), name="orders_shipping_alias_unique", violation_error_message="These words of the channel are known already."),
                    models.CheckConstraint(condition=models.Q(("method", ""), _negated=True), name="orders_shipping_alias_names_method", violation_error_message="Say which of our methods it is."),
                ],
            },
        ),
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
        grant("orders", GRANTS),
    ]

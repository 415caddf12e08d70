"""What carriers are told of a claim is sealed under the buyer, and goes when the buyer is erased."""

from django.db import migrations, models

from oms import sealed

CONTEXT = "fulfillment.claim.evidence"
TABLES = ("Claim", "HistoricalClaim")


def close(apps, schema_editor):
    """Seal what was said, in claims and in their history; of the erased nothing is kept."""
    for row, key, bound in _rows(apps, schema_editor):
        if key:
            row.evidence = sealed.seal(bytes(key), {"text": row.said}, bound)
            row.save(update_fields=["evidence"])


def open_again(apps, schema_editor):
    """The way back."""
    for row, key, bound in _rows(apps, schema_editor):
        row.said = sealed.unseal(key, row.evidence, bound).get("text", "")
        row.save(update_fields=["said"])


def _rows(apps, schema_editor):
    using = schema_editor.connection.alias
    subjects = apps.get_model("customers", "DataSubject").objects.using(using)
    orders = apps.get_model("orders", "Order").objects.using(using)
    for table in TABLES:
        rows = apps.get_model("fulfillment", table).objects.using(using)
        for row in rows.iterator(chunk_size=500):
            subject = subjects.get(pk=orders.values_list("subject", flat=True).get(pk=row.order_id))
            yield row, subject.operational_key, f"{CONTEXT}:{subject.public_id}"


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0024_tracking_pattern")]
    operations = [
        *(migrations.RenameField(name, "evidence", "said") for name in TABLES),
        *(migrations.AlterField(name, "said", models.TextField(default="")) for name in TABLES),
        *(migrations.AddField(name, "evidence", models.BinaryField(null=True)) for name in TABLES),
        migrations.RunPython(close, open_again, elidable=True),
        *(migrations.RemoveField(name, "said") for name in TABLES),
    ]

"""What carriers say of claims and of parcels that came back is sealed under the buyer, as evidence is.

History told it once more, as the reason of the change; that is taken out.
"""

from django.db import migrations, models

from oms import sealed

FIELDS = {
    "Claim": ("answer", "fulfillment.claim.answer"),
    "OriginReturn": ("note", "fulfillment.originreturn.note"),
}


def close(apps, schema_editor):
    """Seal what was said, in rows and in their history; of the erased nothing is kept.

    Each row is written once: PostgreSQL alters no table of which a row was written twice just now.
    """
    for row, name, key, bound in _rows(apps, schema_editor):
        changed = []
        told = getattr(row, "history_change_reason", None)
        if told and told.endswith(row.said[:100]):
            row.history_change_reason = told.partition(": ")[0]
            changed.append("history_change_reason")
        if key:
            setattr(row, name, sealed.seal(bytes(key), {"text": row.said}, bound))
            changed.append(name)
        if changed:
            row.save(update_fields=changed)


def open_again(apps, schema_editor):
    """The way back."""
    for row, name, key, bound in _rows(apps, schema_editor, back=True):
        row.said = sealed.unseal(key, getattr(row, name), bound).get("text", "")
        row.save(update_fields=["said"])


def _rows(apps, schema_editor, *, back=False):
    using = schema_editor.connection.alias
    subjects = apps.get_model("customers", "DataSubject").objects.using(using)
    orders = apps.get_model("orders", "Order").objects.using(using)
    for model, (name, context) in FIELDS.items():
        for table in (model, f"Historical{model}"):
            rows = apps.get_model("fulfillment", table).objects.using(using)
            rows = rows.exclude(**{name: None}) if back else rows.exclude(said="")
            for row in rows.iterator(chunk_size=500):
                order = orders.values_list("subject", flat=True).get(pk=row.order_id)
                subject = subjects.get(pk=order)
                yield row, name, subject.operational_key, f"{context}:{subject.public_id}"


TABLES = [
    (table, name)
    for model, (name, _) in FIELDS.items()
    for table in (model, f"Historical{model}")
]
SAID = models.TextField(default="", blank=True)


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0027_claims_add_up")]
    operations = [
        *(migrations.RenameField(table, name, "said") for table, name in TABLES),
        *(migrations.AlterField(table, "said", SAID) for table, _ in TABLES),
        *(migrations.AddField(table, name, models.BinaryField(null=True)) for table, name in TABLES),
        migrations.RunPython(close, open_again, elidable=True),
        *(migrations.RemoveField(table, "said") for table, _ in TABLES),
    ]

"""Notes about customers, which never change, and tags; who writes them."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from oms.append_only import protect
from oms.roles import grant

SEEN = ["view_customernote", "view_customertag"]


class Migration(migrations.Migration):

    dependencies = [
        ('oms', '0003_roles'),
        ('customers', '0016_merge_belongings'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='customer',
            options={'permissions': [('view_personal_data', 'Can read names, addresses and contacts of people'), ('export_person', 'Can export everything held on a person'), ('erase_person', "Can erase a person's data for good"), ('merge_customer', 'Can merge customers and undo it'), ('note_customer', 'Can write notes about customers'), ('tag_customer', 'Can tag customers')]},
        ),
        migrations.CreateModel(
            name='CustomerNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(fields=['customer', '-id'], name='customers_note_newest')],
            },
        ),
        migrations.CreateModel(
            name='CustomerTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=40)),
                ('by', models.CharField(max_length=80)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tag_rows', to='customers.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tag', 'customer'), name='customers_tag_once', violation_error_message='The customer has this tag.'), models.CheckConstraint(condition=models.Q(('tag', ''), _negated=True), name='customers_tag_not_empty', violation_error_message='A tag is a word.')],
            },
        ),
        protect("customers_customernote"),
        grant(
            "customers",
            {
                "Operations": [*SEEN, "note_customer", "tag_customer"],
                "Support": [*SEEN, "note_customer", "tag_customer"],
                "Finance": [*SEEN, "note_customer", "tag_customer"],
                "Auditor": SEEN,
            },
        ),
    ]

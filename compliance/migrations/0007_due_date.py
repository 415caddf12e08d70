
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0006_tax_rates'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='due_on',
            field=models.DateField(null=True),
        ),
    ]

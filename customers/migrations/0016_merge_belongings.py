
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_approval_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='customermerge',
            name='taken',
            field=models.JSONField(default=dict),
        ),
    ]

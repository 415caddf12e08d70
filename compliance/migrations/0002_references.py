from django.db import migrations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('compliance', '0001_initial'),
        ('inventory', '0001_initial'),
    ]

    operations = [
    ]

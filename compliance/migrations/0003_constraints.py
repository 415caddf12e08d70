from django.db import migrations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('compliance', '0002_references'),
        ('customers', '0001_initial'),
        ('oms', '__first__'),
        ('orders', '0001_initial'),
    ]

    operations = [
    ]

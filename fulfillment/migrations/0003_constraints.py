from django.db import migrations


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('fulfillment', '0002_references'),
        ('inventory', '0001_initial'),
        ('oms', '__first__'),
        ('orders', '0001_initial'),
    ]

    operations = [
    ]

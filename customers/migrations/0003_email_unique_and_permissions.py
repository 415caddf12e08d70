from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_references'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='customer',
            options={'permissions': [('view_personal_data', 'Can read names, addresses and contacts of people'), ('export_person', 'Can export everything held on a person'), ('erase_person', "Can erase a person's data for good")]},
        ),
        migrations.AddConstraint(
            model_name='searchtoken',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'email')), fields=('token',), name='customers_email_unique'),
        ),
    ]


import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0015_approval_words'),
        ('inventory', '0035_unit_cost_not_negative'),
        ('orders', '0048_company_hold_types'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='channel',
            name='checks_prices',
            field=models.BooleanField(default=False, help_text='An order that states other prices than the list waits for a person.', verbose_name='compares prices with the price lists'),
        ),
        migrations.AddField(
            model_name='historicalchannel',
            name='checks_prices',
            field=models.BooleanField(default=False, help_text='An order that states other prices than the list waits for a person.', verbose_name='compares prices with the price lists'),
        ),
        migrations.CreateModel(
            name='HistoricalPriceList',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=100)),
                ('currency', models.CharField(max_length=3)),
                ('includes_tax', models.BooleanField(default=True, help_text='Only channels that state prices in the same way use the list.')),
                ('group', models.CharField(blank=True, help_text='Such as wholesale. Empty: whoever buys.', max_length=40, verbose_name='customer group')),
                ('valid_from', models.DateField(blank=True, help_text='First day. Empty: always.', null=True)),
                ('valid_to', models.DateField(blank=True, help_text='Last day. Empty: for good.', null=True)),
                ('rank', models.PositiveSmallIntegerField(default=100, help_text='Of lists for the same buyers, the lowest is asked first.')),
                ('is_active', models.BooleanField(default=True, verbose_name='in force')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('channel', models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: every channel of its currency.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.channel')),
                ('company', models.ForeignKey(blank=True, db_constraint=False, help_text='With the companies below it. Empty: whoever buys.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='customers.company')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical price list',
                'verbose_name_plural': 'historical price lists',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='PriceList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('currency', models.CharField(max_length=3)),
                ('includes_tax', models.BooleanField(default=True, help_text='Only channels that state prices in the same way use the list.')),
                ('group', models.CharField(blank=True, help_text='Such as wholesale. Empty: whoever buys.', max_length=40, verbose_name='customer group')),
                ('valid_from', models.DateField(blank=True, help_text='First day. Empty: always.', null=True)),
                ('valid_to', models.DateField(blank=True, help_text='Last day. Empty: for good.', null=True)),
                ('rank', models.PositiveSmallIntegerField(default=100, help_text='Of lists for the same buyers, the lowest is asked first.')),
                ('is_active', models.BooleanField(default=True, verbose_name='in force')),
                ('channel', models.ForeignKey(blank=True, help_text='Empty: every channel of its currency.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='price_lists', to='orders.channel')),
                ('company', models.ForeignKey(blank=True, help_text='With the companies below it. Empty: whoever buys.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.company')),
            ],
            options={
                'permissions': [('import_prices', 'Can import prices into price lists')],
            },
        ),
        migrations.CreateModel(
            name='ListPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_quantity', models.PositiveIntegerField(default=1, verbose_name='from units')),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=18)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='list_prices', to='inventory.product')),
                ('price_list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='orders.pricelist')),
            ],
            options={
                'verbose_name': 'price',
            },
        ),
        migrations.CreateModel(
            name='HistoricalListPrice',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('from_quantity', models.PositiveIntegerField(default=1, verbose_name='from units')),
                ('unit_price', models.DecimalField(decimal_places=4, max_digits=18)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='inventory.product')),
                ('price_list', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='orders.pricelist')),
            ],
            options={
                'verbose_name': 'historical price',
                'verbose_name_plural': 'historical prices',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='orders_price_list_period', violation_error_message='The last day is not before the first.'),
        ),
        migrations.AddConstraint(
            model_name='pricelist',
            constraint=models.CheckConstraint(condition=models.Q(('group', ''), ('company', None), _connector='OR'), name='orders_price_list_one_scope', violation_error_message='A list is for a group or a company, not both.'),
        ),
        migrations.AddConstraint(
            model_name='listprice',
            constraint=models.UniqueConstraint(fields=('price_list', 'product', 'from_quantity'), name='orders_list_price_unique', violation_error_message='The list has a price for this product and quantity.'),
        ),
        migrations.AddConstraint(
            model_name='listprice',
            constraint=models.CheckConstraint(condition=models.Q(('from_quantity__gte', 1), ('unit_price__gte', 0)), name='orders_list_price_sane', violation_error_message='A price is not negative and counts from at least 1 unit.'),
        ),
    ]

"""Consent says in which version of the words it was given, and when the person said it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0020_company_on_account'),
    ]

    operations = [
        migrations.AddField(
            model_name='consent',
            name='said_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='consent',
            name='version',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['marketing_email', 'marketing_phone', 'profiling'])), name='customers_consent_purpose_known', violation_error_message='Consent is to one of the known purposes.'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('granted', False), models.Q(('wording', ''), _negated=True), _connector='OR'), name='customers_consent_has_words', violation_error_message='Consent has the words that the person was told.'),
        ),
        migrations.AddConstraint(
            model_name='consent',
            constraint=models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='customers_consent_has_source', violation_error_message='Consent and withdrawal say where.'),
        ),
    ]

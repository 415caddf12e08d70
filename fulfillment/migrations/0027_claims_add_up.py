"""What became of each claim's money is written down: received, dropped, and what is open."""

from decimal import Decimal

from django.db import migrations, models
from django.db.models import Case, F, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Round

ANSWERED = ("accepted", "partly_accepted", "declined", "paid")


DROPPED = Case(
    When(status="withdrawn", then=F("amount")),
    When(status__in=ANSWERED, then=Round(F("amount") - F("accepted"), 4)),
    default=Value(Decimal(0)),
)


def fill(apps, schema_editor):
    """By the claim's state, in claims and in their history.

    In one statement: PostgreSQL alters no table of which a row was written twice just now.
    """
    using = schema_editor.connection.alias
    for table in ("Claim", "HistoricalClaim"):
        rows = apps.get_model("fulfillment", table).objects.using(using)
        rows.update(dropped=DROPPED, open=Round(F("amount") - F("received") - DROPPED, 4))


class Migration(migrations.Migration):
    dependencies = [("fulfillment", "0026_claim_write_off")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('amount', Round(CombinedExpression(CombinedExpression(CombinedExpression(models.F('received'), '+', models.F('written_off')), '+', models.F('dropped')), '+', models.F('open')), 4)), ('dropped__gte', 0), ('open__gte', 0), ('written_off__gte', 0)), name='fulfillment_claim_adds_up', violation_error_message='claimed = received + written off + dropped + open.'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'written_off'), _negated=True), models.Q(('open', 0), ('written_off__gt', 0)), _connector='OR'), name='fulfillment_claim_written_off_ends', violation_error_message='What is written off leaves nothing open.'),
        ),
    ]

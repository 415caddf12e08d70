"""What had been captured when a capture was first sent, so that a repeat means the same."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column of a request."""

    dependencies = [("orders", "0042_withdrawn_requests")]
    operations = [
        migrations.AddField(
            "gatewayrequest",
            "captured_before",
            models.DecimalField(decimal_places=4, max_digits=18, null=True),
        ),
    ]

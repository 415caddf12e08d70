"""A capture that was not sent when its order was cancelled is withdrawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more state of a request."""

    dependencies = [("orders", "0041_store_credit_roles")]
    operations = [
        migrations.AlterField(
            "gatewayrequest",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("done", "Done"),
                    ("declined", "Declined"),
                    ("given_up", "Given Up"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]

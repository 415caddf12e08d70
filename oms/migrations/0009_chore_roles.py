"""Who sees recurring work, also where the roles were laid down before it came."""

from django.db import migrations

from oms.roles import grant


class Migration(migrations.Migration):
    dependencies = [("oms", "0008_chores"), ("oms", "0003_roles")]
    operations = [
        grant("oms", {"Auditor": ["view_chore"], "Administrator": ["view_chore", "change_chore"]})
    ]

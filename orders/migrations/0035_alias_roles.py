"""Who may see, add, change and forget what channels call things."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_countryalias",)
GRANTS = dict.fromkeys(("Warehouse", "Finance", "Support", "Auditor"), SEEN)
GRANTS["Operations"] = (*SEEN, "add_countryalias", "change_countryalias")


class Migration(migrations.Migration):
    """Roles."""

    dependencies = [("orders", "0034_intake_aliases"), ("oms", "0003_roles")]
    operations = [grant("orders", GRANTS)]

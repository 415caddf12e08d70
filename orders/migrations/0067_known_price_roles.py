"""Who may see, add, change and forget prices of a channel's own."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_knownprice",)
KEPT = (*SEEN, "add_knownprice", "change_knownprice")
GRANTS = {**dict.fromkeys(("Support", "Auditor"), SEEN), "Operations": KEPT, "Finance": KEPT}


class Migration(migrations.Migration):
    """Roles."""

    dependencies = [("orders", "0066_known_prices"), ("oms", "0003_roles")]
    operations = [grant("orders", GRANTS)]

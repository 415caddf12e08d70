"""Who looks after price lists."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_pricelist", "view_listprice")
SET = (
    "add_pricelist",
    "change_pricelist",
    "add_listprice",
    "change_listprice",
    "import_prices",
)
ROLES = {
    "Operations": (*SEEN, *SET),
    "Finance": (*SEEN, *SET),
    "Support": SEEN,
    "Auditor": SEEN,
}


class Migration(migrations.Migration):
    dependencies = [("orders", "0049_price_lists"), ("oms", "0003_roles")]
    operations = [grant("orders", ROLES)]

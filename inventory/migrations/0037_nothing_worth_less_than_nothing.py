"""Credits that were higher than the value of what lay there made it worth less than nothing.

What they took too much is put back in the books, as an income of the day: an entry of the same
landed cost; without a cause where a transfer or a correction brought it, whose movement has its one
entry. Costs of products and last costs of units below zero say nothing and are taken out.
"""

from decimal import Decimal

from django.db import migrations
from django.db.models import Q, Sum
from django.utils import timezone

ZERO = Decimal(0)


def put_back(apps, schema_editor):
    """One entry for each level whose value, or a layer of it, is below zero."""
    LevelCost = apps.get_model("inventory", "LevelCost")
    CostLayer = apps.get_model("inventory", "CostLayer")
    CostEntry = apps.get_model("inventory", "CostEntry")
    apps.get_model("inventory", "Product").objects.filter(unit_cost__lt=0).update(unit_cost=None)
    LevelCost.objects.filter(last_unit_cost__lt=0).update(last_unit_cost=None)
    below = CostLayer.objects.filter(remaining_value__lt=0)
    wrong = Q(average_value__lt=0) | Q(fifo_value__lt=0) | Q(level__in=below.values("level"))
    for book in LevelCost.objects.filter(wrong):
        layers = below.filter(level=book.level_id)
        fifo = -(layers.aggregate(sum=Sum("remaining_value"))["sum"] or ZERO)
        average = max(-book.average_value, ZERO)
        layers.update(remaining_value=0)
        book.fifo_value += fifo
        book.average_value += average
        book.save(update_fields=["fifo_value", "average_value"])
        entries = CostEntry.objects.filter(level=book.level_id, landed_cost__isnull=False)
        landed = entries.order_by("-pk").values_list("landed_cost", flat=True).first()
        CostEntry.objects.create(
            level_id=book.level_id,
            landed_cost_id=landed,
            basis="landed" if landed else "repaired",
            quantity=0,
            fifo_value=fifo,
            average_value=average,
            fifo_expensed=-fifo,
            average_expensed=-average,
            balance=book.quantity,
            fifo_balance=book.fifo_value,
            average_balance=book.average_value,
            at=max(timezone.now(), book.valued_at or timezone.now()),
        )


class Migration(migrations.Migration):

    dependencies = [("inventory", "0036_retellings")]
    operations = [
        migrations.RemoveConstraint("costentry", "inventory_cost_entry_one_cause"),  # anew in 0041
        migrations.RunPython(put_back, migrations.RunPython.noop, elidable=True),
    ]

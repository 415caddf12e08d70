"""Products: the catalogue that orders are understood by."""

from typing import Any

from django.db import transaction

from inventory.models import Product
from oms import events
from oms.history import stamp


@transaction.atomic
def save_product(sku: str, *, by: str, **fields: Any) -> tuple[Product, bool]:
    """Create a product, or correct the given fields of an existing one; says whether it is new.

    A repeat with the same values changes nothing and records nothing.
    """
    product = Product.objects.filter(sku=sku).select_for_update().first()
    created = product is None
    product = product or Product(sku=sku)
    changed = [name for name, value in fields.items() if getattr(product, name) != value]
    if not created and not changed:
        return product, False

    for name in changed:
        setattr(product, name, fields[name])
    stamp(product, by=by)
    product.save()
    name = "product.created" if created else "product.changed"
    events.record(name, product, by=by, fields=sorted(changed))
    return product, created

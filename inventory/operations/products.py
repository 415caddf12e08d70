"""Products: the catalogue that orders are understood by."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from inventory.models import Product
from oms import events
from oms.history import record_created, stamp


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


@transaction.atomic
def introduce(names: Mapping[str, str], *, by: str) -> list[Product]:
    """Create the products that are not there yet, by SKU and name; returns the new ones.

    Existing products stay as they are. A fixed number of statements for any number of products.
    """
    known = set(Product.objects.filter(sku__in=names).values_list("sku", flat=True))
    fresh = [Product(sku=sku, name=name or sku) for sku, name in names.items() if sku not in known]
    if not fresh:
        return []

    Product.objects.bulk_create(fresh)
    record_created(fresh, by=by)
    events.record_first([events.Fact("product.created", product) for product in fresh], by=by)
    return fresh

"""Products as other apps ask for them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from inventory.models import Product
from oms.prepared import prepared

MOST_CLASSES = 50


def products_by_sku(skus: Iterable[str]) -> dict[str, Product]:
    """Active products by SKU, with the fields that an order line copies; unknown ones are missing."""
    return {product.sku: product for product in _active(skus=sorted(set(skus)))}


@prepared
def _active(skus: list[str]) -> QuerySet[Product]:
    rows = Product.objects.filter(sku__any=skus, is_active=True)
    return rows.only("sku", "name", "tax_class", "preorder_on", "is_limited")


def product_classes() -> list[str]:
    """Classes that products have, by name: what routing must know of them."""
    found = Product.objects.exclude(goods_class="").values_list("goods_class", flat=True)
    return list(found.distinct().order_by("goods_class")[:MOST_CLASSES])


def product_by_id(pk: int) -> Product | None:
    """The product, sold or not."""
    return Product.objects.filter(pk=pk).first()


def families_of(products: Iterable[Product]) -> dict[int, list[Product]]:
    """By id of each product the active ones that are variants of it, itself first; one statement."""
    products = list(products)
    names = {product.family for product in products if product.family}
    rows = Product.objects.filter(family__in=names, is_active=True).order_by("sku") if names else ()
    kin: dict[str, list[Product]] = {name: [] for name in names}
    for row in rows:
        kin[row.family].append(row)
    return {
        product.pk: [
            *([product] if product.is_active else []),
            *(row for row in kin.get(product.family, ()) if row.pk != product.pk),
        ]
        for product in products
    }

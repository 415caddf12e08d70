"""Products as other apps ask for them."""

from collections.abc import Iterable

from django.db.models import QuerySet

from inventory.models import Product
from oms.prepared import prepared


def products_by_sku(skus: Iterable[str]) -> dict[str, Product]:
    """Active products by SKU, with the fields that an order line copies; unknown ones are missing."""
    return {product.sku: product for product in _active(skus=sorted(set(skus)))}


@prepared
def _active(skus: list[str]) -> QuerySet[Product]:
    rows = Product.objects.filter(sku__any=skus, is_active=True)
    return rows.only("sku", "name", "tax_class", "preorder_on", "is_limited")


def product_by_id(pk: int) -> Product | None:
    """The product, sold or not."""
    return Product.objects.filter(pk=pk).first()

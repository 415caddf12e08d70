"""Products as other apps ask for them."""

from collections.abc import Iterable

from inventory.models import Product


def products_by_sku(skus: Iterable[str]) -> dict[str, Product]:
    """Active products by SKU, with the fields that an order line copies; unknown ones are missing."""
    rows = Product.objects.filter(sku__in=set(skus), is_active=True)
    return {product.sku: product for product in rows.only("sku", "name", "tax_class")}

"""The API of offers: what suppliers sell, at what price, in what packs."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations
from inventory.api.supply import PagedView, price_of, products_of, supplier_of
from inventory.models import SupplierProduct
from inventory.serializers.offers import OfferIn, OfferOut, OffersIn
from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import decode, respond, respond_nothing, schema_of


class OffersView(PagedView):
    """What a supplier sells."""

    scope = "purchasing"
    queryset = SupplierProduct.objects.none()
    shape = OfferOut

    @extend_schema(operation_id="suppliers_offers_list", responses={200: schema_of(OfferOut)})
    def get(self, _request: Request, code: str) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(supplier_of(code).offers.select_related("product", "supplier"))

    @extend_schema(
        operation_id="suppliers_offers_update",
        request={"application/json": schema_of(OffersIn)},
        responses={200: {"type": "array", "items": schema_of(OfferOut)}},
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Create or correct up to 1,000 offers, all or none; those not named stay as they are.

        A preferred offer takes that from the product's other suppliers.
        """
        supplier, sent = supplier_of(code), decode(request.body, OffersIn)
        products = products_of(row.sku for row in sent.offers)
        rows = operations.save_offers(
            supplier,
            [_offered(row, products[row.sku], at) for at, row in enumerate(sent.offers)],
            by=actor(request),
        )
        return respond([OfferOut.of(row) for row in rows])


class OfferView(IdempotencyMixin, APIView):
    """One of them, by our SKU."""

    scope = "purchasing"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(operation_id="suppliers_offers_destroy", responses={204: None})
    def delete(self, request: Request, code: str, sku: str) -> HttpResponse:
        """The supplier sells it no more; orders that were sent stay."""
        offer = supplier_of(code).offers.filter(product__sku=sku.replace("\0", "")).first()
        if offer is None:
            raise NotFound(f"There is no offer of {sku}.")
        operations.withdraw_offer(offer, by=actor(request))
        return respond_nothing()


def _offered(row: OfferIn, product_id: int, at: int) -> operations.Offered:
    price_of(row.price, f"/offers/{at}/price")
    return operations.Offered(
        product_id,
        row.sku,
        row.price,
        row.supplier_sku,
        row.pack_size,
        row.minimum,
        row.lead_time_days,
        row.is_preferred,
    )

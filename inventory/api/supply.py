"""What the views of the supply API share: pages, and codes turned into rows."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations
from inventory.models import Location, Product, Supplier
from inventory.serializers.supply import GoodsDeliveryIn
from oms.api import HasScope, IdempotencyMixin
from oms.wire import Invalid, respond


class PagedView(IdempotencyMixin, ListAPIView):
    """A list, newest first, 50 a page."""

    permission_classes: ClassVar = [HasScope]
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    shape: ClassVar[Any]

    def page_of(self, rows: QuerySet[Any]) -> HttpResponse:
        """One page of these rows."""
        page = self.paginate_queryset(self.filter_queryset(rows.order_by("-pk")))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [self.shape.of(row) for row in page]})


class DocumentView(IdempotencyMixin, APIView):
    """Base of the views of one document, found by its number."""

    permission_classes: ClassVar = [HasScope]
    shape: ClassVar[Any]

    def rows(self) -> QuerySet[Any]:
        """Every document, with what its message needs."""
        raise NotImplementedError

    def find(self, number: str) -> Any:
        """The document with this number."""
        return get_object_or_404(self.rows(), number=number)

    def show(self, number: str, status: int = 200) -> HttpResponse:
        """The document as it is now."""
        return respond(self.shape.of(self.find(number)), status)


def location_of(code: str) -> Location:
    """The location with this code. Raises NotFound."""
    found = Location.objects.filter(code=_clean(code)).first()
    if found is None:
        raise NotFound(f"There is no location {code}.")
    return found


def supplier_of(code: str) -> Supplier:
    """The supplier with this code. Raises NotFound."""
    found = Supplier.objects.filter(code=_clean(code)).first()
    if found is None:
        raise NotFound(f"There is no supplier {code}.")
    return found


def products_of(skus: Iterable[str]) -> dict[str, int]:
    """Products by SKU. Raises NotFound for the first that does not exist."""
    asked = list(skus)
    found = dict(Product.objects.filter(sku__in=set(asked)).values_list("sku", "pk"))
    for index, sku in enumerate(asked):
        if sku not in found:
            raise NotFound(f"Line {index + 1}: there is no product {sku}.")
    return found


def delivery_of(sent: GoodsDeliveryIn) -> operations.Delivery:
    """A delivery as the operations take it."""
    products = products_of(line.sku for line in sent.lines)
    rows = tuple(
        operations.Delivered(
            products[line.sku],
            line.good,
            line.damaged,
            price_of(line.unit_cost, f"/lines/{index}/unit_cost"),
            line.lot,
            line.expires_on,
        )
        for index, line in enumerate(sent.lines)
    )
    return operations.Delivery(rows, sent.reference, sent.note, sent.over)


def price_of(amount: Decimal | None, pointer: str) -> Decimal | None:
    """A price or cost that is not negative. Raises Invalid."""
    if amount is not None and amount < 0:
        raise Invalid("A price is not negative.", pointer)
    return amount


def rate_of(text: str | None) -> Decimal | None:
    """An exchange rate that is more than nothing. Raises Invalid."""
    if text is None:
        return None
    if not (rate := Decimal(text)):
        raise Invalid("An exchange rate is more than nothing.", "/exchange_rate")
    return rate


def body_of(request: Request) -> bytes:
    """The body; nothing is an empty message."""
    return request.body or b"{}"


def _clean(code: str) -> str:
    return code.replace("\0", "")

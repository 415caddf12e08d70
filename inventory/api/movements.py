"""Changes of on-hand stock."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations
from inventory.enums import MovementKind
from inventory.models import Location, Product, StockMovement
from inventory.serializers import StockMovementIn, StockMovementOut
from oms.api import HasScope, IdempotencyMixin, actor
from oms.prepared import prepared
from oms.wire import Invalid, decode, respond, schema_of

MOST_MOVEMENTS = 1_000
REASONS = {MovementKind.ADJUSTED.value: "other"}  # kinds that need a code, and the one for all


class StockMovementsView(IdempotencyMixin, APIView):
    """Changes of on-hand stock, one or up to 1,000 in a call."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="stock_movements_create",
        request={
            "application/json": {
                "oneOf": [
                    schema_of(StockMovementIn),
                    {
                        "type": "array",
                        "items": schema_of(StockMovementIn),
                        "minItems": 1,
                        "maxItems": MOST_MOVEMENTS,
                    },
                ]
            }
        },
        responses={
            201: {
                "oneOf": [
                    schema_of(StockMovementOut),
                    {"type": "array", "items": schema_of(StockMovementOut)},
                ]
            }
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Move stock; a list is moved whole or not at all.

        Without a kind, a positive quantity is received and a negative one adjusted. Each call moves
        stock, since two deliveries may have one reference; with an Idempotency-Key a repeat does not.
        """
        body = request.body
        if body.lstrip()[:1] == b"[":
            return respond(self._move(request, decode(body, list[StockMovementIn])), 201)
        return respond(self._move(request, [decode(body, StockMovementIn)])[0], 201)

    def _move(self, request: Request, sent: list[StockMovementIn]) -> list[StockMovementOut]:
        if not 1 <= len(sent) <= MOST_MOVEMENTS:
            msg = f"Send 1 to {MOST_MOVEMENTS} movements."
            raise Invalid(msg)
        changes = _changes(sent)
        moved = operations.move_by_lot(changes, by=actor(request))
        return [_moved(row, message) for row, message in zip(moved, sent, strict=True)]


def _changes(sent: list[StockMovementIn]) -> list[operations.InLot]:
    products = dict(_products(skus=sorted({message.sku for message in sent})))
    places = dict(_places(codes=sorted({message.location for message in sent})))
    changes = []
    for index, message in enumerate(sent):
        if message.sku not in products:
            raise NotFound(f"Movement {index}: there is no product {message.sku}.")
        if message.location not in places:
            raise NotFound(f"Movement {index}: there is no location {message.location}.")
        if message.quantity == 0:
            raise Invalid("The quantity must not be zero.", f"/{index}/quantity")
        change = _change(message, products[message.sku], places[message.location])
        changes.append(operations.InLot(change, message.lot.strip(), message.expires_on))
    return changes


@prepared
def _products(skus: list[str]) -> QuerySet[Product, tuple]:
    return Product.objects.filter(sku__any=skus).values_list("sku", "pk")


@prepared
def _places(codes: list[str]) -> QuerySet[Location, tuple]:
    return Location.objects.filter(code__any=codes).values_list("code", "pk")


def _change(message: StockMovementIn, product: int, location: int) -> operations.Change:
    default = MovementKind.RECEIVED if message.quantity > 0 else MovementKind.ADJUSTED
    kind = message.kind or default
    return operations.Change(
        product,
        location,
        message.quantity,
        kind,
        message.reference,
        message.reason,
        message.unit_cost,
        condition=message.condition,
        reason_code=message.reason_code or REASONS.get(kind, ""),
        effective_at=message.effective_at,
    )


def _moved(row: StockMovement, message: StockMovementIn) -> StockMovementOut:
    return StockMovementOut(
        message.sku,
        message.location,
        row.kind,
        row.condition,
        row.quantity,
        row.balance,
        message.reason_code or REASONS.get(row.kind, ""),
        row.reason,
        row.reference,
        row.at,
        row.effective_at,
        message.lot.strip(),
    )

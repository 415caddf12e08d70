"""The consents API: what people agreed to, with the proof."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from customers import operations, queries
from customers.api.people import customers_of, is_shared
from customers.enums import ConsentPurpose
from customers.serializers.consents import ConsentIn, ConsentOut
from oms.api import HasScope, IdempotencyMixin, actor
from oms.problems import respond as refuse
from oms.wire import decode, respond, respond_nothing, schema_of


class ConsentsView(IdempotencyMixin, APIView):
    """What a customer has agreed to, and took back."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="customers_consents_list",
        responses={200: {"type": "array", "items": schema_of(ConsentOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Everything the person said under any of their numbers, the last first, with the proof.

        The first row of a purpose is what counts. 403 `customer_shared` for a key of one channel when
        the customer buys in others too.
        """
        customer = get_object_or_404(customers_of(request), number=number)
        if is_shared(request, customer):
            return refuse(403, "customer_shared", "This customer buys in other channels as well.")
        return respond([ConsentOut.of(row) for row in queries.consent_history(customer)])

    @extend_schema(
        operation_id="customers_consents_create",
        request={"application/json": schema_of(ConsentIn)},
        responses={201: schema_of(ConsentOut), 204: None},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Record what the person said; it is never changed, the next word counts instead.

        Taking back is always possible, also what was given elsewhere: 204 where no consent stands.
        409 `wording_missing` for a yes without words, `consent_unproven` for a time in the future,
        `subject_erased` for a yes after an erasure.
        """
        customer = get_object_or_404(customers_of(request), number=number)
        sent = decode(request.body, ConsentIn)
        purpose = ConsentPurpose(sent.purpose)
        said = {"by": actor(request), "source": sent.source, "said_at": sent.said_at}
        if not sent.granted:
            row = operations.withdraw_consent(customer, purpose, **said)
            return respond(ConsentOut.of(row), 201) if row else respond_nothing()
        words = {"wording": sent.wording, "version": sent.version}
        row = operations.give_consent(customer, purpose, **said, **words)
        return respond(ConsentOut.of(row), 201)


urlpatterns = [
    path("customers/<str:number>/consents/", ConsentsView.as_view(), name="consents"),
]

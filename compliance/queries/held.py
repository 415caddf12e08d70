"""The register of personal data: every table that holds something on a person.

One register serves the person's export, the tests that prove an erasure complete, and the record
of processing (GDPR art. 30): purpose and legal basis stand beside each table. A table with an
envelope that is missing here fails a test.
"""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from customers.models import DataSubject
from customers.queries import ADDRESS, NOTE, PROFILE
from oms.models import Event

ORDER = "orders.order.sealed"
DRAFT = "orders.draftorder.sealed"
INVOICE = "compliance.invoice.sealed"
NOTIFICATION = "customers.notification.sealed"
CHANGE_STEP = "orders.orderchangestep.sealed"
BANK_LINE = "orders.BankLine.sealed"
PAYER_SEARCH = "orders.PayerSearch.sealed"
EVIDENCE = "fulfillment.claim.evidence"
ANSWER = "fulfillment.claim.answer"
ORIGIN_NOTE = "fulfillment.originreturn.note"
COLLECTOR = "fulfillment.fulfillmentorder.collector"
CONTRACT = "contract, GDPR art. 6(1)(b)"
LEGAL = "legal obligation, GDPR art. 6(1)(c)"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed column: what it was sealed for, and whether the law wants it kept."""

    context: str
    fiscal: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """One table with data on a person, and how its rows lead to that person."""

    name: str  # in the export
    model: str  # app_label.model
    subject: str  # lookup of the data subject
    purpose: str
    basis: str = CONTRACT
    envelopes: dict[str, Envelope] = field(default_factory=dict)

    @property
    def table(self) -> type[Model]:
        """The model."""
        return apps.get_model(self.model)

    def rows(self, subject: DataSubject) -> QuerySet[Model]:
        """The rows on one person, oldest first."""
        return self.table._default_manager.filter(**{self.subject: subject}).order_by("pk")  # noqa: SLF001


REGISTER: tuple[Held, ...] = (
    Held(
        "customer", "customers.Customer", "subject", "Knowing who buys",
        envelopes={"profile": Envelope(PROFILE)},
    ),
    Held(
        "earlier_profiles", "customers.HistoricalCustomer", "subject", "Proving who changed what",
        envelopes={"profile": Envelope(PROFILE)},
    ),
    Held(
        "addresses", "customers.Address", "customer__subject", "Delivering and invoicing",
        envelopes={"sealed": Envelope(ADDRESS)},
    ),
    Held("search_tokens", "customers.SearchToken", "subject", "Finding a person again"),
    Held(
        "notifications", "customers.Notification", "customer__subject", "Telling of orders",
        envelopes={"sealed": Envelope(NOTIFICATION)},
    ),
    Held(
        "notes", "customers.CustomerNote", "customer__subject", "Serving customers",
        envelopes={"sealed": Envelope(NOTE)},
    ),
    Held("tags", "customers.CustomerTag", "customer__subject", "Serving customers alike"),
    Held("segments", "customers.SegmentMember", "customer__subject", "Serving customers alike"),
    Held("contact_preference", "customers.ContactPreference", "customer__subject",
         "Writing as the person wishes"),
    Held("buyer", "customers.Buyer", "customer__subject", "Knowing what a person may order"),
    Held("earlier_buyers", "customers.HistoricalBuyer", "customer__subject",
         "Proving who changed what"),
    Held("consents", "customers.Consent", "customer__subject", "Proving consent", LEGAL),
    Held("merges", "customers.CustomerMerge", "merged__subject", "Knowing who is who"),
    Held("disclosures", "customers.Disclosure", "subject", "Proving who read what", LEGAL),
    Held(
        "orders", "orders.Order", "subject", "Fulfilling orders",
        envelopes={"sealed": Envelope(ORDER)},
    ),
    Held(
        "earlier_orders", "orders.HistoricalOrder", "subject", "Proving who changed what",
        envelopes={"sealed": Envelope(ORDER)},
    ),
    Held(
        "drafts", "orders.DraftOrder", "subject", "Preparing orders and quotes",
        envelopes={"sealed": Envelope(DRAFT)},
    ),
    Held(
        "earlier_drafts", "orders.HistoricalDraftOrder", "subject", "Proving who changed what",
        envelopes={"sealed": Envelope(DRAFT)},
    ),
    Held("draft_lines", "orders.DraftLine", "draft__subject", "Preparing orders and quotes"),
    Held("draft_charges", "orders.DraftCharge", "draft__subject", "Preparing orders and quotes"),
    Held("order_changes", "orders.OrderChange", "order__subject", "Changing orders"),
    Held(
        "order_change_steps", "orders.OrderChangeStep", "change__order__subject",
        "Changing orders", envelopes={"sealed": Envelope(CHANGE_STEP)},
    ),
    Held(
        "order_versions", "orders.OrderVersion", "order__subject", "Proving what was agreed",
        envelopes={"sealed": Envelope(ORDER)},
    ),
    Held("order_lines", "orders.OrderLine", "order__subject", "Fulfilling orders"),
    Held("business_terms", "orders.Business", "order__subject", "Invoicing by agreed terms"),
    Held("charges", "orders.OrderCharge", "order__subject", "Fulfilling orders"),
    Held("holds", "orders.Hold", "order__subject", "Checking orders"),
    Held("cancellations", "orders.Cancellation", "order__subject", "Fulfilling orders"),
    Held("payments", "orders.Payment", "order__subject", "Being paid"),
    Held("payment_transactions", "orders.PaymentTransaction", "payment__order__subject",
         "Being paid"),
    Held("refunds", "orders.RefundGrant", "order__subject", "Paying back"),
    Held(
        "bank_lines", "orders.BankLine", "subject", "Being paid", LEGAL,
        envelopes={"sealed": Envelope(BANK_LINE, fiscal=True)},
    ),
    Held(
        "payer_searches", "orders.PayerSearch", "subject", "Emptying bank lines",
        envelopes={"sealed": Envelope(PAYER_SEARCH, fiscal=True)},
    ),
    Held("bank_matches", "orders.BankMatch", "order__subject", "Being paid", LEGAL),
    Held("remittance_rows", "orders.RemittanceRow", "order__subject", "Being paid", LEGAL),
    Held(
        "fulfillment_orders", "fulfillment.FulfillmentOrder", "order__subject",
        "Fulfilling orders", envelopes={"collector": Envelope(COLLECTOR)},
    ),
    Held(
        "earlier_fulfillment_orders", "fulfillment.HistoricalFulfillmentOrder", "order__subject",
        "Proving who changed what", envelopes={"collector": Envelope(COLLECTOR)},
    ),
    Held("shipments", "fulfillment.Shipment", "order__subject", "Delivering"),
    Held("tracking", "fulfillment.TrackingEvent", "shipment__order__subject", "Delivering"),
    Held("returns", "fulfillment.Return", "order__subject", "Taking goods back"),
    Held("return_lines", "fulfillment.ReturnLine", "return_order__order__subject",
         "Taking goods back"),
    Held(
        "claims", "fulfillment.Claim", "order__subject", "Having carriers answer for parcels",
        envelopes={"evidence": Envelope(EVIDENCE), "answer": Envelope(ANSWER)},
    ),
    Held(
        "earlier_claims", "fulfillment.HistoricalClaim", "order__subject",
        "Proving who changed what", envelopes={"evidence": Envelope(EVIDENCE), "answer": Envelope(ANSWER)},
    ),
    Held("parcels_that_came_back", "fulfillment.OriginReturn", "order__subject",
         "Deciding about parcels that carriers bring back", envelopes={"note": Envelope(ORIGIN_NOTE)}),
    Held(
        "earlier_parcels_that_came_back", "fulfillment.HistoricalOriginReturn", "order__subject",
        "Proving who changed what", envelopes={"note": Envelope(ORIGIN_NOTE)},
    ),
    Held(
        "invoices", "compliance.Invoice", "subject", "Keeping tax records", LEGAL,
        envelopes={"sealed": Envelope(INVOICE, fiscal=True)},
    ),
    Held("invoice_lines", "compliance.InvoiceLine", "invoice__subject", "Keeping tax records",
         LEGAL),
    Held("privacy_requests", "compliance.PrivacyRequest", "subject", "Answering requests", LEGAL),
)  # fmt: skip

TELLS = (  # whose events tell of a person's dealings
    "customers.Customer",
    "customers.DataSubject",
    "orders.DraftOrder",
    "orders.Order",
    "fulfillment.FulfillmentOrder",
    "fulfillment.Shipment",
    "fulfillment.Return",
    "fulfillment.Claim",
    "compliance.Invoice",
    "compliance.PrivacyRequest",
)


def events_of(subject: DataSubject) -> QuerySet[Event]:
    """Everything that happened to a person's orders, parcels, returns and documents."""
    found = Event.objects.none()
    lookups = {held.model: held for held in REGISTER}
    for label in TELLS:
        ids: Any = (
            lookups[label].rows(subject).order_by().values("pk")
            if label in lookups
            else [subject.pk]
        )
        found |= Event.objects.filter(subject_type=label.lower(), subject_id__in=ids)
    return found.order_by("pk")

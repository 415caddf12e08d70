"""What the world is told of documents and of requests about personal data."""

from oms.telling import One, told

DOCUMENT = (
    One("order", "number of the order", "order"),
    One("source", "the shipment or return it is about, such as shipment:SH100001"),
    One("gross", "its amount with tax"),
    One("currency", "ISO 4217"),
)
KIND = One("kind", "export or erasure")
DUE = One("due_on", "last day to answer")

TOLD = {
    "invoice.issued": told("an invoice was written", *DOCUMENT),
    "credit_note.issued": told("a credit note was written", *DOCUMENT),
    "privacy.requested": told("a person asks for their data", KIND, DUE),
    "privacy.extended": told("answering takes longer", DUE),
    "privacy.answered": told("it was answered", KIND),
}

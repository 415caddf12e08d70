"""What the world is told of customers: that something changed, and never what their data say."""

from oms.telling import One, told

PURPOSE = One("purpose", "what for")

TOLD = {
    "customer.corrected": told(
        "other data are kept of a customer", One("fields", "names of the fields")
    ),
    "customer.terms_changed": told(
        "other terms of payment hold",
        One("credit_limit", "what may be owed at once"),
        One("payment_terms_days", "days to pay"),
    ),
    "customer.classified": told(
        "they belong to another group or company",
        One("group", "the group"),
        One("company", "code of the company"),
    ),
    "customer.buyer_set": told(
        "they may order more or less for their company",
        One("role", "buyer or approver"),
        One("order_limit", "what they may order at once; null for anything"),
        One("period_limit", "what they may order in a period; null for anything"),
        One("period_days", "how long the period is"),
    ),
    "customer.buyer_ended": told(
        "they buy for no company any more; role and limits are gone",
        One("role", "what they were: buyer or approver"),
    ),
    "company.registered": told("a company is kept that was not known"),
    "company.changed": told(
        "it has another name or tax ID, or is sold to on account or not",
        One("active", "false when what it orders on account waits for a person"),
    ),
    "payment_terms.set": told(
        "when an invoice is to be paid", One("active", "false when nobody new gets them")
    ),
    "company.terms_set": told(
        "a company buys on other terms",
        One("parent", "code of the company it belongs to"),
        One("terms", "code of the payment terms"),
        One("credit_limit", "what may be owed at once"),
        One("credit_currency", "ISO 4217"),
        One("shares_credit", "true when it buys within its parent's limit"),
    ),
    "customer.delivery_wishes_set": told("they want parcels delivered otherwise"),
    "customer.address_added": told("another address is kept", One("kind", "what for")),
    "customer.address_removed": told("one is not any more"),
    "customer.contact_preference_set": told(
        "they are to be written to otherwise", One("language", "of messages")
    ),
    "customer.consent_given": told(
        "they said yes to a use of their data", PURPOSE, One("version", "of the words")
    ),
    "customer.consent_withdrawn": told("they said no", PURPOSE),
    "customer.notification_requeued": told("a message to them is sent again"),
    "customer.noted": told("somebody wrote a note about them"),
    "customer.tagged": told(
        "their tags change", One("added", "new tags"), One("removed", "tags that are gone")
    ),
    "customer.segments_changed": told(
        "they came into segments or fell out of some",
        One("entered", "codes of segments"),
        One("left", "codes of segments"),
    ),
    "segment.defined": told("what a segment asks changes", One("version", "number")),
    "segment.filled": told(
        "all customers were asked what a new version asks",
        One("version", "number"),
        One("entered", "how many came in"),
        One("left", "how many fell out"),
    ),
    "segment.ended": told("a segment has no members any more", One("members", "how many it had")),
    "customer.merged": told(
        "they are the same person as another customer", One("into", "number of that customer")
    ),
    "customer.absorbed": told("another customer was them", One("merged", "number of the other")),
    "customer.unmerged": told(
        "they are two persons after all", One("survivor", "number of the other")
    ),
    "customer.erased": told("their personal data were destroyed: delete your copies"),
    "customer.documents_expired": told("their invoices were made unreadable, too"),
}

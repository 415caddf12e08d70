"""Acts on people and the companies they buy for; one file per noun."""

from customers.operations.companies import (
    BuyerTerms,
    BuysForNobody,
    CompanyCircle,
    CompanyTerms,
    CompanyTermsImpossible,
    lock_accounts,
    set_buyer,
    set_company_terms,
)
from customers.operations.consents import WordingMissing, give_consent, withdraw_consent
from customers.operations.delivery import DeliveryWishes, set_delivery_wishes
from customers.operations.identifying import identify
from customers.operations.inserting import Party
from customers.operations.keys import destroy_fiscal_keys, erase, rotate_keys
from customers.operations.merging import (
    CannotMerge,
    NotMerged,
    dismiss_duplicate,
    find_duplicates,
    merge,
    undo_merge,
)
from customers.operations.notes import (
    BadCustomerTag,
    BadNote,
    add_note,
    clean_tag,
    tag_customer,
)
from customers.operations.notifications import (
    CannotBeMuted,
    NotResendable,
    notify,
    resend,
    send_due,
    send_test,
    set_contact_preference,
    stop_notifications,
)
from customers.operations.profiles import (
    EmailTaken,
    TermsImpossible,
    add_address,
    classify,
    correct,
    remove_address,
    set_terms,
)
from customers.operations.reading import (
    Reading,
    disclose,
    disclose_all,
    disclose_fiscal,
    disclose_names,
)
from customers.queries import SubjectErased

__all__ = [
    "BadCustomerTag",
    "BadNote",
    "BuyerTerms",
    "BuysForNobody",
    "CannotBeMuted",
    "CannotMerge",
    "CompanyCircle",
    "CompanyTerms",
    "CompanyTermsImpossible",
    "DeliveryWishes",
    "EmailTaken",
    "NotMerged",
    "NotResendable",
    "Party",
    "Reading",
    "SubjectErased",
    "TermsImpossible",
    "WordingMissing",
    "add_address",
    "add_note",
    "classify",
    "clean_tag",
    "correct",
    "destroy_fiscal_keys",
    "disclose",
    "disclose_all",
    "disclose_fiscal",
    "disclose_names",
    "dismiss_duplicate",
    "erase",
    "find_duplicates",
    "give_consent",
    "identify",
    "lock_accounts",
    "merge",
    "notify",
    "remove_address",
    "resend",
    "rotate_keys",
    "send_due",
    "send_test",
    "set_buyer",
    "set_company_terms",
    "set_contact_preference",
    "set_delivery_wishes",
    "set_terms",
    "stop_notifications",
    "tag_customer",
    "undo_merge",
    "withdraw_consent",
]

"""Acts on people and the companies they buy for; one file per noun."""

from customers.operations.identifying import identify
from customers.operations.inserting import Party
from customers.operations.keys import destroy_fiscal_keys, erase, rotate_keys
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
    "EmailTaken",
    "Party",
    "Reading",
    "SubjectErased",
    "TermsImpossible",
    "add_address",
    "classify",
    "correct",
    "destroy_fiscal_keys",
    "disclose",
    "disclose_all",
    "disclose_fiscal",
    "disclose_names",
    "erase",
    "identify",
    "remove_address",
    "rotate_keys",
    "set_terms",
]

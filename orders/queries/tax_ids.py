"""Numbers under which businesses pay tax, judged by form and check digits; nobody is asked.

European VAT numbers, British ones and Indian GSTINs are known; elsewhere anything can be one.
"""

from stdnum.eu import vat as eu_vat
from stdnum.gb import vat as gb_vat
from stdnum.in_ import gstin

PREFIX = 2  # letters by which a VAT number names its country
BRITISH = {"GB", "XI"}
GREECE = {"GR": "EL"}  # ISO 3166-1, and as its VAT numbers begin
UNION = {code.upper() for code in eu_vat.MEMBER_STATES} - BRITISH | {"GR"}


def is_tax_id(told: str, country: str) -> bool:
    """Whether this can be a tax ID of a buyer to whom goods go in a country (ISO 3166-1).

    The number may be of another country, where it begins as that one's do.
    """
    number = "".join(told.split()).upper()
    if not number:
        return False
    home = number[:PREFIX]
    if home in BRITISH or (country in BRITISH and not home.isalpha()):
        return bool(gb_vat.is_valid(number))
    if home in {*UNION, "EL"}:
        return bool(eu_vat.is_valid(number))
    if country in UNION:
        return bool(eu_vat.is_valid(GREECE.get(country, country) + number))
    if country == "IN":
        return bool(gstin.is_valid(number))
    return country not in BRITISH

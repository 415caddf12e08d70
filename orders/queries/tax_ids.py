"""Numbers under which businesses pay tax, judged by form and check digits; nobody is asked.

European VAT numbers, British ones and Indian GSTINs are known, each where goods go to their country;
elsewhere anything can be one: a Mexican RFC may begin with the letters of Spain.
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

    In Europe the number may be of another of its countries, where it begins as that one's do.
    """
    number = "".join(told.split()).upper()
    home = number[:PREFIX]
    if not number:
        return False
    if country == "IN":
        return bool(gstin.is_valid(number) or eu_vat.is_valid(number))
    if country not in UNION | BRITISH:
        return True
    if home in BRITISH or (country in BRITISH and not home.isalpha()):
        return bool(gb_vat.is_valid(number))
    if home in {*UNION, "EL"}:
        return bool(eu_vat.is_valid(number))
    return country in UNION and bool(eu_vat.is_valid(GREECE.get(country, country) + number))

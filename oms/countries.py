"""Countries as channels write them, and their codes."""

from functools import lru_cache

import pycountry

from oms import words

CODE_LENGTH = 2
OWN = {"UK": "GB", "EL": "GR"}  # codes in use that ISO 3166-1 gives otherwise


NAMES = {  # in use beside those of ISO 3166-1
    "GREAT BRITAIN": "GB",
    "BRITAIN": "GB",
    "ENGLAND": "GB",
    "SCOTLAND": "GB",
    "WALES": "GB",
    "HOLLAND": "NL",
}


def is_country(code: str) -> bool:
    """Whether a code is one of ISO 3166-1, or XI for Northern Ireland."""
    known = len(code) == CODE_LENGTH and pycountry.countries.get(alpha_2=code) is not None
    return code == "XI" or (known and code.isupper())


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, str], ...]:
    """Every country by name: code and name as people say it."""
    named = [(one.alpha_2, words.country(one.alpha_2)) for one in pycountry.countries]
    return tuple(sorted(named, key=lambda row: row[1]))


@lru_cache(maxsize=2_000)
def country_code(told: str) -> str:
    """The code of a country that is told by its code or name in any case; else what was told.

    Names and three-letter codes are those of ISO 3166-1: `gb`, `UK`, `GBR`, `United Kingdom`.
    """
    word = told.strip()
    code = OWN.get(word.upper()) or NAMES.get(word.upper(), word.upper())
    if is_country(code):
        return code
    try:
        return pycountry.countries.lookup(word).alpha_2 if word else word
    except LookupError:
        return told


def with_country_code(address: dict[str, str]) -> dict[str, str]:
    """An address whose country is a code where what it says can be read as one."""
    return {**address, "country": country_code(address.get("country", ""))}

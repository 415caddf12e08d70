"""Movements of an account that are known by other words, and whom a line names.

A bank tells one payment in a CSV and in a CAMT file in different words, with other references of
its own. What both have is the day, the amount and whatever the payer wrote. In doubt it is two: a
line too many is seen by a person, one too few by nobody.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from stdnum import iso11649

from customers import queries as customers
from orders.models import BankLine, BankStatement
from orders.queries.bank import named_by, told_of, words_of

FEWEST = 2  # words of a name that tell somebody apart
DAYS = re.compile(
    r"""\b(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}[./-]\d{1,2}[./-]\d{1,2})
        (?:[T/ ]?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?)?\b""",
    re.VERBOSE,
)  # a day, with or without a time
PLAIN_DAYS = ("%d%m%Y", "%Y%m%d", "%d%m%y", "%y%m%d")


@dataclass(frozen=True, slots=True)
class Entry:
    """A movement as the bank tells it: `amount` came in, negative went out."""

    booked_on: date
    amount: Decimal
    currency: str
    bank_reference: str = ""
    payer: str = ""
    iban: str = ""
    text: str = ""
    reference: str = ""  # the structured one, such as an ISO 11649 creditor reference

    @property
    def told(self) -> dict[str, str]:
        """What is sealed, because it names people."""
        return {
            "payer": self.payer,
            "iban": self.iban,
            "text": self.text,
            "reference": self.reference,
        }


@dataclass(frozen=True, slots=True)
class Payers:
    """People as a bank line may name them: by all words of a name, or by their accounts."""

    names: list[frozenset[str]] = field(default_factory=list)
    ibans: set[str] = field(default_factory=set)


def told_otherwise(
    statement: BankStatement, fresh: Mapping[str, Entry], known: set[str]
) -> list[str]:
    """Which of these entries an earlier file of the other form brought; each line stands for one.

    `known` are the digests of lines that are recognised already, so that they stand for no other.
    """
    if not fresh:
        return []
    rows = BankLine.objects.filter(
        account=statement.account_id,
        booked_on__in={entry.booked_on for entry in fresh.values()},
        amount__in={entry.amount for entry in fresh.values()},
    )
    rows = rows.exclude(statement__form=statement.form).exclude(digest__in=known)
    lines: dict[tuple[date, Decimal], list[_Told]] = defaultdict(list)
    for row in rows.select_related("subject").order_by("pk"):
        if told := told_of(row):  # one that was emptied may be anybody's
            lines[row.booked_on, row.amount].append(_Told(told))
    asked = {digest: entry for digest, entry in fresh.items() if lines[_day_and_sum(entry)]}
    entries = {digest: _Told(entry.told) for digest, entry in asked.items()}
    told_anywhere = [*entries.values(), *(told for alike in lines.values() for told in alike)]
    _resolve(told_anywhere)

    pairs = [
        (likeness, digest, line)
        for digest, entry in asked.items()
        for line in lines[_day_and_sum(entry)]
        if (likeness := _likeness(entries[digest], line))
    ]
    found: dict[str, _Told] = {}
    taken: set[int] = set()
    for _, digest, line in sorted(pairs, key=lambda pair: pair[0], reverse=True):
        if digest not in found and id(line) not in taken:
            found[digest] = line
            taken.add(id(line))
    return list(found)


def payers_of(subjects: Iterable[Any]) -> Payers:
    """How bank lines may name these people, read before they are erased."""
    sought = Payers()
    for subject in subjects:
        if customer := getattr(subject, "customer", None):
            told = customers.profile_of(customer)
            names = (frozenset(_words(told.get(each, ""))) for each in ("name", "company"))
            sought.names.extend(words for words in names if len(words) >= FEWEST)
        for line in BankLine.objects.filter(subject=subject).select_related("subject"):
            sought.ibans.add(_account(told_of(line).get("iban", "")))
    sought.ibans.discard("")
    return sought


@dataclass(frozen=True, slots=True)
class Likeness:
    """What of a line is that of somebody who is sought."""

    name: bool = False
    account: bool = False


def likeness_of(told: Mapping[str, str], sought: Payers) -> Likeness:
    """Whether a line has the name of one of these people, and whether it has their account."""
    words = _words(" ".join((told.get("payer", ""), told.get("text", ""))))
    return Likeness(
        name=any(name <= words for name in sought.names),
        account=_account(told.get("iban", "")) in sought.ibans,
    )


class _Told:
    """What is compared of a movement, worked out once."""

    def __init__(self, told: Mapping[str, str]) -> None:
        text, reference = DAYS.sub(" ", told.get("text", "")), told.get("reference", "")
        self.iban = _account(told.get("iban", ""))
        self.payer = _words(told.get("payer", ""))
        self.text = _words(text)
        self.words = words_of({"text": text, "reference": reference})
        self.numbers = {_account(word) for word in self.words if not _is_day(word)}
        self.structured = {_account(word) for word in self.words if _is_structured(word)}
        if any(sign.isdigit() for sign in reference):
            self.structured.add(_account(reference))
        self.named: set[int] = set()  # ids of orders


def _resolve(told: Iterable[_Told]) -> None:
    """Look up which orders are named, in one question."""
    told = list(told)
    orders = named_by({word for each in told for word in each.words})
    for each in told:
        found = (orders.get(word, set()) | orders.get(word.upper(), set()) for word in each.words)
        each.named = set().union(*found)


def _likeness(entry: _Told, line: _Told) -> tuple[int, ...]:
    """How surely a line of the other form is this movement, the greater the surer; empty: it is not.

    Two accounts, two payers or other numbers are two movements. Of what both tell, it takes an
    order, an invoice, a structured reference, the account or the payer's name to be one; a number
    that names nothing of ours, such as a creditor identifier, is shared by many.
    """
    if entry.iban and line.iban and entry.iban != line.iban:
        return ()
    same_account = bool(entry.iban and line.iban)
    same_words = len(entry.payer & line.payer)
    if entry.payer and line.payer and not same_words and not same_account:
        return ()
    same_references = len(entry.named & line.named) + len(entry.structured & line.structured)
    references = [each.named or each.structured for each in (entry, line)]
    same_numbers = len(entry.numbers & line.numbers)
    if all(references) and not same_references:
        return ()
    if entry.numbers and line.numbers and not (same_numbers or same_references):
        return ()
    same_payer = entry.payer == line.payer and bool(entry.payer or entry.text == line.text)
    if not (same_references or same_account or same_payer):
        return ()
    return (
        same_references,
        int(same_account),
        int(same_payer),
        same_words,
        same_numbers,
        len(entry.text & line.text),
        -len(entry.text ^ line.text),
    )


def _day_and_sum(entry: Entry) -> tuple[date, Decimal]:
    return entry.booked_on, entry.amount


def _is_day(word: str) -> bool:
    """Whether a number is a day, as banks write one into their texts."""
    for form in PLAIN_DAYS:
        try:
            datetime.strptime(word, form)  # noqa: DTZ007 (only whether it can be one)
        except ValueError:
            continue
        return True
    return False


def _is_structured(word: str) -> bool:
    return word[:2].upper() == "RF" and iso11649.is_valid(word)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", text)}


def _account(text: str) -> str:
    return re.sub(r"\W", "", text).upper()

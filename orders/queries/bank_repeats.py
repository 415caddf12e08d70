"""Movements of an account that are known by other words, and whom a line names.

A bank tells one payment in a CSV and in a CAMT file in different words, with other references of
its own. What both have is the day, the amount and whatever the payer wrote.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from customers import queries as customers
from orders.models import BankLine, BankStatement
from orders.queries.bank import told_of, words_of

FEWEST = 2  # words of a name that tell somebody apart


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
    lines: dict[tuple[date, Decimal], list[BankLine]] = defaultdict(list)
    for row in rows.select_related("subject").order_by("pk"):
        lines[row.booked_on, row.amount].append(row)
    found = []
    for digest, entry in fresh.items():
        alike = lines[entry.booked_on, entry.amount]
        same = next((line for line in alike if _is_same(entry, line)), None)
        if same is not None:
            alike.remove(same)
            found.append(digest)
    return found


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


def names_payer(told: Mapping[str, str], sought: Payers) -> bool:
    """Whether a line names one of these people."""
    if _account(told.get("iban", "")) in sought.ibans:
        return True
    words = _words(" ".join((told.get("payer", ""), told.get("text", ""))))
    return any(name <= words for name in sought.names)


def _is_same(entry: Entry, line: BankLine) -> bool:
    """Whether a line of the other form is this movement; one that was erased is taken for it.

    What both refer to decides; where one refers to nothing, who paid, from which account.
    """
    told = told_of(line)
    if not told:
        return True
    ours, theirs = (_references(each) for each in (entry.told, told))
    if ours and theirs:
        return bool(ours & theirs)
    first, second = _account(entry.iban), _account(told.get("iban", ""))
    if first and second:
        return first == second
    return _words(entry.payer) == _words(told.get("payer", ""))


def _references(told: Mapping[str, str]) -> set[str]:
    return {re.sub(r"\W", "", word).upper() for word in words_of(dict(told))}


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W\d_]{2,}", text)}


def _account(text: str) -> str:
    return re.sub(r"\W", "", text).upper()

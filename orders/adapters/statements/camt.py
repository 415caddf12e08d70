"""CAMT.053, the bank-to-customer statement of ISO 20022, in the versions 02 and 08.

https://www.iso20022.org/iso-20022-message-definitions (camt.053.001.02, camt.053.001.08). The file
comes from outside: no entity is resolved, no document type taken, nothing fetched, and entries are
let go of as they are read.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from orders.adapters.statements.tables import LARGEST, NotReadable
from orders.queries.bank_repeats import Entry

VERSIONS = ("camt.053.001.02", "camt.053.001.08")
BOOKED = {"BOOK", ""}
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def is_xml(content: IO[bytes]) -> bool:
    """Whether it begins like XML; the content stays at its beginning."""
    content.seek(0)
    head = content.read(64)
    content.seek(0)
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def entries(content: IO[bytes], iban: str) -> Iterator[Entry]:
    """Every booked movement, payment by payment where the bank tells them. Raises NotReadable."""
    from lxml import etree

    _refuse_large(content)
    account = ""
    try:
        events = etree.iterparse(content, events=("start", "end"), **SAFE)
        for event, node in events:
            name = _name(node)
            if event == "start":
                if node.getparent() is None:
                    _refuse_other(node)
                continue
            if name == "Acct" and _name(node.getparent()) == "Stmt":
                account = _text(node, "Id/IBAN") or _text(node, "Id/Othr/Id")
                _refuse_account(account, iban)
            elif name == "Ntry":
                yield from _entry(node)
                node.clear()
    except etree.XMLSyntaxError as broken:
        raise NotReadable(f"The file is no XML: {str(broken)[:120]}.") from broken


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _refuse_large(content: IO[bytes]) -> None:
    content.seek(0, 2)
    if content.tell() > LARGEST:
        raise NotReadable("The file is larger than 50 MB; send it in parts.")
    content.seek(0)


def _refuse_other(root: Any) -> None:
    if root.getroottree().docinfo.doctype:
        raise NotReadable("A bank statement has no document type; this file is refused.")
    space = root.tag.rpartition("}")[0].removeprefix("{")
    if _name(root) != "Document" or not space.endswith(VERSIONS):
        raise NotReadable(
            f"This is {space.rpartition(':')[2] or 'something else'}; camt.053.001.02 and "
            "camt.053.001.08 are read."
        )


def _refuse_account(account: str, iban: str) -> None:
    wanted = iban.replace(" ", "").upper()
    if wanted and account.replace(" ", "").upper() != wanted:
        raise NotReadable("The statement is of another account than this one.")


def _entry(node: Any) -> Iterator[Entry]:
    state = _text(node, "Sts/Cd") or _text(node, "Sts")
    if state not in BOOKED:
        return
    day = _text(node, "BookgDt/Dt") or _text(node, "BookgDt/DtTm") or _text(node, "ValDt/Dt")
    sign = _sign(node, 1)
    whole, currency = _amount(node, "Amt")
    base = {"booked_on": _day(day), "currency": currency}
    reference = _text(node, "AcctSvcrRef") or _text(node, "NtryRef")
    parts = [(detail, *_part(detail, currency)) for detail in _all(node, "NtryDtls/TxDtls")]
    apart = len(parts) > 1 and sum(
        _sign(detail, sign) * (amount or 0) for detail, amount, _ in parts
    )
    if apart == sign * whole:
        for number, (detail, amount, _) in enumerate(parts, start=1):
            yield Entry(
                amount=_sign(detail, sign) * (amount or Decimal(0)),
                bank_reference=(_text(detail, "Refs/AcctSvcrRef") or f"{reference}/{number}")[:80],
                **base,
                **_told(detail),
            )
        return
    told = _told(parts[0][0]) if len(parts) == 1 else _joined([part[0] for part in parts])
    if not told["text"]:
        told["text"] = _text(node, "AddtlNtryInf")[:1_000]
    yield Entry(amount=sign * whole, bank_reference=reference[:80], **base, **told)


def _told(detail: Any) -> dict[str, str]:
    """Who paid, and for what: a receipt names its debtor, a payment its creditor."""
    party = "Dbtr" if _text(detail, "CdtDbtInd") != "DBIT" else "Cdtr"
    lines = [_value(row) for row in _all(detail, "RmtInf/Ustrd")]
    papers = [_value(row) for row in _all(detail, "RmtInf/Strd/RfrdDocInf/Nb")]
    end = _text(detail, "Refs/EndToEndId")
    return {
        "payer": (
            _text(detail, f"RltdPties/{party}/Pty/Nm") or _text(detail, f"RltdPties/{party}/Nm")
        )[:140],
        "iban": _text(detail, f"RltdPties/{party}Acct/Id/IBAN")[:34],
        "text": " ".join([*lines, *papers, "" if end == "NOTPROVIDED" else end]).strip()[:1_000],
        "reference": _text(detail, "RmtInf/Strd/CdtrRefInf/Ref")[:140],
    }


def _joined(details: list[Any]) -> dict[str, str]:
    told = [_told(detail) for detail in details]
    text = " ".join(f"{row['text']} {row['reference']}".strip() for row in told)
    return {"payer": "", "iban": "", "text": text[:1_000], "reference": ""}


def _part(detail: Any, currency: str) -> tuple[Decimal | None, str]:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        if _all(detail, path):
            amount, spoken = _amount(detail, path)
            return (amount if spoken == currency else None), spoken
    return None, currency


def _amount(node: Any, path: str) -> tuple[Decimal, str]:
    found = _all(node, path)
    try:
        return Decimal(_value(found[0])), found[0].get("Ccy", "")[:3].upper()
    except (IndexError, InvalidOperation) as broken:
        raise NotReadable("An entry has no amount.") from broken


def _sign(node: Any, usual: int) -> int:
    return {"CRDT": 1, "DBIT": -1}.get(_text(node, "CdtDbtInd"), usual)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as broken:
        raise NotReadable(f"{text[:40]!r} is no day.") from broken


def _all(node: Any, path: str) -> list[Any]:
    return node.findall("/".join(f"{{*}}{step}" for step in path.split("/")))


def _text(node: Any, path: str) -> str:
    found = _all(node, path)
    return _value(found[0]) if found else ""


def _value(node: Any) -> str:
    return " ".join((node.text or "").split())

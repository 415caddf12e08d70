"""Bank statements: every line once, booked by its reference or by a person, undone by an entry."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from compliance.operations import erase_subject, purge_fiscal_keys
from oms import keys, sealed
from oms.dispatch.tasks import run_next
from oms.models import Event, Job
from oms.wiring import CHORES, CONSUMERS
from orders import operations as orders
from orders.adapters.statements import Layout, NotReadable, bank_rows, guess
from orders.adapters.statements.bank import AMOUNTS, SYNONYMS
from orders.adapters.statements.storing import read_statement
from orders.consumers import forget_payers
from orders.models import (
    BankAccount,
    BankLine,
    BankMatch,
    BankStatement,
    GatewayPayout,
    PayerSearch,
    PaymentTransaction,
    Task,
)
from orders.operations import bank_lines, bank_matching, erased_payers
from orders.operations.payments import AmountNotPositive
from orders.queries import balance
from orders.queries.bank import Part, proposals, told_of, words_of
from orders.queries.bank_repeats import Entry
from orders.queries.money_ledgers import money_invariants
from orders.queries.statement import statement_of
from orders.tasks.bank import read_bank_statement
from orders.tasks.erased_payers import forget_erased_payers
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = "user:2"
COLUMNS = {"date": "Buchungstag", "amount": "Betrag", "text": "Verwendungszweck",
           "payer": "Auftraggeber"}  # fmt: skip
LAYOUT = Layout(COLUMNS, ";", ",", "%d.%m.%Y")
IBAN = "GB33BUKB20201555555555"


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse(), 99)
    return world.shop(duplicate_window_minutes=0, write_off_limit="0.50", auto_release=False)


@pytest.fixture
def account():
    return BankAccount.objects.create(
        code="main", name="Main", currency="GBP", iban=IBAN, columns=LAYOUT.as_data()
    )


def csv_of(*rows):
    head = "Kontoauszug;;;\n\nBuchungstag;Betrag;Verwendungszweck;Auftraggeber\n"
    return (head + "".join(";".join(row) + "\n" for row in rows)).encode()


def send(account, *rows, content=b""):
    content = BytesIO(content or csv_of(*rows))
    form = "camt" if content.getvalue().startswith(b"<") else "csv"
    statement = bank_lines.begin_local_statement(account, content, by=BY, form=form)
    if statement.finished_at is None:
        statement = read_statement(statement, content, by=BY)
    return statement


def order(shop, price="20.00", **fields):
    return world.place(shop, ("MUG", 1, price), **fields)


def received(*rows):
    return [balance(row).received for row in rows]


def test_line_that_names_an_order_and_its_exact_balance_is_booked_once(shop, account):
    first, second = order(shop), order(shop, external_id="WEB-77001")
    rows = [
        ("03.11.2026", "20,00", f"Order {first.number} thank you", "Ada Byron"),
        ("03.11.2026", "20,00", "web-77001", "Ada Byron"),
        ("03.11.2026", "-7,90", "Charges", "Bank"),
        ("04.11.2026", "5,00", "no idea", "Cora"),
    ]

    statement = send(account, *rows)
    again = send(account, *rows)
    later = send(account, *rows[:2], ("05.11.2026", "20,00", first.number, "Ada Byron"))

    assert again == statement
    assert (statement.lines_read, statement.matched) == (4, 2)
    assert (later.lines_read, later.known, later.matched) == (3, 2, 0)
    assert received(first, second) == [20, 20]
    states = [(line.amount, line.state) for line in BankLine.objects.order_by("pk")]
    assert states == [
        (20, "matched"),
        (20, "matched"),
        (Decimal("-7.90"), "out"),
        (5, "open"),
        (20, "open"),
    ]
    line = BankLine.objects.earliest("pk")
    assert line.number in [entry.reference for entry in statement_of(first).entries]
    assert (
        Event.objects.get(name="bank_line.booked", subject_id=line.pk).facts["how"] == "reference"
    )
    assert_ledgers_hold()


def test_equal_lines_of_one_file_are_two_and_stay_two(shop, account):
    row = ("03.11.2026", "5,00", "donation", "Cora")

    send(account, row, row)
    second = send(account, row, row, ("04.11.2026", "1,00", "x", "y"))

    assert (BankLine.objects.count(), second.known) == (3, 2)


def test_person_splits_a_line_writes_off_overpays_and_undoes(shop, account):
    a, b = order(shop, "20.00"), order(shop, "30.25")
    send(account, ("03.11.2026", "50,00", "both", "Ada Byron"))
    line = BankLine.objects.get()
    parts = [Part(a, Decimal(20)), Part(b, Decimal(30))]

    with pytest.raises(bank_matching.LineNotOpen):
        bank_matching.book_line(line, [Part(a, Decimal("50.01"))], by=BY)
    bank_matching.book_line(line, parts, by=BY, write_off=True)
    with pytest.raises(bank_matching.LineNotOpen):
        bank_matching.book_line(line, parts, by="user:3")

    line.refresh_from_db()
    assert (line.state, [balance(row).balance for row in (a, b)]) == ("matched", [0, 0])
    bank_matching.undo_line(line, by=BY, reason="Not theirs")
    with pytest.raises(bank_matching.NothingToUndo):
        bank_matching.undo_line(line, by=BY, reason="Again")
    line.refresh_from_db()
    assert (line.state, line.matched, received(a, b)) == ("open", 0, [0, 0])
    bank_matching.book_line(line, [Part(a, Decimal(50))], by=BY)
    a.refresh_from_db()
    assert (a.payment_status, received(a)) == ("overpaid", [50])
    assert BankMatch.objects.filter(undone=None).count() == 1
    assert_ledgers_hold()


def test_undoing_a_line_owes_again_what_was_written_off_for_it_each_time(shop, account):
    owed = order(shop, "20.25")
    send(account, ("03.11.2026", "20,00", "x", "Ada Byron"))
    for _ in range(2):
        line = BankLine.objects.get()
        bank_matching.book_line(line, [Part(owed, Decimal(20))], by=BY, write_off=True)
        assert balance(owed).balance == 0
        bank_matching.undo_line(line, by=BY, reason="Not theirs")
        assert (balance(owed).balance, received(owed)) == (Decimal("20.25"), [0])
    assert_ledgers_hold()


def camt_of(*rows):
    """The same movements as a CAMT file: day, amount, what the payer wrote, payer, bank's reference."""
    entries = "".join(
        f"""<Ntry><Amt Ccy="GBP">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>{day}</Dt>
        </BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>{payer}</Nm>
        </Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""
        for day, amount, text, payer, ref in rows
    )
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
      <Stmt><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt>
      </Document>""".encode()


def test_payment_told_as_csv_and_as_camt_is_one(shop, account):
    """By day, amount and reference; what really came twice is twice in one file, and stays two."""
    paid = order(shop)
    csv = [
        ("03.11.2026", "20,00", f"Order {paid.number}, thank you", "BYRON ADA"),
        ("03.11.2026", "5,00", "a gift", "Cora Stranger"),
        ("03.11.2026", "7,00", "INV-2026-00071", "Ben Cooper"),
    ]
    gift = ("2026-11-03", "5.00", "Gift", "Cora Stranger")
    camt = [
        ("2026-11-03", "20.00", f"{paid.number}", "Ada Byron", "B1"),
        (*gift, "B2"),
        (*gift, "B3"),
        ("2026-11-03", "7.00", "INV-2026-00072", "Ben Cooper", "B4"),
        ("2026-11-04", "20.00", f"{paid.number}", "Ada Byron", "B5"),
    ]
    send(account, *csv)

    statement = send(account, content=camt_of(*camt))

    assert (statement.lines_read, statement.known) == (5, 2)
    assert sorted(BankLine.objects.values_list("amount", flat=True)) == [5, 5, 7, 7, 20, 20]
    assert (balance(paid).received, statement.matched) == (20, 0)
    assert send(account, *csv, csv[1]).known == 4
    assert send(account, *csv, csv[1], csv[1]).known == 4
    assert BankLine.objects.count() == 7


DAY = date(2026, 11, 27)
BOB, ANNA = "GB33BUKB20201555555555", "DE89370400440532013000"


def tell(account, form, *rows):
    """Read entries of one day and 20.00 (payer, account, text); the texts of the new lines."""
    statement = BankStatement.objects.create(
        number=f"T{BankStatement.objects.count()}",
        account=account,
        digest=f"{BankStatement.objects.count()}",
        form=form,
        created_by=BY,
    )
    entries = [
        Entry(DAY, Decimal("20.00"), "GBP", f"{form}{at}", *row) for at, row in enumerate(rows)
    ]
    return [told_of(line)["text"] for line in bank_lines.add_lines(statement, entries, by=BY)]


@pytest.mark.parametrize(
    ("first", "other"),
    [
        (("Bob Smith", "", "DATUM 27.11.2026"), ("Anna Jones", "", "Thanks DATUM 27.11.2026")),
        (("Bob Smith", BOB, "DATUM 27.11.2026"), ("", ANNA, "DATUM 27.11.2026, 12.34 UHR")),
        (("Bob Smith", "", "27112026 CRED DE98ZZZ09999"), ("", "", "CRED DE98ZZZ09999")),
        (("Bob Smith", BOB, "ORDER"), ("Bob Smith", ANNA, "ORDER")),
        (("", "", "gift"), ("", "", "rent")),
    ],
)
def test_payments_of_two_people_are_two_whatever_numbers_they_share(shop, account, first, other):
    """A day, a creditor identifier or even the order says nothing of who paid."""
    number = order(shop).number
    first, other = ([part.replace("ORDER", number) for part in row] for row in (first, other))
    tell(account, "csv", first)

    assert tell(account, "camt", other) == [other[2]]


def test_payment_told_in_both_forms_is_one_by_order_invoice_account_or_payer(shop, account):
    number = order(shop).number
    csv = [
        ("", "", f"{number} DATUM 27.11.2026"),
        ("Bob Smith", "", "DATUM 27.11.2026"),
        ("Smith", BOB, ""),
        ("", "", "RF18 5390 0754 7034 RF18539007547034"),
    ]
    camt = [
        ("Anna Jones", ANNA, f"no {number.lower()}"),
        ("SMITH, BOB", "", "2026-11-27"),
        ("Robert S", BOB, "thanks"),
        ("Cora", "", "", "RF18539007547034"),
    ]
    for first, other in zip(csv, camt, strict=True):
        account = BankAccount.objects.create(
            code=f"a{BankAccount.objects.count()}", name="A", currency="GBP"
        )
        tell(account, "csv", first)
        assert tell(account, "camt", other) == []


def test_likeliest_payment_of_a_file_is_the_known_one(account):
    known = ("Ada Byron", BOB, "second instalment, thank you")
    tell(account, "csv", known)

    assert tell(account, "camt", ("Ada Byron", "", "other"), known) == ["other"]


def test_emptied_line_is_taken_for_no_payment(account):
    tell(account, "csv", ("Ada Byron", "", "gift"))
    BankLine.objects.update(sealed=b"")

    assert tell(account, "camt", ("Anna Jones", "", "rent")) == ["rent"]


def worker_runs():
    """What a worker does after an erasure, by the event that tells of it."""
    [event] = Event.objects.filter(name="customer.erased")
    assert "orders.consumers.forget_payers" in CONSUMERS[event.name]
    forget_payers([event])
    forget_erased_payers(Job.objects.get(kind="erased_payers"))


def test_person_who_is_erased_leaves_the_lines_that_belong_to_nobody(shop, account, monkeypatch):
    """In turns, after the erasure, by what was sealed then; a repeat finds nothing more."""
    monkeypatch.setattr(erased_payers, "MOST", 2)
    paid, booked = order(shop), order(shop)
    send(
        account,
        ("03.11.2026", "20,00", booked.number, "Ada Byron"),
        ("03.11.2026", "20,50", "many thanks", "BYRON, Ada"),
        ("03.11.2026", "1,00", "for Ada", "Cora Stranger"),
        ("03.11.2026", "-3,00", "Refund to Ada Byron", ""),
    )
    mine, ignored, other, out = BankLine.objects.order_by("pk")
    bank_matching.ignore_line(ignored, by=BY, reason="A gift")

    erase_subject(paid.subject, by=BY, reason="Asked")

    assert told_of(BankLine.objects.get(pk=out.pk))  # nothing of it inside the erasure
    assert b"byron" not in bytes(PayerSearch.objects.get().sealed)
    worker_runs()
    mine, ignored, other, out = BankLine.objects.order_by("pk")
    assert told_of(mine)["payer"] == "Ada Byron"  # the law keeps what paid an order
    assert [told_of(ignored), told_of(out)] == [{}, {}]
    assert told_of(other)["payer"] == "Cora Stranger"
    assert (ignored.amount, ignored.state) == (Decimal("20.5"), "ignored")
    assert Event.objects.filter(name="bank_line.forgotten").count() == 2
    assert not PayerSearch.objects.exists()
    forget_erased_payers(Job.objects.get(kind="erased_payers"))
    assert orders.begin_forgetting(by=BY) is None
    assert_ledgers_hold()


def test_open_money_of_a_namesake_is_left_to_finance(shop, account):
    """Open lines take name and account; the others are emptied once they are nothing of ours."""
    paid = order(shop)
    tell(account, "csv", ("Ada Byron", BOB, paid.number))
    bank_matching.book_line(BankLine.objects.get(), [Part(paid, Decimal("20.00"))], by=BY)
    tell(
        account,
        "csv",
        ("Ada Byron", BOB, "once more"),
        ("Ada Byron", ANNA, "by a namesake"),
        ("Byron family", BOB, "from her account"),
    )

    erase_subject(paid.subject, by=BY, reason="Asked")
    worker_runs()

    _, both, name, iban = BankLine.objects.order_by("pk")
    assert [told_of(line).get("text") for line in (both, name, iban)] == [
        None,
        "by a namesake",
        "from her account",
    ]
    found = Task.objects.order_by("pk").values_list("order", "owner", "title")
    assert [(pk, owner, title.split()[0]) for pk, owner, title in found] == [
        (paid.pk, "Finance", name.number),
        (paid.pk, "Finance", iban.number),
    ]
    bank_matching.book_line(name, [Part(order(shop), Decimal("5.00"))], by=BY)
    line = bank_matching.ignore_line(iban, by=BY, reason="A gift")
    name.refresh_from_db()
    assert (told_of(name)["text"], told_of(line)) == ("by a namesake", {})


def test_fiscal_key_is_kept_while_lines_are_looked_for_by_it(shop, account):
    paid = order(shop)
    tell(account, "csv", ("Cora Stranger", "", "gift"))
    erase_subject(paid.subject, by=BY, reason="Asked")
    assert purge_fiscal_keys(by=BY, today=date(2090, 1, 1)) == []

    worker_runs()

    assert purge_fiscal_keys(by=BY, today=date(2090, 1, 1)) == [paid.subject]


def test_refunded_money_is_not_undone(shop, account):
    paid = order(shop)
    send(account, ("03.11.2026", "25,00", "x", "Ada Byron"))
    line = BankLine.objects.get()
    [match] = bank_matching.book_line(line, [Part(paid, Decimal(25))], by=BY)
    grant = orders.grant_refund(paid, by=BY, amount=Decimal(5), reason="Paid too much")
    orders.pay_refund(grant, by="user:3", payment=match.transaction.payment, amount=Decimal(5))

    with pytest.raises(orders.AmountTooHigh):
        bank_matching.undo_line(line, by=BY, reason="Not theirs")

    assert received(paid) == [20]


def test_ignored_line_keeps_its_reason_and_comes_back(shop, account):
    send(account, ("03.11.2026", "25,00", "interest", "Bank"))
    line = BankLine.objects.get()

    bank_matching.ignore_line(line, by=BY, reason="Interest")
    with pytest.raises(bank_matching.LineNotOpen):
        bank_matching.ignore_line(line, by=BY, reason="Interest")
    line.refresh_from_db()
    assert (line.state, line.reason, line.decided_by) == ("ignored", "Interest", BY)
    bank_matching.undo_line(line, by=BY, reason="It was an order")

    line.refresh_from_db()
    assert (line.state, line.reason) == ("open", "")


def test_proposals_say_why_the_likeliest_first(shop, account):
    named, same = order(shop, "20.00"), order(shop, "33.00")
    send(
        account,
        ("03.11.2026", "19,60", named.number, "Somebody"),
        ("03.11.2026", "12,00", named.number, "Somebody"),
        ("03.11.2026", "33,00", "my mugs", "Byron Ada"),
        ("03.11.2026", "53,00", "my mugs", "Ada Byron"),
    )
    short, part, amount, several = BankLine.objects.order_by("pk")

    best = [proposals(line)[0] for line in (short, part, amount, several)]

    assert [(row.score, row.write_off) for row in best] == [
        (90, True),
        (75, False),
        (65, False),
        (60, False),
    ]
    assert "0.40 GBP short, which may be written off" in best[0].why
    assert [piece.order for piece in best[2].parts] == [same]
    assert {piece.order for piece in best[3].parts} == {named, same}


def test_line_that_pays_two_orders_and_more_is_proposed_for_both_and_the_rest_stays(shop, account):
    a, b = order(shop, "20.00"), order(shop, "30.00")
    send(account, ("03.11.2026", "51,50", f"{a.number} {b.number}", "Ada Byron"))

    best = proposals(BankLine.objects.get())[0]

    assert (best.score, best.parts) == (85, (Part(a, Decimal(20)), Part(b, Decimal(30))))
    assert best.why == "It names these orders and pays them all; 1.50 GBP stay open."


def test_statement_is_sent_and_its_lines_are_read_through_the_api(
    shop, account, settings, tmp_path, client
):
    settings.MEDIA_ROOT = tmp_path
    paid = order(shop)
    key = {"Authorization": f"Api-Key {keys.create('bank', scopes=['bank:write'])[1]}"}
    mine = {"Authorization": f"Api-Key {keys.create('shop', scopes=keys.USUAL)[1]}"}
    file = csv_of(
        ("03.11.2026", "20,00", paid.number, "Ada Byron"), ("04.11.2026", "5,00", "x", "y")
    )

    def send_file(content, head, kind="text/csv", code="main"):
        url = f"/api/v1/bank-statements/?account={code}"
        return client.post(url, content, content_type=kind, headers=head)

    assert send_file(file, mine).status_code == 403
    assert send_file(file, key, code="other").status_code == 400
    assert send_file(b"{}", key, kind="application/json").status_code == 415
    first, again = send_file(file, key), send_file(file, key)
    read_bank_statement(BankStatement.objects.get().job)

    assert (first.status_code, first.json()["status"]) == (201, "reading")
    assert again.json()["number"] == first.json()["number"]
    told = client.get(f"/api/v1/bank-statements/{first.json()['number']}/", headers=key).json()
    assert (told["status"], told["lines"], told["matched"]) == ("read", 2, 1)
    booked = client.get("/api/v1/bank-lines/?state=matched", headers=key)
    [row] = booked.json()["results"]
    assert (row["matched"], row["orders"]) == (
        "20.00",
        [{"order": paid.number, "amount": "20.00"}],
    )
    assert "Ada" not in booked.content.decode()
    assert client.get("/api/v1/bank-lines/", headers=mine).status_code == 403


def test_ledger_check_finds_what_differs_and_repairs_the_figure_alone(shop, account):
    paid = order(shop)
    send(account, ("03.11.2026", "20,00", paid.number, "Ada Byron"))
    line, match = BankLine.objects.get(), BankMatch.objects.get()
    lines, matches = money_invariants()[:2]
    BankLine.objects.update(matched=Decimal("5.10"), state="open")

    assert list(lines.violations()) == [
        f"{line}: 5.1000 matched and open, its matches come to 20.0000: matched"
    ]
    assert list(lines.repair())
    line.refresh_from_db()
    assert (line.matched, line.state, list(lines.violations())) == (20, "matched", [])

    BankMatch.objects.update(amount=Decimal(19))
    assert list(matches.violations()) == [f"{line}: 19.0000 of {paid}, booked capture 20.0000"]
    assert matches.repair is None
    BankMatch.objects.update(amount=match.amount)
    assert_ledgers_hold()


def test_words_unwrap_creditor_references_and_leave_years_alone():
    told = {"text": "Inv. 2026 SO 100001, thanks", "reference": "RF18 5390 0754 7034"}

    assert words_of(told) >= {"SO100001", "539007547034"}
    assert "2026" not in words_of(told)


def test_on_account_promise_is_filled_by_a_transfer(shop, account):
    owed = order(shop)
    promise = orders.record_pending(owed, by=BY, method="on_account", amount=Decimal(20))
    send(account, ("03.11.2026", "20,00", owed.number, "Ada Byron"))

    assert PaymentTransaction.objects.get().payment == promise
    assert (balance(owed).deferred, balance(owed).balance) == (0, 0)


def test_what_a_line_says_is_sealed_then_belongs_to_its_buyer(shop, account):
    paid = order(shop)
    send(
        account,
        ("03.11.2026", "20,00", paid.number, "Ada Byron"),
        ("03.11.2026", "1,00", "secret", "Cora Stranger"),
    )
    booked, open_line = BankLine.objects.order_by("pk")

    assert (booked.subject, open_line.subject) == (paid.subject, None)
    assert told_of(booked)["payer"] == "Ada Byron"
    assert told_of(open_line)["payer"] == "Cora Stranger"
    assert b"Cora" not in bytes(open_line.sealed)
    with pytest.raises(sealed.Unreadable):
        sealed.open_secret(open_line.sealed, "orders.BankLine.sealed:BL0")


@pytest.mark.parametrize("version", ["02", "08"])
def test_camt_is_read_in_both_versions(shop, account, version):
    paid = order(shop)
    name = "<Nm>Ada Byron</Nm>" if version == "02" else "<Pty><Nm>Ada Byron</Nm></Pty>"
    status = "BOOK" if version == "02" else "<Cd>BOOK</Cd>"
    entry = f"""<Ntry><Amt Ccy="GBP">20.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts>
      <BookgDt><Dt>2026-11-03</Dt></BookgDt><AcctSvcrRef>X1</AcctSvcrRef><NtryDtls><TxDtls>
      <RltdPties><Dbtr>{name}</Dbtr></RltdPties><RmtInf><Ustrd>{paid.number}</Ustrd></RmtInf>
      </TxDtls></NtryDtls></Ntry>"""
    parts = "".join(
        f'<TxDtls><AmtDtls><TxAmt><Amt Ccy="GBP">{part}</Amt></TxAmt></AmtDtls></TxDtls>'
        for part in ("2.00", "3.00")
    )
    batch = f"""<Ntry><Amt Ccy="GBP">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts></Ntry>
      <Ntry><Amt Ccy="GBP">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-04</Dt>
      </BookgDt><AcctSvcrRef>X2</AcctSvcrRef><NtryDtls>{parts}</NtryDtls></Ntry>"""
    content = f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
      <BkToCstmrStmt><Stmt><Acct><Id><IBAN>{IBAN}</IBAN></Id></Acct>{entry}{batch}</Stmt>
      </BkToCstmrStmt></Document>""".encode()

    statement = send(account, content=content)

    assert (statement.error, statement.matched) == ("", 1)
    lines = list(BankLine.objects.order_by("pk").values_list("amount", "bank_reference"))
    assert lines == [(20, "X1"), (2, "X2/1"), (3, "X2/2")]
    assert told_of(BankLine.objects.earliest("pk"))["payer"] == "Ada Byron"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>', "type"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"/>', "pain.001.001.03"),
        (b'<Document xmlns="urn:x:camt.053.001.02"><', "no XML"),
        (
            b'<Document xmlns="urn:x:camt.053.001.02"><Stmt><Acct><Id><IBAN>D</IBAN></Id></Acct>',
            "another account",
        ),
        (b"a;b\n1;2\n", "no column"),
    ],
)
def test_file_that_is_no_statement_of_this_account_is_refused(account, content, said):
    with pytest.raises(NotReadable, match=said):
        list(bank_rows(BytesIO(content), LAYOUT, "GBP", IBAN))


def test_layout_of_an_unknown_bank_is_guessed():
    text = 'Date,Description,Paid in,Paid out\n"25/11/2026",SO1,"1,204.50",\n26/11/2026,x,,3.00\n'

    layout, table = guess(text, SYNONYMS, AMOUNTS)

    assert (layout.delimiter, layout.decimal, layout.dates) == (",", ".", "%d/%m/%Y")
    rows = list(bank_rows(BytesIO(text.encode()), layout, "GBP", ""))
    assert [row.amount for row in rows] == [Decimal("1204.50"), Decimal("-3.00")]
    assert len(table.rows) == 2


def test_upload_waits_for_its_columns_and_is_gone_after_reading(shop, account, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    BankAccount.objects.update(columns={})
    account.refresh_from_db()
    content = csv_of(("03.11.2026", "25,00", "x", "y"))

    statement = orders.begin_statement(account, BytesIO(content), by=BY, form="csv")
    assert (statement.job, bool(statement.upload)) == (None, True)
    assert orders.begin_statement(account, BytesIO(content), by=BY, form="csv") == statement
    statement = orders.explain_columns(statement, LAYOUT.as_data(), by=BY)
    read_bank_statement(statement.job)

    statement.refresh_from_db()
    assert (statement.upload, BankLine.objects.count()) == ("", 1)
    assert BankStatement.objects.get().account.columns == LAYOUT.as_data()
    with pytest.raises(orders.StatementRead):
        orders.explain_columns(statement, LAYOUT.as_data(), by=BY)


def test_forgetting_that_failed_is_tried_again_by_a_chore(shop, account, monkeypatch):
    paid = order(shop)
    send(account, ("03.11.2026", "-3,00", "Refund to Ada Byron", ""))
    erase_subject(paid.subject, by=BY, reason="Asked")
    assert "orders.operations.resume_forgetting" in CHORES
    [event] = Event.objects.filter(name="customer.erased")
    forget_payers([event])
    assert orders.resume_forgetting() == 0  # the first one waits

    monkeypatch.setattr(erased_payers, "MOST", "broken")
    run_next("test")
    assert (Job.objects.get().state, PayerSearch.objects.count()) == ("failed", 1)
    monkeypatch.setattr(erased_payers, "MOST", 2)
    assert orders.resume_forgetting() == 1
    run_next("test")

    assert Job.objects.latest("pk").state == "done"
    assert not PayerSearch.objects.exists()
    assert told_of(BankLine.objects.get()) == {}
    assert orders.resume_forgetting() == 0


@pytest.mark.parametrize(
    ("fee", "refusal"), [("0.001", orders.NoSuchAmount), ("-1", AmountNotPositive)]
)
def test_payout_with_a_fee_that_cannot_be_is_refused(account, fee, refusal):
    send(account, ("01.03.2026", "95,00", "STRIPE PAYOUT", "Stripe"))
    row = BankLine.objects.get()

    with pytest.raises(refusal):
        bank_matching.book_payout(row, by=BY, gateway="stripe", fee=Decimal(fee))

    row.refresh_from_db()
    assert (row.matched, GatewayPayout.objects.exists()) == (0, False)

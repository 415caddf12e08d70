"""Rotation covers what is sealed outside of people: uploads that wait, and lines of nobody."""

from io import BytesIO, StringIO

import pytest
from django.conf import settings as configured
from django.core.management import call_command

from oms.sealed_files import SealedFile
from orders import operations as orders
from orders.models import BankAccount, BankLine
from orders.queries.bank import told_of
from tests import factories as world

pytestmark = pytest.mark.django_db


def test_rotated_keys_open_kept_uploads_and_lines_of_nobody(settings, tmp_path, master_keys):
    settings.MEDIA_ROOT = tmp_path
    account = BankAccount.objects.create(code="main", name="Main", currency="GBP")
    kept = b"Date,Amount,Description,Name\n2026-11-03,12.00,for mugs,Cora"
    statement = orders.begin_statement(account, BytesIO(kept), by=world.BY, form="csv")
    columns = {"date": "Date", "amount": "Amount", "text": "Description", "payer": "Name"}
    layout = {"columns": columns, "delimiter": ",", "decimal": ".", "dates": "%Y-%m-%d"}
    BankAccount.objects.update(columns=layout)
    path = tmp_path / "own.csv"
    path.write_bytes(kept + b"\n")
    out = StringIO()
    call_command("import_bank_statement", "main", path, stdout=out)
    assert "1 lines, 1 of them new; 0 booked" in out.getvalue()
    fresh = master_keys.fresh()

    master_keys(fresh, *configured.OMS_MASTER_KEYS)
    call_command("rotate_keys", stdout=StringIO())
    master_keys(fresh)

    statement.refresh_from_db()
    with SealedFile(statement.upload).open() as clear:
        assert clear.read() == kept
    assert told_of(BankLine.objects.get())["payer"] == "Cora"
    assert [file.name for file in tmp_path.rglob("*.new*")] == []

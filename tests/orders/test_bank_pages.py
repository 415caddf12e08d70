"""Bank statements in the back office: sent, explained once, booked by a click."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from oms.models import User
from orders.models import BankAccount, BankLine, BankStatement
from orders.queries import balance
from orders.tasks.bank import read_bank_statement
from tests import factories as world

pytestmark = pytest.mark.django_db
LISTED = "admin:orders_bankline_changelist"


@pytest.fixture
def finance(client, settings, tmp_path):
    settings.OMS_REQUIRE_MFA = False
    settings.MEDIA_ROOT = tmp_path
    user = User.objects.create_user("finance", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Finance"))
    client.force_login(user)
    return client


@pytest.fixture
def account():
    return BankAccount.objects.create(code="main", name="Main", currency="GBP")


def text(answer):
    return " ".join(answer.content.decode().split())


def content(*rows):
    return "\n".join(("Date,Amount,Description,Name", *rows)).encode()


def sent(finance, account, *rows):
    file = SimpleUploadedFile("november.csv", content(*rows))
    url = reverse("admin:orders_bankline_list_act", args=["send"])
    page = text(
        finance.post(url, {"act": "send", "account": account.pk, "file": file}, follow=True)
    )
    return BankStatement.objects.latest("pk"), page


def test_statement_is_sent_explained_and_its_line_confirmed_and_undone(finance, account):
    world.stocked("MUG", world.warehouse(), 9)
    order = world.place(world.shop(), ("MUG", 2, "10.00"))
    assert "Send a statement of your bank" in text(finance.get(reverse(LISTED)))
    statement, page = sent(
        finance, account, "2026-11-03,12.00,for mugs,Ada Byron", "2026-11-03,1.00,x,y"
    )
    assert "Explain its columns" in page
    explain = reverse("admin:orders_bankstatement_act", args=[statement.pk, "explain"])
    form = text(finance.get(explain))
    assert '<option value="Description" selected>' in form
    chosen = {"date": "Date", "amount": "Amount", "text": "Description", "payer": "Name"}
    chosen |= {"delimiter": ",", "decimal": ".", "dates": "%Y-%m-%d", "act": "explain"}
    finance.post(explain, chosen)
    statement.refresh_from_db()
    read_bank_statement(statement.job)

    line = BankLine.objects.get(amount=12)
    url = reverse("admin:orders_bankline_change", args=[line.pk])
    book = reverse("admin:orders_bankline_act", args=[line.pk, "book"])
    shown, listed = text(finance.get(url)), text(finance.get(reverse(LISTED)))
    assert "The payer has the name of its buyer; it would be a part." in shown
    assert 'Open <span class="oms-faint oms-small">2</span>' in listed
    assert "Ada Byron" in listed
    Group.objects.get(name="Finance").permissions.filter(codename="view_personal_data").delete()
    assert "Ada Byron" not in text(finance.get(reverse(LISTED)))
    finance.post(book, {"act": "book", "amounts": f"{order.number} 12"}, follow=True)
    assert balance(order).received == 12
    undo = reverse("admin:orders_bankline_act", args=[line.pk, "undo"])
    finance.post(undo, {"act": "undo", "reason": "Not theirs"}, follow=True)
    assert balance(order).received == 0
    assert "Nothing is ignored" in text(finance.get(reverse(LISTED), {"state": "ignored"}))


def test_command_refuses_a_file_that_cannot_be_read(account, tmp_path):
    path = tmp_path / "own.csv"
    path.write_bytes(b"a,b\n1,2\n")

    with pytest.raises(CommandError, match="Nobody has said yet"):
        call_command("import_bank_statement", "main", path, stdout=StringIO())
    assert BankLine.objects.count() == 0

"""Commands of rates and documents."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from compliance.models import Invoice, LegalEntity, TaxRate
from oms.models import Event
from tests.factories import place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back

HEAD = "scheme,territory,tax_class,rate,category,valid_from,valid_to,source\n"


def test_load_tax_rates_again_changes_nothing(db):
    before = list(TaxRate.objects.order_by("pk").values())

    call_command("load_tax_rates")

    assert list(TaxRate.objects.order_by("pk").values()) == before


def test_load_tax_rates_of_a_file_adds_and_ends(db, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text(
        HEAD
        + "eu_vat,NL,standard,21,S,2012-10-01,2027-01-01,a law\n"
        + "eu_vat,NL,standard,22,S,2027-01-01,,a law\n"
    )

    call_command("load_tax_rates", file)

    rates = TaxRate.objects.filter(
        territory="NL", tax_class="standard", valid_from__gt="2012-01-01"
    )
    assert list(rates.order_by("valid_from").values_list("rate", "valid_to")) == [
        (Decimal(21), date(2027, 1, 1)),
        (Decimal(22), None),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "eu_vat,NL,standard,much,S,2027-01-01,,",
        "eu_vat,NL,standard,21,S,tomorrow,,",
        "eu_vat,NL,standard,-1,S,2027-01-01,,",
        "moon,NL,standard,21,S,2027-01-01,,",
        "eu_vat,NL",
    ],
)
def test_load_tax_rates_with_a_bad_row_loads_nothing(row, db, tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text(HEAD + "eu_vat,ZZ,standard,1,S,2027-01-01,,\n" + row + "\n")

    with pytest.raises(CommandError, match="Line 3 is no dated rate"):
        call_command("load_tax_rates", file)

    assert not TaxRate.objects.filter(territory="ZZ").exists()


def test_issue_documents_without_an_entity_is_refused(db):
    with pytest.raises(CommandError, match="Set up a legal entity first"):
        call_command("issue_documents")


def test_issue_documents_catches_up_with_what_moved_before(db, capsys):
    stocked("MUG", warehouse(), 5)
    order = place(shop(), ("MUG", 3, "12.00"))
    for event in (ship(order, "SH1", MUG=3), take_back(order, "RMA1", MUG=1)):
        event.subject_type, event.subject_id, event.sequence = event.subject_label, 1, 1
        event.save()
    LegalEntity.objects.create(code="uk", name="UK Ltd", country="GB", currency="GBP")

    call_command("issue_documents")
    call_command("issue_documents")

    assert [row.gross for row in Invoice.objects.order_by("pk")] == [Decimal(36), Decimal(12)]
    assert capsys.readouterr().out.splitlines() == [
        "2 documents were issued, 0 could not be.",
        "0 documents were issued, 0 could not be.",
    ]
    assert Event.objects.get(name="credit_note.issued").actor == "command:issue_documents"

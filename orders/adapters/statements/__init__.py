"""Files about money: bank statements as CSV and CAMT.053, carriers' remittances as CSV.

The columns of a CSV are named by whoever writes it; a layout says what they mean. Reading knows no
order and no rule.
"""

from orders.adapters.statements.bank import bank_rows
from orders.adapters.statements.camt import is_xml
from orders.adapters.statements.remittances import remittance_rows
from orders.adapters.statements.tables import Layout, NotReadable, Table, guess

__all__ = [
    "Layout",
    "NotReadable",
    "Table",
    "bank_rows",
    "guess",
    "is_xml",
    "remittance_rows",
]

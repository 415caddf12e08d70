"""Long work of orders, run by a worker as a job that somebody watches."""

from orders.tasks.bank import read_bank_statement
from orders.tasks.erased_payers import forget_erased_payers
from orders.tasks.importing import import_file
from orders.tasks.remittances import read_remittance
from orders.tasks.rules import try_rule
from orders.tasks.simulating import simulate_routing

__all__ = [
    "forget_erased_payers",
    "import_file",
    "read_bank_statement",
    "read_remittance",
    "simulate_routing",
    "try_rule",
]

"""Long work of orders, run by a worker as a job that somebody watches."""

from orders.tasks.importing import import_file
from orders.tasks.rules import try_rule
from orders.tasks.simulating import simulate_routing

__all__ = ["import_file", "simulate_routing", "try_rule"]

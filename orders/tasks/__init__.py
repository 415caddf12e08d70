"""Long work of orders, run by a worker as a job that somebody watches."""

from orders.tasks.importing import import_file

__all__ = ["import_file"]

"""Long work of reporting, run by a worker as a job that somebody watches."""

from reporting.tasks.export import cover, export, ledger, valuation

__all__ = ["cover", "export", "ledger", "valuation"]

"""Long work of reporting, run by a worker as a job that somebody watches."""

from reporting.tasks.export import export, ledger

__all__ = ["export", "ledger"]

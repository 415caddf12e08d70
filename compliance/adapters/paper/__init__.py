"""Documents on paper: PDF."""

from compliance.adapters.paper.document import render

__all__ = ["render"]

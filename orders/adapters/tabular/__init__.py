"""Orders out of files: CSV (also gzipped) and XLSX, one row per order line; JSON as in the API.

`files` reads rows one by one, a `profile` says which column means what, `reading` groups rows into
sales and credits and tells what it left out and why, `loading` hands them to the operations in
batches. Nothing holds more than one batch in memory, however long the file is.
"""

from orders.adapters.tabular.failed import failed_file, left_out
from orders.adapters.tabular.files import Source, Unreadable, form_of, row_count
from orders.adapters.tabular.findings import Finding, Level, Report
from orders.adapters.tabular.loading import Loader, Summary, Way, load
from orders.adapters.tabular.profile import (
    NEEDED,
    Profile,
    ProfileInvalid,
    profile_names,
    read_profile,
)
from orders.adapters.tabular.reading import Credit, CreditLine, Sale, read

__all__ = [
    "NEEDED",
    "Credit",
    "CreditLine",
    "Finding",
    "Level",
    "Loader",
    "Profile",
    "ProfileInvalid",
    "Report",
    "Sale",
    "Source",
    "Summary",
    "Unreadable",
    "Way",
    "failed_file",
    "form_of",
    "left_out",
    "load",
    "profile_names",
    "read",
    "read_profile",
    "row_count",
]

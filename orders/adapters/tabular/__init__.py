"""Orders out of tables: CSV (also gzipped) and XLSX files, one row per order line.

`files` reads rows one by one, a `profile` says which column means what, `reading` groups rows into
sales and credits and tells what it left out and why, `loading` hands them to the operations in
batches. Nothing holds more than one batch in memory, however long the file is.
"""

from orders.adapters.tabular.files import Unreadable, row_count
from orders.adapters.tabular.findings import Finding, Level, Report
from orders.adapters.tabular.loading import Loader, Summary, load
from orders.adapters.tabular.profile import Profile, ProfileInvalid, profile_names, read_profile
from orders.adapters.tabular.reading import Credit, CreditLine, Sale, read

__all__ = [
    "Credit",
    "CreditLine",
    "Finding",
    "Level",
    "Loader",
    "Profile",
    "ProfileInvalid",
    "Report",
    "Sale",
    "Summary",
    "Unreadable",
    "load",
    "profile_names",
    "read",
    "read_profile",
    "row_count",
]

"""How online_retail_slice.csv.gz was cut out of the full file; run by hand, never by the application.

python oms/demo/make_slice.py online_retail_2010_2011.csv.gz
"""

import csv
import gzip
import io
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

FIRST_DAY = "2011-09-12"  # a Monday; the file ends on Friday 2011-12-09
SALES = 1_600
PRODUCTS = 1_450  # the most wanted ones: a demo whose shelves can be looked over
MOST_LINES = 12
MOST_LINES_ABROAD = 15
NOWHERE = {"Unspecified", "European Community"}
HOME = "United Kingdom"
TARGET = Path(__file__).parent / "data" / "online_retail_slice.csv.gz"

Invoice = list[list[str]]


def main(source: Path) -> None:
    """Write the slice: small sales of one quarter, the credits on them, and some bad lines."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header, invoices = next(reader), _invoices(reader)
    chosen = _choose(invoices)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    for number, rows in invoices.items():
        if number in chosen:
            writer.writerows(rows)
    TARGET.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _invoices(rows: Iterator[list[str]]) -> dict[str, Invoice]:
    found: dict[str, Invoice] = defaultdict(list)
    for row in rows:
        if row[4] >= FIRST_DAY:
            found[row[0]].append(row)
    return found


def _choose(invoices: dict[str, Invoice]) -> set[str]:
    dice = random.Random(2011)  # noqa: S311 (the same slice every time)
    often = Counter(row[1].upper() for rows in invoices.values() for row in rows)
    common = {sku for sku, _ in often.most_common(PRODUCTS)}
    sales = {n: rows for n, rows in invoices.items() if _is_sale(rows, common)}
    abroad = [n for n, rows in sales.items() if rows[0][7] != HOME]
    home = [n for n, rows in sales.items() if rows[0][7] == HOME]
    chosen = set(abroad) | set(dice.sample(home, SALES - len(abroad)))
    bought = {(row[6], row[1].upper()) for n in chosen for row in sales[n]}
    credits_ = [n for n in invoices if n.startswith("C")]
    chosen |= {n for n in credits_ if any((r[6], r[1].upper()) in bought for r in invoices[n])}
    chosen |= set(dice.sample(credits_, 25))
    corrections = [n for n, rows in invoices.items() if n[0] != "C" and float(rows[0][5]) == 0]
    chosen |= {n for n, rows in invoices.items() if rows[0][7] in NOWHERE}
    return chosen | set(dice.sample(corrections, 60))


def _is_sale(rows: Invoice, common: set[str]) -> bool:
    first = rows[0]
    odd = {row[1].upper() for row in rows} - common
    if (first[7] == HOME and odd) or len(odd) > 1:
        return False
    return (
        first[0][0].isdigit()
        and bool(first[6])
        and len(rows) <= (MOST_LINES if first[7] == HOME else MOST_LINES_ABROAD)
        and any(int(row[3]) > 0 and float(row[5]) > 0 for row in rows)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))

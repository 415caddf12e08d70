"""The count sheet: blind, with barcodes, to be filled in by hand where no device goes."""

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from inventory.enums import CountStatus
from inventory.models import Count, CountLine
from inventory.queries import counts as questions
from oms.paper import STRONG, TITLE, barcode, build, table, text


def count_sheet(count: Count) -> bytes:
    """The lines of this round as PDF. It never says how many units the book expects."""
    is_recount = count.status == CountStatus.RECOUNT
    title = f"{'Recount' if is_recount else 'Count'} {count.number}"
    story: list[Flowable] = [
        text(title, TITLE),
        text(f"{count.location.name}, due {count.due_on:%d %b %Y}"),
        Spacer(1, 4 * mm),
        barcode(count.number),
        Spacer(1, 6 * mm),
        text("Count what is on the shelf. Leave out what lies in trolleys and parcels."),
        Spacer(1, 4 * mm),
        table([_head(), *(_row(line) for line in questions.sheet(count))], [8, 62, 72, 32]),
        Spacer(1, 10 * mm),
        text("Counted by ______________________    Date and time ______________________"),
    ]
    return build(story, title)


def _head() -> list[Flowable]:
    return [text(name, STRONG) for name in ("", "SKU", "Product", "Found")]


def _row(line: CountLine) -> list[Flowable]:
    product = line.level.product
    code = barcode(line.lot.code if line.lot else product.sku, 7 * mm, 0.25 * mm)
    name = f"{product.sku} {product.name}" if line.lot else product.name
    return [text(line.position), code, text(name), text("[              ]")]

"""How documents look: fonts that travel with the application, two greys and one colour."""

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from oms.paper import BOLD, REGULAR

INK = HexColor("#1d2530")
GREY = HexColor("#687385")
LINE = HexColor("#d9dee6")
SHADE = HexColor("#f5f7fa")
ACCENT = HexColor("#1f4e79")

MARGIN = 18 * mm
BOTTOM = 24 * mm
FRAME = 6  # points that the library leaves inside each margin


def _style(name: str, size: float, leading: float, **changes: object) -> ParagraphStyle:
    values = {"fontName": REGULAR, "textColor": INK, **changes}
    return ParagraphStyle(name, fontSize=size, leading=leading, **values)


TEXT = _style("text", 8.5, 12)
SMALL = _style("small", 7, 9.5, textColor=GREY)
LABEL = _style("label", 6.5, 9, textColor=GREY, fontName=BOLD)
SELLER = _style("seller", 13, 17, fontName=BOLD)
TITLE = _style("title", 19, 23, fontName=BOLD, textColor=ACCENT, alignment=TA_RIGHT)
NUMBER = _style("number", 9.5, 13, alignment=TA_RIGHT, textColor=GREY)
HEAD = _style("head", 6.8, 9, fontName=BOLD, textColor=GREY)
HEAD_RIGHT = _style("head-right", 6.8, 9, fontName=BOLD, textColor=GREY, alignment=TA_RIGHT)
CELL = _style("cell", 8, 11)
CELL_RIGHT = _style("cell-right", 8, 11, alignment=TA_RIGHT)
TOTAL = _style("total", 11, 15, fontName=BOLD)
TOTAL_RIGHT = _style("total-right", 11, 15, fontName=BOLD, alignment=TA_RIGHT)

"""The demo's catalogue and its stock: enough of most things, too little of some."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from inventory import operations as inventory
from inventory.enums import MovementKind
from oms.demo import world
from orders.operations import PlacedOrder

BY = "command:seed_demo"
SHORT = 0.05  # part of the products of which too little is there
SPARE = (1.15, 1.9)  # times what is going to be ordered
LEAST = 12

# Where products lie, and how often: codes of locations with their part of what will be ordered.
# London has nearly everything, so that most orders leave in one piece; the rest shows splits.
LAYOUTS: tuple[tuple[int, dict[str, float]], ...] = (
    (45, {world.LONDON: 0.85, world.LEEDS: 0.4}),
    (30, {world.LONDON: 0.85, world.BERLIN: 0.35}),
    (22, {world.LONDON: 0.8, world.LEEDS: 0.3, world.BERLIN: 0.2}),
    (3, {world.LEEDS: 1.0}),
)
KINDS = (  # words in a name -> HS code, origin, grams
    ("MUG CUP TEACUP SAUCER", "691200", "CN", 320),
    ("BAG SHOPPER LUNCH", "420222", "IN", 180),
    ("CANDLE T-LIGHT HOLDER LANTERN", "340600", "CN", 260),
    ("CARD WRAP PAPER TAPE BOOK", "480820", "GB", 60),
    ("GLASS BOTTLE VASE BOWL", "701399", "CN", 450),
    ("CUSHION TOWEL APRON BLANKET", "630260", "PT", 380),
    ("CLOCK", "910521", "CN", 520),
    ("TIN BOX DRAWER CABINET", "732690", "CN", 410),
    ("TOY GAME PUZZLE DOLL SPACEBOY", "950300", "CN", 240),
    ("SIGN METAL", "830629", "IN", 350),
)
FAMILIES = ("LUNCH BAG", "JUMBO BAG", "HOT WATER BOTTLE")  # the same thing in other designs
INDIAN: tuple[tuple[str, str, str, int, str, int], ...] = (
    ("IN-CHAI-250", "Masala chai 250 g", "gst5", 290, "0902", 280),
    ("IN-DIYA-BRASS", "Brass diya, pair", "gst5", 540, "7418", 410),
    ("IN-KURTA-M", "Cotton kurta, medium", "gst5", 1_290, "6211", 350),
    ("IN-BOTTLE-1L", "Copper bottle 1 l", "gst18", 1_150, "7418", 460),
    ("IN-NOTEBOOK", "Handmade paper notebook", "gst18", 420, "4820", 300),
    ("IN-LAMP-RATTAN", "Rattan lamp", "gst18", 3_450, "9405", 1_800),
    ("IN-SPICE-BOX", "Steel spice box", "gst5", 899, "7323", 900),
    ("IN-SILVER-RING", "Silver ring", "gst3", 2_100, "7113", 40),
)


def open_stock(orders: Iterable[PlacedOrder], day: date) -> None:
    """Make the products of these orders and receive their opening stock."""
    wanted: Counter[str] = Counter()
    names: dict[str, str] = {}
    prices: dict[str, Decimal] = {}
    for line in (line for order in orders for line in order.lines):
        wanted[line.sku] += line.quantity
        names.setdefault(line.sku, line.name)
        prices[line.sku] = max(prices.get(line.sku, Decimal(0)), line.unit_price)
    inventory.introduce(names, by=BY)
    _describe(names, prices)
    _receive({sku: _shares(sku, count) for sku, count in wanted.items()}, f"Opening {day:%Y-%m}")


def open_indian_stock() -> None:
    """The Indian marketplace sells other things, taxed by GST."""
    for sku, name, tax_class, price, hs_code, grams in INDIAN:
        fields = {"name": name, "tax_class": tax_class, "hs_code": hs_code, "weight_g": grams}
        inventory.save_product(
            sku, by=BY, unit_price=Decimal(price), unit_cost=_cost(price), **fields
        )
    stock = {sku: {world.MUMBAI: 140} for sku, *_ in INDIAN}
    stock["IN-LAMP-RATTAN"] = {world.MUMBAI: 9}
    _receive(stock, "Opening BOM")


def replenish(units: Mapping[str, int], reference: str) -> None:
    """Goods from nobody in particular to where they are sold from: units by SKU."""
    indian = {sku for sku, *_ in INDIAN}
    places = {sku: world.MUMBAI if sku in indian else world.LONDON for sku in units}
    if units:
        _receive({sku: {places[sku]: count} for sku, count in units.items()}, reference)


def is_short(sku: str) -> bool:
    """Whether too little of a product is bought in."""
    return random.Random(f"short {sku}").random() < SHORT  # noqa: S311 (the same every time)


def _shares(sku: str, wanted: int) -> dict[str, int]:
    dice = random.Random(f"stock {sku}")  # noqa: S311
    layout = dice.choices([parts for _, parts in LAYOUTS], [often for often, _ in LAYOUTS])[0]
    total = wanted * (dice.uniform(0.45, 0.8) if is_short(sku) else dice.uniform(*SPARE))
    least = 0 if is_short(sku) else LEAST
    return {code: int(total * part) + least for code, part in layout.items()}


def _describe(names: Mapping[str, str], prices: Mapping[str, Decimal]) -> None:
    """Weight, price and customs data; the catalogue of the file has names alone."""
    products = list(world.table("inventory.Product").filter(sku__in=names, weight_g=0))
    for product in products:
        words = set(product.name.split())
        found = (kind for kind in KINDS if words & set(kind[0].split()))
        _, product.hs_code, product.origin_country, product.weight_g = next(
            found, ("", "392690", "CN", 220)
        )
        product.customs_description = product.name.capitalize()
        family = next((kind for kind in FAMILIES if product.name.startswith(kind)), "")
        product.family = family.lower().replace(" ", "-")
        product.unit_price = prices[product.sku]
        product.unit_cost = _cost(prices[product.sku])
    fields = ["hs_code", "origin_country", "weight_g", "customs_description"]
    fields += ["unit_price", "unit_cost", "family"]
    world.table("inventory.Product").bulk_update(products, fields, batch_size=500)


def _cost(price: Decimal | int) -> Decimal:
    return (Decimal(price) * Decimal("0.44")).quantize(Decimal("0.01"))


def _receive(stock: Mapping[str, Mapping[str, int]], reference: str) -> None:
    products = {
        product.sku: product for product in world.table("inventory.Product").filter(sku__in=stock)
    }
    places = {place.code: place.pk for place in world.table("inventory.Location").all()}
    inventory.move(
        [
            inventory.Change(
                products[sku].pk,
                places[code],
                quantity,
                MovementKind.RECEIVED,
                reference=reference,
                unit_cost=products[sku].unit_cost,
            )
            for sku, parts in stock.items()
            for code, quantity in parts.items()
            if quantity
        ],
        by=BY,
    )

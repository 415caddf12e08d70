"""Invented people and places: deterministic, so that a customer has one name and one address."""

import random
from functools import lru_cache

from customers.operations import Party

FIRST = [
    "Ada",
    "Ben",
    "Cora",
    "Dev",
    "Elif",
    "Fergus",
    "Greta",
    "Hana",
    "Ines",
    "Jonas",
    "Kavya",
    "Leon",
    "Mira",
    "Nils",
    "Olga",
    "Priya",
    "Quentin",
    "Rosa",
    "Sean",
    "Tara",
    "Uwe",
    "Vera",
    "Wiktor",
    "Xenia",
    "Yusuf",
    "Zoe",
    "Amara",
    "Bruno",
    "Clara",
    "Dunja",
]
LAST = [
    "Achterberg",
    "Brennan",
    "Castellano",
    "Dunmore",
    "Engel",
    "Farrow",
    "Grünwald",
    "Hollis",
    "Iyer",
    "Jansen",
    "Kettle",
    "Lindqvist",
    "Marlowe",
    "Nair",
    "Okafor",
    "Pemberton",
    "Quill",
    "Rosenthal",
    "Sharma",
    "Thorne",
    "Ullman",
    "Vance",
    "Whitlock",
    "Yates",
    "Zeller",
    "Ashdown",
    "Brightwater",
    "Calder",
    "Dearing",
    "Elwood",
]
SHOPS = [
    "Gifts",
    "Home & Garden",
    "Interiors",
    "Card Shop",
    "Emporium",
    "Deli",
    "Florist",
    "Stationers",
]
STREETS = ["High Street", "Station Road", "Mill Lane", "Church Street", "Market Place", "Park Road"]

TOWNS: dict[str, tuple[tuple[str, str], ...]] = {
    "GB": (
        ("London", "N1 9GU"),
        ("London", "SW11 2DR"),
        ("Manchester", "M1 4BT"),
        ("Leeds", "LS1 5AS"),
        ("Bristol", "BS1 6QA"),
        ("Edinburgh", "EH1 2NG"),
        ("Cardiff", "CF10 1EP"),
        ("Norwich", "NR2 1RL"),
        ("Exeter", "EX1 1HB"),
        ("York", "YO1 7HY"),
        ("Glasgow", "G1 3BU"),
        ("Belfast", "BT1 5GS"),
    ),
    "DE": (
        ("Berlin", "10115"),
        ("Hamburg", "20095"),
        ("Köln", "50667"),
        ("München", "80331"),
        ("Leipzig", "04109"),
    ),
    "FR": (("Paris", "75011"), ("Lyon", "69002"), ("Nantes", "44000"), ("Lille", "59000")),
    "IE": (("Dublin", "D02 AF30"), ("Cork", "T12 RX8C"), ("Galway", "H91 E2F3")),
    "NL": (("Utrecht", "3511 AB"), ("Rotterdam", "3011 AA")),
    "BE": (("Gent", "9000"), ("Bruxelles", "1000")),
    "ES": (("Madrid", "28013"), ("Valencia", "46002")),
    "PT": (("Lisboa", "1100-148"), ("Porto", "4050-253")),
    "IT": (("Milano", "20121"), ("Bologna", "40121")),
    "CH": (("Zürich", "8001"), ("Bern", "3011")),
    "AT": (("Wien", "1010"), ("Graz", "8010")),
    "NO": (("Oslo", "0150"), ("Bergen", "5003")),
    "SE": (("Stockholm", "111 20"), ("Malmö", "211 22")),
    "FI": (("Helsinki", "00100"), ("Turku", "20100")),
    "DK": (("København", "1050"), ("Aarhus", "8000")),
    "PL": (("Kraków", "31-042"),),
    "CY": (("Nicosia", "1010"),),
    "JE": (("St Helier", "JE2 3NG"),),
    "AU": (("Melbourne", "3000"), ("Sydney", "2000")),
    "JP": (("Tokyo", "100-0005"),),
    "US": (("Portland", "97205"),),
    "SG": (("Singapore", "178957"),),
    "IL": (("Tel Aviv", "6511401"),),
    "AE": (("Dubai", ""),),
    "HK": (("Hong Kong", ""),),
    "MT": (("Valletta", "VLT 1117"),),
    "CZ": (("Praha", "110 00"),),
    "GR": (("Athens", "105 57"),),
    "IS": (("Reykjavík", "101"),),
    "ZA": (("Cape Town", "8001"),),
}
INDIA = (
    ("Mumbai", "Maharashtra", "400001"),
    ("Pune", "Maharashtra", "411001"),
    ("Bengaluru", "Karnataka", "560001"),
    ("Chennai", "Tamil Nadu", "600001"),
    ("Delhi", "Delhi", "110001"),
    ("Kolkata", "West Bengal", "700001"),
)


@lru_cache(maxsize=8_000)
def somebody(key: str) -> Party:
    """The person that a key stands for; about every third buys for a shop."""
    dice = random.Random(f"person {key}")  # noqa: S311 (the same person every time)
    first, last = dice.choice(FIRST), dice.choice(LAST)
    company = f"{last} {dice.choice(SHOPS)}" if dice.random() < 1 / 3 else ""
    slug = "".join(sign for sign in f"{first}.{last}".lower() if sign.isascii())
    return Party(
        name=f"{first} {last}",
        email=f"{slug}.{key.lower()}@demo.example",
        phone=f"+44 20 7946 {dice.randrange(10_000):04}" if dice.random() < 1 / 2 else "",
        company=company,
    )


def address_of(key: str, country: str, name: str) -> dict[str, str]:
    """Where that person lives; a country without towns here has no address that could be used."""
    dice = random.Random(f"address {key}")  # noqa: S311
    region = ""
    if country == "IN":
        city, region, postcode = dice.choice(INDIA)
    else:
        city, postcode = dice.choice(TOWNS.get(country, (("", ""),)))
    street = f"{dice.randrange(1, 180)} {dice.choice(STREETS)}" if city else ""
    return {
        "name": name,
        "line1": street,
        "line2": "",
        "city": city,
        "region": region,
        "postcode": postcode,
        "country": country,
    }

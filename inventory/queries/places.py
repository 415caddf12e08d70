"""Where a destination is, from an offline table: good enough to tell near from far."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

EARTH_RADIUS_KM = 6371.0
FINEST = 4  # characters of an area, as in SW1A
TABLE = Path(__file__).parent.parent / "data" / "centroids.csv"


@dataclass(frozen=True, slots=True)
class Destination:
    """A place to ship to: ISO 3166-1 country and the outward part of the postcode."""

    country: str = ""
    area: str = ""


ANYWHERE = Destination()


@lru_cache(maxsize=50_000)
def distance_km(
    destination: Destination, latitude: float | None, longitude: float | None
) -> float | None:
    """Great-circle distance in kilometres (haversine), or none where either place is unknown."""
    place = _place(destination.country, destination.area.upper())
    if place is None or latitude is None or longitude is None:
        return None
    phi, theta = math.radians(place[0]), math.radians(latitude)
    half_lat, half_lon = (theta - phi) / 2, math.radians(longitude - place[1]) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(phi) * math.cos(theta) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


def _place(country: str, area: str) -> tuple[float, float] | None:
    """The smallest area around a postcode that the table knows, at last the country."""
    lines = _lines().get(country, "")
    for length in (FINEST, 3, 2, 0):
        row = f"\n{country},{area[:length]},"
        if (start := lines.find(row)) >= 0:
            start += len(row)
            latitude, longitude = lines[start : lines.find("\n", start)].split(",")
            return float(latitude), float(longitude)
    return None


@lru_cache(maxsize=1)
def _lines() -> dict[str, str]:
    """The table by country, as it is written.

    Every web process holds it; as numbers it would take 15 times as much memory.
    """
    with TABLE.open(encoding="utf-8") as file:
        rows = (line for line in file if line[:1] != "#")
        return {
            country: "\n" + "".join(part) for country, part in groupby(rows, lambda row: row[:2])
        }

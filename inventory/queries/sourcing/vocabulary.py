"""What a routing rule may ask about an order, and by what it may rank locations."""

from dataclasses import dataclass

from oms.conditions import Field, fields_by_name

FIELDS = (
    Field("channel", "Channel", "text"),
    Field("country", "Destination country", "text"),
    Field("region", "Destination region", "text"),
    Field("area", "Postcode area", "text"),
    Field("destination", "Destination", "choice",
          choices=(("address", "An address"), ("pickup", "Store pickup"))),
    Field("value", "Order value", "number"),
    Field("currency", "Currency", "text"),
    Field("units", "Units", "number"),
    Field("lines", "Lines", "number"),
    Field("weight_kg", "Weight", "number", unit="kg"),
    Field("priority", "Priority", "number"),
    Field("tags", "Tags", "set"),
    Field("shipping_method", "Shipping method", "text"),
    Field("classes", "Product classes", "set"),
    Field("business", "Business customer", "flag"),
)  # fmt: skip
NAMED = fields_by_name(FIELDS)


@dataclass(frozen=True, slots=True)
class Criterion:
    """Something of which less is better; `unit` is how its sum over a plan is read."""

    name: str
    label: str
    unit: str
    words: str  # completes "ranked by ..."


CRITERIA = (
    Criterion("parcels", "Parcels", "parcels", "fewest parcels"),
    Criterion("priority", "Priority of the location", "", "priority of the location"),
    Criterion("distance", "Distance", "km", "shortest distance"),
    Criterion("shipping", "Shipping cost", "", "lowest shipping cost"),
    Criterion("handling", "Handling cost", "", "lowest handling cost"),
    Criterion("cost", "Shipping and handling cost", "", "lowest total cost"),
    Criterion("co2e", "CO2e", "kg", "least CO2e"),
    Criterion("days", "Days until it leaves", "days", "soonest to leave"),
    Criterion("age", "Stock age", "", "oldest stock first"),
    Criterion("balance", "Stock balance", "", "fullest shelves first"),
    Criterion("load", "Load of the day", "", "least busy location"),
    Criterion("accuracy", "Stock accuracy", "", "most accurate location"),
)
CRITERION = {row.name: row for row in CRITERIA}

# Why a location was taken out of the running.
REMOVED = {
    "avoided": "it gave units of this order back",
    "pickup": "the buyer collects somewhere else",
    "group": "not in the locations of the rule",
    "distance": "too far away",
    "leaves": "leaves too late (cut-off, weekend or holiday)",
    "capacity": "the day is full",
    "accuracy": "its stock is not accurate enough",
    "kept": "what it has is kept back by the rule",
    "country": "would ship from a second country",
    "stock": "has none of what is wanted",
}

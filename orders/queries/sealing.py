"""What of an order's personal data is sealed, and the parts that routing and tax need in clear."""

CONTEXT = "orders.order.sealed"
AREA_LENGTH = 10


def area_of(address: dict[str, str]) -> str:
    """The outward part of a postcode: enough to measure distance, too little to find a door.

    British and Irish postcodes are cut at the space; longer numeric ones keep three characters.
    """
    postcode = address.get("postcode", "").strip().upper()
    if " " in postcode:
        return postcode.split()[0][:AREA_LENGTH]
    if address.get("country") in {"GB", "IE"}:
        return postcode[:-3] if len(postcode) > 4 else postcode  # noqa: PLR2004
    return postcode[:3]

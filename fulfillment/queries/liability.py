"""Until when a carrier takes claims and up to what it is liable, by its terms and by law.

Road: CMR (Geneva, 19 May 1956) with its Protocol of 5 July 1978, article 23(3): 8.33 SDR a kilogram
of gross weight short, in force since 28 December 1980. Air cargo: Montreal Convention (28 May 1999),
article 22(3): 17 SDR a kilogram from 4 November 2003, raised by the reviews of article 24 to 19 on 30
December 2009, 22 on 28 December 2019 and 26 on 28 December 2024. SDR: special drawing right of the
International Monetary Fund. Days to claim differ by carrier and are data of its terms; the law's are
7 (CMR article 30(1), damage not apparent), 14 (Montreal article 31(2), damage) and 21 (both, delay).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from fulfillment.enums import ClaimKind, Convention
from fulfillment.models import ClaimTerms, Parcel, Shipment
from oms.money import ZERO, quantize

GRAMS = 1_000  # in a kilogram
ANSWER_DAYS = 30  # where the carrier has no terms


@dataclass(frozen=True, slots=True)
class Limit:
    """SDR a kilogram, since a day."""

    convention: Convention
    since: date
    per_kg: Decimal


LIMITS = (  # newest first
    Limit(Convention.MONTREAL, date(2024, 12, 28), Decimal(26)),
    Limit(Convention.MONTREAL, date(2019, 12, 28), Decimal(22)),
    Limit(Convention.MONTREAL, date(2009, 12, 30), Decimal(19)),
    Limit(Convention.MONTREAL, date(2003, 11, 4), Decimal(17)),
    Limit(Convention.CMR, date(1980, 12, 28), Decimal("8.33")),
)


def terms_of(shipment: Shipment, currency: str) -> ClaimTerms | None:
    """The carrier's terms for a parcel handed over then; better ones in this currency."""
    rows = ClaimTerms.objects.filter(
        carrier=shipment.carrier_id, valid_from__lte=timezone.localdate(shipment.shipped_at)
    )
    found = list(rows.order_by("-valid_from", "pk"))
    return next((row for row in found if row.currency == currency), found[0] if found else None)


def claim_by(terms: ClaimTerms | None, shipment: Shipment, kind: str) -> date | None:
    """The last day for a claim of this kind; none where the terms or the delivery are not known."""
    if terms is None:
        return None
    if kind == ClaimKind.LOST:
        return timezone.localdate(shipment.shipped_at) + timedelta(days=terms.loss_days)
    if shipment.delivered_at is None:
        return None
    days = terms.delay_days if kind == ClaimKind.LATE else terms.damage_days
    return timezone.localdate(shipment.delivered_at) + timedelta(days=days)


def liable_for(
    terms: ClaimTerms | None, shipment: Shipment, parcels: Iterable[Parcel], currency: str
) -> Decimal | None:
    """Up to what the carrier is liable for these parcels, in this currency; none: not known.

    A parcel's limit is the highest that the terms give it: what law grants by weight cannot be
    agreed away (CMR article 41, Montreal article 26).
    """
    if terms is None or terms.currency != currency:
        return None
    rates = [rate for rate in (terms.per_kg, _by_law(terms, shipment)) if rate is not None]
    if not rates and terms.per_parcel is None:
        return None
    by_weight = [max(rates, default=ZERO) * parcel.weight_g / GRAMS for parcel in parcels]
    return quantize(
        sum((max(worth, terms.per_parcel or ZERO) for worth in by_weight), ZERO), currency
    )


def _by_law(terms: ClaimTerms, shipment: Shipment) -> Decimal | None:
    day = timezone.localdate(shipment.shipped_at)
    for limit in LIMITS:
        if limit.convention == terms.convention and limit.since <= day:
            return limit.per_kg * (terms.sdr_rate or ZERO)
    return None

"""Words of the compliance app."""

from django.db import models


class DocumentKind(models.TextChoices):
    """What is issued."""

    INVOICE = "invoice"  # EN 16931 type 380
    CREDIT_NOTE = "credit_note"  # EN 16931 type 381


class TaxScheme(models.TextChoices):
    """Which tax law a rate belongs to."""

    EU_VAT = "eu_vat", "EU VAT"
    UK_VAT = "uk_vat", "UK VAT"
    IN_GST = "in_gst", "India GST"


class TaxCategory(models.TextChoices):
    """UNCL 5305 codes as EN 16931 uses them."""

    STANDARD = "S", "Standard or reduced rate"
    ZERO = "Z", "Zero rated"
    EXEMPT = "E", "Exempt"
    REVERSE_CHARGE = "AE", "Reverse charge"
    INTRA_COMMUNITY = "K", "Intra-Community supply"
    EXPORT = "G", "Export outside the EU"
    OUTSIDE = "O", "Outside the scope of tax"


class Treatment(models.TextChoices):
    """Why a sale is taxed as it is: one answer for a whole document."""

    DOMESTIC = "domestic", "Domestic"  # goods stay in the territory
    OSS = "oss", "Distance sale, One-Stop Shop"  # taxed where the goods arrive
    DISTANCE = "distance", "Distance sale below the threshold"  # taxed where they leave
    INTRA_EU = "intra_eu", "Intra-Community supply"  # to a business in another member state
    EXPORT = "export", "Export"
    INTRA_STATE = "intra_state", "Within a state of India"  # CGST and SGST
    INTER_STATE = "inter_state", "Between states of India"  # IGST
    OUTSIDE = "outside", "Outside the scope"  # no entity, or a law we do not know


class PrivacyRequestKind(models.TextChoices):
    """What a person may ask for."""

    EXPORT = "export"  # GDPR art. 15 and 20, DPDP s. 11
    ERASURE = "erasure"  # GDPR art. 17, DPDP s. 12

"""Words of the customers app."""

from django.db import models


class TokenKind(models.TextChoices):
    """What a blind index token stands for."""

    EMAIL = "email"  # whole address
    PHONE = "phone"  # digits
    NAME = "name"  # one word of a name


class AddressKind(models.TextChoices):
    """What an address is used for."""

    SHIPPING = "shipping"  # where goods go
    BILLING = "billing"  # who pays

import base64
import os

import pytest

from customers import operations as customers
from customers.operations import Party
from oms import sealed

ADA = Party(name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001", company="Engines")


@pytest.fixture
def ada(db):
    return customers.identify([ADA], by="command:test")[0]


@pytest.fixture
def master_keys(settings):
    """Set the master keys of this installation, newest first; returns a maker of new ones."""

    def use(*keys):
        settings.OMS_MASTER_KEYS = list(keys)
        sealed.forget_keys()

    use.fresh = lambda: base64.b64encode(os.urandom(32)).decode()
    yield use
    sealed.forget_keys()

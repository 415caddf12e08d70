import base64
import os

import pytest
from django.contrib.auth.models import Group

from customers import operations as customers
from customers.operations import Party
from oms import sealed
from oms.models import User

ADA = Party(name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001", company="Engines")


@pytest.fixture
def ada(db):
    return customers.identify([ADA], by="command:test")[0]


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def as_(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        client.user = user
        return client

    return as_


@pytest.fixture
def master_keys(settings):
    """Set the master keys of this installation, newest first; returns a maker of new ones."""

    def use(*keys):
        settings.OMS_MASTER_KEYS = list(keys)
        sealed.forget_keys()

    use.fresh = lambda: base64.b64encode(os.urandom(32)).decode()
    yield use
    sealed.forget_keys()

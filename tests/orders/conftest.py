import pytest

from oms import keys


@pytest.fixture
def call(client, db):
    """Call the API with the usual key of a channel, which is there by then."""

    def act(method, path, data=None, channel="web"):
        key = keys.create(channel, channel=channel)[1]
        answer = getattr(client, method)(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return act

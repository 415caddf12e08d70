"""Acts, and the kernel's own pages."""

from contextlib import suppress
from datetime import timedelta
from io import BytesIO

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import empty

from oms import jobs, keys, navigation, once, webhooks, wiring
from oms.admin import CappedPaginator
from oms.dispatch import drain
from oms.models import (
    ApiKey,
    Counter,
    Delivery,
    DeliveryState,
    Event,
    Job,
    JobRow,
    JobState,
    SentForm,
    User,
    WebhookEndpoint,
    WebhookState,
)
from tests.oms.conftest import HERE


@pytest.fixture
def ben(client, django_user_model):
    """Ben may see and change API keys and endpoints."""
    user = django_user_model.objects.create_user("ben", password="x", is_staff=True)
    names = [
        f"{verb}_{m}" for verb in ("view", "add", "change") for m in ("apikey", "webhookendpoint")
    ]
    user.user_permissions.set(
        Permission.objects.filter(
            codename__in=[*names, "view_delivery", "change_delivery", "view_job"]
        )
    )
    client.force_login(user)
    return user


@pytest.fixture
def cora(client, django_user_model):
    """Cora may only look."""
    user = django_user_model.objects.create_user("cora", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_apikey", "view_event"]))
    client.force_login(user)
    return user


def page(model, name, *args):
    return reverse(f"admin:oms_{model}_{name}", args=args)


def act(client, path, **data):
    return client.post(path, {"act": "x", **data}, follow=True)


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def test_page_offers_what_is_possible_now(ben, client, key):
    shown = client.get(page("apikey", "change", key[0].pk))
    assert {button["name"] for button in shown.context["acts"]} == {"rotate", "revoke"}

    keys.revoke(key[0].prefix)

    shown = client.get(page("apikey", "change", key[0].pk))
    assert shown.context["acts"] == []


def test_page_offers_nothing_without_permission(cora, client, key):
    shown = client.get(page("apikey", "change", key[0].pk))

    assert shown.status_code == 200
    assert shown.context["acts"] == []


def test_act_without_permission_is_forbidden(cora, client, key):
    response = client.post(page("apikey", "act", key[0].pk, "revoke"), {"act": "x"})

    assert response.status_code == 403
    assert ApiKey.objects.get().revoked_at is None


def test_act_asks_before_it_acts(ben, client, key):
    response = client.get(page("apikey", "act", key[0].pk, "revoke"))

    assert response.status_code == 200
    assert "Whoever uses this key is refused" in response.content.decode()
    assert ApiKey.objects.get().revoked_at is None


def test_act_runs_the_operation_and_says_so(ben, client, key):
    response = act(client, page("apikey", "act", key[0].pk, "revoke"))

    assert messages_of(response) == [f"Key {key[0].prefix} is closed."]
    assert response.redirect_chain[-1][0] == page("apikey", "change", key[0].pk)
    assert ApiKey.objects.get().revoked_at is not None


def test_act_goes_back_to_where_it_was_pressed_but_not_elsewhere(ben, client, key):
    path = page("apikey", "act", key[0].pk, "revoke")
    home = page("apikey", "changelist")

    response = client.post(path, {"act": "x", "next": home})
    assert response.url == home

    _, _ = keys.create("Another")
    other = ApiKey.objects.get(name="Another")
    response = client.post(
        page("apikey", "act", other.pk, "revoke"), {"act": "x", "next": "https://evil.example/"}
    )
    assert response.url == page("apikey", "change", other.pk)


def test_act_that_is_not_possible_now_is_not_offered_by_its_address(ben, client, key):
    keys.revoke(key[0].prefix)

    response = client.get(page("apikey", "act", key[0].pk, "revoke"), follow=True)

    assert messages_of(response) == ["Revoke: not possible in its present state."]


def test_act_with_wrong_input_shows_the_form_again(ben, client, key):
    response = act(client, page("apikey", "act", key[0].pk, "rotate"), hours="soon")

    assert response.status_code == 200
    assert response.context["form"].errors == {"hours": ["Enter a whole number."]}
    assert ApiKey.objects.count() == 1


def test_act_that_is_refused_shows_why_and_changes_nothing(ben, client, settings):
    settings.OMS_WEBHOOK_ALLOW_PRIVATE = False
    path = page("webhookendpoint", "list_act", "create")

    response = act(client, path, url="http://shop.example/hook")

    assert messages_of(response) == [webhooks.UnsafeUrl.message]
    assert not WebhookEndpoint.objects.exists()


def test_act_of_an_unknown_name_or_row_is_not_there(ben, client, key):
    assert client.get(page("apikey", "act", key[0].pk, "nothing")).status_code == 404
    assert client.get(page("apikey", "act", 999_999, "revoke")).status_code == 404
    assert client.get(page("apikey", "list_act", "revoke")).status_code == 404


def test_bulk_act_gives_each_row_its_own_result(ben, client, db):
    made = [keys.create(name)[0] for name in ("One", "Two", "Three")]
    keys.revoke(made[1].prefix)
    chosen = {"action": "revoke", "_selected_action": [key.pk for key in made]}

    asked = client.post(page("apikey", "changelist"), {**chosen, "index": "0"})
    assert asked.status_code == 200
    assert ApiKey.objects.filter(revoked_at=None).count() == 2

    client.post(page("apikey", "changelist"), {**chosen, "act": "revoke"})
    drain()

    outcomes = dict(JobRow.objects.values_list("label", "state"))
    assert outcomes == {str(made[0]): "done", str(made[1]): "refused", str(made[2]): "done"}
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_bulk_act_is_not_offered_without_permission(cora, client, key):
    client.post(
        page("apikey", "changelist"),
        {"action": "revoke", "_selected_action": [key[0].pk], "act": "revoke"},
    )

    assert ApiKey.objects.get().revoked_at is None


@pytest.mark.parametrize("model", ["apikey", "event"])
def test_read_only_pages_add_change_and_delete_nothing(cora, client, key, model):
    assert client.get(page(model, "changelist")).status_code == 200
    assert client.get(page(model, "add")).status_code == 403
    pk = key[0].pk if model == "apikey" else 1
    assert client.post(page(model, "delete", pk), {"post": "yes"}).status_code in {302, 403}
    assert ApiKey.objects.count() == 1


def test_key_is_made_and_shown_once(ben, client):
    path = page("apikey", "list_act", "create")

    response = act(client, path, name="Web shop", channel="", scopes=["orders:write"])

    told = messages_of(response)
    text = told[0].partition("<code class='oms-mono'>")[2].partition("</code>")[0]
    assert keys.find(text).scopes == ["orders:write"]
    assert text not in client.get(page("apikey", "changelist")).content.decode()


def test_endpoint_is_created_paused_and_resumed(ben, client):
    act(
        client,
        page("webhookendpoint", "list_act", "create"),
        url="https://shop.example/hook",
        events="order.*, shipment.shipped",
    )
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.events == ["order.*", "shipment.shipped"]

    act(client, page("webhookendpoint", "act", endpoint.pk, "pause"))
    endpoint.refresh_from_db()
    assert endpoint.state == WebhookState.PAUSED

    act(client, page("webhookendpoint", "act", endpoint.pk, "resume"))
    endpoint.refresh_from_db()
    assert endpoint.state == WebhookState.ACTIVE


@pytest.fixture
def dead(wire, subject, happen):
    wire(test_done=("refuse",), test_next=("count",))
    happen("test.done", subject)
    drain()
    Delivery.objects.update(state=DeliveryState.DEAD, attempts=10)
    return Delivery.objects.get()


def test_dead_delivery_is_tried_again(ben, client, dead):
    act(client, page("delivery", "act", dead.pk, "retry"))

    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == (DeliveryState.PENDING, 0)


def test_dead_delivery_is_dismissed_and_lets_the_others_go_on(
    ben, client, dead, wire, subject, happen
):
    wire(test_done=("refuse",), test_next=("refuse", "count"))
    Delivery.objects.update(consumer=f"{HERE}.count")
    happen("test.next", subject)
    drain()
    assert not Counter.objects.filter(name="count").exists()

    act(client, page("delivery", "act", dead.pk, "dismiss"), reason="the list was wrong")
    drain()

    dead.refresh_from_db()
    assert dead.state == DeliveryState.DONE
    assert f"dismissed by user:{ben.pk}: the list was wrong" in dead.error
    assert Counter.objects.get(name="count").value == 1


@pytest.fixture
def job(ben, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(wiring, "JOBS", {"three_rows": f"{HERE}.three_rows"})
    return jobs.start("three_rows", "Count rows", {}, by=f"user:{ben.pk}")


def test_job_page_asks_for_progress_until_the_work_has_ended(client, job):
    waiting = client.get(page("job", "change", job.pk)).content.decode()
    assert f'hx-get="{page("job", "progress", job.pk)}"' in waiting
    assert "HX-Refresh" not in client.get(page("job", "progress", job.pk))

    drain()

    ended = client.get(page("job", "progress", job.pk))
    assert ended["HX-Refresh"] == "true"
    assert "hx-get" not in ended.content.decode()
    shown = client.get(page("job", "change", job.pk))
    assert [row["ok"] for row in shown.context["results"]] == [False, True, True]


def test_job_of_somebody_else_is_not_there(client, job):
    Job.objects.update(created_by="user:999")

    assert client.get(page("job", "progress", job.pk)).status_code == 404
    assert client.get(page("job", "file", job.pk)).status_code == 404


def test_job_file_is_fetched_by_whoever_started_it(client, job):
    assert client.get(page("job", "file", job.pk)).status_code == 404
    jobs.attach(job, "report.csv", BytesIO(b"sku\n"))

    response = client.get(page("job", "file", job.pk))

    assert b"".join(response.streaming_content) == b"sku\n"
    assert "attachment" in response["Content-Disposition"]
    assert Job.objects.get().state == JobState.WAITING


@pytest.mark.parametrize("rows", [1, 3])
def test_event_list_takes_as_many_statements_for_three_rows_as_for_one(
    cora, client, wire, subject, happen, rows, django_assert_max_num_queries
):
    happen("test.done", subject, times=rows)
    drain()
    client.get(page("event", "changelist"))

    with django_assert_max_num_queries(12):
        response = client.get(page("event", "changelist"))

    assert response.context["cl"].result_count == rows == Event.objects.count()


def test_paginator_counts_no_further_than_ten_thousand(db, monkeypatch):
    monkeypatch.setattr("oms.admin.bases.COUNT_STOPS_AT", 5)
    Counter.objects.bulk_create(Counter(name=str(number)) for number in range(9))

    assert CappedPaginator(Counter.objects.order_by("pk"), 2).count == 5


def test_a_list_that_is_not_counted_to_its_end_says_so(
    cora, client, wire, subject, happen, monkeypatch
):
    happen("test.done", subject, times=3)
    whole = client.get(page("event", "changelist")).content.decode()
    monkeypatch.setattr("oms.admin.bases.COUNT_STOPS_AT", 2)
    monkeypatch.setattr(CappedPaginator, "stops_at", 2)
    capped = client.get(page("event", "changelist")).content.decode()

    said = "first 2 events; a search or filter finds the others"
    assert [said in text for text in (whole, capped)] == [False, True]
    assert "3 events" in whole


def test_api_key_list_shows_what_needs_attention(cora, client, key):
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert "is-warn" in client.get(page("apikey", "changelist")).content.decode()


@pytest.mark.django_db
def test_every_empty_list_of_the_sidebar_says_how_its_first_row_comes():
    lists = {page.url for work in navigation.WORK for page in work.pages}
    silent = [
        model._meta.label
        for model, its_admin in admin.site._registry.items()
        if f"{model._meta.app_label}_{model._meta.model_name}_changelist" in lists
        and model is not User  # somebody looks at the list
        and not model.objects.exists()
        and not getattr(its_admin, "list_empty", "")
    ]
    assert silent == []


def test_page_with_a_sidebar_does_not_put_the_list_of_apps_together(ben, client):
    apps = client.get(page("apikey", "changelist")).context["available_apps"]

    assert apps._wrapped is empty
    assert [app["app_label"] for app in apps] == ["oms"]


def test_form_sent_twice_acts_once(client, ben):
    webhooks.subscribe("https://shop.example/hooks")
    endpoint = WebhookEndpoint.objects.get()
    path = page("webhookendpoint", "act", endpoint.pk, "pause")
    token = client.get(path).context["once"]

    act(client, path, once=token)
    WebhookEndpoint.objects.update(state=WebhookState.ACTIVE)
    again = act(client, path, once=token)

    assert "This form was sent before; nothing was done twice." in messages_of(again)
    assert WebhookEndpoint.objects.get().state == WebhookState.ACTIVE
    act(client, path, once=client.get(path).context["once"])
    assert WebhookEndpoint.objects.get().state == WebhookState.PAUSED


@pytest.mark.django_db
def test_form_of_a_refused_act_may_be_sent_again():
    token = once.token()
    with suppress(LookupError), transaction.atomic():
        assert once.use(token)
        raise LookupError

    assert [once.use(token), once.use(token), once.use("")] == [True, False, True]
    SentForm.objects.update(at=timezone.now() - timedelta(days=3))
    assert once.forget_old() == 1

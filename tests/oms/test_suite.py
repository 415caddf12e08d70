"""The suite itself: tests that commit leave the next one the database that migrations made.

And what a test says of the ledgers is found out, however little of it is asked anew.
"""

import pytest
from django.contrib.auth.models import Group, Permission

from oms.ledgers import Invariant
from oms.models import Counter, User
from tests.ledgers import assert_ledgers_hold


def rows():
    return (
        sorted(Group.objects.values_list("pk", "name")),
        sorted(Permission.objects.values_list("pk", "content_type_id", "codename")),
        User.objects.count(),
    )


@pytest.fixture(scope="module")
def at_first(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        return rows()


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_tests_with_commits_find_what_migrations_laid_down(at_first, attempt):
    assert rows() == at_first

    User.objects.create_user("ada", password="a")


@pytest.mark.django_db
def test_tests_with_rollback_find_what_migrations_laid_down(at_first):
    assert rows() == at_first


def no_counter_is_broken():
    yield from Counter.objects.filter(name="broken").values_list("name", flat=True)


def every_counter_is_seven():
    yield from (f"{row.name} is {row.value}" for row in Counter.objects.all() if row.value != 7)


@pytest.fixture
def sentences(monkeypatch):
    """Have ledgers that state these sentences and no others."""

    def state(*violations):
        stated = [
            Invariant(each.__name__, "It holds.", Counter.objects.count, each)
            for each in violations
        ]
        monkeypatch.setattr("tests.ledgers.every_invariant", lambda: iter(stated))
        monkeypatch.setattr("tests.ledgers.silent", {})

    return state


@pytest.mark.django_db
@pytest.mark.parametrize("sentence", [no_counter_is_broken, every_counter_is_seven])
def test_ledgers_that_held_before_are_found_broken_once_they_are(sentences, sentence):
    sentences(sentence)
    fine = Counter.objects.create(name="fine", value=7)
    assert_ledgers_hold()
    Counter.objects.filter(pk=fine.pk).update(value=7)
    assert_ledgers_hold()

    Counter.objects.create(name="broken", value=6)

    with pytest.raises(AssertionError, match="broken"):
        assert_ledgers_hold()


def test_tests_that_ask_for_no_database_are_run_once(request):
    assert request.node.get_closest_marker("once")


@pytest.mark.django_db
def test_tests_that_ask_for_one_are_run_on_each(request):
    assert not request.node.get_closest_marker("once")

"""The suite itself: tests that commit leave the next one the database that migrations made."""

import pytest
from django.contrib.auth.models import Group, Permission

from oms.models import User


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

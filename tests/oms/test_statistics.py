"""PostgreSQL plans by what a command has filled its tables with."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from oms.statistics import FIRST, Growth

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def known_rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'auth_group'::regclass")
        return int(cursor.fetchone()[0])


def analysed():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE auth_group")
    return known_rows()


def test_tables_are_analysed_when_they_have_grown_and_again_when_they_have_doubled():
    before = analysed()  # what another test was told outlives its being rolled back
    growth = Growth(Group)
    Group.objects.bulk_create(Group(name=f"first {n}") for n in range(FIRST))
    growth.add(FIRST - 1)
    assert known_rows() == before
    growth.add(1)
    assert known_rows() == Group.objects.count()

    seen = Group.objects.count()
    Group.objects.bulk_create(Group(name=f"more {n}") for n in range(FIRST))
    growth.add(FIRST - 1)
    assert known_rows() == seen
    growth.add(1)
    assert known_rows() == seen + FIRST


def test_a_table_that_is_known_to_be_large_is_not_analysed_for_a_few_rows():
    Group.objects.bulk_create(Group(name=f"many {n}") for n in range(3 * FIRST))
    before = analysed()
    Group.objects.create(name="one more")
    Growth(Group).add(2 * FIRST)
    assert known_rows() == before

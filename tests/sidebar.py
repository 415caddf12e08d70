"""Counting what a page asks, without what the sidebar around it counts."""

from django.core.cache import cache

from oms.navigation import COUNTS


def quiet_sidebar():
    """Forget what is cached, but for the sidebar's counts: they are as fresh as can be."""
    cache.clear()
    for name in COUNTS:
        cache.set(f"waiting:{name}", 0)

"""A real Chromium on pages of the live server."""

import os

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.chromium import chromium_path

PATIENCE = (
    20_000  # milliseconds for a page and for what it is expected to show: machines are shared
)
FLAGS = [
    "--no-sandbox",  # the tests may run as root, the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """One browser for the whole session."""
    # Playwright keeps an event loop in this thread, which Django takes for an asynchronous call.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    """A fresh page of a wide screen; an error in a script of the page fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []

"""The site of the back office."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class BackOffice(UnfoldAdminSite):
    """Unfold's site, whose pages do not pay for the list of apps that the sidebar replaces."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps with their pages; put together, which takes 10 ms, once somebody looks at it."""
        made = super().get_app_list
        return SimpleLazyObject(lambda: made(request, app_label))  # type: ignore[return-value]

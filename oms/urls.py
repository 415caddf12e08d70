"""The map: back office, API and its portal, pages behind signed links, health, metrics."""

from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from oms import health, openapi, portal  # noqa: F401 (openapi registers itself)
from oms.admin.autocomplete import autocomplete

# The busiest first: an address is looked for from the top.
APPS = ("orders", "inventory", "fulfillment", "customers", "reporting", "compliance")

api = [path("", include(f"{app}.api")) for app in APPS if find_spec(f"{app}.api")]

docs = [
    path("", portal.guide, name="docs"),
    path("problems/", portal.problems, name="problems"),
    path("try/", SpectacularSwaggerView.as_view(url_name="schema"), name="reference"),
    path("reference/", SpectacularRedocView.as_view(url_name="schema"), name="redoc"),
]

# Passwords and second factors are asked for in one place: the account pages.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include([*api, path("", include("oms.feed"))])),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", include(docs)),
    path(
        "my/",
        include(
            [path("", include(f"{app}.views")) for app in ("customers", "orders", "fulfillment")]
        ),
    ),
    path("health/", health.health, name="health"),
    path("metrics", health.metrics, name="metrics"),
]

handler404 = "oms.problems.not_found"
handler500 = "oms.problems.failed"

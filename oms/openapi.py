"""What the OpenAPI schema must be told about this API."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from oms.api import KEYWORD


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Tells the OpenAPI schema about the header."""

    target_class = "oms.api.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, _auto_schema: Any) -> dict[str, str]:
        """As OpenAPI writes it."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{KEYWORD} KEY`, made by `manage.py create_api_key`.",
        }

"""What the OpenAPI schema must be told about this API."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from oms.api import KEYWORD
from oms.idempotency import LONGEST_KEY


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


PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; lower_snake."},
        "detail": {"type": "string"},
        "params": {"type": "object", "additionalProperties": True},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
METHODS = {"get", "post", "put", "patch", "delete"}
SAFE = {"get"}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": (
        "Of your choice, one for each thing that is to happen. A repeat with the same key gets the"
        " first answer again and does nothing; kept for 24 hours."
    ),
    "schema": {"type": "string", "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}


def add_common(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Post-processing hook: what every call has, problems of one shape and keys against repeats."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("parameters", {})["IdempotencyKey"] = IDEMPOTENCY_KEY
    answer = {
        "description": "Refused or failed; `code` says why.",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                operation["responses"].setdefault("default", answer)
            if method in METHODS - SAFE:
                key = {"$ref": "#/components/parameters/IdempotencyKey"}
                operation.setdefault("parameters", []).append(key)
    return result

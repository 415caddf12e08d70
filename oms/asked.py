"""What a call asks for beside its path: only what the view knows, so that no filter is left out unseen."""

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


def refuse_unknown(request: "Request", view: "APIView") -> None:
    """Raise ValidationError, by name, for parameters of the query that the view does not know.

    It knows its filters, the cursor and limit of its pages, and what its OpenAPI description names.
    """
    if not request.query_params:
        return
    known = _of_pages(view) | _of_filters(view) | _described(view, request.method or "")
    if unknown := sorted(set(request.query_params) - known):
        said = ", ".join(sorted(known)) or "none"
        raise ValidationError(
            {name: [f"There is no such parameter here; known: {said}."] for name in unknown}
        )


def _of_pages(view: "APIView") -> set[str]:
    pages = getattr(view, "paginator", None)
    return {pages.cursor_query_param, pages.page_size_query_param} if pages else set()


def _of_filters(view: "APIView") -> set[str]:
    filters = getattr(view, "filterset_class", None)
    return set(filters.base_filters) if filters else set()


def _described(view: "APIView", method: str) -> set[str]:
    """Those that `extend_schema` names for the method."""
    name = "get" if method == "HEAD" else method.lower()
    described = getattr(getattr(view, name, None), "kwargs", {}).get("schema")
    if described is None:
        return set()
    inspector = described()
    inspector.view = view
    return {
        row.name
        for row in inspector.get_override_parameters()
        if isinstance(row, OpenApiParameter) and row.location == OpenApiParameter.QUERY
    }

"""What a call asks for beside its path: only what the view knows, so that no filter is left out unseen."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

TOLD = 50  # codes that a refusal names


def unknown_word(word: str, known: Iterable[str]) -> str:
    """The sentence for a value that is none of those known, or for none at all."""
    told = ", ".join(known)
    return f"There is no {word} here; known: {told}." if word else f"Name one: {told}."


def unknown_code(code: str, rows: QuerySet, field: str = "code") -> str:
    """The sentence for a code that no row has, with those that some have; empty when one has it."""
    if "\0" not in code and rows.filter(**{field: code}).exists():
        return ""
    codes = list(rows.order_by(field).values_list(field, flat=True).distinct()[: TOLD + 1])
    told = [*codes[:TOLD], "..."] if len(codes) > TOLD else codes or ["none"]
    return unknown_word(code.replace("\0", ""), told)


def refuse_unlisted(name: str, value: str, known: Iterable[str]) -> None:
    """Raise ValidationError for a parameter that is none of the words known, and name these."""
    if value not in (words := sorted(known)):
        sentence = unknown_word(value.replace("\0", ""), words or ["none"])
        raise ValidationError({name: [sentence]})


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

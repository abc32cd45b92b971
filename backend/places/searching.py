"""The parameters and pages of searches that anyone can make: for shops and for associations."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, TypeAdapter

from backend.http.paging import Page, cursor
from backend.places.near import Near

Found = TypeVar("Found", bound=BaseModel)

NearAsked = Annotated[
    Near | None,
    Query(description="latitude,longitude in degrees (WGS 84): the nearest first.", examples=["48.5734,7.7521"]),
]
NameAsked = Annotated[
    str | None, Query(min_length=1, max_length=100, description="The beginning of a name.", examples=["boulangerie"])
]

# The keys of pages, and what is before the first page of each order.
BY_DISTANCE: Final = TypeAdapter(tuple[float, UUID])
BY_MATCH: Final = TypeAdapter(tuple[int, str, UUID])
BY_NAME: Final = TypeAdapter(tuple[str, UUID])
_NOBODY: Final = UUID(int=0)
NEAREST: Final = (-1.0, _NOBODY)
BEST: Final = (-1, "", _NOBODY)
FIRST: Final = ("", _NOBODY)


def found_page(kind: type[Found], rows: Sequence[Any], limit: int, *key: str) -> Page[Found]:
    """Return a page of up to `limit` from `limit + 1` rows. rows: mappings. key: the columns of their order."""
    kept = [dict(row) for row in rows[:limit]]
    following = cursor(*(kept[-1][column] for column in key)) if len(rows) > limit and kept else None
    return Page(data=[kind.model_validate(row) for row in kept], has_more=following is not None, next=following)

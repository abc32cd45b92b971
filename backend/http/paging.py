"""Keyset pagination: `?limit=&after=` returns `{"data": [...], "has_more": bool, "next": cursor|null}`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from backend.problems.common import CursorInvalid

Item = TypeVar("Item")
Row = TypeVar("Row")
Key = TypeVar("Key")

LONGEST_CURSOR = 500

Limit = Annotated[int, Query(ge=1, le=100, description="The most items to return.", examples=[20])]
After = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR, description="The previous page's `next`; leave it out for the first page."),
]


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    model_config = ConfigDict(from_attributes=True)

    data: list[Item]
    has_more: bool = Field(examples=[False])
    next: str | None = Field(default=None, description="Send it as `after` to get the next page.", examples=[None])


def cursor(*key: Any) -> str:
    """Return the sort key of a page's last row as a cursor. It may hold numbers, texts, times and UUIDs."""
    return base64.urlsafe_b64encode(to_json(key)).decode().rstrip("=")


def cursor_key(after: str, kind: TypeAdapter[Key]) -> Key:
    """Return the sort key in a cursor: `cursor_key(after, TypeAdapter(tuple[float, UUID]))`.

    Raises CursorInvalid (422) for anything that `cursor` cannot have made from such a key.
    """
    try:
        raw = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        if b"\\u0000" in raw:
            raise CursorInvalid
        return kind.validate_json(raw, strict=True)
    except (binascii.Error, ValidationError, ValueError):
        raise CursorInvalid from None


def page_of(rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[Any, ...]]) -> Page[Row]:
    """Return a page of up to `limit` rows from a query for `limit + 1` rows, ordered by `key`."""
    kept = list(rows[:limit])
    has_more = len(rows) > limit
    return Page(data=kept, has_more=has_more, next=cursor(*key(kept[-1])) if has_more and kept else None)


def page_bytes(items: Sequence[bytes | str], has_more: bool, following: str | None) -> bytes:
    """Return a page as JSON, from items that the database has already written as JSON. For hot routes."""
    data = b",".join(item if isinstance(item, bytes) else item.encode() for item in items)
    more = b'true,"next":' + to_json(following) if has_more else b'false,"next":null'
    return b'{"data":[' + data + b'],"has_more":' + more + b"}"

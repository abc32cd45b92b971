"""Keyset paging with cursors, and conditional requests with ETags."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from backend.http.etags import etag, require_revision, revisions_wanted, unchanged
from backend.http.paging import cursor, cursor_key, page_bytes, page_of
from backend.problems.common import CursorInvalid, PreconditionFailed

KEY: TypeAdapter[tuple[float, datetime, str, UUID]] = TypeAdapter(tuple[float, datetime, str, UUID])


@given(
    st.tuples(
        st.floats(allow_nan=False, allow_infinity=False),
        st.datetimes(timezones=st.just(UTC)),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.uuids(),
    )
)
def test_a_cursor_round_trips(key: tuple[float, datetime, str, UUID]) -> None:
    assert cursor_key(cursor(*key), KEY) == key


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: cursor(raw.hex())))
def test_a_malformed_or_foreign_cursor_is_refused(after: str) -> None:
    with pytest.raises(CursorInvalid):
        cursor_key(after, KEY)


@pytest.mark.parametrize("key", [("1", "x"), (1.5,), ("a\0b",), (None,)])
def test_a_cursor_with_other_types_is_refused(key: tuple[Any, ...]) -> None:
    with pytest.raises(CursorInvalid):
        cursor_key(cursor(*key), TypeAdapter(tuple[int]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_pages_return_every_row_once(size: int) -> None:
    rows, seen, after = list(range(size)), list[int](), -1
    while True:
        page = page_of([row for row in rows if row > after][:3], 2, lambda row: (row,))
        seen += page.data
        if not page.has_more:
            assert page.next is None
            break
        assert page.next is not None
        (after,) = cursor_key(page.next, TypeAdapter(tuple[int]))
    assert seen == rows


def test_a_page_of_database_json_equals_the_model_s_json() -> None:
    page = page_of([1, 2, 3], 2, lambda row: (row,))
    assert page_bytes(["1", b"2"], True, page.next) == page.model_dump_json().encode()
    assert page_bytes([], False, None) == b'{"data":[],"has_more":false,"next":null}'


@pytest.mark.parametrize(
    ("if_match", "revisions"),
    [
        (None, None),
        ("*", None),
        ('"r3"', [3]),
        ('"r3", "r4"', [3, 4]),
        ('W/"r3"', []),
        ('"other"', []),
        ("r3", []),
        ('"r99999999999"', []),
        ('"r4294967296"', []),
    ],
)
def test_if_match_is_parsed_into_revisions(if_match: str | None, revisions: list[int] | None) -> None:
    assert revisions_wanted(if_match) == revisions


def test_a_change_to_another_revision_is_refused() -> None:
    require_revision(None, 4)
    require_revision([3, 4], 4)
    for stale in ([3], []):
        with pytest.raises(PreconditionFailed):
            require_revision(stale, 4)


def test_if_none_match_recognises_an_unchanged_resource() -> None:
    assert unchanged(f'W/{etag(4)}, "x"', etag(4))
    assert unchanged("*", etag(4))
    assert not unchanged(etag(3), etag(4))
    assert not unchanged(None, etag(4))

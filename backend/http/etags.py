"""ETags of editable resources: their revision, so that the statement that changes one can be conditional."""

import re
from typing import Annotated

from fastapi import Depends, Header

from backend.problems.common import PreconditionFailed

MOST_REVISION = 2**31 - 1
_TAG = re.compile(r'"r(\d{1,10})"')


def etag(revision: int) -> str:
    """Write a row's revision as a strong ETag (RFC 9110 8.8.3)."""
    return f'"r{revision}"'


def revisions_wanted(if_match: str | None) -> list[int] | None:
    """Read If-Match as the revisions that the caller accepts; None when any will do.

    Tags that are not ours match nothing, and weak ones never match (RFC 9110 13.1.1).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = (_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return [int(tag[1]) for tag in found if tag and int(tag[1]) <= MOST_REVISION]


async def _if_match(
    if_match: Annotated[
        str | None, Header(max_length=500, description="Change only this version: the ETag that was read.")
    ] = None,
) -> list[int] | None:
    return revisions_wanted(if_match)


IfMatch = Annotated[list[int] | None, Depends(_if_match)]
"""The revisions that the caller accepts: `where id = $1 and ($2::int[] is null or revision = any($2))`."""


def require_revision(wanted: list[int] | None, current: int) -> None:
    """Refuse a change to a row, read and locked in this transaction, that is not at a wanted revision.

    Raises PreconditionFailed (412).
    """
    if wanted is not None and current not in wanted:
        raise PreconditionFailed


def unchanged(if_none_match: str | None, tag: str) -> bool:
    """Say whether the caller already has what this ETag stands for (RFC 9110 13.1.2), so that 304 answers."""
    if if_none_match is None:
        return False
    return any(named.strip().removeprefix("W/") in ("*", tag) for named in if_none_match.split(","))

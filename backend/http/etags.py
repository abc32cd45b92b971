"""ETags of editable resources, made from their revision, for conditional changes and reads."""

import re
from typing import Annotated

from fastapi import Depends, Header

from backend.problems.common import PreconditionFailed

MOST_REVISION = 2**31 - 1
_TAG = re.compile(r'"r(\d{1,10})"')


def etag(revision: int) -> str:
    """Return a row's revision as a strong ETag (RFC 9110 8.8.3)."""
    return f'"r{revision}"'


def revisions_wanted(if_match: str | None) -> list[int] | None:
    """Return the revisions that an If-Match header accepts; None if it accepts any.

    Weak ETags and ETags that are not ours match nothing (RFC 9110 13.1.1).
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = (_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return [int(tag[1]) for tag in found if tag and int(tag[1]) <= MOST_REVISION]


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(max_length=500, description="The ETag that was read: the change is made only if it is still current."),
    ] = None,
) -> list[int] | None:
    return revisions_wanted(if_match)


IfMatch = Annotated[list[int] | None, Depends(_if_match)]
"""The revisions that the caller accepts: `where id = $1 and ($2::int[] is null or revision = any($2))`."""


def require_revision(wanted: list[int] | None, current: int) -> None:
    """Raise PreconditionFailed (412) if a row's current revision is not among the wanted ones (None: any is).

    This check alone does not stop a concurrent change: lock the row first, or make the writing statement conditional.
    """
    if wanted is not None and current not in wanted:
        raise PreconditionFailed


def unchanged(if_none_match: str | None, tag: str) -> bool:
    """Return whether the caller already has the version with this ETag (RFC 9110 13.1.2): then answer 304."""
    if if_none_match is None:
        return False
    return any(named.strip().removeprefix("W/") in ("*", tag) for named in if_none_match.split(","))

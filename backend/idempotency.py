"""`Idempotency-Key`: the same request sent again gets the answer of the first time, and nothing happens twice.

The key is claimed in the transaction that does the work, and the answer is kept in it too: all commits or nothing
does. A second request with the same key waits for the first at the claim. A refusal undoes the claim, because nothing
happened that would have to be remembered; the same request may then be tried again.
"""

from collections.abc import Awaitable
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from backend.common_facts import RequestInvalid
from backend.db import call, call_row
from backend.errors import Fact, FieldError

LONGEST_KEY = 255


class IdempotencyMismatch(Fact):
    """This Idempotency-Key was used for another request; take a new key for a new request."""

    code, status = "idempotency.mismatch", 422


class IdempotencyInProgress(Fact):
    """The first request with this Idempotency-Key is still being answered; send it again shortly."""

    code, status = "idempotency.in_progress", 409
    headers = {"Retry-After": "1"}  # noqa: RUF012  read-only, as Fact declares it


class IdempotencyKeyMissing(Fact):
    """This request needs an Idempotency-Key header: any text of your own of 1 to 255 characters."""

    code, status = "idempotency.key_missing", 422


def key_of(request: Request) -> str | None:
    """Give a request's Idempotency-Key, None without one. Raises RequestInvalid for one that is too long."""
    key: str | None = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise RequestInvalid(
            errors=[FieldError(field="header.Idempotency-Key", code="length", message="1 to 255 characters")]
        )
    return key


def fingerprint(request: Request, body: bytes) -> bytes:
    """Give 32 bytes that tell one request from another."""
    return sha256(b"\0".join((request.method.encode(), request.url.path.encode(), body))).digest()


class Once:
    """Does the work of a request once per key: `return await once(session, actions.publish_lot(…), 201)`."""

    def __init__(self, key: str | None, request_fingerprint: bytes) -> None:
        self._key = key
        self._fingerprint = request_fingerprint

    async def __call__(
        self, session: AsyncSession, work: Awaitable[Any], status_code: int = 201, headers: dict[str, str] | None = None
    ) -> Response:
        """Answer with what `work` gives (a model, or None for 204), or with what it gave the first time."""
        if self._key is not None:
            kept = await call_row(session, "claim_key", wanted_key=self._key, request=self._fingerprint)
            if kept[0] is not None:
                if hasattr(work, "close"):
                    work.close()  # a coroutine that will not run
                return _answer(kept[0], kept[1] or "")
        outcome = await work
        body = "" if outcome is None else to_json(jsonable_encoder(outcome)).decode()
        if self._key is not None:
            await call(session, "keep_answer", claimed_key=self._key, answer_status=status_code, answer=body)
        return _answer(status_code, body, headers)


def _answer(status: int, body: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json" if body else None)


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=LONGEST_KEY, description="Your own name for this request; sent again, it happens once."),
    ] = None,
) -> Once:
    return Once(key_of(request), fingerprint(request, await request.body()))


OnceDep = Annotated[Once, Depends(_once)]

"""`Idempotency-Key`: the same request sent again gets the answer of the first time, and nothing happens twice.

The key is claimed in the transaction that does the work, and the answer is kept in it too: all commits or nothing
does. A second request with the same key waits for the first at the claim. A refusal undoes the claim, because nothing
happened that would have to be remembered; the same request may then be tried again.

Requests hold passwords and names, answers hold tokens and names: what is kept of them is a keyed hash and a sealed text
that only the request itself opens, so that a dump of the database gives neither away, not even together with our keys.
"""

import asyncio
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from hashlib import sha256
from typing import Annotated, Any, TypeVar, cast

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from backend.database.sessions import call, call_row
from backend.problems.common import RequestInvalid
from backend.problems.problem import FieldError, Problem
from backend.settings import settings

T = TypeVar("T")

LONGEST_KEY = 255
NONCE_BYTES = 12
LEASE_SECONDS = 60
SEALED_AT_ONCE = 2**18  # characters; others' requests do not wait for more


class IdempotencyMismatch(Problem):
    """This Idempotency-Key was used for another request; take a new key for a new request."""

    code, status = "idempotency.mismatch", 422


class IdempotencyInProgress(Problem):
    """The first request with this Idempotency-Key is still being answered; send it again shortly."""

    code, status = "idempotency.in_progress", 409
    headers = {"Retry-After": "1"}  # noqa: RUF012  read-only, as Problem declares it


class IdempotencyKeyMissing(Problem):
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
    return sha256(b"\0".join((request.method.encode(), request.scope["path"].encode(), body))).digest()


def keyed_fingerprint(request: Request, body: bytes) -> bytes:
    """Give a fingerprint that nobody can compute without our key.

    A plain hash of a name and a birthday, of a password or a PIN, read from a dump, could be tried fast.
    """
    return _keyed(fingerprint(request, body))


def _keyed(plain: bytes) -> bytes:
    return hmac.digest(settings().derived_key("idempotency"), plain, "sha256")


class Once:
    """Does the work of a request once per key: `return await once(session, actions.publish_lot(…), 201)`."""

    def __init__(self, key: str | None, request_fingerprint: bytes) -> None:
        self._key = key
        self._fingerprint = _keyed(request_fingerprint)
        # Not kept: it opens the answer, so whoever has no request has no answer either.
        self._opens = request_fingerprint

    async def begins(self, session: AsyncSession) -> Response | None:
        """Claim the key for work that goes on after this session, or give the answer of the first time.

        For what may not happen within one transaction: `keeps` ends it, `gives_up` lets go of it; if this process dies,
        the key is free again after a while.
        """
        return await self._claim(session, LEASE_SECONDS)

    async def keeps(self, session: AsyncSession, outcome: Any, status_code: int) -> Response:
        """Answer with the outcome of what `begins` began, and keep it."""
        return await self.keeps_json(session, to_json(jsonable_encoder(outcome)).decode(), status_code)

    async def keeps_json(self, session: AsyncSession, body: str, status_code: int) -> Response:
        """Do the same for an answer that is JSON already: one of some megabytes, made piece by piece."""
        await self._keep(session, body, status_code)
        return _answer(status_code, body)

    async def goes_on(self, session: AsyncSession) -> None:
        """Say that what `begins` began is still going on, where it takes longer than the claim lasts."""
        if self._key is not None:
            await call(session, "hold_key", claimed_key=self._key, lease_seconds=LEASE_SECONDS)

    async def gives_up(self, session: AsyncSession) -> None:
        """Let the same request be tried again."""
        if self._key is not None:
            await call(session, "release_key", claimed_key=self._key)

    async def _claim(
        self, session: AsyncSession, lease_seconds: int, headers: dict[str, str] | None = None
    ) -> Response | None:
        if self._key is None:
            return None
        kept = await call_row(
            session, "claim_key", wanted_key=self._key, request=self._fingerprint, lease_seconds=lease_seconds
        )
        return None if kept[0] is None else _answer(kept[0], opened(kept[1], self._opens), headers)

    async def _keep(self, session: AsyncSession, body: str, status_code: int) -> None:
        if self._key is not None:
            if len(body) <= SEALED_AT_ONCE:
                kept_body = sealed(body, self._opens)
            else:
                kept_body = await asyncio.to_thread(sealed, body, self._opens)
            await call(session, "keep_answer", claimed_key=self._key, answer_status=status_code, answer=kept_body)

    async def __call__(
        self, session: AsyncSession, work: Awaitable[T], status_code: int = 201, headers: dict[str, str] | None = None
    ) -> T:
        """Answer with the result of `work` (a model, or None for 204), or with the answer of the first time.

        What comes back at run time is a Response, whatever the type says: a route returns it and FastAPI sends it as
        it is. The type is that of `work`, so that a route is annotated with the model that its answer holds.
        """
        return cast(T, await self._response(session, work, status_code, headers))

    async def _response(
        self, session: AsyncSession, work: Awaitable[Any], status_code: int, headers: dict[str, str] | None
    ) -> Response:
        try:
            answered = await self._claim(session, 0, headers)
        except BaseException:
            _leave(work)
            raise
        if answered is not None:
            _leave(work)
            return answered
        outcome = await work
        body = "" if outcome is None else to_json(jsonable_encoder(outcome)).decode()
        await self._keep(session, body, status_code)
        return _answer(status_code, body, headers)


def sealed(text: str, request_fingerprint: bytes) -> str:
    """Seal what is kept of an answer; only together with the same request's fingerprint can it be opened."""
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(nonce + _seal(request_fingerprint).encrypt(nonce, text.encode(), None)).decode()


def opened(kept: str, request_fingerprint: bytes) -> str:
    """Open what `sealed` gave. Raises cryptography's InvalidTag for anything else."""
    raw = b64decode(kept)
    return _seal(request_fingerprint).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def _leave(work: Awaitable[Any]) -> None:
    """Close a coroutine that will not run, which Python would warn of."""
    if hasattr(work, "close"):
        work.close()


def _seal(request_fingerprint: bytes) -> AESGCM:
    return AESGCM(hmac.digest(settings().derived_key("idempotency-answers"), request_fingerprint, "sha256"))


def _answer(status: int, body: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, media_type="application/json" if body else None)


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="Your own name for this request; sent again, it happens once.",
    ),
]
"""Documents the key of a route that reads its request itself."""


async def _once(request: Request, idempotency_key: KeyHeader = None) -> Once:
    return Once(key_of(request), fingerprint(request, await request.body()))


OnceDep = Annotated[Once, Depends(_once)]

"""`Idempotency-Key`: a request sent again gets the answer of the first time, and nothing happens twice.

The key is claimed in the transaction that does the work, and the answer is kept in the same transaction: all of it
commits or nothing does. A second request with the same key waits at the claim for the first. A refusal undoes the
claim, because nothing has happened that would have to be remembered; the same request may then be tried again.

Requests hold passwords and names, answers hold tokens and names. What is kept of a request is a keyed hash, and what is
kept of an answer is a sealed text that only the same request opens. A dump of the database reveals neither, not even
together with our keys. (Two answers say nothing that the database does not hold anyway and are kept as they are, by the
acts that write them: a free reservation and a handover.)
"""

import asyncio
import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Awaitable
from hashlib import sha256
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from backend.database.sessions import call, call_row
from backend.problems.common import RequestInvalid
from backend.problems.problem import FieldError, Problem, language_of
from backend.problems.texts import field_text
from backend.settings import settings

T = TypeVar("T")

LONGEST_KEY = 255
NONCE_BYTES = 12
LEASE_SECONDS = 60
SEALED_AT_ONCE = 2**18  # characters; sealing more would keep other requests waiting


class IdempotencyMismatch(Problem):
    """Raised when an Idempotency-Key was used for another request before."""

    code, status = "idempotency.mismatch", 422


class IdempotencyInProgress(Problem):
    """Raised while the first request with this Idempotency-Key is still being answered."""

    code, status = "idempotency.in_progress", 409
    headers = {"Retry-After": "1"}  # noqa: RUF012  read-only, as Problem declares it


class IdempotencyKeyMissing(Problem):
    """Raised when a request that makes a reservation has no Idempotency-Key."""

    code, status = "idempotency.key_missing", 422


def key_of(request: Request) -> str | None:
    """Return a request's Idempotency-Key, None without one. Raises RequestInvalid if too long or unprintable."""
    key: str | None = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        message = field_text("idempotency_key", language_of(request.scope))
        raise RequestInvalid(
            errors=[FieldError(field="header.Idempotency-Key", code="idempotency_key", message=message)]
        )
    return key


def fingerprint(request: Request, body: bytes) -> bytes:
    """Return 32 bytes that tell one request from another."""
    return sha256(b"\0".join((request.method.encode(), request.scope["path"].encode(), body))).digest()


def request_hash(request: Request, body: bytes) -> bytes:
    """Return what the database keeps of a request: its fingerprint, keyed."""
    return _keyed(fingerprint(request, body))


def _keyed(plain: bytes) -> bytes:
    """Return a hash that nobody can compute without our key.

    From a plain hash in a dump, a name and a birthday, a password or a PIN could be found by trying.
    """
    return hmac.digest(settings().derived_key("idempotency"), plain, "sha256")


class Once:
    """Does the work of a request once per key: `return await once(session, actions.list_lot(…), 201)`.

    Work that does not fit into one transaction is claimed with `claim` and answered with `keep` or given up with
    `release`, each in a transaction of its own.
    """

    def __init__(self, key: str | None, request_fingerprint: bytes) -> None:
        self.key = key
        self.request_hash = _keyed(request_fingerprint)
        """The keyed hash by which the database recognises the request."""
        self.begun: UUID | None = None
        """After `claim`: the reservation that an earlier try made before its process died."""
        # This opens the answer and is not stored: whoever does not have the request cannot read the answer either.
        self._opens = request_fingerprint

    async def claim(self, session: AsyncSession) -> Response | None:
        """Claim the key for work that goes on after this transaction, or return the answer of the first time.

        If this process dies, the next request with the key takes over once the lease has run out (60 seconds).
        """
        return await self._claim(session, LEASE_SECONDS)

    async def answered(self, session: AsyncSession, headers: dict[str, str] | None = None) -> Response | None:
        """Return the answer of the first time, for a request that would now ask somebody else before its work.

        None if there is none yet; the key is not claimed then.
        """
        answer = await self._claim(session, 0, headers)
        if answer is None:
            await self.release(session)
        return answer

    async def keep(self, session: AsyncSession, outcome: Any, status_code: int) -> Response:
        """Return the answer to a claimed request, and keep it."""
        return await self.keep_json(session, to_json(jsonable_encoder(outcome)).decode(), status_code)

    async def keep_json(self, session: AsyncSession, body: str, status_code: int) -> Response:
        """Return an answer that is JSON already, and keep it; for JSON from the database and of some megabytes."""
        await self._keep(session, body, status_code)
        return _answer(status_code, body)

    async def hold(self, session: AsyncSession, made_reservation: UUID | None = None) -> None:
        """Begin the lease anew while the work goes on, and remember the reservation that it has made."""
        if self.key is not None:
            await call(
                session,
                "hold_key",
                claimed_key=self.key,
                lease_seconds=LEASE_SECONDS,
                made_reservation=made_reservation,
            )

    async def release(self, session: AsyncSession) -> None:
        """Release a claimed key, so that the same request can be tried again at once."""
        if self.key is not None:
            await call(session, "release_key", claimed_key=self.key)

    def sealed(self, answer: str) -> str:
        """Return an answer sealed, so that only the same request opens it."""
        return sealed(answer, self._opens)

    def opened(self, kept: str) -> str:
        """Return a kept answer that `sealed` made for this request."""
        return opened(kept, self._opens)

    async def _claim(
        self, session: AsyncSession, lease_seconds: int, headers: dict[str, str] | None = None
    ) -> Response | None:
        if self.key is None:
            return None
        kept = await call_row(
            session, "claim_key", wanted_key=self.key, request_hash=self.request_hash, lease_seconds=lease_seconds
        )
        status, body, self.begun = kept
        return None if status is None else _answer(status, self.opened(body), headers)

    async def _keep(self, session: AsyncSession, body: str, status_code: int) -> None:
        if self.key is not None:
            if len(body) <= SEALED_AT_ONCE:
                kept_body = self.sealed(body)
            else:
                kept_body = await asyncio.to_thread(self.sealed, body)
            await call(session, "keep_answer", claimed_key=self.key, answer_status=status_code, answer=kept_body)

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
    """Return an answer sealed; it can be opened only with the fingerprint of the same request."""
    nonce = os.urandom(NONCE_BYTES)
    return b64encode(nonce + _seal(request_fingerprint).encrypt(nonce, text.encode(), None)).decode()


def opened(kept: str, request_fingerprint: bytes) -> str:
    """Return what `sealed` sealed. Raises cryptography's InvalidTag for anything else."""
    raw = b64decode(kept)
    return _seal(request_fingerprint).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


def _leave(work: Awaitable[Any]) -> None:
    """Close a coroutine that will not run; Python would warn about it otherwise."""
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


async def required_once(request: Request) -> Once:
    """Return the `Once` of a request that must have a key. Raises IdempotencyKeyMissing, RequestInvalid."""
    if (key := key_of(request)) is None:
        raise IdempotencyKeyMissing
    return Once(key, fingerprint(request, await request.body()))


RequiredOnceDep = Annotated[Once, Depends(required_once)]

RequiredKeyHeader = Annotated[
    str, Header(max_length=LONGEST_KEY, description="Your own name for this request.", examples=["lunch-42"])
]
"""Documents the required key of a hot route."""

# For `openapi_extra` of an ordinary route with RequiredOnceDep: FastAPI would answer a missing header by itself.
DOCUMENTED_KEY: dict[str, Any] = {
    "parameters": [
        {
            "name": "idempotency-key",
            "in": "header",
            "required": True,
            "schema": {
                "type": "string",
                "maxLength": LONGEST_KEY,
                "description": "Your own name for this request.",
                "examples": ["lunch-42"],
                "title": "Idempotency-Key",
            },
            "description": "Your own name for this request.",
        }
    ]
}


async def _once(request: Request, idempotency_key: KeyHeader = None) -> Once:
    return Once(key_of(request), fingerprint(request, await request.body()))


OnceDep = Annotated[Once, Depends(_once)]

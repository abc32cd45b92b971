"""Verify Supabase Auth's access tokens with the keys that the project publishes (JWKS)."""

import asyncio
import time

import httpx2
import jwt
import structlog
from pydantic_core import from_json

from backend.identity.tokens import Claims, read_claims
from backend.problems.problem import Problem

JWKS_SECONDS = 30  # the least time between two fetches of the keys
JWKS_KEPT_SECONDS = 600  # how long fetched keys are used before they are fetched again
JWKS_TIMEOUT_SECONDS = 5
LARGEST_JWKS = 65_536

log = structlog.get_logger("ecopanier.identity")


class KeysUnavailable(Problem):
    """Raised when a token's key is unknown and the project's keys cannot be fetched. The token may be valid."""

    code, status = "auth.keys_unavailable", 503
    headers = {"Retry-After": str(JWKS_SECONDS)}  # noqa: RUF012  read-only, as Problem declares it


class SupabaseTokens:
    """Verifies access tokens of one Supabase project.

    project_url: without a trailing slash. shared_secret: the JWT secret, for projects that still sign with HS256.
    """

    def __init__(self, project_url: str, shared_secret: bytes | None = None) -> None:
        self._issuer = f"{project_url}/auth/v1"
        self._shared_secret = shared_secret
        self._keys: dict[str, jwt.PyJWK] = {}
        self._tried_at = self._fetched_at = float("-inf")
        self._failed = False
        self._fetching = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None
        self._client = httpx2.AsyncClient(timeout=JWKS_TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"})

    async def verify(self, token: str) -> Claims:
        """Return a token's claims after checking its signature, issuer, audience and times.

        Raises jwt.PyJWTError if it is not valid, KeysUnavailable if its key may exist but cannot be fetched.
        """
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._shared_secret is not None:
            return read_claims(token, self._shared_secret, ["HS256"], self._issuer)
        if algorithm not in ("RS256", "ES256"):
            raise jwt.InvalidAlgorithmError
        key = await self._key(str(header.get("kid")))
        # Each key has one algorithm; a token must not choose another.
        if key.algorithm_name != algorithm:
            raise jwt.InvalidAlgorithmError
        return read_claims(token, key.key, [algorithm], self._issuer)

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in self._keys:
            await self._fetch()
        elif time.monotonic() - self._fetched_at >= JWKS_KEPT_SECONDS and not self._fetching.locked():
            # A key may have been revoked, so fetch the keys again, in the background: requests use the known keys
            # until then.
            self._renewing = asyncio.create_task(self._fetch())
        try:
            return self._keys[key_id]
        except KeyError:
            if self._failed:
                raise KeysUnavailable from None
            raise jwt.InvalidKeyError("no such key") from None

    async def _fetch(self) -> None:
        # One fetch at a time. Requests that arrive meanwhile wait for its result instead of being refused.
        async with self._fetching:
            # An unknown key id may be a new key or a guess. Guesses must not make us fetch the keys all the time.
            if time.monotonic() - self._tried_at < JWKS_SECONDS:
                return
            self._tried_at = time.monotonic()
            self._failed = True
            try:
                async with asyncio.timeout(JWKS_TIMEOUT_SECONDS):
                    self._keys = await self._read()
            except (httpx2.HTTPError, TimeoutError, jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
                # The other side may send anything. The keys that we have remain in use.
                log.warning("jwks.fetch_failed", error=type(error).__name__)
                return
            self._failed = False
            self._fetched_at = time.monotonic()

    async def _read(self) -> dict[str, jwt.PyJWK]:
        read = bytearray()
        async with self._client.stream("GET", f"{self._issuer}/.well-known/jwks.json") as answer:
            answer.raise_for_status()
            async for part in answer.aiter_raw():
                read += part
                if len(read) > LARGEST_JWKS:
                    raise ValueError("too large for a key set")
        return {
            str(key.key_id): key
            for key in jwt.PyJWKSet.from_dict(from_json(read)).keys
            if key.key_type in ("RSA", "EC") and key.public_key_use in (None, "sig")
        }

    async def close(self) -> None:
        """Close the connections to the project."""
        if self._renewing is not None:
            self._renewing.cancel()
        await self._client.aclose()

"""Access tokens of Supabase Auth, verified by the keys that the project publishes."""

import asyncio
import time

import httpx2
import jwt
import structlog
from pydantic_core import from_json

from backend.identity.tokens import Claims, read_claims
from backend.problems.problem import Problem

JWKS_SECONDS = 30  # between two tries to fetch the keys
JWKS_KEPT_SECONDS = 600  # until known keys are looked at anew
JWKS_TIMEOUT_SECONDS = 5
LARGEST_JWKS = 65_536

log = structlog.get_logger("ecopanier.identity")


class KeysUnavailable(Problem):
    """The keys that tokens are verified with cannot be fetched at the moment; your token may well be good."""

    code, status = "auth.keys_unavailable", 503
    headers = {"Retry-After": str(JWKS_SECONDS)}  # noqa: RUF012  read-only, as Problem declares it


class SupabaseTokens:
    """Access tokens of Supabase Auth."""

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
        """Check signature, issuer, audience and time.

        Raises jwt.PyJWTError, and KeysUnavailable when the key may exist but cannot be had.
        """
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._shared_secret is not None:
            return read_claims(token, self._shared_secret, ["HS256"], self._issuer)
        if algorithm not in ("RS256", "ES256"):
            raise jwt.InvalidAlgorithmError
        key = await self._key(str(header.get("kid")))
        # A key is for one algorithm; the token does not choose.
        if key.algorithm_name != algorithm:
            raise jwt.InvalidAlgorithmError
        return read_claims(token, key.key, [algorithm], self._issuer)

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in self._keys:
            await self._fetch()
        elif time.monotonic() - self._fetched_at >= JWKS_KEPT_SECONDS and not self._fetching.locked():
            # A key may have been taken back. Nobody waits for the answer: what we have is good enough until then.
            self._renewing = asyncio.create_task(self._fetch())
        try:
            return self._keys[key_id]
        except KeyError:
            if self._failed:
                raise KeysUnavailable from None
            raise jwt.InvalidKeyError("no such key") from None

    async def _fetch(self) -> None:
        # One at a time, and who comes meanwhile waits for its outcome instead of being refused.
        async with self._fetching:
            # An unknown kid may be a new key or a guess: guesses must not make us fetch all day.
            if time.monotonic() - self._tried_at < JWKS_SECONDS:
                return
            self._tried_at = time.monotonic()
            self._failed = True
            try:
                async with asyncio.timeout(JWKS_TIMEOUT_SECONDS):
                    self._keys = await self._read()
            except (httpx2.HTTPError, TimeoutError, jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
                # Whatever the other side sends; the keys that we have stay.
                log.warning("jwks.unavailable", reason=type(error).__name__)
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

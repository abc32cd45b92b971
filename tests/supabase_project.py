"""The parts of a Supabase project that an API sees: its JWKS over HTTP, and the access tokens that it signs."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.listener import Listener, Received, reply

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
SHARED_SECRET = "a legacy secret that projects once had, 32 bytes"

# Generated once, because an RSA key takes a second.
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def jwk(key: Key, key_id: str, **others: str) -> dict[str, Any]:
    """Return the public part of a key as Supabase publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        algorithm = "RS256"
    else:
        public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        algorithm = "ES256"
    return {**public, "kid": key_id, "use": "sig", "alg": algorithm, **others}


class _Slow(Listener):
    """Waits `seconds` before it reads a request; stops waiting when the test ends."""

    seconds = 0.0

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        return await super().__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await super().__aexit__(kind, error, trace)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await self._over.wait()
        await super()._serve(reader, writer)


class SupabaseProject:
    """Serves a project's keys: `async with SupabaseProject() as project`. Set `keys`, or `answer` to misbehave."""

    def __init__(self) -> None:
        self.keys = [jwk(RSA_KEY, "rsa"), jwk(EC_KEY, "ec")]
        self.answer: Callable[[], bytes] = lambda: reply(200, json.dumps({"keys": self.keys}).encode())
        self._listener = _Slow(self._answers)

    async def __aenter__(self) -> Self:
        await self._listener.__aenter__()
        self.url = self._listener.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._listener.__aexit__(kind, error, trace)

    def delays_answers(self, seconds: float) -> None:
        """Delay each answer by this many seconds from now on."""
        self._listener.seconds = seconds

    @property
    def fetched(self) -> int:
        """The number of times that the keys were fetched."""
        return len(self._listener.received)

    def _answers(self, received: Received) -> bytes:
        assert (received.method, received.path) == ("GET", "/auth/v1/.well-known/jwks.json")
        return self.answer()

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Return claims as Supabase writes them; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": f"{self.url}/auth/v1",
            "sub": str(uuid4()),
            "aud": "authenticated",
            "exp": now + 3600,
            "iat": now,
            "email": "amina@example.org",
            "phone": "",
            "app_metadata": {"provider": "email"},
            "user_metadata": {"email_verified": True},
            "role": "authenticated",
            "aal": "aal1",
            "session_id": str(uuid4()),
            "is_anonymous": False,
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: Key | str = EC_KEY, key_id: str | None = "ec", **changed: Any) -> str:
        """Return a token signed with this key: RS256 or ES256 by the key's type, HS256 when the key is a string."""
        algorithm = "HS256" if isinstance(key, str) else "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(**changed), key, algorithm, headers={"kid": key_id} if key_id else None)

"""Access tokens of API clients. Their own key and audience keep them from being taken for a person's."""

import time
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.identity.tokens import LEEWAY_SECONDS

CLIENT_TOKEN_SECONDS = 15 * 60
CLIENT_AUDIENCE = "ecopanier-api-clients"


@dataclass(frozen=True)
class ClientClaims:
    """The claims of an API client's token: the client, the secret that it was given for, and the scopes."""

    client: UUID
    secret: UUID
    scopes: frozenset[str]


class ClientTokens:
    """Signs and verifies the tokens of API clients."""

    def __init__(self, seed: bytes, issuer: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key()
        self._key_id = blake2b(self._public.public_bytes(Encoding.Raw, PublicFormat.Raw), digest_size=8).hexdigest()
        self._issuer = issuer

    def issue(self, client: UUID, secret: UUID, scopes: list[str]) -> str:
        """Return a signed token, valid for CLIENT_TOKEN_SECONDS."""
        issued = int(time.time())
        claims = {
            "sub": str(client),
            "secret": str(secret),
            "scope": " ".join(scopes),
            "iss": self._issuer,
            "aud": CLIENT_AUDIENCE,
            "iat": issued,
            "exp": issued + CLIENT_TOKEN_SECONDS,
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})

    def claims(self, token: str) -> ClientClaims | None:
        """Return the claims of a valid token of ours; None for anything else."""
        try:
            if jwt.get_unverified_header(token).get("kid") != self._key_id:
                return None
            claims = jwt.decode(
                token,
                self._public,
                ["EdDSA"],
                audience=CLIENT_AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud", "iss", "secret", "scope"]},
            )
            return ClientClaims(UUID(claims["sub"]), UUID(claims["secret"]), frozenset(str(claims["scope"]).split()))
        except (jwt.PyJWTError, ValueError):
            return None

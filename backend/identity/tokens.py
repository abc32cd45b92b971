"""Access tokens that EcoPanier signs itself, and what any verified token says."""

import time
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCESS_TOKEN_SECONDS = 15 * 60
LEEWAY_SECONDS = 5
AUDIENCE = "authenticated"  # Supabase's word for a request on behalf of somebody


class Role(StrEnum):
    """What an account may be; exactly one of six."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    BENEFICIARY = "beneficiary"
    COLLECTOR = "collector"
    ASSOCIATION = "association"
    ADMIN = "admin"


@dataclass(frozen=True)
class Claims:
    """What a verified token says: whose it is, until when (seconds since 1970), and the address Supabase verified.

    session: the sign-in that a token of ours came from. kiosk: whether that was at a kiosk.
    """

    account_id: UUID
    expires_at: float
    email: str | None = None
    session: UUID | None = None
    kiosk: bool = False

    @property
    def kiosk_session(self) -> UUID | None:
        """The session, for a token that was given at a kiosk."""
        return self.session if self.kiosk else None


class OwnTokens:
    """Access tokens that EcoPanier signs and verifies itself."""

    def __init__(self, seed: bytes, issuer: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key()
        self._key_id = blake2b(public.public_bytes(Encoding.Raw, PublicFormat.Raw), digest_size=8).hexdigest()
        self._public = public
        self._issuer = issuer

    def issue(self, account_id: UUID, session_id: UUID, kiosk_seconds: int | None = None) -> str:
        """Sign an access token for ACCESS_TOKEN_SECONDS, or one of a kiosk for as many as are given."""
        issued = int(time.time())
        claims = {
            "sub": str(account_id),
            "sid": str(session_id),
            "iss": self._issuer,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + (ACCESS_TOKEN_SECONDS if kiosk_seconds is None else kiosk_seconds),
        }
        if kiosk_seconds is not None:
            claims["kiosk"] = True
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})

    def jwks(self) -> dict[str, Any]:
        """Give the public key as a JWK Set (RFC 7517), for `/.well-known/jwks.json`."""
        key = jwt.algorithms.OKPAlgorithm.to_jwk(self._public, as_dict=True)
        return {"keys": [{**key, "kid": self._key_id, "use": "sig", "alg": "EdDSA"}]}

    async def verify(self, token: str) -> Claims:
        """Check signature, issuer, audience and time. Raises jwt.PyJWTError."""
        return read_claims(token, self._public, ["EdDSA"], self._issuer)


def read_claims(token: str, key: Any, algorithms: list[str], issuer: str) -> Claims:
    claims = jwt.decode(
        token,
        key,
        algorithms=algorithms,
        audience=AUDIENCE,
        issuer=issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "sub", "aud", "iss"]},
    )
    email = claims.get("email")  # "" for who signed up by telephone
    try:
        return Claims(
            UUID(claims["sub"]),
            float(claims["exp"]),
            email if isinstance(email, str) and email else None,
            UUID(claims["sid"]) if "sid" in claims and algorithms == ["EdDSA"] else None,
            claims.get("kiosk") is True,
        )
    except ValueError as error:
        raise jwt.InvalidTokenError from error

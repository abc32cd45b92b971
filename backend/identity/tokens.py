"""Access tokens that EcoPanier signs itself, and the claims of verified tokens."""

import time
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Literal
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCESS_TOKEN_SECONDS = 15 * 60
LEEWAY_SECONDS = 5
AUDIENCE = "authenticated"  # Supabase's audience for signed-in people


class Role(StrEnum):
    """The role of an account, which has exactly one."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    BENEFICIARY = "beneficiary"
    COLLECTOR = "collector"
    ASSOCIATION = "association"
    ADMIN = "admin"


MemberRole = Literal["owner", "staff", "reader"]
"""A member's role at a shop, an association or an organisation. Each may do what those after it may."""


@dataclass(frozen=True)
class Claims:
    """The claims of a verified token.

    expires_at: in seconds since 1970. email: the address that Supabase verified; None in our own tokens. session: the
    sign-in that our own token belongs to; None in Supabase's. kiosk: whether that sign-in was at a kiosk. assurance:
    Supabase's `aal`, `aal2` after a second factor; None in our own tokens, whose session's row says it.
    """

    account_id: UUID
    expires_at: float
    email: str | None = None
    session: UUID | None = None
    kiosk: bool = False
    assurance: str | None = None

    @property
    def kiosk_session(self) -> UUID | None:
        """The session, if the token was issued at a kiosk; otherwise None."""
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
        """Return a signed access token, valid for `kiosk_seconds` at a kiosk, otherwise for ACCESS_TOKEN_SECONDS."""
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
        """Return the public key as a JWK Set (RFC 7517), for `/.well-known/jwks.json`."""
        key = jwt.algorithms.OKPAlgorithm.to_jwk(self._public, as_dict=True)
        return {"keys": [{**key, "kid": self._key_id, "use": "sig", "alg": "EdDSA"}]}

    async def verify(self, token: str) -> Claims:
        """Return a token's claims after checking its signature, issuer, audience and times. Raises jwt.PyJWTError."""
        return read_claims(token, self._public, ["EdDSA"], self._issuer)


def read_claims(token: str, key: Any, algorithms: list[str], issuer: str) -> Claims:
    """Return a token's claims after checking it with `key`. Raises jwt.PyJWTError."""
    claims = jwt.decode(
        token,
        key,
        algorithms=algorithms,
        audience=AUDIENCE,
        issuer=issuer,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "sub", "aud", "iss"]},
    )
    ours = algorithms == ["EdDSA"]
    assurance = None if ours else claims.get("aal")
    email = claims.get("email")  # Supabase sends "" for people who signed up by telephone
    try:
        return Claims(
            UUID(claims["sub"]),
            float(claims["exp"]),
            email if isinstance(email, str) and email else None,
            UUID(claims["sid"]) if "sid" in claims and ours else None,
            claims.get("kiosk") is True,
            assurance if isinstance(assurance, str) else None,
        )
    except ValueError as error:
        raise jwt.InvalidTokenError from error

"""Bearer token → whose it is. The token says who; what they may do, the database says.

Tokens are our own (EdDSA, signed with a key derived from the secret key) or those of Supabase Auth (RS256 or ES256
by its JWKS, HS256 by a shared secret for projects that still use one), by settings. A verified token is remembered
until it expires, because checking a signature costs more than everything else on a hot path.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx2
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic_core import from_json

from backend.common_facts import NotAtKiosk, NotSignedIn
from backend.errors import Fact
from backend.settings import Settings

ACCESS_TOKEN_SECONDS = 15 * 60
LEEWAY_SECONDS = 5
AUDIENCE = "authenticated"  # Supabase's word for a request on behalf of somebody
MOST_REMEMBERED = 20_000
JWKS_SECONDS = 30  # between two tries to fetch the keys
JWKS_KEPT_SECONDS = 600  # until known keys are looked at anew
JWKS_TIMEOUT_SECONDS = 5
LARGEST_JWKS = 65_536
LONGEST_TOKEN = 8_192
_ADMITTED = "ecopanier.kiosk"

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_AT_KIOSKS: set[Callable[..., Any]] = set()

log = structlog.get_logger("ecopanier.identity")


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
        return _claims(token, self._public, ["EdDSA"], self._issuer)


class KeysUnavailable(Fact):
    """The keys that tokens are verified with cannot be fetched at the moment; your token may well be good."""

    code, status = "auth.keys_unavailable", 503
    headers = {"Retry-After": str(JWKS_SECONDS)}  # noqa: RUF012  read-only, as Fact declares it


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
            return _claims(token, self._shared_secret, ["HS256"], self._issuer)
        if algorithm not in ("RS256", "ES256"):
            raise jwt.InvalidAlgorithmError
        key = await self._key(str(header.get("kid")))
        # A key is for one algorithm; the token does not choose.
        if key.algorithm_name != algorithm:
            raise jwt.InvalidAlgorithmError
        return _claims(token, key.key, [algorithm], self._issuer)

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


def _claims(token: str, key: Any, algorithms: list[str], issuer: str) -> Claims:
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


class Identities:
    """Verifies bearer tokens and remembers those that were good, by their hash, until they expire."""

    def __init__(self, tokens: OwnTokens | SupabaseTokens) -> None:
        self.tokens = tokens
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    async def claims(self, token: str) -> Claims:
        """Say what a token says. Raises NotSignedIn for anything that is not a good token now."""
        if len(token) > LONGEST_TOKEN:
            raise NotSignedIn
        seal = blake2b(token.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._known.get(seal)
        if known is None:
            try:
                known = await self.tokens.verify(token)
            except (jwt.PyJWTError, ValueError):
                raise NotSignedIn from None
            self._known[seal] = known
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        elif known.expires_at <= time.time():
            del self._known[seal]
            raise NotSignedIn
        return known

    async def close(self) -> None:
        """Close what verifying needed."""
        if isinstance(self.tokens, SupabaseTokens):
            await self.tokens.close()


def identities(settings: Settings) -> Identities:
    """Make what the settings ask for: own tokens or Supabase's."""
    if settings.auth == "supabase" and settings.supabase_url is not None:
        secret = settings.supabase_jwt_secret
        return Identities(
            SupabaseTokens(settings.supabase_url, secret.get_secret_value().encode() if secret is not None else None)
        )
    return Identities(OwnTokens(settings.derived_key("access-tokens"), settings.public_url))


async def claims_of(request: Request) -> Claims | None:
    """Give the claims of a request's bearer token, None without one. Raises NotSignedIn for a bad one."""
    header: str | None = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    kept: Identities = request.app.state.identities
    claims = await kept.claims(token.strip())
    if claims.kiosk_session is not None:
        await _admit_at_kiosk(request, claims.kiosk_session)
    return claims


def also_at_kiosks(endpoint: Endpoint) -> Endpoint:
    """Let a route be asked from a kiosk: a tablet that strangers share. A route that does not say so refuses it.

    Stands under the route's decorator.
    """
    _AT_KIOSKS.add(endpoint)
    return endpoint


async def _admit_at_kiosk(request: Request, session_id: UUID) -> None:
    """Raise NotAtKiosk where this is to be done elsewhere, NotSignedIn when the session has ended.

    At a tablet a token must not outlive its session, so that is looked up each time; other tokens cost no look-up.
    """
    if request.scope.get(_ADMITTED) == session_id:
        return
    route = request.scope.get("route")
    if (route.endpoint if route is not None else request.scope.get("endpoint")) not in _AT_KIOSKS:
        raise NotAtKiosk
    if not await request.app.state.database.acts.value("kiosk_session_stands", session_id):
        raise NotSignedIn
    request.scope[_ADMITTED] = session_id


async def at_kiosk(request: Request) -> bool:
    """Say whether a request comes from a kiosk. Raises as `claims_of`."""
    claims = await claims_of(request)
    return claims is not None and claims.kiosk_session is not None


async def caller_or_nobody(request: Request) -> UUID | None:
    """Give the caller's account id, None for nobody. Raises NotSignedIn for a bad token."""
    claims = await claims_of(request)
    return claims.account_id if claims is not None else None


async def caller(request: Request) -> UUID:
    """Give the caller's account id. Raises NotSignedIn."""
    account_id = await caller_or_nobody(request)
    if account_id is None:
        raise NotSignedIn
    return account_id


# Only so that the documentation shows how to sign in; `caller` does the work.
documented_sign_in = OAuth2PasswordBearer(tokenUrl="/v1/auth/token", scheme_name="bearer", auto_error=False)
SIGN_IN_OPTIONAL: dict[str, Any] = {"security": [{"bearer": []}, {}]}
"""For `openapi_extra=` of a route that anyone may ask, and some are told more."""

Caller = Annotated[UUID, Depends(caller)]
AtKiosk = Annotated[bool, Depends(at_kiosk)]
CallerOrNobody = Annotated[UUID | None, Depends(caller_or_nobody)]

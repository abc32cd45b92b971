"""Identify the caller by their bearer token. The token only says who they are; the database decides what they may do.

Depending on the settings, tokens are our own (EdDSA, with a key derived from the secret key) or Supabase Auth's (RS256
or ES256, verified with its JWKS, or HS256 with a shared secret for projects that still use one). A verified token is
cached until it expires, because verifying a signature costs more than everything else on a hot route.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from hashlib import blake2b, sha256
from typing import Annotated, Any, TypeVar
from uuid import UUID

import jwt
from fastapi import Depends, Request
from fastapi.security import OAuth2, OAuth2PasswordBearer

from backend.identity.client_tokens import ClientClaims, ClientTokens
from backend.identity.supabase_tokens import SupabaseTokens
from backend.identity.tokens import Claims, OwnTokens
from backend.problems.common import NotAllowed, NotAtKiosk, NotAtStation, NotForClients, NotSignedIn
from backend.settings import Settings

MOST_REMEMBERED = 20_000
LONGEST_TOKEN = 8_192
_ADMITTED = "ecopanier.kiosk"
STATION_TOKEN = "station_"  # noqa: S105  only how they begin
"""How the tokens of pickup stations begin. They are opaque, so they cannot be mistaken for people's tokens."""

signed_in: ContextVar[Claims | None] = ContextVar("signed_in", default=None)
"""The claims of the present request, for sessions that take on their caller's identity. Jobs have none."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_AT_KIOSKS: set[Callable[..., Any]] = set()


class Identities:
    """Verifies bearer tokens, and caches valid ones by their hash until they expire."""

    def __init__(self, tokens: OwnTokens | SupabaseTokens, client_tokens: ClientTokens) -> None:
        self.tokens = tokens
        self.client_tokens = client_tokens
        self._known: OrderedDict[bytes, Claims] = OrderedDict()

    async def claims(self, token: str) -> Claims:
        """Return a token's claims.

        Raises NotSignedIn if the token is not valid or has expired, NotForClients for a valid one of an API client.
        """
        if len(token) > LONGEST_TOKEN:
            raise NotSignedIn
        seal = blake2b(token.encode("utf-8", "replace"), digest_size=16).digest()
        known = self._known.get(seal)
        if known is None:
            if self.client_tokens.claims(token) is not None:
                raise NotForClients
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
        """Close the connections that verifying needs, if any."""
        if isinstance(self.tokens, SupabaseTokens):
            await self.tokens.close()


def identities(settings: Settings) -> Identities:
    """Return the verifier that the settings name: of our own tokens or of Supabase's."""
    client_tokens = ClientTokens(settings.derived_key("client-tokens"), settings.public_url)
    if settings.auth == "supabase" and settings.supabase_url is not None:
        secret = settings.supabase_jwt_secret
        return Identities(
            SupabaseTokens(settings.supabase_url, secret.get_secret_value().encode() if secret is not None else None),
            client_tokens,
        )
    return Identities(OwnTokens(settings.derived_key("access-tokens"), settings.public_url), client_tokens)


async def claims_of(request: Request) -> Claims | None:
    """Return the claims of a request's bearer token; None without one.

    Raises NotSignedIn for a bad token, NotAtKiosk for a kiosk's token on a route that kiosks may not use, NotAtStation
    for a station's token: a station is no person. The two routes that take one ask `station_of` first.
    NotForClients for an API client's token: routes that take one ask `client_of` first.
    """
    signed_in.set(None)
    token = _bearer(request)
    if token is None:
        return None
    if token.startswith(STATION_TOKEN):
        raise NotAtStation
    kept: Identities = request.app.state.identities
    claims = await kept.claims(token)
    if claims.kiosk_session is not None:
        await _admit_at_kiosk(request, claims.kiosk_session)
    signed_in.set(claims)
    return claims


def _bearer(request: Request) -> str | None:
    header: str | None = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    return token.strip()


def station_of(request: Request) -> bytes | None:
    """Return the SHA-256 of the station's token in a request; None if there is no token or a person's.

    Only acts can tell whether there is such a station. Raises NotSignedIn for a bad header.
    """
    token = _bearer(request)
    if token is None or not token.startswith(STATION_TOKEN):
        return None
    if len(token) > LONGEST_TOKEN:
        raise NotSignedIn
    return sha256(token.encode("utf-8", "replace")).digest()


async def calling_station(request: Request) -> bytes:
    """Return what `station_of` returns. Raises NotSignedIn without a token, NotAllowed for a person's."""
    station = station_of(request)
    if station is None:
        await caller(request)
        raise NotAllowed
    return station


def client_of(request: Request) -> ClientClaims | None:
    """Return the claims of the API client's token in a request; None without a token, or with one of anything else.

    Only the database can tell whether the client still works. Raises NotSignedIn for a bad header.
    """
    token = _bearer(request)
    if token is None or len(token) > LONGEST_TOKEN:
        return None
    kept: Identities = request.app.state.identities
    return kept.client_tokens.claims(token)


def also_at_kiosks(endpoint: Endpoint) -> Endpoint:
    """Allow a route for sign-ins at a kiosk, a tablet that strangers share. Other routes refuse these with NotAtKiosk.

    Place this decorator below the route's.
    """
    _AT_KIOSKS.add(endpoint)
    return endpoint


async def _admit_at_kiosk(request: Request, session_id: UUID) -> None:
    """Raise NotAtKiosk if the route is not allowed at kiosks, NotSignedIn if the kiosk session has ended.

    On a shared tablet a token must not outlive its session, so each request looks the session up. Other tokens need no
    such look-up.
    """
    if request.scope.get(_ADMITTED) == session_id:
        return
    route = request.scope.get("route")
    if (route.endpoint if route is not None else request.scope.get("endpoint")) not in _AT_KIOSKS:
        raise NotAtKiosk
    if not await request.app.state.database.acts.value("kiosk_session_stands", session=session_id):
        raise NotSignedIn
    request.scope[_ADMITTED] = session_id


async def at_kiosk(request: Request) -> bool:
    """Return whether a request comes from a kiosk. Raises what `claims_of` raises."""
    claims = await claims_of(request)
    return claims is not None and claims.kiosk_session is not None


async def caller_or_nobody(request: Request) -> UUID | None:
    """Return the caller's account id; None without a token. Raises what `claims_of` raises."""
    claims = await claims_of(request)
    return claims.account_id if claims is not None else None


async def caller(request: Request) -> UUID:
    """Return the caller's account id. Raises NotSignedIn without a token, and what `claims_of` raises."""
    account_id = await caller_or_nobody(request)
    if account_id is None:
        raise NotSignedIn
    return account_id


# Only makes the OpenAPI description show how to sign in; `caller` does the work.
documented_sign_in = OAuth2PasswordBearer(tokenUrl="/v1/auth/token", scheme_name="bearer", auto_error=False)
CLIENTS_SCHEME = "clientCredentials"
SCOPES = {
    "figures:read": "Read the figures of the client's territory.",
    "beneficiaries:enrol": "Enrol people for associations that have mandated the client.",
    "funds:read": "Read the funds of the client's organisation.",
    "webhooks": "Keep webhook endpoints and be told of events.",
}
documented_client = OAuth2(
    flows={"clientCredentials": {"tokenUrl": "/v1/oauth/token", "scopes": SCOPES}},
    scheme_name=CLIENTS_SCHEME,
    auto_error=False,
)
SIGN_IN_OPTIONAL: dict[str, Any] = {"security": [{"bearer": []}, {}]}
"""For `openapi_extra=` of a route that anyone may call, with more in the answer for some callers."""

Caller = Annotated[UUID, Depends(caller)]
CallingStation = Annotated[bytes, Depends(calling_station)]
AtKiosk = Annotated[bool, Depends(at_kiosk)]
CallerOrNobody = Annotated[UUID | None, Depends(caller_or_nobody)]

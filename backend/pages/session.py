"""The session of a browser: an opaque id in a cookie, and the tokens that the pages call the API with.

The id has 256 bits; Postgres holds its hash beside the sealed tokens. It opens pages only: `/v1` knows nothing of it.
"""

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from backend.http.rate_limits import client_address
from backend.identity.supabase_auth import AuthRefused, SignInUnavailable, SupabaseAuth, Tokens
from backend.pages.client import Api, Refused
from backend.settings import settings

LASTS = timedelta(days=30)  # as long as a refresh token
REFRESH_WITHIN_SECONDS = 60
NONCE_BYTES = 12
UNSENT = "unsent"
"""The entry of `tokens` with a form that was sent without a session. It goes when the form is sent again."""

Kind = Literal["person", "kiosk", "station"]


@dataclass(frozen=True)
class Unsent:
    """A form that was sent without a session. path: where it goes; fields: names and values, in their order."""

    path: str
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, repr=False)
class PageSession:
    """The session of one browser. For a device that is no person, `role` and `account_id` are None.

    tokens: `access_token`, `refresh_token` and `expires_at` (seconds since 1970) of a person, or a device's secret.
    associations: where an active account works: `id`, `name`, `role`, `status` and `time_zone` of each.
    organisations: the same of organisations: `id`, `name`, `role`, `kind`, `territory` and `territory_name` of each.
    """

    id_hash: bytes
    kind: Kind
    tokens: Mapping[str, Any]
    ends_at: datetime
    account_id: UUID | None = None
    role: str | None = None
    name: str = ""
    locale: str = "fr"
    works_for_shop: bool = False
    works_for_association: bool = False
    unread: int = 0
    associations: Sequence[Mapping[str, str]] = ()
    organisations: Sequence[Mapping[str, str]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unsent(self) -> Unsent | None:
        """The form with which somebody came to sign in; None without one."""
        held = self.tokens.get(UNSENT)
        return Unsent(held["path"], [(name, value) for name, value in held["fields"]]) if held else None


def cookie_name(kind: Kind) -> str:
    """Return the name of a cookie. With `__Host-` a browser only takes it over https, for this host and every path."""
    name = {"person": "session", "kiosk": "kiosk", "station": "station"}[kind]
    return f"__Host-{name}" if is_secure() else name


async def find_session(request: Request, language: str, kind: Kind = "person") -> PageSession | None:
    """Return the session that the request's cookie names, with tokens that are valid for a while; None if it ended."""
    cookie = request.cookies.get(cookie_name(kind))
    if not cookie or len(cookie) > 100:
        return None
    id_hash = _hash(cookie)
    found: asyncpg.Record = await request.app.state.database.acts.row("find_page_session", held=id_hash)
    if found is None or found["kind"] != kind:
        return None
    tokens = _opened(id_hash, found["sealed"])
    if tokens is None:
        return None
    session = PageSession(
        id_hash,
        kind,
        tokens,
        found["ends_at"],
        found["account_id"],
        found["role"],
        found["display_name"] or "",
        found["locale"] or "fr",
        found["works_for_shop"],
        found["works_for_association"],
        found["unread"],
        tuple(json.loads(found["associations"] or b"[]")),
        tuple(json.loads(found["organisations"] or b"[]")),
    )
    if kind == "person" and tokens["expires_at"] - time.time() < REFRESH_WITHIN_SECONDS:
        return await _refreshed(request, language, session)
    return session


async def begin_session(
    request: Request,
    answer: Response,
    tokens: Mapping[str, Any],
    lasts: timedelta = LASTS,
    *,
    registered: bool = True,
    unsent: Unsent | None = None,
) -> None:
    """Keep the tokens of a sign-in under a new id, and set the cookie. tokens: as `POST /v1/auth/token` answers.

    registered: False for somebody whom Supabase Auth signed in and who has no account with us yet.
    """
    claims = await request.app.state.identities.claims(tokens["access_token"])
    account = claims.account_id if registered else None
    kept = _kept(tokens)
    if unsent is not None:
        kept[UNSENT] = {"path": unsent.path, "fields": list(unsent.fields)}
    await _begin(request, answer, "person", kept, lasts, account, claims.session)


async def keep_tokens(request: Request, session: PageSession, tokens: Mapping[str, Any]) -> PageSession:
    """Keep new tokens of the same sign-in, and return the session with them."""
    kept, ends = _kept(tokens), datetime.now(UTC) + LASTS
    await request.app.state.database.acts.row(
        "renew_page_session", held=session.id_hash, sealed_tokens=_sealed(session.id_hash, kept), ends=ends
    )
    return replace(session, tokens=kept, ends_at=ends)


async def forget_unsent(request: Request, session: PageSession) -> PageSession:
    """Forget the form that was kept while somebody signed in, and return the session without it."""
    return await keep_secret(request, session, {name: held for name, held in session.tokens.items() if name != UNSENT})


async def begin_device(request: Request, answer: Response, kind: Kind, secret: Mapping[str, Any]) -> None:
    """Keep the secret of a device that was paired, for as long as a browser keeps a cookie (400 days)."""
    await _begin(request, answer, kind, secret, timedelta(days=400), None, None)


async def keep_secret(request: Request, session: PageSession, secret: Mapping[str, Any]) -> PageSession:
    """Keep other tokens in a session that ends as before, and return the session with them."""
    await request.app.state.database.acts.row(
        "renew_page_session",
        held=session.id_hash,
        sealed_tokens=_sealed(session.id_hash, secret),
        ends=session.ends_at,
    )
    return replace(session, tokens=secret)


async def end_session(request: Request, answer: Response, session: PageSession) -> None:
    """Sign out: end the session here and at the API, and tell the browser to forget what it keeps."""
    auth = supabase_of(request)
    if session.kind == "person" and auth is not None:
        # Without an answer from there, the refresh token still disappears with our row.
        with suppress(AuthRefused, SignInUnavailable):
            await auth.sign_out(session.tokens["access_token"])
    elif session.kind == "person":
        api = Api(request, session.locale, session.tokens["access_token"])
        await api.sends("POST", "/v1/auth/logout", {"refresh_token": session.tokens["refresh_token"]})
    await request.app.state.database.acts.row("end_page_session", held=session.id_hash)
    answer.delete_cookie(cookie_name(session.kind), path="/", secure=is_secure(), httponly=True, samesite="lax")
    forget_kept(request, answer)


def is_station(request: Request) -> bool:
    """Return whether the browser is that of a device that hands portions over."""
    return cookie_name("station") in request.cookies


def forget_kept(request: Request, answer: Response) -> None:
    """Tell the browser to forget what it keeps of whoever used it.

    A station's device keeps its storage, where pickups wait that it was shown without a network. It keeps no passes.
    """
    answer.headers["Clear-Site-Data"] = '"cache"' if is_station(request) else '"cache", "storage"'


async def _begin(
    request: Request,
    answer: Response,
    kind: Kind,
    tokens: Mapping[str, Any],
    lasts: timedelta,
    account: UUID | None,
    session: UUID | None,
) -> None:
    before = request.cookies.get(cookie_name(kind))
    if before:
        # Somebody else may have used this browser. Their session ends, and what the browser keeps of them goes.
        await request.app.state.database.acts.row("end_page_session", held=_hash(before))
        forget_kept(request, answer)
    cookie = os.urandom(32).hex()
    id_hash = _hash(cookie)
    await request.app.state.database.acts.row(
        "open_page_session",
        new_id_hash=id_hash,
        new_kind=kind,
        account=account,
        session=session,
        sealed_tokens=_sealed(id_hash, tokens),
        ends=datetime.now(UTC) + lasts,
    )
    # Lax and not Strict: who comes back from Stripe's page is signed in.
    answer.set_cookie(
        cookie_name(kind),
        cookie,
        int(lasts.total_seconds()),
        path="/",
        secure=is_secure(),
        httponly=True,
        samesite="lax",
    )


async def _refreshed(request: Request, language: str, session: PageSession) -> PageSession | None:
    """Return the session with new tokens; None if the sign-in ended. Two tabs at once get the same tokens.

    Raises SignInUnavailable where Supabase Auth signs people in and cannot be reached.
    """
    spent = session.tokens["refresh_token"]
    auth = supabase_of(request)
    if auth is not None:
        try:
            renewed = await auth.refresh(spent, address_of(request))
        except AuthRefused as refusal:
            if refusal.status != 429:
                return None
        except SignInUnavailable:
            pass
        else:
            return await keep_tokens(request, session, told(renewed))
        if session.tokens["expires_at"] > time.time():
            return session
        raise SignInUnavailable
    key = sha256(b"refresh " + spent.encode()).hexdigest()
    try:
        tokens = await Api(request, language).post("/v1/auth/refresh", {"refresh_token": spent}, key=key)
    except Refused as refusal:
        if refusal.status >= 500:
            raise
        return None
    return await keep_tokens(request, session, tokens)


def _hash(cookie: str) -> bytes:
    return sha256(cookie.encode("utf-8", "replace")).digest()


def _kept(tokens: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
        "expires_at": time.time() + tokens["expires_in"],
    }


def _sealed(id_hash: bytes, tokens: Mapping[str, Any]) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _key().encrypt(nonce, json.dumps(tokens).encode(), id_hash)


def _opened(id_hash: bytes, sealed: bytes) -> dict[str, Any] | None:
    """Return the tokens of a session; None if another secret key sealed them."""
    try:
        tokens: dict[str, Any] = json.loads(_key().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], id_hash))
    except InvalidTag:
        return None
    return tokens


def told(tokens: Tokens) -> dict[str, Any]:
    """Return tokens of Supabase as our own API answers them."""
    return tokens.model_dump(include={"access_token", "refresh_token", "expires_in"})


def supabase_of(request: Request) -> SupabaseAuth | None:
    """Return the client of Supabase Auth where that signs people in; None where we do."""
    found: SupabaseAuth | None = request.app.state.supabase_auth
    return found


def address_of(request: Request) -> str:
    """Return the network address that Supabase Auth counts tries by."""
    return client_address(request.scope).partition("/")[0]


def hidden(purpose: str, facts: Mapping[str, Any], lasts: timedelta) -> str:
    """Return facts as text that a form can carry and only this program can read, for a while. purpose: of the form."""
    nonce, ends = os.urandom(NONCE_BYTES), time.time() + lasts.total_seconds()
    sealed = _key().encrypt(nonce, json.dumps({"ends": ends, **facts}).encode(), purpose.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def shown_again(purpose: str, carried: str) -> dict[str, Any] | None:
    """Return what `hidden` was given; None if somebody else wrote it or its time is over."""
    try:
        sealed = urlsafe_b64decode(carried.encode("ascii"))
        facts: dict[str, Any] = json.loads(_key().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()))
    except (InvalidTag, ValueError):
        return None
    return facts if facts.pop("ends") > time.time() else None


def _key() -> AESGCM:
    return AESGCM(settings().derived_key("page-sessions"))


def is_secure() -> bool:
    """Return whether browsers reach us over https, so that cookies can be bound to that."""
    return settings().public_url.startswith("https:")

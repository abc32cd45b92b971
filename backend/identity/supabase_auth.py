"""Supabase Auth over HTTP: sign people in, register them, renew and end their sessions, and keep a second factor.

Our pages call it on behalf of a browser, so that no token reaches the browser. Apps call Supabase themselves.
"""

import asyncio
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import quote

import httpx2
import structlog
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from backend.problems.problem import Problem
from backend.settings import Settings

SECONDS = 8.0
RETRY_SECONDS = 30
LARGEST_ANSWER = 262_144
API_VERSION = "2024-01-01"  # with it, the `code` of an error is its name and not its status

log = structlog.get_logger("ecopanier.identity")
Model = TypeVar("Model", bound=BaseModel)


class SignInUnavailable(Problem):
    """Raised when Supabase Auth cannot be reached, fails, or answers something else than its protocol."""

    code, status = "auth.unavailable", 503
    headers = {"Retry-After": str(RETRY_SECONDS)}  # noqa: RUF012  read-only, as Problem declares it


class AuthRefused(Exception):
    """Raised when Supabase Auth refuses. code: its name of the reason, such as `invalid_credentials`."""

    def __init__(self, status: int, code: str, retry_after: str | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Factor(BaseModel):
    """A second factor of somebody. Only a verified one is asked for."""

    id: str = Field(pattern="^[0-9A-Za-z-]{1,64}$")
    status: str
    factor_type: str = "totp"
    created_at: str | None = None

    @property
    def counts(self) -> bool:
        """Whether sign-ins have to pass it, and by a code."""
        return self.status == "verified" and self.factor_type == "totp"


class User(BaseModel):
    """Somebody with a sign-in at Supabase."""

    id: str
    email: str | None = None
    factors: list[Factor] | None = None

    @property
    def factor(self) -> Factor | None:
        """The second factor that sign-ins have to pass."""
        return next((one for one in self.factors or () if one.counts), None)


class Tokens(BaseModel):
    """The tokens of a session at Supabase. expires_in: seconds until the access token ends."""

    access_token: str = Field(min_length=1, max_length=16_384)
    refresh_token: str = Field(min_length=1, max_length=1_024)
    expires_in: Annotated[float, Field(gt=0, lt=10_000_000)]
    user: User


class NewFactor(BaseModel):
    """A factor that is being added. Its secret is shown once."""

    class Totp(BaseModel):
        """The values that an authenticator app needs."""

        secret: str = Field(pattern="^[A-Z2-7]{16,128}$")
        uri: str = Field(pattern="^otpauth://", max_length=1_000)

    id: str = Field(pattern="^[0-9A-Za-z-]{1,64}$")
    totp: Totp


class _Challenge(BaseModel):
    id: str


class SupabaseAuth:
    """Calls Supabase Auth of one project. Every call raises SignInUnavailable, and AuthRefused if it is refused.

    address: the caller's network address; Supabase counts tries by it if the project forwards addresses.
    """

    def __init__(self, url: str, key: str | None) -> None:
        self._url = f"{url}/auth/v1"
        self._key = key
        # Bodies are read up to a size, so they must not be compressed.
        self._client = httpx2.AsyncClient(
            timeout=SECONDS,
            trust_env=False,
            follow_redirects=False,
            headers={"Accept-Encoding": "identity", "X-Supabase-Api-Version": API_VERSION},
        )

    async def sign_in(self, email: str, password: str, address: str) -> Tokens:
        """Sign in with a password. Refused with `invalid_credentials`, `email_not_confirmed` and others."""
        body = {"email": email, "password": password}
        return _read(Tokens, await self._post("/token?grant_type=password", body, address=address))

    async def register(self, email: str, password: str, address: str) -> Tokens | None:
        """Register somebody; return their tokens, or None if they must confirm the address first.

        A known address gets the same answer as a new one, if the project confirms addresses.
        """
        body = {"email": email, "password": password}
        answer = await self._post("/signup", body, address=address)
        if isinstance(answer, dict) and "access_token" in answer:
            return _read(Tokens, answer)
        _read(User, answer)
        return None

    async def send_confirmation(self, email: str, address: str) -> None:
        """Mail another code to an address that is not confirmed yet."""
        await self._post("/resend", {"type": "signup", "email": email}, address=address)

    async def send_reset(self, email: str, address: str) -> None:
        """Mail a link for a new password, if somebody has this address."""
        await self._post("/recover", {"email": email}, address=address)

    async def confirm_code(self, email: str, code: str, address: str) -> Tokens:
        """Confirm an address by the code of a mail, and sign in. Refused with `otp_expired`."""
        body = {"type": "email", "email": email, "token": code}
        return _read(Tokens, await self._post("/verify", body, address=address))

    async def use_link(self, kind: Literal["email", "recovery", "email_change"], token: str, address: str) -> Tokens:
        """Spend the token of a mail's link, and sign in. Refused with `otp_expired`."""
        body = {"type": kind, "token_hash": token}
        return _read(Tokens, await self._post("/verify", body, address=address))

    async def refresh(self, refresh_token: str, address: str) -> Tokens:
        """Exchange a refresh token. Within ten seconds, Supabase gives two callers with one token the same answer."""
        body = {"refresh_token": refresh_token}
        return _read(Tokens, await self._post("/token?grant_type=refresh_token", body, address=address))

    async def sign_out(self, token: str, scope: Literal["local", "others", "global"] = "local") -> None:
        """End a session, the holder's other ones, or all."""
        await self._post(f"/logout?scope={scope}", None, token)

    async def user(self, token: str) -> User:
        """Return who a token belongs to."""
        return _read(User, await self._call("GET", "/user", None, token))

    async def change(self, token: str, *, address: str, **wanted: str) -> None:
        """Change the password or the e-mail address. Refused with `weak_password`, `same_password` and others."""
        await self._call("PUT", "/user", wanted, token, address)

    async def add_factor(self, token: str, name: str) -> NewFactor:
        """Begin to add a second factor, in place of ones that were begun and never verified."""
        for begun in (await self.user(token)).factors or ():
            if begun.status != "verified":
                await self.remove_factor(token, begun.id)
        body = {"factor_type": "totp", "friendly_name": name, "issuer": name}
        return _read(NewFactor, await self._post("/factors", body, token))

    async def pass_factor(self, token: str, factor: str, code: str, address: str) -> Tokens:
        """Pass a factor by its code: returns tokens that say so. Refused with `mfa_verification_failed`."""
        path = f"/factors/{quote(factor, safe='')}"
        challenge = _read(_Challenge, await self._post(f"{path}/challenge", {}, token, address))
        body = {"challenge_id": challenge.id, "code": code}
        return _read(Tokens, await self._post(f"{path}/verify", body, token, address))

    async def remove_factor(self, token: str, factor: str) -> None:
        """Remove a factor. A verified one needs a session that passed it."""
        await self._call("DELETE", f"/factors/{quote(factor, safe='')}", None, token)

    async def close(self) -> None:
        """Close the connections to the project."""
        await self._client.aclose()

    async def _post(self, path: str, body: Any, token: str | None = None, address: str | None = None) -> Any:
        return await self._call("POST", path, body, token, address)

    async def _call(
        self, method: str, path: str, body: Any, token: str | None = None, address: str | None = None
    ) -> Any:
        headers = {}
        if self._key is not None:
            headers["apikey"] = self._key
            # Otherwise Supabase would count everybody's tries as those of our server.
            if address is not None:
                headers["Sb-Forwarded-For"] = address
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._client.stream(method, self._url + path, json=body, headers=headers) as answer,
            ):
                content = bytearray()
                async for part in answer.aiter_raw():
                    content += part
                    if len(content) > LARGEST_ANSWER:
                        raise ValueError("too large an answer")
            found = from_json(bytes(content)) if content else None
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            log.warning("supabase_auth.failed", error=type(error).__name__)
            raise SignInUnavailable from None
        if answer.is_success:
            return found
        if answer.status_code >= 500 or answer.status_code < 400 or not isinstance(found, dict):
            log.warning("supabase_auth.failed", status=answer.status_code)
            raise SignInUnavailable
        code = found["code"] if isinstance(found.get("code"), str) else found.get("error_code")
        if not isinstance(code, str):
            # The gateway before Supabase Auth, which refuses a key that is missing or wrong.
            log.warning("supabase_auth.failed", status=answer.status_code)
            raise SignInUnavailable
        raise AuthRefused(answer.status_code, code, answer.headers.get("retry-after"))


def _read(kind: type[Model], answer: Any) -> Model:
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        log.warning("supabase_auth.failed", error=type(error).__name__)
        raise SignInUnavailable from None


def supabase_auth(settings: Settings) -> SupabaseAuth | None:
    """Return the client of the project that signs people in; None where we do that ourselves."""
    if settings.auth != "supabase" or settings.supabase_url is None:
        return None
    key = settings.supabase_secret_key
    return SupabaseAuth(settings.supabase_url, key.get_secret_value() if key is not None else None)

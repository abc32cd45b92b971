"""Register, sign in, refresh a session, and use the tokens that mails and enrolments contain."""

import hmac
import math
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import passwords
from backend.accounts.addresses import username
from backend.accounts.models import Account
from backend.accounts.problems import NameIsCode, SessionOver, TooManyTries, WrongCredentials
from backend.accounts.schemas import MeIn, RegisteredOut, RegistrationIn, RegistrationWithSupabaseIn, TokensOut
from backend.accounts.tokens import derived_token, new_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call, call_row
from backend.http.rate_limits import refusal_headers
from backend.identity.tokens import ACCESS_TOKEN_SECONDS, Claims, OwnTokens, Role
from backend.problems.common import RateLimited
from backend.problems.texts import Language
from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from backend.settings import settings

SESSION_DAYS = 30
# At most so many mails go to one address, whoever asks for them.
MOST_MAILS, MAIL_WINDOW_SECONDS = 5, 3600
# The limits of `app.begin_sign_in` for one name, repeated in the RateLimit headers.
MOST_TRIES, TRIES_WINDOW_SECONDS = 10, 900


async def register(
    session: AsyncSession, wanted: RegistrationIn, password_hash: str, language: Language
) -> RegisteredOut:
    """Register an account, or mail the person who already has one at that address; the answer is the same.

    Raises RateLimited when too many mails were asked for at this address.
    """
    locale = wanted.locale or language
    await _count_mail(session, wanted.email)
    account = await call_row(
        session,
        "register_account",
        wanted_role=wanted.role,
        wanted_email=wanted.email,
        new_password_hash=password_hash,
        wanted_name=wanted.display_name,
        wanted_locale=locale,
        terms=wanted.consents.terms,
        email_lookup=address_look_up(keyring(), wanted.email),
    )
    return _registered(account[0], account[1], wanted, wanted.email, locale, verified=False)


async def register_with_supabase(
    session: AsyncSession, wanted: RegistrationWithSupabaseIn, claims: Claims, language: Language
) -> RegisteredOut:
    """Register the account of somebody whom Supabase Auth has signed in.

    The database raises AlreadyRegistered, EmailTaken.
    """
    locale = wanted.locale or language
    account = await call_row(
        session,
        "register_account",
        wanted_role=wanted.role,
        wanted_email=claims.email,
        new_password_hash=None,
        wanted_name=wanted.display_name,
        wanted_locale=locale,
        terms=wanted.consents.terms,
        email_lookup=address_look_up(keyring(), claims.email) if claims.email is not None else None,
        known_as=claims.account_id,
    )
    return _registered(account[0], account[1], wanted, claims.email, locale, verified=True)


def _registered(
    account_id: UUID,
    created_at: datetime,
    wanted: RegistrationWithSupabaseIn,
    email: str | None,
    locale: Language,
    *,
    verified: bool,
) -> RegisteredOut:
    return RegisteredOut(
        id=account_id,
        role=wanted.role,
        email=email,
        email_verified=verified and email is not None,
        display_name=wanted.display_name,
        locale=locale,
        created_at=created_at,
    )


async def sign_in(acts: Acts, tokens: OwnTokens, written: str, password: str, address: str) -> TokensOut:
    """Open a session by e-mail address or beneficiary code and password.

    Raises WrongCredentials, TooManyTries, TryAgain; and AccountSuspended, but only when the password is right.
    """
    name = username(written)
    # For load tests ECOPANIER_RATE_LIMITS=off lifts the limit per network address. The limit per name stays, so that a
    # password is as hard to guess as before.
    by_account = bucket("account:" + name)
    by_address = bucket("address:" + address) if settings().rate_limits else None
    found = await acts.row(
        "begin_sign_in",
        username=name,
        username_lookup=address_look_up(keyring(), name),
        account_bucket=by_account,
        address_bucket=by_address,
    )
    if found["locked_until"] is not None:
        seconds = math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds())
        raise TooManyTries(headers=refusal_headers("sign-ins", MOST_TRIES, TRIES_WINDOW_SECONDS, max(1, seconds)))
    compared = await passwords.compare(password, found["password_hash"])
    if not compared.right:
        raise WrongCredentials
    account_id: UUID = found["account_id"]
    if compared.renewed is not None:
        await acts.value("renew_hash", account=account_id, old_hash=found["password_hash"], new_hash=compared.renewed)
    refresh_token = new_token()
    session_id = await acts.value(
        "open_session",
        account=account_id,
        first_token_hash=token_hash(refresh_token),
        expires=_session_end(),
        account_bucket=by_account,
        address_bucket=by_address,
    )
    return tokens_out(tokens, account_id, session_id, refresh_token)


async def refresh(acts: Acts, tokens: OwnTokens, spent: str, key: str | None) -> TokensOut:
    """Exchange a refresh token for the next one. Raises SessionOver; a token that was already spent ends its session.

    A second use may come from a second tab, from an app that lost the first answer, or from a thief. Time does not
    tell them apart: a grace period would help the thief too. The Idempotency-Key does: the same key gives the same
    next token, which is derived and not stored. Tabs that share a token take turns or send the same key.
    """
    if key is None:
        following = new_token()
    else:
        following = derived_token(settings().derived_key("refresh-tokens"), spent, key)
    row = await acts.row(
        "rotate_session", spent=token_hash(spent), next_token_hash=token_hash(following), expires=_session_end()
    )
    if row["account_id"] is None:
        raise SessionOver
    return tokens_out(tokens, row["account_id"], row["session_id"], following, row["kiosk_seconds"])


async def activate_beneficiary(
    session: AsyncSession, tokens: OwnTokens, activation_token: str, password_hash: str, email: str | None
) -> TokensOut:
    """Set an enrolled beneficiary's password and open their first session; both happen or neither.

    The database raises InvalidOneTimeToken, EmailTaken, AccountSuspended.
    """
    held = token_hash(activation_token)
    sealed = None
    if email is not None:
        key = keyring().data_key(*await call_row(session, "key_for_activation", held=held))
        sealed = key.seal(SEALED_ADDRESS, email.encode())
    account_id: UUID = await call(
        session,
        "activate_beneficiary",
        held=held,
        new_password_hash=password_hash,
        new_email=email,
        sealed_email=sealed,
        email_lookup=address_look_up(keyring(), email) if email is not None else None,
    )
    refresh_token = new_token()
    session_id = await call(
        session, "open_session", account=account_id, first_token_hash=token_hash(refresh_token), expires=_session_end()
    )
    return tokens_out(tokens, account_id, session_id, refresh_token)


async def ask_password_reset(session: AsyncSession, email: str) -> None:
    """Queue a mail if an account has confirmed this address. The caller cannot tell whether one has."""
    try:
        await _count_mail(session, email)
    except RateLimited:
        return
    await call(session, "ask_password_reset", given_email=email, email_lookup=address_look_up(keyring(), email))


def edit_account(account: Account, wanted: MeIn) -> None:
    """Change the name or language of an account. Raises NameIsCode for a beneficiary's name."""
    changes = wanted.model_dump(exclude_unset=True)
    if "display_name" in changes and account.role == Role.BENEFICIARY:
        raise NameIsCode
    for name, value in changes.items():
        setattr(account, name, value)


async def _count_mail(session: AsyncSession, email: str) -> None:
    count = await call_row(
        session,
        "throttle",
        tried=bucket("mail:" + email.lower()),
        most=MOST_MAILS,
        window_seconds=MAIL_WINDOW_SECONDS,
    )
    if count[0] < 0:
        seconds = math.ceil((count[1] - datetime.now(UTC)).total_seconds())
        raise RateLimited(headers=refusal_headers("mails", MOST_MAILS, MAIL_WINDOW_SECONDS, max(1, seconds)))


def bucket(what: str) -> bytes:
    """Return the key of a counter of tries: a keyed hash, so that the table does not show whose tries it counts."""
    return hmac.digest(settings().derived_key("throttle"), what.encode(), "sha256")


def _session_end() -> datetime:
    return datetime.now(UTC) + timedelta(days=SESSION_DAYS)


def tokens_out(
    tokens: OwnTokens, account_id: UUID, session_id: UUID, refresh_token: str, kiosk_seconds: int | None = None
) -> TokensOut:
    """Return the tokens of a session. kiosk_seconds: how long a kiosk session lasts; None for any other session."""
    return TokensOut(
        access_token=tokens.issue(account_id, session_id, kiosk_seconds),
        expires_in=ACCESS_TOKEN_SECONDS if kiosk_seconds is None else kiosk_seconds,
        refresh_token=refresh_token,
    )

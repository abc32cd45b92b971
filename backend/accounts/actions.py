"""Register, confirm an address, sign in, refresh a session, and use the tokens of mails and enrolments."""

import hmac
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import passwords
from backend.accounts.addresses import username
from backend.accounts.confirmations import Registrant, RequestUnreadable, code_hash
from backend.accounts.devices import Device
from backend.accounts.models import Account
from backend.accounts.problems import (
    InvalidOneTimeToken,
    NameIsCode,
    PasswordMissing,
    SecondFactorNeeded,
    SessionOver,
    TooManyTries,
    WrongCredentials,
)
from backend.accounts.schemas import (
    ConfirmationIn,
    MeIn,
    RegisteredOut,
    RegistrationIn,
    RegistrationWithSupabaseIn,
    SignedInOut,
    TokensOut,
)
from backend.accounts.tokens import derived_token, new_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call, call_row
from backend.http.rate_limits import refusal_headers
from backend.identity.tokens import ACCESS_TOKEN_SECONDS, Claims, OwnTokens, Role
from backend.problems.common import RateLimited
from backend.problems.texts import Language
from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from backend.settings import settings
from backend.terms.schemas import TermsToAcceptOut

SESSION_DAYS = 30
CHALLENGE_SECONDS = 300
"""How long a sign-in waits for its second factor; the same as in `app.open_challenge`."""
# At most so many mails of one kind go to one address, whoever asks for them.
MOST_MAILS, MAIL_WINDOW_SECONDS = 5, 3600
# At most so many addresses may be tried at the activations of one beneficiary, whatever tokens they get.
MOST_ADDRESSES, ADDRESSES_SECONDS = 10, 86_400
# The limits of `app.begin_sign_in` for one name or device, repeated in the RateLimit headers.
MOST_TRIES, TRIES_WINDOW_SECONDS = 10, 900
# At most so many passwords may be tried in that time to confirm the address of one beneficiary.
MOST_PROOFS = 5


async def register(
    session: AsyncSession, wanted: RegistrationIn, password_hash: str, language: Language, device: Device
) -> RegisteredOut:
    """Keep a registration until its address is confirmed, and queue a mail to that address.

    Nothing is looked up: the job finds out whether the address already belongs to an account. Raises RateLimited when
    too many mails were asked for at this address.
    """
    locale = wanted.locale or language
    look_up = address_look_up(keyring(), wanted.email)
    await _count_mail(session, "registration", wanted.email)
    asked = await call_row(
        session,
        "ask_registration",
        wanted_role=wanted.role,
        new_password_hash=password_hash,
        wanted_locale=locale,
        terms=wanted.consents.terms,
        address_lookup=look_up,
        sealed_request=Registrant(wanted.email, wanted.display_name).sealed(settings(), look_up),
        from_device=device.mark,
        held_invitation=None if wanted.invitation is None else token_hash(wanted.invitation),
        named=wanted.invitation_named,
    )
    return _registered(asked[0], asked[1], wanted, wanted.email, locale, verified=False)


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
    if wanted.invitation is not None:
        await call(
            session,
            "answer_shop_invitation",
            account=account[0],
            held=token_hash(wanted.invitation),
            wants_named=wanted.invitation_named,
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


async def sign_in(
    acts: Acts, tokens: OwnTokens, written: str, password: str, device: Device, accepted_terms: str | None
) -> SignedInOut:
    """Open a session by e-mail address or beneficiary code and password.

    An account knows the devices that it signed in from. accepted_terms: the version of the terms that the person
    agrees to now, if any. Raises WrongCredentials (also for an address that is not confirmed yet), TooManyTries,
    TryAgain; and only when the password is right AccountSuspended, SecondFactorNeeded, TermsToAccept and
    ConsentVersionUnknown.
    """
    name = username(written)
    look_up = address_look_up(keyring(), name)
    by_name, by_device = _name_bucket(look_up), bucket(f"device:{look_up.hex()}:{device.mark.hex()}")
    # For load tests ECOPANIER_RATE_LIMITS=off lifts the limit per network address. The limit per name stays, so that a
    # password is as hard to guess as before.
    by_address = bucket("address:" + device.address) if settings().rate_limits else None
    by_name_there = bucket(f"name-there:{look_up.hex()}:{device.address}")
    found = await acts.row(
        "begin_sign_in",
        username=name,
        username_lookup=look_up,
        device=device.mark,
        name_bucket=by_name,
        device_bucket=by_device,
        address_bucket=by_address,
        name_there_bucket=by_name_there,
    )
    if found["locked_until"] is not None:
        seconds = math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds())
        raise TooManyTries(headers=refusal_headers("sign-ins", MOST_TRIES, TRIES_WINDOW_SECONDS, max(1, seconds)))
    compared = await passwords.compare(password, found["password_hash"])
    if not compared.right:
        raise WrongCredentials
    account_id: UUID = found["account_id"]
    if not found["confirmed"]:
        await _ask_confirmation(acts, account_id, name)
        raise WrongCredentials
    if compared.renewed is not None:
        await acts.value("renew_hash", account=account_id, old_hash=found["password_hash"], new_hash=compared.renewed)
    known: bool = found["known_device"]
    emptied = [by_device] if known else [by_name, by_name_there]
    given_back = None if known else by_address
    if found["second_factor"]:
        challenge = new_token()
        await acts.value(
            "open_challenge", account=account_id, held=token_hash(challenge), emptied=emptied, given_back=given_back
        )
        raise SecondFactorNeeded(challenge_token=challenge, expires_in=CHALLENGE_SECONDS)
    try:
        asked = await acts.row("ask_terms", account=account_id, accepted=accepted_terms)
    except asyncpg.PostgresError:
        # The password was right, so this was no guess: whoever reads the terms first can still sign in.
        for counter in emptied:
            await acts.value("forget_tries", tried=counter)
        raise
    refresh_token = new_token()
    session_id = await acts.value(
        "open_session",
        account=account_id,
        first_token_hash=token_hash(refresh_token),
        expires=session_end(),
        device=device.mark,
        emptied=emptied,
        given_back=given_back,
    )
    return signed_in_out(
        tokens_out(tokens, account_id, session_id, refresh_token), asked["version"], asked["answer_by"]
    )


async def _ask_confirmation(acts: Acts, account_id: UUID, email: str) -> None:
    """Mail a code to an account of an earlier release whose address was never confirmed, unless it got many already."""
    counted = await acts.row(
        "throttle", tried=mail_bucket("confirmation", email), most=MOST_MAILS, window_seconds=MAIL_WINDOW_SECONDS
    )
    if counted["tries_left"] >= 0:
        await acts.value("ask_confirmation", account=account_id)


async def confirm_address(
    acts: Acts, session: AsyncSession, tokens: OwnTokens, wanted: ConfirmationIn, device: Device
) -> TokensOut | None:
    """Confirm an address by the code or the token that was mailed to it, and open a session.

    A registration becomes an account; a password that is given replaces the one that was chosen before. Only the device
    that registered may leave it out, because a stranger may have registered the address; an account of an earlier
    release always needs one. A beneficiary's address is only confirmed, for the password that they have: they may have
    mistyped it, and its reader must not enter their account. Then this returns None. Raises InvalidOneTimeToken (with
    `tries_left` for a code; also for a beneficiary's wrong password), PasswordMissing, PasswordTooCommon, TryAgain. The
    database raises PasswordMissing, AccountSuspended.
    """
    look_up = address_look_up(keyring(), wanted.email or "")
    found = await acts.row(
        "find_confirmation",
        held=token_hash(wanted.token) if wanted.token is not None else None,
        address_lookup=look_up,
        given_code=code_hash(settings(), look_up, wanted.code or ""),
        code_bucket=_code_bucket(look_up),
    )
    refusal = InvalidOneTimeToken(**({} if found["tries_left"] is None else {"tries_left": found["tries_left"]}))
    if found["confirmation"] is None:
        raise refusal
    who = _whose_address(found)
    enters = found["account"] is None or found["sealed"] is None
    given_hash = None
    if not enters:
        given_hash = await _proven_hash(acts, found, wanted.password, refusal)
    elif wanted.password is not None:
        passwords.refuse_common(wanted.password, who.email, who.display_name)
        given_hash = await passwords.hashed(wanted.password)
    account_id: UUID = await call(
        session,
        "confirm_address",
        confirmation=found["confirmation"],
        given_address=who.email,
        given_name=who.display_name,
        given_hash=given_hash,
        from_device=device.mark,
    )
    emptied = _code_bucket(found["lookup"])
    if enters:
        return await _first_session(session, tokens, account_id, device, emptied=[emptied])
    for tried in (emptied, _proof_bucket(account_id)):
        await call(session, "forget_tries", tried=tried)
    return None


async def _proven_hash(
    acts: Acts, found: asyncpg.Record, password: str | None, refusal: InvalidOneTimeToken
) -> str | None:
    """Return the hash of a beneficiary's password if `password` is right.

    Each try counts before it is compared. Raises PasswordMissing; and `refusal` for a wrong password or too many tries.
    """
    if password is None:
        raise PasswordMissing
    counted = await acts.row(
        "throttle", tried=_proof_bucket(found["account"]), most=MOST_PROOFS, window_seconds=TRIES_WINDOW_SECONDS
    )
    if counted["tries_left"] < 0 or not (await passwords.compare(password, found["password_hash"])).right:
        raise refusal
    kept: str | None = found["password_hash"]
    return kept


def _whose_address(found: asyncpg.Record) -> Registrant:
    """Return the address, and for a registration the name, of what `find_confirmation` found."""
    account_id: UUID | None = found["account"]
    if account_id is None:
        try:
            return Registrant.opened(settings(), found["lookup"], found["sealed"])
        except RequestUnreadable:
            raise InvalidOneTimeToken from None
    if found["sealed"] is None:
        return Registrant(found["address"] or "", "")
    key = keyring().data_key(account_id, found["wrapped"], found["master_key"])
    return Registrant(key.open(SEALED_ADDRESS, found["sealed"]).decode(), "")


async def reset_password(session: AsyncSession, token: str, password_hash: str, device: Device) -> None:
    """Set a new password with a mailed token, and clear the account's counters of failed sign-ins.

    So whoever reads the mail gets in, whatever a stranger has tried. The database raises InvalidOneTimeToken.
    """
    email, code, look_up = await call_row(
        session,
        "reset_password",
        held=token_hash(token),
        new_password_hash=password_hash,
        device=device.mark,
    )
    names = [address_look_up(keyring(), name) for name in (email, code) if name is not None]
    for name in (*names, *([look_up] if look_up is not None else [])):
        await call(session, "forget_tries", tried=_name_bucket(name))


async def refresh(acts: Acts, tokens: OwnTokens, spent: str, key: str | None, device: Device) -> TokensOut:
    """Exchange a refresh token for the next one. Raises SessionOver; a token that was already spent ends its session.

    A second use may come from a second tab, from an app that lost the first answer, or from a thief. The same
    Idempotency-Key, or the same device within ten seconds, is no thief; both get the same next token, which is derived
    and not stored.
    """
    following = derived_token(settings().derived_key("refresh-tokens"), spent)
    row = await acts.row(
        "rotate_session",
        spent=token_hash(spent),
        next_token_hash=token_hash(following),
        expires=session_end(),
        from_device=device.mark,
        with_key=bucket("refresh:" + key) if key is not None else None,
    )
    if row["account_id"] is None:
        raise SessionOver
    return tokens_out(tokens, row["account_id"], row["session_id"], following, row["kiosk_seconds"])


async def activate_beneficiary(
    acts: Acts,
    session: AsyncSession,
    tokens: OwnTokens,
    activation_token: str,
    password_hash: str,
    email: str | None,
    device: Device,
    language: Language,
) -> TokensOut | None:
    """Set an enrolled beneficiary's password and open their first session; both happen or neither.

    Whoever has a second factor, because the activation follows a forgotten password, gets no session: None.
    language: of their mails from now on, if it is the first time. Raises RateLimited when too many addresses were tried
    for one person: EmailTaken would tell of each whether somebody has it. The database raises InvalidOneTimeToken,
    EmailTaken, AccountSuspended.
    """
    held = token_hash(activation_token)
    sealed = None
    if email is not None:
        activated = await acts.row("key_for_activation", held=held)
        tried = await acts.row(
            "throttle",
            tried=bucket(f"activation:{activated['account']}"),
            most=MOST_ADDRESSES,
            window_seconds=ADDRESSES_SECONDS,
        )
        refuse_too_many("addresses", MOST_ADDRESSES, ADDRESSES_SECONDS, tried["tries_left"], tried["resets"])
        key = keyring().data_key(*activated)
        sealed = key.seal(SEALED_ADDRESS, email.encode())
    account_id: UUID = await call(
        session,
        "activate_beneficiary",
        held=held,
        new_password_hash=password_hash,
        new_email=email,
        sealed_email=sealed,
        email_lookup=address_look_up(keyring(), email) if email is not None else None,
        wanted_locale=language,
    )
    if await call(session, "has_second_factor", account=account_id):
        return None
    return await _first_session(session, tokens, account_id, device)


async def _first_session(
    session: AsyncSession,
    tokens: OwnTokens,
    account_id: UUID,
    device: Device,
    *,
    emptied: Sequence[bytes] = (),
) -> TokensOut:
    """Open a session in the transaction that has just confirmed who somebody is. emptied: counters to clear."""
    refresh_token = new_token()
    session_id = await call(
        session,
        "open_session",
        account=account_id,
        first_token_hash=token_hash(refresh_token),
        expires=session_end(),
        device=device.mark,
        emptied=list(emptied),
    )
    return tokens_out(tokens, account_id, session_id, refresh_token)


async def ask_password_reset(session: AsyncSession, email: str) -> None:
    """Queue a mail if an account has confirmed this address. The caller cannot tell whether one has.

    A job is queued for every address, so that the work does not tell either.
    """
    try:
        await _count_mail(session, "reset", email)
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


async def _count_mail(session: AsyncSession, kind: str, email: str) -> None:
    """Count one mail of this kind to an address. Raises RateLimited."""
    count = await call_row(
        session,
        "throttle",
        tried=mail_bucket(kind, email),
        most=MOST_MAILS,
        window_seconds=MAIL_WINDOW_SECONDS,
    )
    refuse_too_many("mails", MOST_MAILS, MAIL_WINDOW_SECONDS, count[0], count[1])


def refuse_too_many(name: str, most: int, window_seconds: int, tries_left: int, resets: datetime) -> None:
    """Raise RateLimited if `app.throttle` counted more tries than allowed."""
    if tries_left < 0:
        seconds = math.ceil((resets - datetime.now(UTC)).total_seconds())
        raise RateLimited(headers=refusal_headers(name, most, window_seconds, max(1, seconds)))


def bucket(what: str) -> bytes:
    """Return the key of a counter of tries: a keyed hash, so that the table does not show whose tries it counts."""
    return hmac.digest(settings().derived_key("throttle"), what.encode(), "sha256")


def _name_bucket(look_up: bytes) -> bytes:
    """Return the key of the counter of a name's failed sign-ins. look_up: the keyed hash of the address or code."""
    return bucket("account:" + look_up.hex())


def mail_bucket(kind: str, email: str) -> bytes:
    """Return the key of the counter of the mails of one kind to an address.

    Each kind has its own, so that registrations by a stranger do not use up the links to a new password.
    """
    return bucket(f"mail:{kind}:{email.lower()}")


def _code_bucket(look_up: bytes) -> bytes:
    """Return the key of the counter of an address's wrong codes. look_up: the keyed hash of the address."""
    return bucket("code:" + look_up.hex())


def _proof_bucket(account_id: UUID) -> bytes:
    """Return the key of the counter of the passwords that were tried to confirm a beneficiary's address."""
    return bucket(f"proof:{account_id}")


def session_end() -> datetime:
    """Return when the refresh token of a session that begins or goes on now expires."""
    return datetime.now(UTC) + timedelta(days=SESSION_DAYS)


def signed_in_out(opened: TokensOut, version: str | None, answer_by: datetime | None) -> SignedInOut:
    """Return the tokens of a session with the version of the terms to agree to, if any, and by when."""
    to_accept = TermsToAcceptOut(version=version, answer_by=answer_by) if version is not None else None
    return SignedInOut(**opened.model_dump(), terms_to_accept=to_accept)


def tokens_out(
    tokens: OwnTokens, account_id: UUID, session_id: UUID, refresh_token: str, kiosk_seconds: int | None = None
) -> TokensOut:
    """Return the tokens of a session. kiosk_seconds: how long a kiosk session lasts; None for any other session."""
    return TokensOut(
        access_token=tokens.issue(account_id, session_id, kiosk_seconds),
        expires_in=ACCESS_TOKEN_SECONDS if kiosk_seconds is None else kiosk_seconds,
        refresh_token=refresh_token,
    )

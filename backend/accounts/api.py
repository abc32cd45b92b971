"""Accounts over HTTP: the caller's own account and, where we issue the tokens ourselves, signing in."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import actions, passwords, queries
from backend.accounts.devices import device_of
from backend.accounts.problems import (
    EmailTaken,
    InvalidOneTimeToken,
    NameIsCode,
    PasswordMissing,
    PasswordTooCommon,
    SecondFactorNeeded,
    SessionNotFound,
    SessionOver,
    TooManyTries,
    WrongCredentials,
)
from backend.accounts.schemas import (
    ActivationIn,
    ConfirmationIn,
    EmailIn,
    KeySetOut,
    MeIn,
    MeOut,
    NewPasswordIn,
    RefreshIn,
    RefreshTokenIn,
    RegisteredOut,
    RegistrationIn,
    SessionsOut,
    SignedInOut,
    SignInForm,
    TokensOut,
)
from backend.accounts.tokens import token_hash
from backend.database.sessions import AccountSuspended, ActsDep, SignedIn, call, database
from backend.http.etags import IfMatch, etag, require_revision
from backend.http.idempotency import LONGEST_KEY, IdempotencyMismatch, OnceDep, key_of
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import AtKiosk, also_at_kiosks, claims_of
from backend.identity.tokens import OwnTokens
from backend.problems.common import PreconditionFailed
from backend.problems.problem import language_of, may_answer
from backend.terms.problems import ConsentVersionUnknown, TermsToAccept

NOT_KEPT = {"Cache-Control": "no-store"}


async def _act_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with (await database(request)).act_session() as session, session.begin():
        yield session


async def not_kept(response: Response) -> None:
    """Forbid every cache to store the answer."""
    response.headers.update(NOT_KEPT)


async def _own_tokens(request: Request) -> OwnTokens:
    tokens = request.app.state.identities.tokens
    assert isinstance(tokens, OwnTokens)  # noqa: S101  these routes are served with our own tokens only
    return tokens


# Nobody has signed in yet, so the session runs as ecopanier_api, which can call these acts and read nothing.
ActSession = Annotated[AsyncSession, Depends(_act_session, scope="function")]
Tokens = Annotated[OwnTokens, Depends(_own_tokens)]

router = Router(tags=["accounts"])
"""Routes that are served whether we or Supabase Auth sign people in."""

sign_in = Router(tags=["accounts"])
"""Routes that are served only where we sign people in ourselves."""

well_known = Router(tags=["accounts"])
"""Routes at the root, beside /v1."""


@sign_in.post(
    "/auth/register",
    status_code=201,
    responses=may_answer(PasswordTooCommon, IdempotencyMismatch, ConsentVersionUnknown),
    dependencies=[limited("register", "30/hour")],
)
async def register(wanted: RegistrationIn, request: Request, session: ActSession, once: OnceDep) -> RegisteredOut:
    """Register an account; its address is confirmed by mail.

    The answer is the same for every address. A new address gets a mail with a six-digit code and a link for
    `/auth/verify-email`; registering again sends another one. The owner of an address that is already registered gets a
    mail that says so. There is no account, and nobody signs in, before the address is confirmed.
    """
    passwords.refuse_common(wanted.password, wanted.email, wanted.display_name)
    password_hash = await passwords.hashed(wanted.password)
    device = device_of(request, wanted.device)
    work = actions.register(session, wanted, password_hash, language_of(request.scope), device)
    return await once(session, work, 201, NOT_KEPT)


@sign_in.post(
    "/auth/token",
    responses=may_answer(
        WrongCredentials, TooManyTries, AccountSuspended, SecondFactorNeeded, TermsToAccept, ConsentVersionUnknown
    ),
    dependencies=[Depends(not_kept)],
)
async def open_session(
    wanted: Annotated[SignInForm, Form()], request: Request, acts: ActsDep, tokens: Tokens
) -> SignedInOut:
    """Sign in with the OAuth2 password form.

    `username` is the e-mail address or the beneficiary code. A wrong password, an unknown name and an address that is
    not confirmed yet get the same answer. After 10 wrong passwords for one name in 15 minutes, sign-ins to it are
    refused until those minutes are over, except from a device that the account has signed in from, which has 10 tries
    of its own. A device is recognised by its `device`, otherwise by its network address and user agent. After 50 wrong
    passwords from one network address, each name has two more tries from there. `terms_to_accept` asks you to agree to
    a new version of the terms; after 30 days you sign in only with `accepted_terms`. If the account has a second
    factor, a right password is answered by `auth.second_factor_needed`: send its `challenge_token` with a code to
    `/auth/second-factor` within five minutes. An Idempotency-Key has no effect, because tokens are not stored.
    """
    device = device_of(request, wanted.device)
    return await actions.sign_in(acts, tokens, wanted.username, wanted.password, device, wanted.accepted_terms)


@sign_in.post(
    "/auth/refresh",
    responses=may_answer(SessionOver),
    dependencies=[limited("refresh", "300/minute"), Depends(not_kept)],
)
async def refresh(
    held: RefreshIn,
    request: Request,
    acts: ActsDep,
    tokens: Tokens,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=LONGEST_KEY, description="The same key returns the same next refresh token."),
    ] = None,
) -> TokensOut:
    """Exchange the refresh token for new tokens.

    A token that was already spent ends the session, because somebody else may hold it. Two cases get the same next
    token instead, as long as that is not spent too: the same device within ten seconds (two tabs that refresh at once),
    and the same Idempotency-Key (an answer that got lost).
    """
    device = device_of(request, held.device)
    return await actions.refresh(acts, tokens, held.refresh_token, key_of(request), device)


@sign_in.post("/auth/logout", status_code=204)
async def end_session(held: RefreshTokenIn, session: ActSession, once: OnceDep) -> None:
    """Sign out.

    The session's refresh tokens end now. Its access token expires within 15 minutes, and at a kiosk at once.
    """
    return await once(session, call(session, "end_session", held=token_hash(held.refresh_token)), 204)


@sign_in.post(
    "/auth/verify-email",
    response_model=TokensOut,
    responses={
        204: {"description": "The address of a beneficiary is confirmed; they sign in with their own password."},
        **may_answer(InvalidOneTimeToken, PasswordMissing, PasswordTooCommon, AccountSuspended),
    },
    dependencies=[limited("one-time-tokens", "60/minute"), Depends(not_kept)],
)
async def verify_email(
    wanted: ConfirmationIn, request: Request, acts: ActsDep, session: ActSession, tokens: Tokens
) -> TokensOut | Response:
    """Confirm an e-mail address by the code or the link that was mailed to it, and sign in.

    The code works for 15 minutes and five tries; `tries_left` says how many are left. The link works for a day. Send
    the password that the person who confirms wants: somebody else may have registered the address with another one.
    Only the device that registered may leave it out, and keeps the password of the registration. A device is recognised
    by its `device`, otherwise by its network address and user agent. The address of a beneficiary is only confirmed
    (204), and needs the password that they have, because they may have mistyped the address; a wrong password is
    answered like a wrong code, and five may be tried in 15 minutes. Code and link work once: if this answer gets lost,
    sign in with the password.
    """
    done = await actions.confirm_address(acts, session, tokens, wanted, device_of(request, wanted.device))
    return Response(status_code=204, headers=NOT_KEPT) if done is None else done


@sign_in.post(
    "/auth/forgot-password",
    status_code=204,
    responses=may_answer(IdempotencyMismatch),
    dependencies=[limited("forgot-password", "20/hour")],
)
async def ask_password_reset(wanted: EmailIn, session: ActSession, once: OnceDep) -> None:
    """Ask for a mail with a link that lets you set a new password.

    The answer, and the work for it, are the same for every address. A mail is sent only to a confirmed address; to
    confirm yours, register again, which sends another code.
    """
    return await once(session, actions.ask_password_reset(session, wanted.email), 204)


@sign_in.post(
    "/auth/reset-password",
    status_code=204,
    responses=may_answer(InvalidOneTimeToken, PasswordTooCommon, IdempotencyMismatch),
    dependencies=[limited("new-passwords", "20/minute")],
)
async def reset_password(wanted: NewPasswordIn, request: Request, session: ActSession, once: OnceDep) -> None:
    """Set a new password with the token that was mailed to you; all your sessions end.

    Wrong passwords that others have tried do not count any more: you can sign in at once.
    """
    passwords.refuse_common(wanted.password)
    password_hash = await passwords.hashed(wanted.password)
    work = actions.reset_password(session, wanted.token, password_hash, device_of(request, wanted.device))
    return await once(session, work, 204)


@sign_in.post(
    "/auth/activate",
    response_model=TokensOut,
    responses={
        204: {"description": "The password is set; sign in with it and with your second factor."},
        **may_answer(InvalidOneTimeToken, PasswordTooCommon, EmailTaken, AccountSuspended),
    },
    dependencies=[limited("new-passwords", "20/minute"), Depends(not_kept)],
)
async def activate(
    wanted: ActivationIn, request: Request, acts: ActsDep, session: ActSession, tokens: Tokens
) -> TokensOut | Response:
    """Sign in for the first time as a beneficiary. Your mails will be in the language of Accept-Language.

    Send the token from your enrolment. From then on, sign in at `/auth/token` with your code, or with your e-mail
    address if you gave one. The token works once: if this answer gets lost, sign in with the code and the password. If
    you forgot your password and have a second factor, only the password is set (204).
    """
    passwords.refuse_common(wanted.password, wanted.email or "")
    password_hash = await passwords.hashed(wanted.password)
    done = await actions.activate_beneficiary(
        acts,
        session,
        tokens,
        wanted.activation_token,
        password_hash,
        wanted.email,
        device_of(request, wanted.device),
        language_of(request.scope),
    )
    return Response(status_code=204, headers=NOT_KEPT) if done is None else done


@router.get("/me")
@also_at_kiosks
async def read_own_account(session: SignedIn, response: Response, shared: AtKiosk) -> MeOut:
    """Read your own account.

    A beneficiary also sees their code, their right and the free portions left today. A kiosk does not show the e-mail
    address.
    """
    await call(session, "seen_now")  # counts as activity, whoever signs people in
    account = await queries.own_account(session)
    response.headers["ETag"] = etag(queries.revision(account))
    return await queries.described(session, account, with_address=not shared)


@router.patch("/me", responses=may_answer(NameIsCode, PreconditionFailed))
async def edit_own_account(wanted: MeIn, session: SignedIn, response: Response, if_match: IfMatch) -> MeOut:
    """Change your name or language.

    Fields that you leave out stay as they are.
    """
    account = await queries.own_account(session, to_change=True)
    require_revision(if_match, queries.revision(account))
    actions.edit_account(account, wanted)
    await session.flush()
    response.headers["ETag"] = etag(queries.revision(account))
    return await queries.described(session, account)


@sign_in.get("/me/sessions")
async def list_own_sessions(session: SignedIn, request: Request) -> SessionsOut:
    """List your sign-ins that still go on, the newest first, and which of them asks."""
    claims = await claims_of(request)
    return await queries.own_sessions(session, claims.session if claims is not None else None)


@sign_in.delete("/me/sessions/{session_id}", status_code=204, responses=may_answer(SessionNotFound))
async def end_own_session(session_id: UUID, session: SignedIn) -> None:
    """End a sign-in of yours, for instance on a device that you lost.

    Browsers are signed out at once. An access token that the session already has works for up to 15 minutes.
    """
    await call(session, "end_own_session", ended=session_id)


@well_known.get("/.well-known/jwks.json")
async def read_jwks(tokens: Tokens, response: Response) -> KeySetOut:
    """Read the public key that access tokens are signed with (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return KeySetOut.model_validate(tokens.jwks())

"""Changing one's e-mail address over HTTP. Only where we sign people in ourselves."""

from fastapi import Depends, Request, Response

from backend.accounts.api import ActSession, not_kept
from backend.accounts.problems import EmailTaken, InvalidOneTimeToken, TooManyTries, WrongPassword
from backend.database.sessions import ActsDep, SignedIn, caller_in
from backend.email_changes import actions
from backend.email_changes.problems import CodeNeeded
from backend.email_changes.schemas import (
    EmailChangeIn,
    EmailConfirmationIn,
    OwnEmailOut,
    RevocationIn,
    RevokedOut,
)
from backend.http.idempotency import IdempotencyMismatch, OnceDep
from backend.http.rate_limits import client_address, limited
from backend.http.routing import Router
from backend.identity.callers import caller, claims_of
from backend.problems.common import TryAgain
from backend.problems.problem import may_answer
from backend.second_factors.problems import SecondFactorLocked, SecondFactorNotFound, WrongSecondFactor

router = Router(tags=["accounts"])


@router.get("/me/email", dependencies=[Depends(not_kept)])
async def read_own_email(session: SignedIn) -> OwnEmailOut:
    """Read whether a change of your e-mail address waits for its confirmation.

    It says nothing about whether the new address is already known.
    """
    return await actions.own_email(session, caller_in(session))


@router.post(
    "/me/email",
    status_code=202,
    response_class=Response,
    responses=may_answer(
        CodeNeeded,
        WrongPassword,
        WrongSecondFactor,
        SecondFactorLocked,
        SecondFactorNotFound,
        TooManyTries,
        TryAgain,
        IdempotencyMismatch,
    ),
    dependencies=[limited("email-changes", "20/hour", by=caller)],
)
async def change_own_email(
    wanted: EmailChangeIn, session: SignedIn, acts: ActsDep, once: OnceDep, request: Request
) -> None:
    """Change your e-mail address, with your password and, if you have a second factor, a code.

    The answer is the same for every address. A new address gets a mail with a six-digit code and a link, for
    `/me/email/confirm`; the owner of an address that is already known gets a mail that says so. Your present address is
    told too, with a link that stops the change. Until the new address is confirmed nothing changes; asking again
    replaces a change that waits.
    """
    work = actions.ask_change(acts, caller_in(session), wanted, client_address(request.scope))
    return await once(session, work, 202)


@router.post(
    "/me/email/confirm",
    status_code=204,
    response_class=Response,
    responses=may_answer(InvalidOneTimeToken, EmailTaken, IdempotencyMismatch),
    dependencies=[limited("email-confirmations", "60/hour", by=caller), Depends(not_kept)],
)
async def confirm_own_email(
    wanted: EmailConfirmationIn, session: SignedIn, acts: ActsDep, once: OnceDep, request: Request
) -> None:
    """Confirm your new e-mail address by the code or the link that was mailed to it.

    You must be signed in, because the reader of an address that you mistyped must not enter your account. The code
    works for 15 minutes and five tries; `tries_left` says how many are left. The link works for a day. Your other
    sessions end. The old address is told, and can take the change back for seven days.
    """
    claims = await claims_of(request)
    session_id = claims.session if claims is not None else None
    return await once(session, actions.confirm_change(acts, caller_in(session), session_id, wanted), 204)


@router.post(
    "/auth/revoke-email-change",
    responses=may_answer(InvalidOneTimeToken, EmailTaken, IdempotencyMismatch),
    dependencies=[limited("one-time-tokens", "60/minute"), Depends(not_kept)],
)
async def revoke_email_change(wanted: RevocationIn, acts: ActsDep, session: ActSession, once: OnceDep) -> RevokedOut:
    """Take a change of your e-mail address back, with the token that was mailed to the old address.

    All sessions of the account end. Choose another password then: whoever asked for the change knows it.
    """
    return await once(session, actions.revoke_change(acts, session, wanted.token), 200)

"""Second factors over HTTP: adding, using and removing an authenticator. Only where we sign people in ourselves."""

from fastapi import Depends, Request, Response

from backend.accounts.api import Tokens, not_kept
from backend.accounts.devices import device_of
from backend.accounts.problems import TooManyTries, WrongPassword
from backend.accounts.schemas import SignedInOut
from backend.database.sessions import AccountSuspended, ActsDep
from backend.http.rate_limits import client_address, limited
from backend.http.routing import Router
from backend.identity.callers import Caller, caller, claims_of, documented_sign_in
from backend.problems.common import TryAgain
from backend.problems.problem import may_answer
from backend.second_factors import actions
from backend.second_factors.problems import (
    ChallengeOver,
    SecondFactorExists,
    SecondFactorLocked,
    SecondFactorNotFound,
    WrongSecondFactor,
)
from backend.second_factors.schemas import (
    ConfirmedCodeIn,
    EnrolmentIn,
    EnrolmentOut,
    RecoveryCodesOut,
    RemovalIn,
    SecondFactorIn,
    SecondFactorsOut,
)
from backend.terms.problems import ConsentVersionUnknown, TermsToAccept

router = Router(tags=["second factors"])

# These routes open no session as their caller, which an admin who still has to add a factor could not. Their acts check
# that the account is not suspended.
PERSONAL = [Depends(not_kept), Depends(documented_sign_in)]


@router.get("/me/second-factors", dependencies=PERSONAL)
async def read_second_factors(request: Request, account_id: Caller, acts: ActsDep) -> SecondFactorsOut:
    """Read whether you have a second factor, whether you need one, and whether this sign-in has passed it."""
    claims = await claims_of(request)
    return await actions.own_factors(acts, account_id, claims.session if claims is not None else None)


@router.post(
    "/me/second-factors",
    status_code=201,
    responses=may_answer(SecondFactorExists, WrongPassword, TooManyTries, TryAgain),
    dependencies=[limited("second-factors", "20/hour", by=caller), *PERSONAL],
)
async def add_second_factor(wanted: EnrolmentIn, account_id: Caller, acts: ActsDep) -> EnrolmentOut:
    """Begin to add a second factor: get a secret for an authenticator app, with its QR.

    Nothing changes until `POST /v1/me/second-factors/confirm` gets a code, within ten minutes. The secret is shown only
    now; asking again makes another one. An Idempotency-Key has no effect, because secrets are not stored.
    """
    return await actions.begin_enrolment(acts, account_id, wanted.password)


@router.post(
    "/me/second-factors/confirm",
    status_code=201,
    responses=may_answer(SecondFactorNotFound, WrongSecondFactor, SecondFactorLocked),
    dependencies=PERSONAL,
)
async def confirm_second_factor(
    wanted: ConfirmedCodeIn, request: Request, account_id: Caller, acts: ActsDep
) -> RecoveryCodesOut:
    """Confirm a new second factor with the code that the authenticator shows, and get ten recovery codes.

    From now on you sign in with your password and a code. Your other sessions end. The recovery codes are shown only
    now, and an Idempotency-Key has no effect; if this answer gets lost, remove the second factor and add it again.
    """
    claims = await claims_of(request)
    session_id = claims.session if claims is not None else None
    return await actions.confirm_enrolment(acts, account_id, session_id, wanted.code, client_address(request.scope))


@router.delete(
    "/me/second-factors",
    status_code=204,
    response_class=Response,
    responses=may_answer(
        SecondFactorNotFound, WrongSecondFactor, SecondFactorLocked, WrongPassword, TooManyTries, TryAgain
    ),
    dependencies=PERSONAL,
)
async def remove_second_factor(wanted: RemovalIn, request: Request, account_id: Caller, acts: ActsDep) -> None:
    """Remove your second factor, with your password and a code or a recovery code.

    Where your account needs one, you cannot do anything but add another one then.
    """
    await actions.remove_factor(acts, account_id, wanted.password, wanted, client_address(request.scope))


@router.post(
    "/auth/second-factor",
    responses=may_answer(
        ChallengeOver, WrongSecondFactor, SecondFactorLocked, AccountSuspended, TermsToAccept, ConsentVersionUnknown
    ),
    dependencies=[Depends(not_kept)],
)
async def finish_sign_in(wanted: SecondFactorIn, request: Request, acts: ActsDep, tokens: Tokens) -> SignedInOut:
    """Finish a sign-in with the code of your authenticator, or with a recovery code.

    Send the `challenge_token` that `/auth/token` answered to the right password; it works for five minutes, once, and
    does nothing else. Each code works once: a wrong code and a used one get the same answer. After 5 codes in 15
    minutes or 20 in a day that were not right, the account has to wait; recovery codes have 5 tries of their own in 15
    minutes. After 50 wrong codes in 15 minutes a network address has to wait. `terms_to_accept` works as at
    `/auth/token`; if you must agree first, neither the code nor the token is used up. An Idempotency-Key has no effect.
    """
    return await actions.finish_sign_in(acts, tokens, wanted, device_of(request, wanted.device))

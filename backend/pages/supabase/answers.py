"""Say in the words of our own API why Supabase Auth refused something."""

import structlog

from backend.accounts.problems import (
    EmailTaken,
    InvalidOneTimeToken,
    PasswordTooCommon,
    SessionOver,
    TooManyTries,
    WrongCredentials,
)
from backend.database.sessions import AccountSuspended, SecondFactorRequired
from backend.identity.supabase_auth import AuthRefused, SignInUnavailable, SupabaseAuth
from backend.pages.client import Refused
from backend.pages.session import supabase_of
from backend.pages.visit import Visit
from backend.problems.problem import Problem
from backend.second_factors.problems import WrongSecondFactor

WAITS_SECONDS = "60"
_PROBLEMS: dict[str, type[Problem]] = {
    "invalid_credentials": WrongCredentials,
    "email_not_confirmed": WrongCredentials,
    "user_banned": AccountSuspended,
    "mfa_verification_failed": WrongSecondFactor,
    "mfa_verification_rejected": WrongSecondFactor,
    "mfa_challenge_expired": WrongSecondFactor,
    "otp_expired": InvalidOneTimeToken,
    "otp_disabled": InvalidOneTimeToken,
    "weak_password": PasswordTooCommon,
    "user_already_exists": EmailTaken,
    "email_exists": EmailTaken,
    "insufficient_aal": SecondFactorRequired,
    "session_not_found": SessionOver,
    "session_expired": SessionOver,
    "refresh_token_not_found": SessionOver,
    "refresh_token_already_used": SessionOver,
    "bad_jwt": SessionOver,
    "no_authorization": SessionOver,
    "user_not_found": SessionOver,
}

log = structlog.get_logger("ecopanier.identity")


def auth_of(visit: Visit) -> SupabaseAuth:
    """Return the client of the project that signs people in."""
    auth = supabase_of(visit.request)
    assert auth is not None  # noqa: S101  these pages are served with Supabase Auth only
    return auth


def refused_by(visit: Visit, refusal: AuthRefused) -> Refused:
    """Return a refusal of Supabase Auth as one of our API. One that we do not know is a failure of the project."""
    return Refused.by(_problem(refusal), visit.problem_language)


def _problem(refusal: AuthRefused) -> Problem:
    if refusal.status == 429:
        seconds = refusal.retry_after if (refusal.retry_after or "").isdigit() else WAITS_SECONDS
        return TooManyTries(headers={"Retry-After": str(seconds)})
    kind = _PROBLEMS.get(refusal.code)
    if kind is None:
        log.warning("supabase_auth.refused", status=refusal.status, code=refusal.code[:60])
        return SignInUnavailable()
    return kind()

"""The routes that replace our own sign-in where Supabase Auth signs people in (ECOPANIER_AUTH=supabase)."""

from typing import NoReturn

from fastapi import Depends, Request

from backend.accounts import actions
from backend.accounts.api import NOT_KEPT, ActSession
from backend.accounts.problems import AlreadyRegistered, EmailTaken, SignInElsewhere
from backend.accounts.schemas import RegisteredOut, RegistrationWithSupabaseIn
from backend.http.idempotency import IdempotencyMismatch, OnceDep
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import claims_of, documented_sign_in
from backend.problems.common import NotSignedIn
from backend.problems.problem import language_of, may_answer
from backend.settings import settings

sign_in = Router(tags=["accounts"])
well_known = Router(tags=["accounts"])


@sign_in.post(
    "/auth/register",
    status_code=201,
    responses=may_answer(AlreadyRegistered, EmailTaken, IdempotencyMismatch),
    dependencies=[limited("register", "30/hour"), Depends(documented_sign_in)],
)
async def register(
    wanted: RegistrationWithSupabaseIn, request: Request, session: ActSession, once: OnceDep
) -> RegisteredOut:
    """Register your account after signing up with Supabase Auth, with the access token from there.

    The account gets its id and e-mail address from Supabase. Before you register, your token gives access to nothing.
    """
    claims = await claims_of(request)
    if claims is None:
        raise NotSignedIn
    work = actions.register_with_supabase(session, wanted, claims, language_of(request.scope))
    return await once(session, work, 201, NOT_KEPT)


async def elsewhere() -> NoReturn:
    """Find out where Supabase Auth does this."""
    raise SignInElsewhere(where=f"{settings().supabase_url}/auth/v1")


for _method, _path in (
    ("GET", "/me/second-factors"),
    ("POST", "/me/second-factors"),
    ("DELETE", "/me/second-factors"),
    ("POST", "/me/second-factors/confirm"),
    ("GET", "/me/email"),
    ("POST", "/me/email"),
    ("POST", "/me/email/confirm"),
):
    sign_in.add_api_route(
        _path,
        elsewhere,
        methods=[_method],
        name=f"{_method.lower()}_{_path[4:].replace('-', '_').replace('/', '_')}_elsewhere",
        response_model=None,
        status_code=409,
        responses=may_answer(SignInElsewhere),
    )
for _path in (
    "token",
    "refresh",
    "logout",
    "verify-email",
    "forgot-password",
    "reset-password",
    "activate",
    "card",
    "second-factor",
    "revoke-email-change",
):
    sign_in.add_api_route(
        f"/auth/{_path}",
        elsewhere,
        methods=["POST"],
        name=f"{_path.replace('-', '_')}_elsewhere",
        response_model=None,
        status_code=409,
        responses=may_answer(SignInElsewhere),
    )
well_known.add_api_route(
    "/.well-known/jwks.json",
    elsewhere,
    methods=["GET"],
    name="jwks_elsewhere",
    response_model=None,
    status_code=409,
    responses=may_answer(SignInElsewhere),
)

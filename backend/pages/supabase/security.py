"""The second factor and the other sign-ins of somebody whom Supabase Auth signs in."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.http.rate_limits import spend
from backend.http.scans import typed
from backend.identity.supabase_auth import AuthRefused
from backend.pages.account.security import NEXT, confirming, factor_page
from backend.pages.forms import Form
from backend.pages.session import PageSession, address_of, keep_tokens, told
from backend.pages.supabase.answers import auth_of, refused_by
from backend.pages.visit import SignInNeeded, Visit, own_path, route
from backend.second_factors import qr

ISSUER = "EcoPanier"
TRIES = "20/15 minutes"  # of one account


async def second_factor(visit: Visit) -> Response:
    """Show whether there is a second factor, and how to add or remove it."""
    try:
        return await _factor(visit, Form())
    except AuthRefused as refused:
        raise refused_by(visit, refused) from None


async def _factor(visit: Visit, form: Form, status: int = 200) -> Response:
    factor = (await auth_of(visit).user(_session(visit).tokens["access_token"])).factor
    state: dict[str, Any] = {"data": [], "required": False}
    if factor is not None:
        state["data"] = [{"activated_at": factor.created_at, "recovery_codes_left": None, "reset_at": None}]
    return factor_page(visit, state, form, status)


async def add_factor(visit: Visit) -> Response:
    """Begin to add a second factor, with the password: show the secret, once."""
    form = await visit.form()
    session = _session(visit)
    await spend(visit.request.scope, "second-factors", TRIES, str(session.account_id))
    try:
        await _prove(visit, str(form.value("password")))
        begun = await auth_of(visit).add_factor(session.tokens["access_token"], ISSUER)
    except AuthRefused as refused:
        return await _again(visit, form, refused, "password")
    return confirming(visit, Form(form.typed), begun.totp.secret, qr.svg(begun.totp.uri))


async def confirm_factor(visit: Visit) -> Response:
    """Confirm the second factor by its first code. From then on this session counts as one that passed it."""
    form = await visit.form()
    session, auth = _session(visit), auth_of(visit)
    await spend(visit.request.scope, "second-factors", TRIES, str(session.account_id))
    token = session.tokens["access_token"]
    try:
        begun = next((one for one in (await auth.user(token)).factors or () if one.status != "verified"), None)
        if begun is None:
            return visit.to("/account/second-factor")
        tokens = await auth.pass_factor(token, begun.id, typed(str(form.value("code"))), address_of(visit.request))
    except AuthRefused as refused:
        refusal = refused_by(visit, refused)
        if refusal.status >= 500:
            raise refusal from None
        return confirming(visit, form.wrong(code=refusal.detail), str(form.value("secret")), status=refusal.status)
    await keep_tokens(visit.request, session, told(tokens))
    return visit.to(own_path(form.value(NEXT), "/account/second-factor"), "second_factor_added")


async def remove_factor(visit: Visit) -> Response:
    """Remove the second factor, with the password and a code."""
    form = await visit.form()
    session, auth = _session(visit), auth_of(visit)
    await spend(visit.request.scope, "second-factors", TRIES, str(session.account_id))
    address, field = address_of(visit.request), "password"
    try:
        factor = (await auth.user(session.tokens["access_token"])).factor
        if factor is not None:
            await _prove(visit, str(form.value("password")))
            field = "code"
            code = typed(str(form.value("code")))
            tokens = await auth.pass_factor(session.tokens["access_token"], factor.id, code, address)
            await keep_tokens(visit.request, session, told(tokens))
            await auth.remove_factor(tokens.access_token, factor.id)
    except AuthRefused as refused:
        return await _again(visit, form, refused, field)
    return visit.to("/account/second-factor", "second_factor_removed")


async def _prove(visit: Visit, password: str) -> None:
    """Raise AuthRefused unless this is the password of whoever is signed in."""
    me = await visit.api.get("/v1/me")
    proven = await auth_of(visit).sign_in(str(me["email"]), password, address_of(visit.request))
    await auth_of(visit).sign_out(proven.access_token)


async def _again(visit: Visit, form: Form, refused: AuthRefused, field: str) -> Response:
    refusal = refused_by(visit, refused)
    if refusal.status >= 500:
        raise refusal
    status = 403 if refusal.status == 401 else refusal.status  # the session goes on
    answer = await _factor(visit, form.wrong(**{field: refusal.detail}), status)
    answer.headers.update(refusal.headers)
    return answer


async def sessions(visit: Visit) -> Response:
    """Say that sign-ins elsewhere can be ended. Supabase lists none."""
    return visit.page("account/sessions_elsewhere.html")


async def end_others(visit: Visit) -> Response:
    """End all sign-ins but the one of this browser, there and here."""
    session = _session(visit)
    try:
        await auth_of(visit).sign_out(session.tokens["access_token"], "others")
    except AuthRefused as refused:
        raise refused_by(visit, refused) from None
    await visit.request.app.state.database.acts.row("end_other_page_sessions", held=session.id_hash)
    return visit.to("/account/sessions", "sessions_ended")


def _session(visit: Visit) -> PageSession:
    if visit.session is None:
        raise SignInNeeded
    return visit.session


routes: list[BaseRoute] = [
    route("/account/second-factor", second_factor, needs="person"),
    route("/account/second-factor/add", add_factor, ["POST"], needs="person"),
    route("/account/second-factor/confirm", confirm_factor, ["POST"], needs="person"),
    route("/account/second-factor/remove", remove_factor, ["POST"], needs="person"),
    route("/account/sessions", sessions, needs="person"),
    route("/account/sessions/end-others", end_others, ["POST"], needs="person"),
]

"""The pages that Supabase's mails link to, and the one that asks for a new password.

Supabase's mail templates name them: `/confirm/{{ .TokenHash }}` and `/new-password/{{ .TokenHash }}`.
"""

from datetime import timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.accounts.problems import PasswordTooCommon
from backend.http.rate_limits import client_address, spend
from backend.http.scans import typed
from backend.identity.supabase_auth import AuthRefused, Tokens
from backend.pages.account_pages import (
    CONFIRM_HERE,
    FORGOT_PASSWORD,
    NEW_PASSWORD,
    NEW_PASSWORD_WITH_CODE,
    Page,
    link_form,
    refuse_other_sites,
)
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.session import address_of, hidden, shown_again
from backend.pages.supabase.answers import auth_of, refused_by
from backend.pages.supabase.entering import entered, password_wrong, takes_over
from backend.pages.visit import Visit, route
from backend.second_factors.problems import WrongSecondFactor

HELD = "new-password"
HELD_LASTS = timedelta(minutes=15)
NOT_KEPT = {"Cache-Control": "no-store"}


async def forgot_password(visit: Visit) -> Response:
    """Ask for the address, or have Supabase mail a link. The answer is the same for every address."""
    if not visit.posted:
        return link_form(visit, FORGOT_PASSWORD, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    await spend(visit.request.scope, "forgot-password", "20/hour", client_address(visit.request.scope))
    try:
        await auth_of(visit).send_reset(str(form.value("email")), address_of(visit.request))
    except AuthRefused as refused:
        # Only a known address can have had too many mails: that must not be told.
        if refused.code not in ("over_email_send_rate_limit", "user_not_found"):
            return _refused(visit, FORGOT_PASSWORD, form, refused_by(visit, refused))
    return RedirectResponse(f"/done/{FORGOT_PASSWORD.name}", 303, NOT_KEPT)


async def confirm(visit: Visit) -> Response:
    """Confirm the address that a mail was sent to, with the password that its reader wants, and sign in.

    Opening the page spends nothing; its button does.
    """
    if not visit.posted:
        return link_form(visit, CONFIRM_HERE, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    await spend(visit.request.scope, "one-time-tokens", "60/minute", client_address(visit.request.scope))
    try:
        password = str(form.value("password"))
        if (wrong := password_wrong(visit, password)) is not None:
            return link_form(visit, CONFIRM_HERE, form.wrong(password=wrong), 422)
        tokens = await auth_of(visit).use_link("email", visit.parameters["token"], address_of(visit.request))
        if not await takes_over(visit, tokens, password):
            return visit.to("/forgot-password")
        if visit.session is not None:  # somebody is signed in here, and stays
            await auth_of(visit).sign_out(tokens.access_token)
            return RedirectResponse("/done/confirm", 303, NOT_KEPT)
    except AuthRefused as refused:
        return _refused(visit, CONFIRM_HERE, form, refused_by(visit, refused))
    return await entered(visit, tokens, done="joined")


async def new_password(visit: Visit) -> Response:
    """Choose a new password. The link's token is spent by the first try, so what it opened is carried on, sealed."""
    if not visit.posted:
        return link_form(visit, NEW_PASSWORD, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    await spend(visit.request.scope, "one-time-tokens", "60/minute", client_address(visit.request.scope))
    held = shown_again(HELD, str(form.value("held"))) if form.value("held") else None
    password = str(form.value("password"))
    page = NEW_PASSWORD
    if (refusing := password_wrong(visit, password)) is not None:
        return link_form(visit, page, form.wrong(password=refusing), 422, held=_carried(held))
    try:
        if held is None:
            tokens = await auth_of(visit).use_link("recovery", visit.parameters["token"], address_of(visit.request))
            held = _opened(tokens)
        if held["factor"]:
            page = NEW_PASSWORD_WITH_CODE
            if not form.value("code"):
                return link_form(visit, page, Form(), 200, held=_carried(held))
            code = typed(str(form.value("code")))
            passed = await auth_of(visit).pass_factor(held["token"], held["factor"], code, address_of(visit.request))
            held = {"token": passed.access_token, "factor": None}
        await auth_of(visit).change(held["token"], address=address_of(visit.request), password=password)
        await auth_of(visit).sign_out(held["token"], "global")
    except AuthRefused as refused:
        if refused.code == "same_password":
            wrong = form.wrong(password=visit.t("links.same_password"))
            return link_form(visit, page, wrong, 422, held=_carried(held))
        return _refused(visit, page, form, refused_by(visit, refused), held)
    return RedirectResponse(f"/done/{NEW_PASSWORD.name}", 303, NOT_KEPT)


def _opened(tokens: Tokens) -> dict[str, Any]:
    factor = tokens.user.factor
    return {"token": tokens.access_token, "factor": factor.id if factor else None}


def _carried(held: dict[str, Any] | None) -> str:
    return hidden(HELD, held, HELD_LASTS) if held is not None else ""


def _refused(visit: Visit, page: Page, form: Form, refusal: Refused, held: dict[str, Any] | None = None) -> Response:
    if refusal.status >= 500:
        raise refusal
    shown = form.wrong(code=refusal.detail) if refusal.code == WrongSecondFactor.code else form.refused(refusal, ())
    if refusal.code == PasswordTooCommon.code:
        shown = form.wrong(password=refusal.detail)
    answer = link_form(visit, page, shown, refusal.status, held=_carried(held))
    answer.headers.update(refusal.headers)
    return answer


routes: list[BaseRoute] = [
    # Their forms send no address of origin, see refuse_other_sites.
    route("/forgot-password", forgot_password, ["GET", "POST"], cross_site=True),
    route("/confirm/{token}", confirm, ["GET", "POST"], cross_site=True),
    route("/new-password/{token}", new_password, ["GET", "POST"], cross_site=True),
]

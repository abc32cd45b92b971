"""Sign in, register and confirm an address through Supabase Auth, whose tokens stay with us, sealed."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.accounts import passwords
from backend.accounts.problems import PasswordTooCommon
from backend.accounts.schemas import RegistrationIn
from backend.http.error_handlers import field_errors
from backend.http.rate_limits import client_address, spend
from backend.http.scans import typed
from backend.identity.supabase_auth import AuthRefused, Tokens
from backend.pages.client import Api, Refused
from backend.pages.forms import Form
from backend.pages.session import (
    LASTS,
    Unsent,
    address_of,
    begin_session,
    end_session,
    hidden,
    is_secure,
    shown_again,
    told,
)
from backend.pages.supabase.answers import auth_of, refused_by
from backend.pages.visit import Visit, own_path, route
from backend.pages.visitors.joining import (
    begin_code,
    begun,
    code_page,
    following,
    forget_code,
    form_page,
    invitation_of,
    registering,
    terms_version,
)
from backend.pages.visitors.signing_in import HOMES, SEND_AGAIN, first_form, home, send_again, typed_again
from backend.problems.common import NotSignedIn, RequestInvalid
from backend.second_factors.problems import ChallengeOver, WrongSecondFactor

CHALLENGE = "challenge"
CHALLENGE_LASTS = timedelta(minutes=5)
FINISHING_LASTS = timedelta(days=1)
FACTS_LAST = timedelta(minutes=30)
TRIES = "50/15 minutes"  # by network address
FACTS = "registration"
"""The cookie that carries role, name and terms, sealed, until the address is confirmed in the same browser.

Supabase does not keep them: somebody else may have signed up with the address before, and theirs would count.
"""


async def sign_in(visit: Visit) -> Response:
    """Show the form, or sign in and go on to where the person wanted to go."""
    form = await visit.form() if visit.posted else Form()
    if (asking := first_form(visit, form)) is not None:
        return asking
    again, wanted = await typed_again(visit), own_path(form.value("next"), "")
    await spend(visit.request.scope, "sign-ins", TRIES, client_address(visit.request.scope))
    carried = str(form.value("challenge"))
    try:
        if carried:
            tokens = await _after_code(visit, carried, str(form.value("code")))
        else:
            email, password = str(form.value("username")), str(form.value("password"))
            tokens = await auth_of(visit).sign_in(email, password, address_of(visit.request))
    except AuthRefused as refusal:
        if refusal.code == "email_not_confirmed":  # said after the right password only
            return await _confirms_first(visit, str(form.value("username")), wanted)
        return _asked(visit, form, refused_by(visit, refusal), wanted, again, carried)
    except ChallengeOver as over:  # begins again with the password
        return _asked(visit, form, Refused.by(over, visit.problem_language), wanted, again, "")
    factor = tokens.user.factor
    if factor is not None and not carried:
        held = {"factor": factor.id, "token": tokens.access_token}
        return visit.page(
            "visitors/sign_in.html",
            form=Form(),
            next=wanted,
            again=again,
            challenge=hidden(CHALLENGE, held, CHALLENGE_LASTS),
            terms=None,
        )
    return await entered(visit, tokens, wanted, again=again)


def _asked(
    visit: Visit, form: Form, refusal: Refused, wanted: str, again: Sequence[tuple[str, str]], challenge: str
) -> Response:
    shown = form.refused(refusal, ("username", "password", "code"))
    if refusal.code == WrongSecondFactor.code:
        shown = form.wrong(code=refusal.detail)
    page = visit.page(
        "visitors/sign_in.html",
        refusal.status,
        form=shown,
        next=wanted,
        again=again,
        challenge=challenge,
        terms=None,
    )
    page.headers.update(refusal.headers)
    return page


async def _after_code(visit: Visit, carried: str, code: str) -> Tokens:
    held = shown_again(CHALLENGE, carried)
    if held is None:
        raise ChallengeOver
    return await auth_of(visit).pass_factor(held["token"], held["factor"], typed(code), address_of(visit.request))


async def _confirms_first(visit: Visit, email: str, wanted: str) -> Response:
    """Mail another code to somebody who knows the password of an address that is not confirmed, and ask for it."""
    try:
        await auth_of(visit).send_confirmation(email, address_of(visit.request))
    except AuthRefused as refusal:
        if refusal.status != 429:  # a mail has just been sent: its code will do
            raise refused_by(visit, refusal) from None
    page = visit.to("/register/code", **({"next": wanted} if wanted else {}))
    begin_code(visit, page, email)
    return page


async def entered(
    visit: Visit,
    tokens: Tokens,
    wanted: str = "",
    done: str | None = None,
    again: Sequence[tuple[str, str]] = (),
    facts: Mapping[str, Any] | None = None,
) -> Response:
    """Begin the session of somebody whom Supabase has signed in, and go on: to register first if they have not.

    facts: what they typed to register, in this browser.
    """
    api = Api(visit.request, visit.language, tokens.access_token)
    me = await api.sends("GET", "/v1/me")
    facts = facts or _carried(visit, tokens)
    if me.status_code == NotSignedIn.status and facts and await _registers(api, facts):
        me = await api.sends("GET", "/v1/me")
    if me.status_code >= 500:
        raise Refused(me)
    registered = me.status_code != NotSignedIn.status
    going = wanted or (await home(visit, tokens.access_token) if me.is_success else "/")
    if not registered:
        page = visit.to("/register/finish", next=going)
    elif again:
        page = visit.to(SEND_AGAIN)
    elif me.is_success and await _terms_changed(api):
        page = visit.to("/new-terms", next=going)
    else:
        page = visit.to(going, done)
    lasts = LASTS if registered else FINISHING_LASTS
    unsent = Unsent(going, again) if again and registered else None
    await begin_session(visit.request, page, told(tokens), lasts, registered=registered, unsent=unsent)
    if FACTS in visit.request.cookies:
        page.delete_cookie(FACTS, path="/")
    return page


def _carried(visit: Visit, tokens: Tokens) -> Mapping[str, Any] | None:
    """Return what was typed in this browser to register this address, if it was."""
    facts = shown_again(FACTS, visit.request.cookies.get(FACTS, ""))
    return facts if facts and facts["email"] == (tokens.user.email or "").lower() else None


async def _registers(api: Api, facts: Mapping[str, Any]) -> bool:
    """Register with what was typed when the person signed up; return whether there is an account now."""
    wanted = {name: facts.get(name) for name in ("role", "display_name", "locale")}
    wanted |= {name: facts[name] for name in ("invitation", "invitation_named") if name in facts}
    body = {**wanted, "consents": {"terms": facts.get("terms")}}
    answer = await api.sends("POST", "/v1/auth/register", body)
    if answer.status_code >= 500:
        raise Refused(answer)
    return answer.is_success


async def _terms_changed(api: Api) -> bool:
    consents = await api.get("/v1/me/consents")
    return bool(consents["terms"]["status"] == "outdated")


async def register(visit: Visit) -> Response:
    """Show the form, or sign up with Supabase and go on to the page for the code."""
    version = await terms_version(visit)
    if not visit.posted:
        return form_page(visit, begun(visit), version)
    form = await visit.form()
    wanted = {name: form.value(name) for name in ("email", "password", "role", "display_name")}
    if form.value("terms") != version:
        return form_page(visit, form.wrong(terms=visit.t("joining.terms_missing")), version, 422)
    await spend(visit.request.scope, "register", "30/hour", client_address(visit.request.scope))
    try:
        RegistrationIn.model_validate({**wanted, **invitation_of(form), "consents": {"terms": version}})
        passwords.refuse_common(wanted["password"], wanted["email"], wanted["display_name"])
        facts = {"role": wanted["role"], "display_name": wanted["display_name"], "terms": version}
        facts |= invitation_of(form)
        facts |= {"locale": visit.problem_language, "email": str(wanted["email"]).lower()}
        address = address_of(visit.request)
        tokens = await auth_of(visit).register(wanted["email"], wanted["password"], address)
    except ValidationError as invalid:
        errors = field_errors(invalid.errors(), visit.problem_language)
        refusal = Refused.by(RequestInvalid(errors=errors), visit.problem_language)
        return form_page(visit, form.refused(refusal, (*wanted, "terms")), version, refusal.status)
    except PasswordTooCommon as common:
        refusal = Refused.by(common, visit.problem_language)
        return form_page(visit, form.wrong(password=refusal.detail), version, refusal.status)
    except AuthRefused as refused:
        return _registering_refused(visit, form, refused, version)
    going = following(visit, form)
    if tokens is not None:  # the project does not confirm addresses
        return await entered(visit, tokens, going, "joined", facts=facts)
    page = visit.to("/register/code", **({"next": going} if going else {}))
    begin_code(visit, page, str(wanted["email"]))
    carried = hidden(FACTS, facts, FACTS_LAST)
    seconds = int(FACTS_LAST.total_seconds())
    page.set_cookie(FACTS, carried, seconds, path="/", httponly=True, secure=is_secure(), samesite="lax")
    return page


def _registering_refused(visit: Visit, form: Form, refused: AuthRefused, version: str) -> Response:
    if refused.code in ("email_address_invalid", "email_address_not_authorized"):
        return form_page(visit, form.wrong(email=visit.t("joining.no_mail_there")), version, 422)
    refusal = refused_by(visit, refused)
    if refusal.status >= 500:
        raise refusal
    field = {"weak_password": "password", "user_already_exists": "email", "email_exists": "email"}.get(refused.code)
    shown = form.wrong(**{field: refusal.detail}) if field else form.refused(refusal, ())
    page = form_page(visit, shown, version, refusal.status)
    page.headers.update(refusal.headers)
    return page


async def code(visit: Visit) -> Response:
    """Ask for the code of the mail and the password, or confirm the address with them and sign in.

    The password replaces that at Supabase: somebody else may have signed up with the address, and chosen another.
    """
    email = registering(visit)
    form = await visit.form() if visit.posted else Form({"email": email} if email else {})
    if not visit.posted:
        return code_page(visit, form, email, asks_password=True)
    await spend(visit.request.scope, "one-time-tokens", "60/minute", client_address(visit.request.scope))
    password = str(form.value("password"))
    if (wrong := password_wrong(visit, password)) is not None:
        return code_page(visit, form.wrong(password=wrong), email, 422, asks_password=True)
    try:
        written = typed(str(form.value("code")))
        tokens = await auth_of(visit).confirm_code(str(form.value("email")), written, address_of(visit.request))
        if not await takes_over(visit, tokens, password):
            return visit.to("/forgot-password")
    except AuthRefused as refused:
        refusal = refused_by(visit, refused)
        if refusal.status >= 500:
            raise refusal from None
        shown = form.wrong(code=visit.t("joining.code_wrong"))
        page = code_page(visit, shown, email, refusal.status, asks_password=True)
        page.headers.update(refusal.headers)
        return page
    page = await entered(visit, tokens, following(visit, form), "joined")
    forget_code(page)
    return page


def password_wrong(visit: Visit, password: str) -> str | None:
    """Return what is wrong with a new password; None if nothing is."""
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        return visit.t("joining.password_hint")
    try:
        passwords.refuse_common(password)
    except PasswordTooCommon as common:
        return Refused.by(common, visit.problem_language).detail
    return None


async def takes_over(visit: Visit, tokens: Tokens, password: str) -> bool:
    """Set the password of a sign-in whose address was confirmed, and end its other sessions.

    Return False if the project refuses the password: then another one must be chosen by mail, and nobody is signed in.
    """
    auth = auth_of(visit)
    try:
        await auth.change(tokens.access_token, address=address_of(visit.request), password=password)
    except AuthRefused as refused:
        if refused.code == "weak_password":
            await auth.sign_out(tokens.access_token, "global")
            return False
        if refused.code != "same_password":
            raise
    await auth.sign_out(tokens.access_token, "others")
    return True


async def finish(visit: Visit) -> Response:
    """Register with us: for somebody who has a sign-in at Supabase already."""
    going = own_path(visit.query.get("next"))
    if visit.unregistered is None:
        return RedirectResponse(going if visit.session else "/sign-in", 303)
    version = await terms_version(visit)
    if not visit.posted:
        return form_page(visit, Form(), version, finishing=True)
    form = await visit.form()
    if form.value("terms") != version:
        return form_page(visit, form.wrong(terms=visit.t("joining.terms_missing")), version, 422, finishing=True)
    wanted: dict[str, Any] = {name: form.value(name) for name in ("role", "display_name")}
    try:
        api = Api(visit.request, visit.language, visit.unregistered.tokens["access_token"])
        await api.post("/v1/auth/register", {**wanted, "consents": {"terms": version}}, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return form_page(visit, form.refused(refusal, (*wanted, "terms")), version, refusal.status, finishing=True)
    going = own_path(form.value("next"))
    page = visit.to(going if going != "/" else HOMES.get(str(wanted["role"]), "/"), "welcome")
    tokens = visit.unregistered.tokens
    await visit.request.app.state.database.acts.row("end_page_session", held=visit.unregistered.id_hash)
    kept = {**tokens, "expires_in": tokens["expires_at"] - time.time()}
    await begin_session(visit.request, page, kept)
    return page


async def sign_out(visit: Visit) -> Response:
    """End the session of this browser, and that at Supabase."""
    page = visit.to("/", "signed_out")
    session = visit.session or visit.unregistered
    if session is not None:
        await end_session(visit.request, page, session)
    return page


routes: list[BaseRoute] = [
    route("/sign-in", sign_in, ["GET", "POST"]),
    route(SEND_AGAIN, send_again, needs="person"),
    route("/sign-out", sign_out, ["POST"]),
    route("/register", register, ["GET", "POST"]),
    route("/register/code", code, ["GET", "POST"]),
    route("/register/finish", finish, ["GET", "POST"]),
]

"""Registering: the form, « regardez vos e-mails » with the code, and new terms that are to be agreed to."""

from datetime import timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.accounts.problems import PasswordMissing
from backend.accounts.schemas import RegistrationIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.session import begin_session, is_secure
from backend.pages.visit import Visit, own_path, route
from backend.pages.visitors.signing_in import home

ROLES = ("customer", "merchant", "association", "collector")
REGISTERING = "registering"
"""The cookie with the address that is being confirmed, so that only the code has to be typed."""
LASTS = timedelta(minutes=30)


async def register(visit: Visit) -> Response:
    """Show the form, or register and go on to the page for the code."""
    version = await terms_version(visit)
    if not visit.posted:
        return form_page(visit, begun(visit), version)
    form = await visit.form()
    if form.value("terms") != version:
        return form_page(visit, form.wrong(terms=visit.t("joining.terms_missing")), version, 422)
    wanted = {name: form.value(name) for name in ("email", "password", "role", "display_name")}
    try:
        body = {**wanted, **invitation_of(form), "consents": {"terms": version}}
        await visit.api.post("/v1/auth/register", body, key=form.key)
    except Refused as refusal:
        return form_page(visit, form.refused(refusal, (*wanted, "terms")), version, refusal.status)
    going = following(visit, form)
    page = visit.to("/register/code", **({"next": going} if going else {}))
    begin_code(visit, page, str(wanted["email"]))
    return page


async def code(visit: Visit) -> Response:
    """Ask for the code of the mail, or confirm the address with it and sign in."""
    email = registering(visit)
    if not visit.posted:
        return code_page(visit, Form({"email": email} if email else {}), email)
    form = await visit.form()
    body = {"email": form.value("email"), "code": form.value("code"), "password": form.value("password") or None}
    answer = await visit.api.sends("POST", "/v1/auth/verify-email", body)
    if not answer.is_success:
        refusal = Refused(answer)
        asks_password = refusal.code == PasswordMissing.code or "password" in form.typed
        shown = form.refused(refusal, ("email", "code", "password"))
        page = code_page(visit, shown, email, refusal.status, asks_password=asks_password)
        page.headers.update(refusal.headers)
        return page
    tokens = answer.json()
    page = visit.to(following(visit, form) or await home(visit, tokens["access_token"]), "joined")
    forget_code(page)
    await begin_session(visit.request, page, tokens)
    return page


async def new_terms(visit: Visit) -> Response:
    """Show that the terms have changed, or agree to them."""
    if not visit.posted:
        version = await terms_version(visit)
        return visit.page("visitors/new_terms.html", next=own_path(visit.query.get("next")), version=version)
    form = await visit.form()
    await visit.api.put("/v1/me/consents", {"terms": {"version": form.value("version"), "given": True}})
    return RedirectResponse(own_path(form.value("next")), 303)


def begun(visit: Visit) -> Form:
    """Return the form as a link begins it: with a role, and with the invitation of a shop."""
    role, invitation = visit.query.get("role", ""), visit.query.get("invitation", "")
    return Form(
        {**({"role": role} if role in ROLES else {}), **({"invitation": invitation} if invitation else {})},
    )


def invitation_of(form: Form) -> dict[str, Any]:
    """Return what a registration says of the invitation of a shop; nothing without one."""
    if not form.value("invitation"):
        return {}
    return {"invitation": form.value("invitation"), "invitation_named": form.value("invitation_named") == "yes"}


def form_page(visit: Visit, form: Form, version: str, status: int = 200, *, finishing: bool = False) -> Response:
    """Return the form for registering. finishing: for somebody who has a sign-in already."""
    return visit.page(
        "visitors/register.html",
        status,
        form=form,
        rules=constraints(RegistrationIn),
        roles=ROLES,
        version=version,
        next=following(visit, form),
        finishing=finishing,
    )


def code_page(visit: Visit, form: Form, email: str, status: int = 200, *, asks_password: bool = False) -> Response:
    """Return the form for the code of the mail."""
    going = following(visit, form)
    return visit.page("visitors/code.html", status, form=form, email=email, asks_password=asks_password, next=going)


def following(visit: Visit, form: Form) -> str:
    """Return the page to go on to afterwards, such as an invitation; empty without one."""
    return own_path(form.value("next") if visit.posted else visit.query.get("next"), "")


def begin_code(visit: Visit, page: Response, email: str) -> None:
    """Set the cookie with the address that is being confirmed."""
    page.set_cookie(
        REGISTERING,
        email.encode().hex(),
        int(LASTS.total_seconds()),
        path="/register",
        httponly=True,
        secure=is_secure(),
        samesite="lax",
    )


def forget_code(page: Response) -> None:
    """Delete the cookie with the address, which is confirmed."""
    page.delete_cookie(REGISTERING, path="/register")


def registering(visit: Visit) -> str:
    """Return the address that is being confirmed in this browser; empty without one."""
    try:
        return bytes.fromhex(visit.request.cookies.get(REGISTERING, "")[:1000]).decode()
    except ValueError:
        return ""


async def terms_version(visit: Visit) -> str:
    """Return the version of the terms that people agree to now."""
    texts: list[dict[str, Any]] = (await visit.api.get("/v1/terms"))["items"]
    return next(str(text["current_version"]) for text in texts if text["kind"] == "terms")


routes: list[BaseRoute] = [
    route("/register", register, ["GET", "POST"]),
    route("/register/code", code, ["GET", "POST"]),
    route("/new-terms", new_terms, ["GET", "POST"], needs="person"),
]
"""Served only where we sign people in ourselves."""

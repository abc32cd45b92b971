"""The second factor, and the places where one is signed in."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.session import end_session
from backend.pages.visit import Visit, own_path, route
from backend.second_factors.codes import DIGITS
from backend.second_factors.problems import WrongSecondFactor

NEXT = "next"
_CODE = re.compile(rf"[0-9 ]{{{DIGITS},{DIGITS + 3}}}")
_QR = re.compile(r'viewBox="([0-9 ]+)".*<path[^>]* d="([MHVhvz0-9,. ]+)"', re.DOTALL)
_SECRET = re.compile("[A-Z2-7]{16,64}")


async def second_factor(visit: Visit) -> Response:
    """Show whether there is a second factor, and how to add or remove it."""
    return factor_page(visit, await visit.api.get("/v1/me/second-factors"), Form())


def factor_page(visit: Visit, state: Any, form: Form, status: int = 200) -> Response:
    """Return the page about the second factor. state: as `GET /v1/me/second-factors` answers."""
    return visit.page("account/second_factor.html", status, state=state, form=form, next=_next(visit, form))


def _next(visit: Visit, form: Form) -> str:
    """Return the page that asked for a second factor, to go back to; empty without one."""
    return own_path(form.value(NEXT) if visit.posted else visit.query.get(NEXT), "")


async def add_factor(visit: Visit) -> Response:
    """Begin to add a second factor: show the secret, once."""
    form = await visit.form()
    try:
        begun = await visit.api.post("/v1/me/second-factors", {"password": form.value("password")})
    except Refused as refusal:
        return await _factor_again(visit, form, refusal)
    return confirming(visit, Form(form.typed), begun["secret"], begun["qr_svg"])


def confirming(visit: Visit, form: Form, secret: str, picture: str = "", status: int = 200) -> Response:
    """Return the page that asks for the first code. picture: the QR, an SVG document."""
    drawn = _QR.search(picture)
    return visit.page(
        "account/second_factor_begun.html",
        status,
        form=form,
        secret=secret,
        qr=drawn.groups() if drawn else None,
        next=_next(visit, form),
    )


async def confirm_factor(visit: Visit) -> Response:
    """Confirm the second factor by its first code, and show the recovery codes, once."""
    form = await visit.form()
    try:
        kept = await visit.api.post("/v1/me/second-factors/confirm", {"code": form.value("code")})
    except Refused as refusal:
        secret = str(form.value("secret"))
        if not _at_the_form(refusal) or refusal.status == 404 or not _SECRET.fullmatch(secret):
            return await _factor_again(visit, form, refusal)
        return confirming(visit, _at(form, refusal, "code"), secret, status=refusal.status)
    return visit.page("account/recovery_codes.html", codes=kept["recovery_codes"], next=_next(visit, form))


async def remove_factor(visit: Visit) -> Response:
    """Remove the second factor, with the password and a code."""
    form = await visit.form()
    code = str(form.value("code"))
    proof = {"code": code} if _CODE.fullmatch(code) else {"recovery_code": code}
    answer = await visit.api.sends("DELETE", "/v1/me/second-factors", {"password": form.value("password"), **proof})
    if not answer.is_success:
        return await _factor_again(visit, form, Refused(answer))
    return visit.to("/account/second-factor", "second_factor_removed")


async def _factor_again(visit: Visit, form: Form, refusal: Refused) -> Response:
    if not _at_the_form(refusal):
        raise refusal
    field = "password" if "password" in refusal.code else "code"
    return factor_page(visit, await visit.api.get("/v1/me/second-factors"), _at(form, refusal, field), refusal.status)


def _at_the_form(refusal: Refused) -> bool:
    """Return whether a refusal is about what was typed, and not about the session or us."""
    return refusal.code == WrongSecondFactor.code or (refusal.status != 401 and refusal.status < 500)


def _at(form: Form, refusal: Refused, field: str) -> Form:
    """Return the form with a refusal at the field that it is about."""
    found = form.refused(refusal, ("password", "code"), {"recovery_code": "code"})
    return found if found.errors else form.wrong(**{field: refusal.detail})


async def sessions(visit: Visit) -> Response:
    """Show where one is signed in."""
    return visit.page("account/sessions.html", sessions=(await visit.api.get("/v1/me/sessions"))["data"])


async def end_one(visit: Visit) -> Response:
    """End one sign-in; if it is that of this browser, sign out."""
    wanted = visit.parameters["session_id"]
    open_: list[Mapping[str, Any]] = (await visit.api.get("/v1/me/sessions"))["data"]
    if visit.session is not None and any(one["id"] == str(wanted) and one["current"] for one in open_):
        page = visit.to("/", "signed_out")
        await end_session(visit.request, page, visit.session)
        return page
    await visit.api.delete(f"/v1/me/sessions/{wanted}")
    return visit.to("/account/sessions", "session_ended")


async def end_others(visit: Visit) -> Response:
    """End all sign-ins but the one of this browser."""
    for one in (await visit.api.get("/v1/me/sessions"))["data"]:
        if not one["current"]:
            await visit.api.delete(f"/v1/me/sessions/{one['id']}")
    return visit.to("/account/sessions", "sessions_ended")


routes: list[BaseRoute] = [
    route("/account/second-factor", second_factor, needs="person"),
    route("/account/second-factor/add", add_factor, ["POST"], needs="person"),
    route("/account/second-factor/confirm", confirm_factor, ["POST"], needs="person"),
    route("/account/second-factor/remove", remove_factor, ["POST"], needs="person"),
    route("/account/sessions", sessions, needs="person"),
    route("/account/sessions/end-others", end_others, ["POST"], needs="person"),
    route("/account/sessions/{session_id:uuid}/end", end_one, ["POST"], needs="person"),
]

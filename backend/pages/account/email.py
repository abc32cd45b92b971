"""Changing one's e-mail address: the form and the code in the account, and the two pages that the mails link to."""

import re
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.email_changes.problems import CodeNeeded
from backend.email_changes.schemas import EmailChangeIn
from backend.pages.account_pages import LINK_PAGES, NOT_ME, NOT_ME_RESTORED, Page, link_form, refuse_other_sites
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route
from backend.second_factors.codes import DIGITS
from backend.second_factors.problems import WrongSecondFactor

_FIELDS = ("email", "password", "code")
_CODE = re.compile(rf"[0-9 ]{{{DIGITS},{DIGITS + 3}}}")
_AT = {"account.wrong_password": "password", WrongSecondFactor.code: "code", CodeNeeded.code: "code"}
NEW_EMAIL = LINK_PAGES["new-email"]
REVOKE = LINK_PAGES[NOT_ME]


async def email(visit: Visit) -> Response:
    """Show the address with the change that waits, and ask for another one."""
    if not visit.posted:
        return await _page(visit, Form())
    form = await visit.form()
    typed = str(form.value("code"))
    proof = {} if not typed else {"code": typed} if _CODE.fullmatch(typed) else {"recovery_code": typed}
    body = {"email": form.value("email"), "password": form.value("password"), **proof}
    try:
        await visit.api.post("/v1/me/email", body, key=form.key)
    except Refused as refusal:
        if not _at_the_form(refusal):
            raise
        return await _page(visit, _with(form, refusal), refusal.status)
    return visit.to("/account/email", "email_asked")


async def confirm(visit: Visit) -> Response:
    """Confirm the new address by the code that was mailed to it."""
    form = await visit.form()
    try:
        await visit.api.post("/v1/me/email/confirm", {"code": form.value("mailed_code")}, key=form.key)
    except Refused as refusal:
        if not _at_the_form(refusal):
            raise
        wrong = form.refused(refusal, ("mailed_code",), {"code": "mailed_code"})
        return await _page(visit, wrong if wrong.errors else wrong.wrong(mailed_code=_said(refusal)), refusal.status)
    return visit.to("/account", "email_changed")


async def new_email(visit: Visit) -> Response:
    """Show what the link to the new address confirms, and confirm it by its button."""
    if not visit.posted:
        return link_form(visit, NEW_EMAIL, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    answer = await visit.api.sends("POST", NEW_EMAIL.asks, {"token": visit.parameters["token"]})
    if answer.is_success:
        return visit.to("/account", "email_changed")
    return _refused(visit, NEW_EMAIL, form, Refused(answer))


async def not_me(visit: Visit) -> Response:
    """Show what the link to the old address does, and take the change back by its button."""
    if not visit.posted:
        return link_form(visit, REVOKE, Form())
    refuse_other_sites(visit)
    form = await visit.form()
    visit.api.token = None  # the token of the link decides, whoever is signed in
    answer = await visit.api.sends("POST", REVOKE.asks, {"token": visit.parameters["token"]})
    if not answer.is_success:
        return _refused(visit, REVOKE, form, Refused(answer))
    name = NOT_ME_RESTORED if answer.json()["restored"] else NOT_ME
    return RedirectResponse(f"/done/{quote(name)}", 303, {"Cache-Control": "no-store"})


def _refused(visit: Visit, page: Page, form: Form, refusal: Refused) -> Response:
    if not _at_the_form(refusal):
        raise refusal
    return link_form(visit, page, form.refused(refusal, ()), refusal.status)


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    me = await visit.api.get("/v1/me")
    return visit.page(
        "account/email.html",
        status,
        me=me,
        waiting=(await visit.api.get("/v1/me/email"))["waiting"],
        has_factor=bool((await visit.api.get("/v1/me/second-factors"))["data"]),
        form=form,
        rules=constraints(EmailChangeIn),
    )


def _at_the_form(refusal: Refused) -> bool:
    """Return whether a refusal is about what was typed, and not about the session or us."""
    return refusal.code == WrongSecondFactor.code or (refusal.status != 401 and refusal.status < 500)


def _with(form: Form, refusal: Refused) -> Form:
    """Return the form with a refusal at the field that it is about."""
    if refusal.code in _AT:
        return form.wrong(**{_AT[refusal.code]: refusal.detail})
    return form.refused(refusal, _FIELDS, {"recovery_code": "code"})


def _said(refusal: Refused) -> str:
    """Return why a mailed code was refused, with how many tries are left."""
    left = refusal.problem.get("tries_left")
    return refusal.detail if left is None else f"{refusal.detail} {refusal.texts('email.tries_left', n=left)}"


routes: list[BaseRoute] = [
    route("/account/email", email, ["GET", "POST"], needs="person"),
    route("/account/email/confirm", confirm, ["POST"], needs="person"),
    route("/new-email/{token}", new_email, ["GET", "POST"], needs="person", cross_site=True),
    route("/not-me/{token}", not_me, ["GET", "POST"], cross_site=True),
]
"""Served only where we sign people in ourselves."""

"""The pages that mails and associations link to: confirm an address, choose a password, activate an account.

Opening a page spends no token, because the scanners of mailboxes open every link; its button does. The pages load no
script, and their address, which has a token, is told to nobody.
"""

from dataclasses import dataclass
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from backend.accounts import passwords
from backend.accounts.addresses import LONGEST_ADDRESS
from backend.accounts.tokens import LONGEST_TOKEN
from backend.pages.client import Answer, Refused
from backend.pages.forms import Attributes, Form
from backend.pages.session import begin_session
from backend.pages.visit import Visit, route
from backend.problems.common import NotAllowed, PathUnknown

_OWN_FORMS = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Field:
    """One field of a form; `attributes` are those of its HTML element."""

    name: str
    attributes: Attributes


PASSWORD = Field(
    "password",
    {
        "type": "password",
        "autocomplete": "new-password",
        "minlength": passwords.SHORTEST,
        "maxlength": passwords.LONGEST,
        "required": True,
    },
)
ADDRESS = Field(
    "email", {"type": "email", "autocomplete": "email", "maxlength": LONGEST_ADDRESS, "spellcheck": "false"}
)
OWN_PASSWORD = Field("password", {**PASSWORD.attributes, "autocomplete": "current-password"})
NEEDED_ADDRESS = Field("email", {**ADDRESS.attributes, "required": True})
TOKEN = Field(
    "activation_token",
    {
        "type": "text",
        "autocomplete": "off",
        "autocapitalize": "none",
        "spellcheck": "false",
        "maxlength": LONGEST_TOKEN,
        "required": True,
    },
)
SECOND_FACTOR = Field(
    "code", {"type": "text", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 20}
)


@dataclass(frozen=True)
class Page:
    """A page with a form. asks: the route that its button calls. token: the name of the link's token in that call."""

    name: str
    asks: str
    fields: tuple[Field, ...]
    token: str | None = None


CONFIRM = Page("confirm", "/v1/auth/verify-email", (PASSWORD,), "token")
CONFIRM_ADDRESS = Page("confirm-address", "/v1/auth/verify-email", (OWN_PASSWORD,), "token")
NEW_PASSWORD = Page("new-password", "/v1/auth/reset-password", (PASSWORD,), "token")
FORGOT_PASSWORD = Page("forgot-password", "/v1/auth/forgot-password", (NEEDED_ADDRESS,))
ACTIVATE = Page("activate", "/v1/auth/activate", (PASSWORD, ADDRESS), "activation_token")
ACTIVATE_BY_HAND = Page("activate", "/v1/auth/activate", (TOKEN, PASSWORD, ADDRESS))
# With Supabase Auth, whose mails link here. Whoever confirms chooses the password, and is signed in.
CONFIRM_HERE = Page("confirm-here", "", (PASSWORD,))
NEW_PASSWORD_WITH_CODE = Page("new-password", "", (PASSWORD, SECOND_FACTOR))
PAGES = (CONFIRM, CONFIRM_ADDRESS, NEW_PASSWORD, FORGOT_PASSWORD, ACTIVATE)
NOT_ME, NOT_ME_RESTORED = "not-me", "not-me-restored"
LINK_PAGES = {
    "new-email": Page("new-email", "/v1/me/email/confirm", ()),
    NOT_ME: Page(NOT_ME, "/v1/auth/revoke-email-change", ()),
}
"""The pages that mails about a change of address link to; they have a button and no field."""
SIGNED_OUT_AFTER = frozenset({CONFIRM.name, CONFIRM_ADDRESS.name, NEW_PASSWORD.name, ACTIVATE.name})
"""The pages after which one signs in."""


def shown(visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page that nobody keeps, whose address is told to nobody, with forms that send to ourselves only."""
    answer = visit.page(template, status, **values)
    answer.headers["Content-Security-Policy"] = _OWN_FORMS
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def link_form(visit: Visit, page: Page, form: Form, status: int = 200, held: str = "") -> Response:
    """Return the page with its form. held: what a second try of the form has to carry."""
    return shown(visit, "links/form.html", status, page=page, form=form, held=held)


def _refused(visit: Visit, page: Page, form: Form, answer: Answer) -> Response:
    """Show the form again. What is wrong with one of its fields is said there."""
    refusal = Refused(answer)
    shown_again = form.refused(refusal, [one.name for one in page.fields])
    if refusal.code == "auth.password_too_common":
        shown_again = form.wrong(password=refusal.detail)
    elif refusal.code == "account.email_taken" and "email" in {one.name for one in page.fields}:
        shown_again = form.wrong(email=refusal.detail)
    refused = link_form(visit, page, shown_again, refusal.status)
    refused.headers.update(refusal.headers)
    return refused


def refuse_other_sites(visit: Visit) -> None:
    """Raise NotAllowed for a form of another site. Without a Referrer-Policy's address, `Origin` says nothing."""
    if visit.request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotAllowed


async def _sent(visit: Visit, page: Page) -> Response:
    """Ask the API for what the form's button is for, then show that it is done, or the form with what was wrong."""
    refuse_other_sites(visit)
    form = await visit.form()
    typed = {one.name: str(form.value(one.name)) for one in page.fields}
    # An empty field that must be filled is sent too, and refused: the API itself can do without some.
    needed = {one.name for one in page.fields if one.attributes.get("required")}
    body: dict[str, Any] = {name: value for name, value in typed.items() if value or name in needed}
    if page.token is not None:
        body[page.token] = visit.parameters["token"]
    answer = await visit.api.sends("POST", page.asks, body)
    if not answer.is_success:
        return _refused(visit, page, form, answer)
    if answer.content:
        tokens = answer.json()
        visit.api.token = tokens["access_token"]
        me = (await visit.api.get("/v1/me")) if page.name == ACTIVATE.name else None
        # An old browser does not say which site a form is from, and another site could sign somebody in as itself.
        from_here = visit.request.headers.get("sec-fetch-site") == "same-origin"
        if me is not None and visit.session is None and from_here:
            # Whoever activates an account goes on in it, unless somebody else is signed in in this browser.
            goes_on = done_page(visit, page.name, code=me["beneficiary"]["code"], goes_on=True)
            await begin_session(visit.request, goes_on, tokens)
            return goes_on
        # The other pages keep nothing: whoever wants to go on signs in.
        await visit.api.sends("POST", "/v1/auth/logout", {"refresh_token": tokens["refresh_token"]})
        if me is not None:
            return done_page(visit, page.name, code=me["beneficiary"]["code"])
    return RedirectResponse(f"/done/{page.name}", 303, {"Cache-Control": "no-store"})


def done_page(
    visit: Visit, name: str, status: int = 200, *, code: str | None = None, goes_on: bool = False
) -> Response:
    """Return the page that says that something is done, or over."""
    signs_in = name in SIGNED_OUT_AFTER and not goes_on
    return shown(visit, "links/done.html", status, name=name, code=code, signs_in=signs_in, goes_on=goes_on)


async def done(visit: Visit) -> Response:
    """Show that something is done. Raises PathUnknown."""
    name = visit.parameters["name"]
    if name not in {*(page.name for page in PAGES), NOT_ME, NOT_ME_RESTORED}:
        raise PathUnknown
    return done_page(visit, name)


def _route(path: str, page: Page) -> Route:
    async def endpoint(visit: Visit) -> Response:
        return await _sent(visit, page) if visit.posted else link_form(visit, page, Form())

    return route(path, endpoint, ["GET", "POST"], cross_site=True)  # refused above, see refuse_other_sites


shared_routes: list[BaseRoute] = [route("/done/{name}", done)]
"""Served whoever signs people in."""

routes: list[BaseRoute] = [
    *(_route(f"/{page.name}/{{token}}", page) for page in PAGES if page.token is not None),
    _route("/forgot-password", FORGOT_PASSWORD),
    _route("/activate", ACTIVATE_BY_HAND),
    *shared_routes,
]
"""Served only where we sign people in ourselves."""

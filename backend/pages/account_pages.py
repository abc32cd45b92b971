"""The pages that mails and associations link to: confirm an address, choose a password, activate an account.

They work without JavaScript and are the API's client: what they do, they ask of `/v1` within this process, as the same
caller. Opening a page spends no token, because the scanners of mailboxes open every link; its button does.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from backend.accounts import passwords
from backend.accounts.addresses import LONGEST_ADDRESS
from backend.accounts.problems import SecondFactorNeeded
from backend.accounts.tokens import LONGEST_TOKEN
from backend.pages.client import call
from backend.pages.pages import page
from backend.problems.common import NotAllowed, PathUnknown
from backend.problems.problem import language_of
from backend.problems.texts import Language

_OWN_FORMS = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_COPIED = ("retry-after",)


@dataclass(frozen=True)
class Field:
    """One field of a form; `attributes` are those of its HTML element."""

    name: str
    attributes: Mapping[str, str | int | bool]


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
class Form:
    """A page with a form. asks: the route that its button calls. token: the name of the link's token in that call."""

    name: str
    asks: str
    fields: tuple[Field, ...]
    token: str | None = None


CONFIRM = Form("confirm", "/v1/auth/verify-email", (PASSWORD,), "token")
CONFIRM_ADDRESS = Form("confirm-address", "/v1/auth/verify-email", (OWN_PASSWORD,), "token")
NEW_PASSWORD = Form("new-password", "/v1/auth/reset-password", (PASSWORD,), "token")
FORGOT_PASSWORD = Form("forgot-password", "/v1/auth/forgot-password", (NEEDED_ADDRESS,))
ACTIVATE = Form("activate", "/v1/auth/activate", (PASSWORD, ADDRESS), "activation_token")
ACTIVATE_BY_HAND = Form("activate", "/v1/auth/activate", (TOKEN, PASSWORD, ADDRESS))
# Its button signs in first, and the answer to that is used for this one request.
INVITATION = Form("invitation", "/v1/invitations/{token}/accept", (NEEDED_ADDRESS, OWN_PASSWORD, SECOND_FACTOR))
FORMS = (CONFIRM, CONFIRM_ADDRESS, NEW_PASSWORD, FORGOT_PASSWORD, ACTIVATE)


@dataclass(frozen=True)
class Refusal:
    """Why the API refused: its detail, and what is wrong with each field of the form."""

    detail: str
    of_fields: Mapping[str, str] = field(default_factory=dict)


@cache
def wording(language: Language) -> Mapping[str, Any]:
    """Return the texts of these pages."""
    return tomllib.loads(Path(__file__).with_name("wording").joinpath(language, "links.toml").read_text("utf-8"))


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page in the caller's language that nobody keeps, with forms that send to ourselves only."""
    language = language_of(request.scope)
    answer = page(template, _OWN_FORMS, language=language, words=wording(language), **values)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _form(
    request: Request, form: Form, typed: Mapping[str, str], refusal: Refusal | None = None, status: int = 200
) -> Response:
    return shown(request, "account_form.html", status, form=form, typed=typed, refusal=refusal)


def _refusal(answer: httpx2.Response, form: Form) -> Refusal:
    """Read a problem. What is wrong with a field of this form is said there too."""
    problem = answer.json()
    wrong = {error["field"].removeprefix("body."): error["message"] for error in problem.get("errors", ())}
    if problem["code"] == "auth.password_too_common":
        wrong["password"] = problem["detail"]
    elif problem["code"] == "account.email_taken":
        wrong["email"] = problem["detail"]
    return Refusal(problem["detail"], {one.name: wrong[one.name] for one in form.fields if one.name in wrong})


async def _sent(request: Request, form: Form) -> Response:
    """Ask the API for what the form's button is for, then show that it is done, or the form with what was wrong."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotAllowed  # a form of another site
    async with request.form(max_files=0, max_fields=10) as sent:
        typed = {one.name: str(sent.get(one.name, "")) for one in form.fields}
    # An empty field that must be filled is sent too, and refused: the API itself can do without some.
    needed = {one.name for one in form.fields if one.attributes.get("required")}
    body: dict[str, Any] = {name: value for name, value in typed.items() if value or name in needed}
    if form.token is not None:
        body[form.token] = request.path_params["token"]
    answer = await call(request, "POST", form.asks, body)
    if not answer.is_success:
        refused = _form(request, form, typed, _refusal(answer, form), answer.status_code)
        refused.headers.update({name: answer.headers[name] for name in _COPIED if name in answer.headers})
        return refused
    code = None
    if answer.content:
        # This page keeps nothing: whoever wants to go on signs in.
        tokens = answer.json()
        if form.name == ACTIVATE.name:
            me = await call(request, "GET", "/v1/me", token=tokens["access_token"])
            code = me.json()["beneficiary"]["code"] if me.is_success else None
        await call(request, "POST", "/v1/auth/logout", {"refresh_token": tokens["refresh_token"]})
    if code is not None:
        return shown(request, "account_done.html", name=form.name, code=code)
    return RedirectResponse(f"/done/{form.name}", 303, {"Cache-Control": "no-store"})


async def _invitation(request: Request) -> Response:
    """Show an invitation with a form to sign in; its button signs in, accepts, and signs out again."""
    invitation = f"/v1/invitations/{quote(request.path_params['token'], safe='')}"
    described = await call(request, "GET", invitation)
    if not described.is_success:
        return shown(request, "account_done.html", described.status_code, name="invitation-over", code=None)
    if request.method == "GET":
        return _invited(request, described.json(), {})
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise NotAllowed  # a form of another site
    async with request.form(max_files=0, max_fields=10) as sent:
        typed = {one.name: str(sent.get(one.name, "")) for one in INVITATION.fields}
    signs_in = {"username": typed["email"], "password": typed["password"]}
    answer = await call(request, "POST", "/v1/auth/token", form=signs_in)
    if typed["code"] and not answer.is_success and answer.json()["code"] == SecondFactorNeeded.code:
        challenge = {"challenge_token": answer.json()["challenge_token"], "code": typed["code"]}
        answer = await call(request, "POST", "/v1/auth/second-factor", challenge)
    if answer.is_success:
        tokens = answer.json()
        answer = await call(request, "POST", f"{invitation}/accept", token=tokens["access_token"])
        await call(request, "POST", "/v1/auth/logout", {"refresh_token": tokens["refresh_token"]})
    if not answer.is_success:
        refused = _invited(request, described.json(), typed, _refusal(answer, INVITATION), answer.status_code)
        refused.headers.update({name: answer.headers[name] for name in _COPIED if name in answer.headers})
        return refused
    return RedirectResponse("/done/invitation", 303, {"Cache-Control": "no-store"})


def _invited(
    request: Request,
    invitation: Mapping[str, Any],
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    role = wording(language_of(request.scope))["member_roles"][invitation["role"]]
    about = f"{invitation['name']} ({role})"
    return shown(request, "account_form.html", status, form=INVITATION, typed=typed, refusal=refusal, about=about)


async def _done(request: Request) -> Response:
    """Show that something is done. Raises PathUnknown."""
    name = request.path_params["name"]
    if name not in {form.name for form in (*FORMS, INVITATION)}:
        raise PathUnknown
    return shown(request, "account_done.html", name=name, code=None)


def _route(path: str, form: Form) -> Route:
    async def endpoint(request: Request) -> Response:
        return await _sent(request, form) if request.method == "POST" else _form(request, form, {})

    return Route(path, endpoint, methods=["GET", "POST"])


routes: list[BaseRoute] = [
    *(_route(f"/{form.name}/{{token}}", form) for form in FORMS if form.token is not None),
    Route("/invitation/{token}", _invitation, methods=["GET", "POST"]),
    _route("/forgot-password", FORGOT_PASSWORD),
    _route("/activate", ACTIVATE_BY_HAND),
    Route("/done/{name}", _done, methods=["GET"]),
]
"""Served only where we sign people in ourselves."""

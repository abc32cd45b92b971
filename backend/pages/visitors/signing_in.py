"""Signing in and out, and choosing the language of the pages."""

from datetime import timedelta

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.accounts.problems import SecondFactorNeeded
from backend.http.scans import typed
from backend.pages import cookies
from backend.pages.client import Api, Refused
from backend.pages.forms import Form
from backend.pages.refilling import refilled
from backend.pages.session import Unsent, begin_session, end_session
from backend.pages.visit import LANGUAGE_COOKIE, REFILLED, SHOWN_ON, TYPED_AGAIN, Visit, own_path, route
from backend.second_factors.codes import DIGITS
from backend.second_factors.problems import ChallengeOver
from backend.terms.problems import TermsToAccept

A_YEAR = timedelta(days=365)
SEND_AGAIN = "/sign-in/again"
HOMES = {"admin": "/admin", "association": "/association", "merchant": "/my-shops/now", "collector": "/tours"}
"""The first page after signing in, by role."""
ORGANISATION = "/organisation"
"""That of anybody else who works for an organisation. For the others it is «Trouver»."""


async def sign_in(visit: Visit) -> Response:
    """Show the form, or sign in and go on to where the person wanted to go."""
    form = await visit.form() if visit.posted else Form()
    if (asking := first_form(visit, form)) is not None:
        return asking
    again = await typed_again(visit)
    wanted = own_path(form.value("next"), "")
    challenge = str(form.value("challenge"))
    agreed = {"accepted_terms": str(form.value("accepted_terms"))} if form.value("accepted_terms") else {}
    if challenge:
        body = {"challenge_token": challenge, **_code(str(form.value("code"))), **agreed}
        answer = await visit.api.sends("POST", "/v1/auth/second-factor", body)
    else:
        signs_in = {"username": str(form.value("username")), "password": str(form.value("password")), **agreed}
        answer = await visit.api.sends("POST", "/v1/auth/token", form=signs_in)
    if not answer.is_success:
        refusal = Refused(answer)
        if refusal.code == SecondFactorNeeded.code:
            challenge = str(refusal.problem["challenge_token"])
        elif refusal.code == ChallengeOver.code:
            challenge = ""  # begins again with the password
        terms = (
            refusal.problem["current_version"] if refusal.code == TermsToAccept.code else agreed.get("accepted_terms")
        )
        page = visit.page(
            "visitors/sign_in.html",
            refusal.status,
            form=form.refused(refusal, ("username", "password", "code"), {"recovery_code": "code"}),
            next=wanted,
            again=again,
            challenge=challenge,
            terms=terms,
        )
        page.headers.update(refusal.headers)
        return page
    tokens = answer.json()
    going = wanted or await home(visit, tokens["access_token"])
    if again:
        page = visit.to(SEND_AGAIN)
    else:
        page = visit.to("/new-terms", next=going) if tokens["terms_to_accept"] else visit.to(going)
    await begin_session(visit.request, page, tokens, unsent=Unsent(wanted or "/", again) if again else None)
    return page


async def send_again(visit: Visit) -> Response:
    """Go back to the page with the form that was sent without a session, or ask here whether to send it."""
    unsent = visit.session.unsent if visit.session else None
    if unsent is None:
        return visit.to("/")
    fields = [(name, value) for name, value in unsent.fields if name != SHOWN_ON]
    shown_on = own_path(dict(unsent.fields).get(SHOWN_ON), unsent.path)
    headers = {"cookie": visit.request.headers.get("cookie", ""), "accept": "text/html"}
    found = await Api(visit.request, visit.language).sends("GET", shown_on, headers=headers)
    if (
        found.status_code == 200
        and found.headers.get("content-type", "").startswith("text/html")
        and refilled(found.content.decode(), shown_on, unsent.path, fields) is not None
    ):
        return visit.to(shown_on, "typed_again", **{REFILLED: "1"})
    return visit.page("visitors/send_again.html", next=unsent.path, again=fields)


async def typed_again(visit: Visit) -> list[tuple[str, str]]:
    """Return what was typed into the form that is sent again after signing in."""
    return [
        (name.removeprefix(f"{TYPED_AGAIN}."), value)
        for name, value in (await visit.sent()).multi_items()
        if name.startswith(f"{TYPED_AGAIN}.") and isinstance(value, str)
    ]


def first_form(visit: Visit, form: Form) -> Response | None:
    """Return the page for signing in if nothing was sent, or by a browser that refuses cookies; otherwise None.

    It sets a cookie, so that such a browser is told so.
    """
    if not visit.posted:
        wanted, status = own_path(visit.query.get("next"), ""), 200
    elif cookies.refused(visit, form):
        wanted, status = own_path(form.value("next"), ""), 422
        form = Form(form.typed, {}, visit.t("signing_in.no_cookies"), form.key)
    else:
        return None
    page = visit.page(
        "visitors/sign_in.html", status, form=form, next=wanted, again=[], challenge="", terms=None, probes=True
    )
    cookies.probe(page, "/sign-in")
    return page


async def home(visit: Visit, token: str) -> str:
    """Return the page on which a person starts after signing in."""
    api = Api(visit.request, visit.language, token)
    try:
        me = await api.get("/v1/me")
        if me["role"] in HOMES:
            return HOMES[me["role"]]
        return ORGANISATION if (await api.get("/v1/organisations", limit=1))["data"] else "/"
    except Refused:
        return "/"


def _code(written: str) -> dict[str, str]:
    """Return what was typed as the API's code of six digits, otherwise as a recovery code."""
    plain = typed(written)
    return {"code": plain} if len(plain) <= DIGITS else {"recovery_code": written}


async def sign_out(visit: Visit) -> Response:
    """End the session of this browser."""
    page = visit.to("/", "signed_out")
    if visit.session is not None:
        await end_session(visit.request, page, visit.session)
    return page


async def choose_language(visit: Visit) -> Response:
    """Keep the language that this browser chooses."""
    form = await visit.form()
    page = visit.to(own_path(form.value("next")))
    if form.value("language") in ("fr", "en"):
        page.set_cookie(LANGUAGE_COOKIE, form.value("language"), int(A_YEAR.total_seconds()), samesite="lax")
    return page


routes: list[BaseRoute] = [
    route("/sign-in", sign_in, ["GET", "POST"]),
    route(SEND_AGAIN, send_again, needs="person"),
    route("/sign-out", sign_out, ["POST"]),
    route("/language", choose_language, ["POST"]),
]

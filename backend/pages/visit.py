"""One visit of a page: who opens it, in which language, and what it answers.

`visited` turns a function of a Visit into an endpoint. It finds the session, refuses forms of other sites, answers
refusals of the API as pages, and sets the headers that every page has.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from backend.database.errors import DATABASE_ERRORS, problem_from_database
from backend.http.etags import unchanged
from backend.identity.supabase_auth import SignInUnavailable
from backend.observability.failures import log_failure
from backend.pages.amounts import Amounts
from backend.pages.assets import asset
from backend.pages.client import Api, Refused
from backend.pages.content_policy import policy_of
from backend.pages.forms import MOST_FIELDS, Form, form_of
from backend.pages.refilling import refilled
from backend.pages.session import Kind, PageSession, Unsent, find_session, forget_unsent
from backend.pages.templates import environment
from backend.pages.texts import PageLanguage, Texts, texts
from backend.pages.told import told
from backend.problems.common import BodyUnreadable, InternalError, NotAllowed
from backend.problems.problem import Problem, language_of, problem_words
from backend.problems.texts import Language
from backend.settings import settings

READING = frozenset({"GET", "HEAD"})
LANGUAGE_COOKIE = "language"
WITHOUT_REFERRER = "same-origin"  # with no-referrer our own forms would send `Origin: null`
LARGEST_FILE = 20 * 1024 * 1024
COMPRESSION = 3  # takes a third of the time of level 5, for 5 to 9 % more bytes
TYPED_AGAIN = "_again"
SHOWN_ON = "_page"
"""The hidden field with the page on which a form stood that was sent without a session."""

REFILLED = "refilled"
"""The parameter of a page that shows what was typed into its form before somebody signed in."""

Endpoint = Callable[["Visit"], Awaitable[Response]]


class SignInNeeded(Exception):
    """Raised by a page that only somebody who is signed in can see."""


@dataclass
class Visit:
    """One request for a page."""

    request: Request
    language: PageLanguage
    session: PageSession | None
    api: Api
    policy: str
    tag: str | None = None
    """The ETag of a page that keeps itself current."""
    unregistered: PageSession | None = None
    """The session of somebody whom Supabase Auth signed in, and who has no account with us yet."""

    @property
    def t(self) -> Texts:
        """The texts of the page's language."""
        return texts(self.language)

    @property
    def problem_language(self) -> Language:
        """The language of what has French and English words only, such as problems."""
        return "fr" if self.language == "fr" else "en"

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters in the path."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """The parameters after the question mark."""
        return self.request.query_params

    @property
    def address(self) -> str:
        """The path and query of this page, without what it says was done."""
        own = ("done", REFILLED)
        asked = urlencode([(name, value) for name, value in self.request.query_params.multi_items() if name not in own])
        return f"{self.request.url.path}?{asked}" if asked else self.request.url.path

    @property
    def signs_in_here(self) -> bool:
        """Whether people sign in with us; otherwise Supabase Auth keeps their passwords, factors and sessions."""
        return settings().auth == "own"

    @property
    def posted(self) -> bool:
        """Whether a form was sent."""
        return self.request.method not in READING

    async def sent(self) -> FormData:
        """Return the form that was sent, with its files."""
        return await self.request.form(max_files=5, max_fields=MOST_FIELDS, max_part_size=LARGEST_FILE)

    async def form(self, *lists: str) -> Form:
        """Return what was typed into the form that was sent. lists: fields that may occur several times."""
        return form_of(await self.sent(), lists)

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """Return a page made from a template."""
        now = datetime.now(UTC)
        html = environment.get_template(template).render(
            visit=self,
            t=self.t,
            write=Amounts(self.t, now),
            language=self.language,
            now=now,
            done=self._done(),
            **values,
        )
        return HTMLResponse(html, status, {"ETag": self.tag} if self.tag else None)

    def unchanged(self, *shown: Any) -> Response | None:
        """Return 304 if the browser has the page that is made from these facts, so that it need not be made again.

        Otherwise the page that `page` makes has their ETag, and a script that asks for it again while it is visible.
        """
        facts = json.dumps([self.language, asset("style.css"), shown], default=str, sort_keys=True)
        self.tag = f'"{blake2b(facts.encode(), digest_size=12).hexdigest()}"'
        if unchanged(self.request.headers.get("if-none-match"), self.tag):
            return Response(status_code=304, headers={"ETag": self.tag})
        return None

    def to(self, path: str, done: str | None = None, **query: str) -> Response:
        """Send the browser to another page after a form. done: the key under `common.done` that it says there."""
        asked = {**query, **({"done": done} if done else {})}
        joint = "&" if "?" in path else "?"
        return RedirectResponse(f"{path}{joint}{urlencode(asked)}" if asked else path, 303)

    def _done(self) -> str | None:
        said = self.query.get("done", "")
        key = f"done.{said}"
        return self.t(key) if key in self.t else None


def own_path(wanted: str | None, otherwise: str = "/") -> str:
    """Return a path of ours to go on to; `otherwise` for an address that could lead elsewhere."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or len(wanted) > 2000:
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc or any(ord(sign) < 32 for sign in wanted) else wanted


def route(
    path: str,
    endpoint: Endpoint,
    methods: Sequence[str] = ("GET",),
    *,
    needs: Kind | None = None,
    roles: Sequence[str] = (),
    policy: Mapping[str, str] | None = None,
    cross_site: bool = False,
    kind: Kind | None = "person",
) -> Route:
    """Return the route of a page.

    needs: the session without which it asks to sign in. kind: the session that it looks for but can do without; None:
    it does not look at cookies. roles:
    whom it is for, besides members; the API decides all the same. policy: directives of the Content-Security-Policy
    that this page needs besides our own. cross_site: whether other sites may send its form.
    """
    return Route(
        path,
        visited(endpoint, needs=needs, roles=roles, policy=policy, cross_site=cross_site, kind=kind),
        methods=list(methods),
        middleware=[Middleware(GZipMiddleware, minimum_size=800, compresslevel=COMPRESSION)],
    )


def visited(
    endpoint: Endpoint,
    *,
    needs: Kind | None = None,
    roles: Sequence[str] = (),
    policy: Mapping[str, str] | None = None,
    cross_site: bool = False,
    kind: Kind | None = "person",
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint of Starlette that calls `endpoint` with a Visit. The arguments are those of `route`."""
    more = policy or {}

    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        reads = request.method in READING
        asked = _asked_language(request) if needs or kind else language_of(request.scope)
        visit = Visit(request, asked, None, Api(request, asked, shares=reads), policy_of(more))
        try:
            if not cross_site and request.method not in READING:
                _refuse_other_sites(request)
            try:
                wanted = needs or kind
                visit.session = await find_session(request, visit.language, wanted) if wanted else None
            except SignInUnavailable:
                if needs is not None:
                    raise
            if visit.session is not None and visit.session.kind == "person" and visit.session.account_id is None:
                visit.unregistered, visit.session = visit.session, None
            if visit.session is not None:
                visit.language = _language(request, visit.session)
                visit.api = Api(request, visit.language, visit.session.tokens.get("access_token"), shares=reads)
            if needs is not None and visit.session is None:
                raise SignInNeeded
            if roles and visit.session is not None and visit.session.role not in roles:
                raise NotAllowed
            unsent = visit.session.unsent if visit.session is not None else None
            if unsent is not None and visit.session is not None and visit.posted:
                if request.url.path == urlsplit(unsent.path).path:  # it is sent now
                    visit.session = await forget_unsent(request, visit.session)
            found = await endpoint(visit)
            if unsent is not None and REFILLED in visit.query and not visit.posted:
                _refill(visit, found, unsent)
        except SignInNeeded:
            found = await _to_sign_in(visit)
        except Refused as refusal:
            found = await _refused(visit, refusal)
        except Problem as problem:
            found = _problem_page(visit, problem)
        except HTTPException:  # a form that cannot be read
            found = _problem_page(visit, BodyUnreadable())
        except DATABASE_ERRORS as error:
            refusal_of_database = problem_from_database(error)
            if refusal_of_database.status >= 500:
                log_failure(error, request.scope)
            found = _problem_page(visit, refusal_of_database)
        except Exception as error:
            log_failure(error, request.scope)
            found = _problem_page(visit, InternalError())
        finally:
            await visit.api.end()
            await request.close()  # the files of a form
        return _finished(visit, found)

    return answer


def _refill(visit: Visit, found: Response, unsent: Unsent) -> None:
    """Fill the form of a page with what was typed into it before somebody signed in."""
    if found.status_code == 200 and isinstance(found, HTMLResponse):
        html = refilled(bytes(found.body).decode(), visit.request.url.path, unsent.path, unsent.fields)
        if html is not None:
            found.body = html.encode()
            found.headers["content-length"] = str(len(found.body))


async def _refused(visit: Visit, refusal: Refused) -> Response:
    if refusal.status == 401:
        return await _to_sign_in(visit)
    answer = visit.page(
        "refusal.html",
        refusal.status,
        title=str(refusal.problem["title"]),
        detail=refusal.detail,
        status=refusal.status,
        code=refusal.code,
    )
    answer.headers.update(refusal.headers)
    return answer


def _problem_page(visit: Visit, problem: Problem) -> Response:
    title, detail = problem_words(problem, visit.problem_language)
    t = texts(visit.problem_language)
    request_id = str(visit.request.scope["request_id"])
    title, detail = told(t, problem.code, t.typeset(title), t.typeset(detail), problem.headers, request_id)
    answer = visit.page(
        "refusal.html",
        problem.status,
        title=title,
        detail=detail,
        status=problem.status,
        code=problem.code,
    )
    answer.headers.update(problem.headers)
    return answer


def page_of_problem(problem: Problem, scope: Scope) -> Response:
    """Return a problem as a page: one that no page met, such as a body that is too large or a method of no page.

    Who is signed in is not looked up, because the database may be what is missing.
    """
    request = Request(scope)
    language = _asked_language(request)
    visit = Visit(request, language, None, Api(request, language), policy_of({}))
    answer = _finished(visit, _problem_page(visit, problem))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _to_sign_in(visit: Visit) -> Response:
    """Ask to sign in. What was typed into a form travels along, so that it can be sent again afterwards."""
    path = visit.request.url.path
    if visit.unregistered is not None:
        return RedirectResponse(f"/register/finish?next={quote(path, safe='')}", 303)
    wanted = f"{path}?{visit.request.url.query}" if visit.request.url.query else path
    if not visit.posted:
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303)
    came_from = urlsplit(visit.request.headers.get("referer", ""))
    shown_on = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    typed = [(SHOWN_ON, shown_on)] if came_from.netloc == visit.request.headers.get("host") else []
    typed += [
        (name, value)
        for name, value in (await visit.sent()).multi_items()
        if isinstance(value, str) and "password" not in name
    ]
    return visit.page("visitors/sign_in.html", 401, form=Form(), next=wanted, again=typed, challenge="", terms=None)


def _refuse_other_sites(request: Request) -> None:
    """Raise NotAllowed for a form that another site sends."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise NotAllowed
        return
    if urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host"):
        raise NotAllowed


def _finished(visit: Visit, answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", visit.policy)
    answer.headers.setdefault("Referrer-Policy", WITHOUT_REFERRER)
    answer.headers.add_vary_header("Accept-Language")
    answer.headers.add_vary_header("Cookie")
    answer.headers.setdefault("Content-Language", visit.language)
    if visit.session is not None or visit.posted or "set-cookie" in answer.headers:
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _asked_language(request: Request) -> PageLanguage:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("fr", "en"):
        return "fr" if chosen == "fr" else "en"
    return language_of(request.scope)


def _language(request: Request, session: PageSession) -> PageLanguage:
    if request.cookies.get(LANGUAGE_COOKIE) in ("fr", "en") or session.kind != "person":
        return _asked_language(request)
    return "en" if session.locale == "en" else "fr"


def serves_docs() -> bool:
    """Return whether the API's documentation is served."""
    return settings().serves_docs

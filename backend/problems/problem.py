"""The base class of all problems, and their responses as problem+json (RFC 9457)."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from backend.problems.texts import Language, language_asked, problem_text
from backend.settings import settings

PROBLEM_JSON = "application/problem+json"
LONGEST_LANGUAGE_HEADER = 200


class FieldError(BaseModel):
    """The mistake in one field of a request."""

    field: str = Field(examples=["body.quantity"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["Ce champ est obligatoire."])


class ProblemBody(BaseModel):
    """The body of every refusal. Some problems have additional members of their own."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="Address of the page that documents this problem.")
    title: str
    status: int
    detail: str = Field(description="In the caller's language: French, or English by Accept-Language.")
    code: str = Field(description="Stable identifier of this problem, for programs.")
    errors: list[FieldError] | None = None
    request_id: str


class Problem(Exception):
    """A refusal. Subclasses are named as facts (`LotSoldOut`); their docstrings are for readers of the code.

    A subclass has `code, status = "lot.sold_out", 409`, and a title and a detail under that code in
    `backend/problems/texts/fr.toml` and `en.toml`.
    Members passed to it, as in `WrongPin(tries_left=3)`, are sent in the body and replace `{tries_left}` in the detail.
    """

    code: ClassVar[str]
    status: int
    headers: Mapping[str, str] = {}
    # Example members, shown in the OpenAPI description.
    example: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(self.code)
        self.errors = errors
        self.members = members
        if headers:
            self.headers = {**self.headers, **headers}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            return  # an abstract base class of several problems
        if not cls.__doc__ or not 400 <= cls.status <= 599:
            raise TypeError(f"{cls.__name__} needs a docstring and a status from 400 to 599")
        known = _problems.get(cls.code, cls)
        # A module that is imported again, after its first import failed, defines the same problem a second time.
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__} and {known.__name__} both have the code {cls.code}")
        _problems[cls.code] = cls


_problems: dict[str, type[Problem]] = {}
_problems_of_constraints: dict[str, type[Problem]] = {}
_page_of: list[Callable[[Problem, Scope], Response]] = []


def known_problems() -> Mapping[str, type[Problem]]:
    """Return all problems whose modules have been imported, by code."""
    return _problems


def problem_with_code(code: str, status: int, members: Mapping[str, Any]) -> Problem | None:
    """Return the problem that the database refused with; None when no problem has this code."""
    if (kind := _problems.get(code)) is None:
        return None
    problem = kind.__new__(kind)
    # The problem's own constructor may want members that the database does not send.
    Problem.__init__(problem, **members)
    problem.status = status
    return problem


def constraint_problems(named: Mapping[str, type[Problem]]) -> None:
    """Register which problem a violated constraint means, as in `{"lots_discount_check": PriceOutsideLaw}`."""
    _problems_of_constraints.update(named)


def problem_of_constraint(name: str | None) -> Problem | None:
    """Return the problem that a violated constraint means, if a feature registered one."""
    kind = _problems_of_constraints.get(name or "")
    return kind() if kind else None


def problem_texts(kind: type[Problem], language: Language) -> tuple[str, str]:
    """Return a problem's title and detail. For a problem without texts (in tests) both are its code."""
    title, detail = (problem_text(kind.code, part, language) for part in ("title", "detail"))
    return title or kind.code, detail or kind.code


def problem_words(problem: Problem, language: Language) -> tuple[str, str]:
    """Return the title and detail of a problem that occurred, with its members filled in."""
    title, detail = problem_texts(type(problem), language)
    for name, value in problem.members.items():
        detail = detail.replace(f"{{{name}}}", str(value))
    return title, detail


def _problem_body(problem: Problem, language: Language, request_id: str) -> dict[str, Any]:
    title, detail = problem_words(problem, language)
    body: dict[str, Any] = {
        "type": f"{settings().public_url}/problems/{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
    }
    if problem.errors is not None:
        body["errors"] = [error.model_dump() for error in problem.errors]
    return body | {"request_id": request_id} | problem.members


def language_of(scope: Scope) -> Language:
    """Return the language that a request's Accept-Language asks for."""
    return language_asked(Headers(scope=scope).get("accept-language", "")[:LONGEST_LANGUAGE_HEADER])


def show_to_browsers(page: Callable[[Problem, Scope], Response]) -> None:
    """Register what makes a page of a problem, for browsers that open something else than the API."""
    _page_of.clear()
    _page_of.append(page)


def problem_response(problem: Problem, scope: Scope) -> Response:
    """Return a problem as a response in the caller's language: as JSON, or as a page to a browser."""
    # A request whose head could not be read has no path.
    if (
        _page_of
        and not scope.get("path", "/v1/").startswith("/v1/")
        and "text/html" in Headers(scope=scope).get("accept", "")
    ):
        return _page_of[0](problem, scope)
    language = language_of(scope)
    body = _problem_body(problem, language, scope.get("request_id", ""))
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **problem.headers}
    return Response(json.dumps(body, ensure_ascii=False).encode(), problem.status, headers, PROBLEM_JSON)


def problem_example(kind: type[Problem]) -> dict[str, Any]:
    """Return an example of a problem for the OpenAPI description: in French, with an invented request id."""
    problem = kind.__new__(kind)
    Problem.__init__(problem, **kind.example)
    return _problem_body(problem, "fr", "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")


def may_answer(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may answer with these problems, with an example of each."""
    grouped: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        response = grouped.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}},
                },
            },
        )
        examples = response["content"][PROBLEM_JSON]["examples"]
        examples[kind.code] = {"summary": problem_texts(kind, "en")[0], "value": problem_example(kind)}
        response["description"] = ", ".join(f"`{code}`" for code in examples)
    return grouped

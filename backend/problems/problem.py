"""Facts: what the program answers instead of doing what was asked, as problem+json (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
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
    """What is wrong with one field of a request."""

    field: str = Field(examples=["body.quantity"])
    code: str = Field(examples=["missing"])
    message: str = Field(examples=["Ce champ est obligatoire."])


class Problem(BaseModel):
    """The one form of every refusal. Some problems have members of their own beside these."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="An address that documents this problem.")
    title: str
    status: int
    detail: str = Field(description="In the caller's language: French, or English by Accept-Language.")
    code: str = Field(description="Stable; what programs go by.")
    errors: list[FieldError] | None = None
    request_id: str


class Fact(Exception):
    """A refusal. Subclasses are named as facts (`LotSoldOut`); their docstring is the English detail.

    A subclass has `code, status = "lot.sold_out", 409`, and texts under that code in `backend/problems/texts/`.
    Members given to it (`WrongPin(tries_left=3)`) stand in the problem and replace `{tries_left}` in its texts.
    """

    code: ClassVar[str]
    status: int
    headers: Mapping[str, str] = {}
    # Members as documentation shows them, for facts that have any.
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
            return  # a common base of several facts
        if not cls.__doc__ or not 400 <= cls.status <= 599:
            raise TypeError(f"{cls.__name__} needs a docstring (the English detail) and a status from 400 to 599")
        known = _facts.get(cls.code, cls)
        # A module that is imported again, after its first import failed, defines the same fact anew.
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"{cls.__name__} and {known.__name__} both have the code {cls.code}")
        _facts[cls.code] = cls


_facts: dict[str, type[Fact]] = {}
_facts_of_constraints: dict[str, type[Fact]] = {}


def facts() -> Mapping[str, type[Fact]]:
    """Give every fact that has been defined, by code."""
    return _facts


def fact_coded(code: str, status: int) -> Fact | None:
    """Make the fact that the database refused with; None when no fact has this code."""
    if (kind := _facts.get(code)) is None:
        return None
    fact = kind.__new__(kind)
    Fact.__init__(fact)  # the fact's own constructor may want members that the database does not send
    fact.status = status
    return fact


def constraint_facts(named: Mapping[str, type[Fact]]) -> None:
    """Say which fact a violated constraint is: `constraint_facts({"lots_discount_check": PriceOutsideLaw})`."""
    _facts_of_constraints.update(named)


def fact_of_constraint(name: str | None) -> Fact | None:
    """Make the fact that a violated constraint stands for, if a feature named one."""
    kind = _facts_of_constraints.get(name or "")
    return kind() if kind else None


def texts(kind: type[Fact], language: Language) -> tuple[str, str]:
    """Give a fact's title and detail; English where French is missing, the code where both are."""
    english = " ".join((kind.__doc__ or "").split())
    detail = english if language == "en" else problem_text(kind.code, "detail", "fr") or english
    title = problem_text(kind.code, "title", language) or problem_text(kind.code, "title", "en") or kind.code
    return title, detail


def _problem_body(fact: Fact, language: Language, request_id: str) -> dict[str, Any]:
    title, detail = texts(type(fact), language)
    for name, value in fact.members.items():
        detail = detail.replace(f"{{{name}}}", str(value))
    body: dict[str, Any] = {
        "type": f"{settings().public_url}/problems/{fact.code}",
        "title": title,
        "status": fact.status,
        "detail": detail,
        "code": fact.code,
    }
    if fact.errors is not None:
        body["errors"] = [error.model_dump() for error in fact.errors]
    return body | {"request_id": request_id} | fact.members


def language_of(scope: Scope) -> Language:
    """Choose the language of an answer by the request's Accept-Language."""
    return language_asked(Headers(scope=scope).get("accept-language", "")[:LONGEST_LANGUAGE_HEADER])


def problem_response(fact: Fact, scope: Scope) -> Response:
    """Answer a request with a fact, in the caller's language."""
    language = language_of(scope)
    body = _problem_body(fact, language, scope.get("request_id", ""))
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **fact.headers}
    return Response(json.dumps(body, ensure_ascii=False).encode(), fact.status, headers, PROBLEM_JSON)


def problem_example(kind: type[Fact]) -> dict[str, Any]:
    """Show a fact as documentation does: in French, with an invented request id."""
    fact = kind.__new__(kind)
    Fact.__init__(fact, **kind.example)
    return _problem_body(fact, "fr", "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")


def problems(*kinds: type[Fact]) -> dict[int | str, dict[str, Any]]:
    """Document facts as a route's `responses=`, grouped by status, with an example each."""
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
        examples[kind.code] = {"summary": texts(kind, "en")[0], "value": problem_example(kind)}
        response["description"] = ", ".join(f"`{code}`" for code in examples)
    return grouped

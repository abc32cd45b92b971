"""Calls of our pages to our own API, within this process and as the caller of the page."""

from collections.abc import Mapping
from typing import Any

import httpx2
from starlette.requests import Request

from backend.pages.texts import texts
from backend.problems.problem import Problem, problem_texts
from backend.problems.texts import Language

_PASSED_ON = ("user-agent", "x-forwarded-for")


class Refused(Exception):
    """Raised when the API refuses: its status and its problem, in the language of the page.

    texts: those of the language that the problem is written in.
    """

    def __init__(self, answer: httpx2.Response) -> None:
        problem: dict[str, Any] = answer.json()
        super().__init__(problem["code"])
        self.texts = texts("fr" if answer.headers.get("content-language") == "fr" else "en")
        self._typeset(problem)
        self.status = answer.status_code
        self.problem = problem
        self.headers = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}

    def _typeset(self, problem: dict[str, Any]) -> None:
        for told, name in (
            (problem, "title"),
            (problem, "detail"),
            *((e, "message") for e in problem.get("errors") or ()),
        ):
            if isinstance(told.get(name), str):
                told[name] = self.texts.typeset(told[name])

    @classmethod
    def by(cls, problem: Problem, language: Language) -> "Refused":
        """Return what a refusal of the API with this problem would be."""
        title, detail = problem_texts(type(problem), language)
        body = {"code": problem.code, "title": title, "detail": detail, "status": problem.status, **problem.members}
        if problem.errors:
            body["errors"] = [error.model_dump() for error in problem.errors]
        headers = {**problem.headers, "content-language": language}
        return cls(httpx2.Response(problem.status, json=body, headers=headers))

    @property
    def code(self) -> str:
        """The problem's code, such as `lot.sold_out`."""
        return str(self.problem["code"])

    @property
    def detail(self) -> str:
        """The explanation for people: what is wrong and what to change."""
        return str(self.problem["detail"])


class Api:
    """Our API as the caller of one page. `token`: their access token or None; `language`: that of the answers."""

    def __init__(self, request: Request, language: str, token: str | None = None) -> None:
        # Every line of a header: a caller may forge the first line of x-forwarded-for, and a proxy adds its own.
        self._headers = {name: ", ".join(lines) for name in _PASSED_ON if (lines := request.headers.getlist(name))}
        self._headers |= {"accept-language": language, "x-request-id": request.scope["request_id"]}
        self.token = token
        client = request.client
        transport = httpx2.ASGITransport(app=request.app, client=(client.host, client.port) if client else ("", 0))
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://page")

    async def sends(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request and return the answer, whatever its status. query: entries that are None are left out."""
        sent = {**self._headers, **(headers or {})}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        return await self._client.request(
            method, path, json=body, data=form, files=files, headers=sent, params=asked or None
        )

    async def get(self, path: str, **query: Any) -> Any:
        """Return what a GET answers. Raises Refused."""
        return _accepted(await self.sends("GET", path, query=query))

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Return what a POST answers; None if it has no body. key: its Idempotency-Key. Raises Refused."""
        return _accepted(await self.sends("POST", path, body, headers={"idempotency-key": key} if key else None))

    async def put(self, path: str, body: Any = None) -> Any:
        """Return what a PUT answers; None if it has no body. Raises Refused."""
        return _accepted(await self.sends("PUT", path, body))

    async def patch(self, path: str, body: Any, *, etag: str | None = None) -> Any:
        """Return what a PATCH answers. etag: the version that the change is about. Raises Refused."""
        return _accepted(await self.sends("PATCH", path, body, headers={"if-match": etag} if etag else None))

    async def delete(self, path: str) -> Any:
        """Return what a DELETE answers; None if it has no body. Raises Refused."""
        return _accepted(await self.sends("DELETE", path))


def _accepted(answer: httpx2.Response) -> Any:
    if not answer.is_success:
        raise Refused(answer)
    return answer.json() if answer.content else None

"""Calls of our pages to our own API, within this process and as the caller of the page."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import httpx2
from pydantic_core import from_json
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Scope

from backend.database.shared_reads import SHARED, SharedReads
from backend.pages.texts import texts
from backend.pages.told import told
from backend.problems.problem import Problem, problem_texts
from backend.problems.texts import Language

_PASSED_ON = ("user-agent", "x-forwarded-for")
_OF_A_BODY = ("content-type", "content-length")
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOST_KNOWN = 1_000
_writing: set[str] = set()
"""The paths, with a `*` for each id, of reads that also write, such as those that the audit log tells of."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the API within this process. headers: by their names in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the API did what it was asked."""
        return 200 <= self.status_code < 300

    def json(self) -> Any:
        """Return the value that the body is the JSON of."""
        return from_json(self.content)


class Refused(Exception):
    """Raised when the API refuses: its status and its problem, in the language of the page.

    texts: those of the language that the problem is written in.
    """

    def __init__(self, answer: Answer) -> None:
        problem: dict[str, Any] = answer.json()
        super().__init__(problem["code"])
        self.texts = texts("fr" if answer.headers.get("content-language") == "fr" else "en")
        self._typeset(problem)
        self.status = answer.status_code
        self.problem = problem
        self.headers = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
        about = (problem["code"], problem["title"], problem["detail"])
        problem["title"], problem["detail"] = told(self.texts, *about, self.headers, problem.get("request_id", ""))

    def _typeset(self, problem: dict[str, Any]) -> None:
        for part, name in (
            (problem, "title"),
            (problem, "detail"),
            *((e, "message") for e in problem.get("errors") or ()),
        ):
            if isinstance(part.get(name), str):
                part[name] = self.texts.typeset(part[name])

    @classmethod
    def by(cls, problem: Problem, language: Language) -> "Refused":
        """Return what a refusal of the API with this problem would be."""
        title, detail = problem_texts(type(problem), language)
        body = {"code": problem.code, "title": title, "detail": detail, "status": problem.status, **problem.members}
        if problem.errors:
            body["errors"] = [error.model_dump() for error in problem.errors]
        headers = {**{name.lower(): value for name, value in problem.headers.items()}, "content-language": language}
        return cls(Answer(problem.status, headers, json.dumps(body).encode()))

    @property
    def code(self) -> str:
        """The problem's code, such as `lot.sold_out`."""
        return str(self.problem["code"])

    @property
    def detail(self) -> str:
        """The explanation for people: what is wrong and what to change."""
        return str(self.problem["detail"])


class Api:
    """Our API as the caller of one page. `token`: their access token or None; `language`: that of the answers.

    shares: whether its reads share one transaction; then `end` must be called.
    """

    def __init__(self, request: Request, language: str, token: str | None = None, *, shares: bool = False) -> None:
        # Every line of a header: a caller may forge the first line of x-forwarded-for, and a proxy adds its own.
        self._headers = {name: ", ".join(lines) for name in _PASSED_ON if (lines := request.headers.getlist(name))}
        self._headers |= {"accept-language": language, "x-request-id": request.scope["request_id"]}
        self.token = token
        self._app = request.app
        self._client = (request.client.host, request.client.port) if request.client else ("", 0)
        self._shared = SharedReads() if shares else None

    async def end(self) -> None:
        """End the transaction that the reads share, if there is one."""
        if self._shared is not None:
            await self._shared.end()

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
    ) -> Answer:
        """Send a request and return the answer, whatever its status. query: entries that are None are left out."""
        sent = {"host": "page", **self._headers, **(headers or {})}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        content = b""
        if form is not None or files is not None:
            encoded = httpx2.Request(method, "http://page", data=form, files=files)
            content = encoded.read()
            sent |= {name: encoded.headers[name] for name in _OF_A_BODY if name in encoded.headers}
        elif body is not None:
            content = json.dumps(body).encode()
            sent |= {"content-type": "application/json", "content-length": str(len(content))}
        target, _, asked = path.partition("?")
        if query:
            asked = urlencode({name: _written(value) for name, value in query.items() if value is not None}, doseq=True)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(target),
            "raw_path": target.encode(),
            "query_string": asked.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in sent.items()],
            "server": ("page", None),
            "client": self._client,
            "root_path": "",
        }
        shared = self._shared
        if shared is None:
            return await _answered(self._app, scope, content)
        kind = _ID.sub("*", target)
        if method != "GET" or kind in _writing:
            await shared.end()
            return await _answered(self._app, scope, content)
        answer = await _answered(self._app, {**scope, SHARED: shared}, content)
        if not shared.wrote:
            return answer
        shared.wrote = False
        if len(_writing) < MOST_KNOWN:
            _writing.add(kind)
        return await _answered(self._app, scope, content)

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


def _accepted(answer: Answer) -> Any:
    if not answer.is_success:
        raise Refused(answer)
    return answer.json() if answer.content else None


def _written(value: Any) -> Any:
    """Return a value of a query as the API reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return [_written(one) for one in value] if isinstance(value, list | tuple) else value


async def _answered(app: ASGIApp, scope: Scope, content: bytes) -> Answer:
    """Call an app within this process. An HTTP client in between would take longer than many of these calls."""
    waiting: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]
    over = asyncio.Event()
    begun: Message = {}
    parts: list[bytes] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.update(message)
        else:
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                over.set()

    await app(scope, receive, send)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in begun.get("headers", ())}
    return Answer(begun["status"], headers, b"".join(parts))

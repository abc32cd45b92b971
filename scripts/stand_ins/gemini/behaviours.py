"""The answers that the stand-in can give, with the bodies that Gemini gives in each case."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from scripts.stand_ins.gemini.requests import Received


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One answer.

    text: the candidate's text, or a listing that is fitted to the request's schema. body: the whole response body, sent
    as it is. status: other than 200 for an error, with retry_delay (seconds) in its details. cut: close the connection
    in the middle of the body. seconds: the delay before answering.
    """

    text: str | dict[str, Any] | None = None
    body: bytes | None = None
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    finish_reason: str = "STOP"
    block_reason: str | None = None
    retry_delay: float | None = None
    cut: bool = False
    seconds: float = 0.0

    async def answer(self, request: Received) -> Response:
        """Answer one request this way."""
        await asyncio.sleep(self.seconds)
        if self.status != 200:
            return failed(self.status, self.error, self.headers, self.retry_delay)
        body = self.body if self.body is not None else json.dumps(self._said(request)).encode()
        return CutOff(body) if self.cut else Response(body, media_type="application/json; charset=UTF-8")

    def _said(self, request: Received) -> dict[str, Any]:
        usage = {"promptTokenCount": 1400, "totalTokenCount": 1400}
        around = {"usageMetadata": usage, "modelVersion": request.model, "responseId": "stand-in"}
        if self.block_reason is not None:
            return {"promptFeedback": {"blockReason": self.block_reason}, **around}
        candidate: dict[str, Any] = {"finishReason": self.finish_reason, "index": 0}
        if self.text is not None:
            text = self.text if isinstance(self.text, str) else json.dumps(held_to(request.schema, self.text))
            candidate["content"] = {"parts": [{"text": text}], "role": "model"}
            usage |= {"candidatesTokenCount": len(text) // 4, "totalTokenCount": 1400 + len(text) // 4}
        return {"candidates": [candidate], **around}


def held_to(schema: dict[str, Any] | None, listing: dict[str, Any]) -> dict[str, Any]:
    """Fit a listing to a schema: keep only the schema's properties, and set missing ones to null or empty."""
    if schema is None:
        return listing
    said: dict[str, Any] = {}
    for name, kind in schema.get("properties", {}).items():
        kind = _followed(schema, kind)
        if kind.get("type") == "object":
            said[name] = {inner: listing.get(name, {}).get(inner, 0.8) for inner in kind.get("properties", {})}
        else:
            empty: Any = [] if kind.get("type") == "array" else False if kind.get("type") == "boolean" else None
            said[name] = listing.get(name, empty)
    return said


def _followed(schema: dict[str, Any], kind: dict[str, Any]) -> dict[str, Any]:
    reference = kind.get("$ref", "")
    found: dict[str, Any] = schema.get("$defs", {}).get(reference.rpartition("/")[2], kind) if reference else kind
    return found


_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def failed(
    status: int, message: str = "", headers: dict[str, str] | None = None, delay: float | None = None
) -> Response:
    """Return an error response with Google's error body."""
    error: dict[str, Any] = {"code": status, "message": message or "Told to fail."}
    error["status"] = _STATUSES.get(status, "UNKNOWN")
    if delay is not None:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay}s"}]
    return JSONResponse({"error": error}, status, headers)


class CutOff(Response):
    """Sends half of the body after announcing its whole length, so that the connection closes in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = str(len(self.body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body[: len(self.body) // 2]), "more_body": True})

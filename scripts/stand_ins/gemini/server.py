"""The stand-in's server, which runs on its own or in a test's process."""

import asyncio
import hmac
import time
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scripts.stand_ins.gemini.behaviours import Behaviour, failed
from scripts.stand_ins.gemini.requests import Invalid, Received, read_request
from scripts.stand_ins.serving import LocalServer, refuse_in_production

BAGUETTES: dict[str, Any] = {
    "title": "Baguettes du jour",
    "description": "Cinq baguettes cuites ce matin.",
    "category": "bakery",
    "original_price_cents": 130,
    "price_cents": 60,
    "portions": 5,
    "weight_grams": 250,
    "date_kind": "none",
    "cold_chain": False,
    "urgency": "now",
    "suspected_allergens": ["gluten"],
}
"""The listing that it answers with until it is told something else."""


class GeminiStandIn(LocalServer):
    """A stand-in for Gemini. `with GeminiStandIn() as gemini` serves it from its own thread.

    Each call of `answers`, `fails` and so on determines the answer to one later request, in order. After those it
    answers as `answers_always` said. `delay` (seconds) is added to every answer. `requests`: all valid requests.
    `refused`: the messages sent to invalid ones (wrong key, unknown name). `seconds`: how long each answer took once
    the whole request had arrived.
    """

    def __init__(
        self,
        *,
        api_key: str = "stand-in-key",
        delay: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Bind the port; 0 means any free one. Raises RefusedInProduction, and OSError if the port is in use."""
        refuse_in_production("Gemini")
        self.api_key = api_key
        self.delay = delay
        self.requests: list[Received] = []
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self._next: deque[Behaviour] = deque()
        self._always = Behaviour(text=BAGUETTES)
        super().__init__("Gemini", host, port)
        app = Starlette(routes=[Route("/v1beta/models/{called:path}", self._answer, methods=["POST"])])
        self.answer_with(app)

    def answers(self, listing: dict[str, Any] | None = None, /, **changes: Any) -> None:
        """Next: this listing, or the five baguettes with these changes, fitted to the request's schema."""
        self._next.append(Behaviour(text={**(BAGUETTES if listing is None else listing), **changes}))

    def answers_always(self, listing: dict[str, Any]) -> None:
        """Answer with this listing whenever no other answer is waiting."""
        self._always = Behaviour(text=listing)

    def answers_text(self, text: str, finish_reason: str = "STOP") -> None:
        """Next: a candidate with exactly this text."""
        self._next.append(Behaviour(text=text, finish_reason=finish_reason))

    def answers_body(self, body: bytes) -> None:
        """Next: exactly this body with status 200."""
        self._next.append(Behaviour(body=body))

    def fails(self, status: int, times: int = 1, *, message: str = "", headers: dict[str, str] | None = None) -> None:
        """Next: an error with Google's error body."""
        self._next.extend([Behaviour(status=status, error=message, headers=headers or {})] * times)

    def is_busy(self, times: int = 1, retry_after: float | None = None, retry_delay: float | None = None) -> None:
        """Next: 429, optionally with a Retry-After header and a retryDelay in the body, both in seconds."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        busy = Behaviour(status=429, error="You exceeded your current quota.", headers=headers, retry_delay=retry_delay)
        self._next.extend([busy] * times)

    def is_slow(self, seconds: float) -> None:
        """Next: an answer that is this many seconds late."""
        self._next.append(Behaviour(text=BAGUETTES, seconds=seconds))

    def cuts_off(self) -> None:
        """Next: half an answer, after which the connection closes."""
        self._next.append(Behaviour(text=BAGUETTES, cut=True))

    def declines(self, reason: str = "SAFETY") -> None:
        """Next: a candidate without text that stopped for this reason."""
        self._next.append(Behaviour(finish_reason=reason))

    def blocks(self, reason: str = "PROHIBITED_CONTENT") -> None:
        """Next: no candidate, because the prompt was blocked for this reason."""
        self._next.append(Behaviour(block_reason=reason))

    def forget(self) -> None:
        """Forget all waiting answers and all received requests."""
        self._next.clear()
        self.requests.clear()
        self.seconds.clear()
        self.refused.clear()

    async def _answer(self, request: Request) -> Response:
        model, _, method = request.path_params["called"].rpartition(":")
        if method != "generateContent" or not model:
            return failed(404, "Requested entity was not found.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        given = headers.get("x-goog-api-key")
        if given is None:
            return self._refusal(403, "Method doesn't allow unregistered callers.")
        if not hmac.compare_digest(given.encode(), self.api_key.encode()):
            return self._refusal(400, "API key not valid. Please pass a valid API key.")
        body = await request.body()
        began = time.perf_counter()
        try:
            received = read_request(request.url.path, model, headers, body)
        except Invalid as error:
            return self._refusal(400, str(error))
        self.requests.append(received)
        behaviour = self._next.popleft() if self._next else self._always
        await asyncio.sleep(self.delay)
        answer = await behaviour.answer(received)
        self.seconds.append(time.perf_counter() - began)
        return answer

    def _refusal(self, status: int, message: str) -> Response:
        self.refused.append(message)
        return failed(status, message)

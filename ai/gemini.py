"""Ask Google's Gemini through google-genai: one question with one photo, one answer that follows a schema.

The package is imported when it is first needed: the import takes a second, and most installations have no key.
"""

import asyncio
import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ai.answer import schema
from ai.draft_warnings import DraftWarning
from ai.listing import Context, Photo
from ai.model import ModelAnswer
from ai.vocabulary import Category

if TYPE_CHECKING:
    import httpx2
    from google import genai

GOOGLE = "https://generativelanguage.googleapis.com"
PROMPT = (Path(__file__).parent / "prompt.md").read_text(encoding="utf-8")
LANGUAGES = {"fr": "French", "en": "English"}

_DECLINED = {
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "MODEL_ARMOR",
}  # fmt: skip
_WITHOUT_LEVELS = ("gemini-1", "gemini-2", "gemma")
_MAX_TOKENS = 8192  # includes the model's thoughts; the answer itself has about 600
_AN_HOUR = 3600.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.2, 0.8  # seconds before the one retry, drawn at random between the two


class GeminiModel:
    """Implements `ai.model.Model`. Make one per process, and `close` it at the end.

    timeout_seconds: for one question including its retry. thinking_level: "minimal", "low", "medium", "high", or None
    for the model's default; not sent to models before Gemini 3, which reject the parameter.
    """

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str = GOOGLE,
        timeout_seconds: float = 8.0,
        thinking_level: str | None = "low",
    ) -> None:
        self.name = model
        self.timeout_seconds = timeout_seconds
        self._api_key = api_key
        self._base_url = base_url
        self._thinking_level = None if model.startswith(_WITHOUT_LEVELS) else thinking_level
        self._client_lock = threading.Lock()
        self._client: genai.Client | None = None
        self._http: httpx2.AsyncClient | None = None
        self._unused_http: httpx2.Client | None = None

    async def prepare(self) -> None:
        """Import the package now, in a thread, so that the first question does not wait for it."""
        await asyncio.to_thread(self._ready_client)

    async def ask(self, photo: Photo, context: Context) -> ModelAnswer:
        """Ask about one photo. Retries once after 429 or 5xx, takes at most `timeout_seconds`, never raises."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.timeout_seconds
        try:
            async with asyncio.timeout_at(until):
                client = self._client if self._client is not None else await asyncio.to_thread(self._ready_client)
                return await self._ask_gemini(client, photo, context, lambda: until - loop.time())
        except TimeoutError:
            return ModelAnswer(None, DraftWarning.MODEL_TIMED_OUT)
        except Exception as error:  # libraries raise many types for a broken network; a merchant needs no more detail
            timed_out = any("Timeout" in kind.__name__ for kind in type(error).__mro__)
            return ModelAnswer(None, DraftWarning.MODEL_TIMED_OUT if timed_out else DraftWarning.MODEL_UNAVAILABLE)

    async def close(self) -> None:
        """Close the connections, if there are any."""
        if self._http is not None and self._unused_http is not None:
            await self._http.aclose()
            self._unused_http.close()

    async def _ask_gemini(
        self, client: "genai.Client", photo: Photo, context: Context, left: Callable[[], float]
    ) -> ModelAnswer:
        from google.genai import errors, types

        config = types.GenerateContentConfig(
            system_instruction=PROMPT,
            response_mime_type="application/json",
            response_json_schema=schema(),
            max_output_tokens=_MAX_TOKENS,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel(self._thinking_level.upper()))
            if self._thinking_level
            else None,
            # For projects created since 26 October 2026, Google keeps each request for 55 days unless this is set.
            store=False,
            automatic_continuation=False,  # otherwise the package may ask again without limit
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            # We need the raw answer: the package would parse the model's text before we can check it.
            should_return_http_response=True,
        )
        contents = types.Content(
            role="user",
            parts=[
                types.Part.from_bytes(data=photo.encoded, mime_type=photo.media_type),
                types.Part(text=question(context)),
            ],
        )
        for last_try in (False, True):
            try:
                response = await client.aio.models.generate_content(model=self.name, contents=contents, config=config)
            except errors.APIError as error:
                wait = _wait(error)
                # If the wait is longer than the time left, we report this error instead of a less precise time-out.
                if last_try or not _may_pass(error.code) or wait >= left():
                    return ModelAnswer(None, _failure(error.code))
                await asyncio.sleep(wait)
            else:
                body = response.sdk_http_response.body if response.sdk_http_response else None
                return read_response(body or "")
        raise AssertionError("the last try returns")

    def _ready_client(self) -> "genai.Client":
        """Return the client, made by the first call. Sets everything that the package would take from the environment.

        Takes a second the first time, so it must run in a thread.
        """
        with self._client_lock:
            if self._client is None:
                import httpx2
                from google import genai
                from google.genai import client, types

                # Photos must not be sent through proxies or redirects, nor with credentials from .netrc.
                self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False)
                self._unused_http = httpx2.Client(trust_env=False)
                self._client = genai.Client(
                    api_key=self._api_key,
                    enterprise=False,
                    debug_config=client.DebugConfig(client_mode=None, replays_directory=None, replay_id=None),
                    http_options=types.HttpOptions(
                        base_url=self._base_url,
                        api_version="v1beta",
                        timeout=int(self.timeout_seconds * 1000),
                        httpx_async_client=self._http,
                        httpx_client=self._unused_http,
                        retry_options=types.HttpRetryOptions(attempts=1),  # we retry, within our own limit
                    ),
                )
            return self._client


def question(context: Context) -> str:
    """Return the question sent with the photo: day, kind of shop, language, categories; nothing about a person."""
    shop = context.shop_category if context.shop_category in set(Category) else "unknown"
    return "\n".join(
        (
            f"Today is {context.today.isoformat()}.",
            f"The shop's own category: {shop}.",
            f"Write title and description in {LANGUAGES.get(context.language, 'French')}.",
            f"Categories: {', '.join(Category)}.",
        )
    )


def read_response(body: str) -> ModelAnswer:
    """Read the body of a `generateContent` response. Never raises."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ModelAnswer(None, DraftWarning.MODEL_ANSWER_UNUSABLE)
    tokens = _at(said, "usageMetadata", "totalTokenCount")
    tokens = tokens if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens < 10**9 else None
    candidate = _at(said, "candidates", 0)
    reason = _at(candidate, "finishReason")
    if _at(said, "promptFeedback", "blockReason") or (isinstance(reason, str) and reason in _DECLINED):
        return ModelAnswer(None, DraftWarning.MODEL_DECLINED, tokens)
    parts = _at(candidate, "content", "parts")
    texts = [_at(part, "text") for part in parts if _at(part, "thought") is not True] if isinstance(parts, list) else []
    text = "".join(text for text in texts if isinstance(text, str))
    cut = DraftWarning.MODEL_ANSWER_CUT if reason == "MAX_TOKENS" else None
    if not text.strip():
        return ModelAnswer(None, cut or DraftWarning.MODEL_ANSWER_UNUSABLE, tokens)
    return ModelAnswer(text, cut, tokens)


def _at(value: Any, *path: str | int) -> Any:
    """Return the value at a path in JSON, or None if there is none."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and len(value) > step:
            value = value[step]
        else:
            return None
    return value


def _may_pass(status: int) -> bool:
    return status == 429 or status >= 500


def _failure(status: int) -> DraftWarning:
    if status == 429:
        return DraftWarning.MODEL_BUSY
    # Gemini answers 400 (API_KEY_INVALID) to a bad key, 403 to a key of another project, 404 to an unknown model.
    return DraftWarning.MODEL_MISCONFIGURED if status in (400, 401, 403, 404) else DraftWarning.MODEL_UNAVAILABLE


def _wait(error: Any) -> float:
    """Return the seconds until the retry: what the server asks for plus a random part, so that retries spread out."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    asked_for = [headers.get("Retry-After")]
    details = _at(error.details, "error", "details")
    asked_for += [_at(detail, "retryDelay") for detail in details] if isinstance(details, list) else []
    seconds = max(map(_seconds, asked_for))
    return seconds + random.uniform(_SHORTEST_WAIT, _LONGEST_WAIT)  # noqa: S311 - guessing it gains nothing


def _seconds(asked_for: object) -> float:
    """Read `Retry-After: 5` or `"retryDelay": "5.2s"`. Any other form counts as an hour: longer than we would wait."""
    if asked_for is None:
        return 0.0
    try:
        return min(max(float(str(asked_for).removesuffix("s")), 0.0), _AN_HOUR)
    except ValueError:
        return _AN_HOUR

"""The Gemini client over real HTTP: the request, the reading of answers, and every kind of failure."""

import asyncio
import base64
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from ai import Context, Drafter, DraftWarning, GeminiModel, Photo
from ai.answer import schema
from ai.gemini import PROMPT, read_response
from ai.vocabulary import Category
from scripts.stand_ins.gemini import GeminiStandIn
from scripts.stand_ins.gemini.requests import decoded

Fault = Callable[[GeminiStandIn], None]


async def test_a_request_contains_exactly_the_documented_parts(
    gemini: GeminiStandIn, drafter: Drafter, context: Context
) -> None:
    photo = Photo(pixels=Image.new("RGB", (8, 8)), encoded=b"\xff\xfb\xff\xfe" * 8, media_type="image/webp")
    drafted = await drafter.draft_listing(photo, context)

    (sent,) = gemini.requests
    assert sent.path == "/v1beta/models/gemini-3.5-flash:generateContent"
    assert sent.headers["x-goog-api-key"] == gemini.api_key
    assert sent.headers["content-type"] == "application/json"
    assert gemini.api_key not in sent.raw.decode()
    assert gemini.api_key not in sent.path

    assert set(sent.body) == {"contents", "systemInstruction", "generationConfig", "store"}
    assert sent.body["store"] is False
    assert sent.body["systemInstruction"]["parts"] == [{"text": PROMPT}]
    generation = sent.body["generationConfig"]
    assert set(generation) == {"responseMimeType", "responseJsonSchema", "maxOutputTokens", "thinkingConfig"}
    assert (generation["responseMimeType"], generation["responseJsonSchema"]) == ("application/json", schema())
    assert generation["thinkingConfig"] == {"thinkingLevel": "LOW"}

    (content,) = sent.body["contents"]
    picture, question = content["parts"]
    assert set(picture) == {"inlineData"}
    assert picture["inlineData"]["mimeType"] == "image/webp"
    assert picture["inlineData"]["data"] == base64.urlsafe_b64encode(photo.encoded).decode(), "in the URL-safe alphabet"
    assert decoded(base64.b64encode(photo.encoded).decode()) == sent.pictures[0] == photo.encoded, (
        "both alphabets are accepted"
    )
    assert question["text"].splitlines() == [
        "Today is 2026-11-22.",
        "The shop's own category: bakery.",
        "Write title and description in French.",
        "Categories: " + ", ".join(Category) + ".",
    ], "nothing else is sent: no name, no address, no earlier listing"

    assert drafted.draft.title == "Baguettes du jour"
    assert (drafted.reader, drafted.model, drafted.warnings) == ("model", "gemini-3.5-flash", [])
    assert drafted.tokens is not None
    assert drafted.model_seconds is not None


def test_the_schema_uses_only_keywords_that_the_api_supports() -> None:
    known = {
        "$defs", "$ref", "type", "format", "title", "description", "enum", "items", "minItems", "maxItems", "minimum",
        "maximum", "anyOf", "properties", "additionalProperties", "required",
    }  # fmt: skip

    def words(part: object, names: bool = False) -> set[str]:
        if isinstance(part, list):
            return set().union(*(words(one) for one in part))
        if not isinstance(part, dict):
            return set()
        own = set() if names else set(part)
        return own.union(*(words(value, name in ("properties", "$defs")) for name, value in part.items()))

    assert words(schema()) <= known
    # The control: an optional field has a default, a keyword that the API refuses.
    assert "default" in words({"properties": {"title": {"type": "string", "default": None}}})
    assert set(schema()["required"]) == set(schema()["properties"])


def overloaded_then_busy(gemini: GeminiStandIn) -> None:
    gemini.fails(503)
    gemini.is_busy()


FAILURES: list[tuple[str, Fault, DraftWarning, int]] = [
    ("busy, busy", lambda g: g.is_busy(5), DraftWarning.MODEL_BUSY, 2),
    ("busy for a minute", lambda g: g.is_busy(5, retry_after=60), DraftWarning.MODEL_BUSY, 1),
    ("busy, told in the body", lambda g: g.is_busy(5, retry_delay=60.5), DraftWarning.MODEL_BUSY, 1),
    ("busy until Monday", lambda g: g.fails(429, 5, headers={"Retry-After": "Mon"}), DraftWarning.MODEL_BUSY, 1),
    ("broken, broken", lambda g: g.fails(500, 5), DraftWarning.MODEL_UNAVAILABLE, 2),
    ("overloaded, busy", overloaded_then_busy, DraftWarning.MODEL_BUSY, 2),
    ("no such key", lambda g: g.fails(400, 5, message="API key not valid."), DraftWarning.MODEL_MISCONFIGURED, 1),
    ("401", lambda g: g.fails(401, 5), DraftWarning.MODEL_MISCONFIGURED, 1),
    ("403", lambda g: g.fails(403, 5), DraftWarning.MODEL_MISCONFIGURED, 1),
    ("no such model", lambda g: g.fails(404, 5), DraftWarning.MODEL_MISCONFIGURED, 1),
    ("redirected", lambda g: g.fails(307, 5, headers={"Location": "/"}), DraftWarning.MODEL_UNAVAILABLE, 1),
    ("cut off", lambda g: g.cuts_off(), DraftWarning.MODEL_UNAVAILABLE, 1),
    ("safety", lambda g: g.declines("SAFETY"), DraftWarning.MODEL_DECLINED, 1),
    ("recitation", lambda g: g.declines("RECITATION"), DraftWarning.MODEL_DECLINED, 1),
    ("blocked", lambda g: g.blocks(), DraftWarning.MODEL_DECLINED, 1),
    ("silent", lambda g: g.declines("STOP"), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    (
        "cut by the token limit",
        lambda g: g.answers_text('{"title": "Pa', "MAX_TOKENS"),
        DraftWarning.MODEL_ANSWER_CUT,
        1,
    ),
    ("all tokens spent on thoughts", lambda g: g.answers_text("", "MAX_TOKENS"), DraftWarning.MODEL_ANSWER_CUT, 1),
    ("prose", lambda g: g.answers_text("Some bread."), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("no candidates", lambda g: g.answers_body(b'{"candidates": []}'), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("empty", lambda g: g.answers_body(b""), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("a page", lambda g: g.answers_body(b"<html>captive portal</html>"), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("not UTF-8", lambda g: g.answers_body(b"\xff\xfe\x00"), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("only brackets", lambda g: g.answers_body(b"[" * 100_000), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    ("a list", lambda g: g.answers_body(b"[{}]"), DraftWarning.MODEL_ANSWER_UNUSABLE, 1),
    (
        "other types",
        lambda g: g.answers_body(b'{"candidates": {"0": 1}, "usageMetadata": [], "promptFeedback": "no"}'),
        DraftWarning.MODEL_ANSWER_UNUSABLE,
        1,
    ),
]


async def test_each_failure_leaves_the_local_draft_and_a_warning(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    for name, fault, warning, requests in FAILURES:
        gemini.forget()
        fault(gemini)
        drafted = await drafter.draft_listing(photo, context)
        assert (drafted.warnings, len(gemini.requests)) == ([warning], requests), name
        assert (drafted.reader, drafted.draft.category, drafted.draft.title) == ("local", "bakery", None), name
    gemini.forget()
    assert (await drafter.draft_listing(photo, context)).reader == "model", (
        "the control: without a failure the model is used"
    )


async def test_a_passing_failure_is_retried_without_a_warning(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    passing: list[Fault] = [
        lambda g: g.is_busy(),
        lambda g: g.is_busy(retry_after=0.01),
        lambda g: g.is_busy(retry_delay=0.01),
        lambda g: g.fails(502),
    ]
    for fault in passing:
        gemini.forget()
        fault(gemini)
        drafted = await drafter.draft_listing(photo, context)
        assert (drafted.warnings, drafted.reader, len(gemini.requests)) == ([], "model", 2)


async def test_waiting_and_retrying_end_at_the_time_limit(
    gemini: GeminiStandIn, photo: Photo, context: Context
) -> None:
    model = GeminiModel(gemini.api_key, "m", gemini.base_url, timeout_seconds=0.4)
    await model.prepare()
    drafter = Drafter(model)
    async with asyncio.timeout(20):
        gemini.is_slow(60)
        drafted = await drafter.draft_listing(photo, context)
        assert (drafted.warnings, drafted.reader) == ([DraftWarning.MODEL_TIMED_OUT], "local")
        gemini.fails(500)  # the retry counts towards the same limit
        gemini.is_slow(60)
        drafted = await drafter.draft_listing(photo, context)
        assert (drafted.warnings, drafted.reader) == ([DraftWarning.MODEL_TIMED_OUT], "local")
    await drafter.close()


async def test_an_unreachable_model_leaves_a_warning(photo: Photo, context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    drafter = Drafter(GeminiModel("key", "m", f"http://127.0.0.1:{port}"))
    assert (await drafter.draft_listing(photo, context)).warnings == [DraftWarning.MODEL_UNAVAILABLE]
    await drafter.close()


async def test_an_older_model_gets_no_thinking_level(gemini: GeminiStandIn, photo: Photo, context: Context) -> None:
    drafter = Drafter(GeminiModel(gemini.api_key, "gemini-2.5-flash", gemini.base_url))
    await drafter.prepare()
    assert (await drafter.draft_listing(photo, context)).reader == "model"
    assert "thinkingConfig" not in gemini.requests[0].body["generationConfig"]
    await drafter.close()


async def test_a_wrong_key_leaves_the_warning_misconfigured(
    gemini: GeminiStandIn, photo: Photo, context: Context
) -> None:
    drafter = Drafter(GeminiModel("another-key", "m", gemini.base_url))
    assert (await drafter.draft_listing(photo, context)).warnings == [DraftWarning.MODEL_MISCONFIGURED]
    assert gemini.requests == []
    await drafter.close()


async def test_no_request_is_sent_when_the_model_may_not_be_used(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context
) -> None:
    drafted = await drafter.draft_listing(photo, context, use_model=False)
    assert (drafted.model, drafted.reader, drafted.warnings, gemini.requests) == (None, "local", [], [])


async def test_google_s_environment_variables_and_proxies_are_ignored(
    gemini: GeminiStandIn, photo: Photo, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = "http://127.0.0.1:1"
    for name, value in {
        "GOOGLE_API_KEY": "somebody-elses",
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_CLOUD_PROJECT": "theirs",
        "GOOGLE_GEMINI_BASE_URL": nowhere,
        "GOOGLE_GENAI_API_VERSION": "v9",
        "GOOGLE_GENAI_CLIENT_MODE": "replay",
        "GOOGLE_GENAI_REPLAYS_DIRECTORY": "/nonexistent",
        "HTTP_PROXY": nowhere,
        "http_proxy": nowhere,
        "ALL_PROXY": nowhere,
        "NO_PROXY": "",
        "no_proxy": "",
    }.items():
        monkeypatch.setenv(name, value)
    drafter = Drafter(GeminiModel(gemini.api_key, "m", gemini.base_url))
    drafted = await drafter.draft_listing(photo, context)
    await drafter.close()
    assert (drafted.reader, drafted.warnings, len(gemini.requests)) == ("model", [], 1)

    from google import genai

    careless = genai.Client(api_key=gemini.api_key, http_options={"base_url": gemini.base_url})
    assert careless.vertexai, "the control: the package alone follows the environment"


async def test_neither_the_photo_nor_the_key_is_logged(
    gemini: GeminiStandIn, drafter: Drafter, photo: Photo, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        gemini.is_busy(2)
        await drafter.draft_listing(photo, context)
        await drafter.draft_listing(photo, context)
    assert caplog.records, "the control: the libraries do log"
    assert gemini.api_key not in caplog.text
    assert base64.urlsafe_b64encode(photo.encoded).decode()[40:80] not in caplog.text
    assert gemini.api_key not in repr(drafter) + repr(photo)


def test_thoughts_are_left_out_of_the_answer() -> None:
    parts = [{"text": "hm", "thought": True}, {"text": '{"a'}, {"text": '": 1}'}, {"text": 5}, "x"]
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    assert read_response(json.dumps(body)).text == '{"a": 1}'


def test_the_gemini_package_is_not_imported_before_it_is_needed() -> None:
    code = "import ai, sys; ai.Drafter(ai.GeminiModel('k', 'm')); print('google.genai' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"]},
    )
    assert (run.stdout, run.stderr) == ("False\n", "")

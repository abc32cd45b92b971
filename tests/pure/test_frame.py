"""The frame around every request, through HTTP: problems, languages, rate limits, headers, logs, metrics."""

import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from backend.http.counters import FULL, Counters
from backend.http.idempotency import key_of
from backend.http.rate_limits import counters
from backend.observability.logs import LineWriter
from backend.problems import texts
from backend.problems.common import RequestInvalid
from backend.settings import settings
from tests.pure.toy_app import HOT, ORDINARY, SECRET, toy_app

BOTH = pytest.mark.parametrize("path", [ORDINARY, HOT], ids=["ordinary", "hot"])
pytestmark = pytest.mark.usefixtures("fresh")


def is_a_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"{settings().public_url}/problems/{code}"
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    assert answer.headers["cache-control"] == "no-store"
    return body


# Bodies


# Problems


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("broken", 409, "toy.broken"),
        ("refused by an act", 409, "toy.broken"),
        ("refused by an act with an unknown code", 500, "internal"),
        ("against a constraint with a problem", 422, "toy.too_dear"),
        ("against a constraint without one", 409, "data.conflict"),
        ("refused by row-level security", 403, "access.forbidden"),
        ("deadlock", 503, "try_again"),
        ("the server is shutting down", 503, "database.unavailable"),
        ("the pool is closing", 503, "database.unavailable"),
        ("a number out of range", 422, "request.invalid"),
        ("wrong SQL", 500, "internal"),
        ("a bug of ours", 500, "internal"),
        ("a file is missing", 500, "internal"),
    ],
)
@pytest.mark.parametrize("where", ["toys", "shelves"], ids=["ordinary", "hot"])
async def test_every_failure_becomes_a_problem_without_internal_details(
    web: httpx2.AsyncClient, lines: Any, where: str, how: str, status: int, code: str
) -> None:
    answer = await web.get(f"/v1/{where}/{how}/failures")
    is_a_problem(answer, status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
    written = lines()
    assert SECRET not in answer.text + str(written)
    failures = [line for line in written if line["event"] == "error.occurred"]
    assert len(failures) == (1 if status >= 500 else 0)
    assert all(line["request_id"] == answer.headers["x-request-id"] for line in failures)


async def test_a_problem_s_members_appear_in_its_body_and_its_text(
    web: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(texts._texts("en")["problems"], "toy.broken", {"detail": "{pieces} pieces are left."})
    problem = (await web.get("/v1/toys/broken/failures", headers={"accept-language": "en"})).json()
    assert problem["pieces"] == 3
    assert problem["detail"] == "3 pieces are left."


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-CA, en;q=0.5", "fr"),
        ("fr;q=0.4, en;q=0.5", "en"),
        ("en;q=0", "fr"),
        ("de, en;q=0.1", "en"),
        ("de", "fr"),
        ("*", "fr"),
        ("en, fr", "en"),
        ("fr, en", "fr"),
        ("fr;q=0, *;q=0.1", "en"),
        ("EN-us", "en"),
        ("en" + ";q=0.1" * 5_000, "fr"),
        (";;;,,q=q", "fr"),
    ],
)
async def test_the_language_is_negotiated(web: httpx2.AsyncClient, asked: str | None, language: str) -> None:
    answer = await web.get("/v1/nothing", headers={"accept-language": asked} if asked else {})
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    assert answer.json()["title"] == {"fr": "Introuvable", "en": "Not found"}[language]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/toys", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/toys", "GET, HEAD, POST"),
        ("PUT", HOT, "POST"),
        ("POST", "/v1/toys/broken/failures", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_refused_with_all_allowed_ones(
    web: httpx2.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await web.request(method, path)
    is_a_problem(answer, 405, "method.not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/v1/toys?limit=2", "/v1/nothing", "/v1/toys/broken/failures", "/", "/v1/healthz"])
async def test_head_is_answered_like_get_without_the_body(web: httpx2.AsyncClient, path: str, lines: Any) -> None:
    got, head = await web.get(path), await web.head(path)

    own = {"x-request-id"}
    assert {**got.headers, **dict.fromkeys(own)} == {**head.headers, **dict.fromkeys(own)}
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert got.content
    answered = [line for line in lines() if line["event"] == "request.answered"]
    # A page asks the API, so it leaves several lines.
    assert [line["method"] for line in answered if path != "/" or line["route"] == "/"] == ["GET", "HEAD"]


async def test_head_on_a_route_without_get_is_refused(web: httpx2.AsyncClient) -> None:
    answer = await web.head("/v1/sign-in")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")


# Pages of other origins

SHOP, STRANGER = "https://app.example.org", "https://elsewhere.example"


@pytest.fixture
async def opened(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx2.AsyncClient]:
    monkeypatch.setenv("ECOPANIER_ALLOWED_ORIGINS", request.param)
    settings.cache_clear()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=toy_app()), base_url="http://test") as client:
        yield client


@BOTH
@pytest.mark.parametrize("opened", [f"{SHOP}/, https://other.example"], indirect=True)
async def test_pages_of_an_allowed_origin_may_call_every_route(opened: httpx2.AsyncClient, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    preflight = await opened.options(path, headers={"Origin": SHOP, **asked})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == SHOP
    for body in ({"quantity": 2}, {"quantity": "2"}):
        answer = await opened.post(path, json=body, headers={"Origin": SHOP})
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert "Origin" in answer.headers["vary"]
    # The control: others may not read the answer, and are told so before they send anything that changes something.
    assert (await opened.options(path, headers={"Origin": STRANGER, **asked})).status_code == 400
    answer = await opened.post(path, json={"quantity": 2}, headers={"Origin": STRANGER})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("opened", [SHOP], indirect=True)
async def test_a_refusal_of_the_frame_can_be_read_by_an_allowed_origin(opened: httpx2.AsyncClient) -> None:
    for _ in range(4):
        answer = await opened.post("/v1/sign-in", data={"username": "amina"}, headers={"Origin": SHOP})
    is_a_problem(answer, 429, "rate.limited")
    assert answer.headers["access-control-allow-origin"] == SHOP


@pytest.mark.parametrize("opened", ["*"], indirect=True)
async def test_when_all_origins_may_call_none_gets_credentials(opened: httpx2.AsyncClient) -> None:
    answer = await opened.get("/v1/toys", headers={"Origin": STRANGER, "Cookie": "session=1"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_by_default_no_other_origin_may_call(web: httpx2.AsyncClient) -> None:
    answer = await web.get("/v1/toys", headers={"Origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await web.options("/v1/toys", headers={"Origin": SHOP})).status_code == 405


async def test_readiness_reports_why_the_service_is_not_ready(web: httpx2.AsyncClient) -> None:
    async def not_yet() -> str | None:
        return "a migration is missing"

    assert (await web.get("/readyz")).json() == {"status": "ok"}
    transport = httpx2.ASGITransport(app=toy_app(ready=not_yet))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as unready:
        for path in ("/readyz", "/v1/readyz"):
            problem = is_a_problem(await unready.get(path), 503, "service.not_ready")
            assert problem["reason"] == "a migration is missing"
        assert (await unready.get("/healthz")).status_code == 200


# Headers


async def test_a_well_formed_request_id_is_kept_and_any_other_replaced(web: httpx2.AsyncClient) -> None:
    async def given(request_id: str) -> str:
        return (await web.get("/healthz", headers={"x-request-id": request_id})).headers["x-request-id"]

    assert await given("abcd-1234_EFGH") == "abcd-1234_EFGH"
    for malformed in ("short", "x" * 65, SECRET, 'a"b\\c{}<>'):
        assert await given(malformed) not in ("", malformed)


async def test_answers_to_a_signed_in_caller_are_not_cached(web: httpx2.AsyncClient) -> None:
    assert "cache-control" not in (await web.get("/v1/toys")).headers
    answer = await web.get("/v1/toys", headers={"authorization": "Bearer x"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/v1/toys", "/v1/nothing", "/static/style.css"])
async def test_every_answer_has_the_security_headers(web: httpx2.AsyncClient, path: str) -> None:
    headers = (await web.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    # With no-referrer, a page's own forms would not say which site they come from.
    assert headers["referrer-policy"] == ("same-origin" if path in ("/", "/problems") else "no-referrer")
    assert headers.get_list("content-security-policy")[0].startswith("default-src 'none'")
    assert len(headers.get_list("content-security-policy")) == 1
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'unsafe-inline'" not in headers["content-security-policy"]


# Limits


async def test_a_rate_limit_reports_what_is_left_and_then_refuses(web: httpx2.AsyncClient) -> None:
    answers = [await web.post("/v1/sign-in", data={"username": "amina"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [204, 204, 204, 429]
    assert '"sign-in";q=3;w=60' in answers[0].headers["ratelimit-policy"]
    assert '"sign-in";r=2;t=60' in answers[0].headers["ratelimit"]
    is_a_problem(answers[3], 429, "rate.limited")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60


async def test_each_address_is_counted_apart_and_cannot_be_spoofed(app: FastAPI) -> None:
    async def signs_in(address: str, forwarded: str = "") -> int:
        transport = httpx2.ASGITransport(app=app, client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            headers = {"x-forwarded-for": forwarded} if forwarded else {}
            return (await client.post("/v1/sign-in", data={"username": "amina"}, headers=headers)).status_code

    assert [await signs_in("192.0.2.1", f"198.51.100.{i}") for i in range(4)] == [204, 204, 204, 429]
    assert await signs_in("192.0.2.2") == 204
    # One household usually has a whole /64, so its addresses are counted together.
    assert [await signs_in(f"2001:db8::{i}") for i in range(4)] == [204, 204, 204, 429]
    assert await signs_in("2001:db8:0:1::1") == 204


async def test_behind_a_proxy_the_last_untrusted_forwarded_address_counts(
    app: FastAPI, web: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOPANIER_TRUSTED_PROXIES", "1")
    settings.cache_clear()

    async def signs_in(forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        return (await web.post("/v1/sign-in", data={"username": "amina"}, headers=headers)).status_code

    assert [await signs_in(f"198.51.100.{i}, 192.0.2.1") for i in range(4)] == [204, 204, 204, 429]
    assert await signs_in("192.0.2.1, 192.0.2.2") == 204


async def test_rate_limits_can_be_switched_off(web: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_RATE_LIMITS", "off")
    settings.cache_clear()
    assert {(await web.post("/v1/sign-in", data={"username": "amina"})).status_code for _ in range(5)} == {204}


async def test_expired_counters_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.counters.time.time", lambda: 1_000.0)
    for address in range(1_000):
        await counters.incr(f"past {address}", 10)
    monkeypatch.setattr("backend.http.counters.time.time", lambda: 2_000.0)
    for address in range(250):
        await counters.incr(f"present {address}", 10)
    assert await counters.reset() == 250


async def test_a_request_that_cannot_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.counters.LARGEST", 64 * 1024)
    small = Counters()
    counted = [await small.incr(f"address {number}", 3_600) for number in range(1_000)]
    assert counted[0] == 1
    assert counted[-1] == FULL
    assert await small.incr("address 0", 3_600) == 2


# Logs and metrics


async def test_each_request_logs_one_line_with_its_route_and_no_personal_data(
    web: httpx2.AsyncClient, lines: Any
) -> None:
    await web.get(f"/v1/toys?q={SECRET}", headers={"authorization": f"Bearer {SECRET}"})
    await web.post(HOT, json={"quantity": 2, "title": SECRET})
    await web.get(f"/v1/{SECRET}")
    await web.get("/v1/readyz")
    written = lines()
    assert SECRET not in str(written)
    assert [(line["method"], line["route"], line["status"], line["level"]) for line in written] == [
        ("GET", "/v1/toys", 200, "info"),
        ("POST", "/v1/shelves/{shelf_id}/toys", 201, "info"),
        ("GET", "unmatched", 404, "info"),
        ("GET", "/v1/readyz", 200, "debug"),
    ]
    assert all(line["ms"] >= 0 and line["request_id"] for line in written)


async def test_metrics_are_labelled_by_route_not_by_path(web: httpx2.AsyncClient) -> None:
    for number in range(3):
        await web.get(f"/v1/toys/{number}/failures")
        await web.get(f"/v1/shelves/{number}/failures")
        await web.get(f"/nowhere/{number}")
    await web.request("BREW", "/v1/toys")
    told = (await web.get("/metrics")).text
    assert 'route="/v1/toys/{how}/failures",status="500"' in told
    assert 'route="/v1/shelves/{how}/failures",status="500"' in told
    assert 'route="unmatched",status="404"' in told
    assert 'method="OTHER"' in told
    assert "nowhere" not in told
    assert "BREW" not in told
    # The request for the metrics is itself under way.
    assert "ecopanier_http_requests_under_way 1.0" in told


def test_a_stalled_log_reader_loses_lines_instead_of_using_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.observability.logs.MOST_WAITING_LINES", 2)
    monkeypatch.setattr("backend.observability.logs.threading.Thread.start", lambda _: None)
    written = io.BytesIO()
    writer = LineWriter(written)
    for line in (b"1\n", b"2\n", b"3\n", b"4\n"):
        writer.write(line)
    writer.write_out()
    assert written.getvalue() == b'1\n2\n{"event":"log.dropped","lines":2}\n'


@pytest.mark.parametrize(("asked", "begins"), [("fr", "Un identifiant"), ("en", "A name")])
@pytest.mark.parametrize("key", [b"", b"x" * 256, b"a\x07b"], ids=["empty", "long", "unprintable"])
def test_a_bad_idempotency_key_is_refused_in_the_callers_language(key: bytes, asked: str, begins: str) -> None:
    headers = [(b"idempotency-key", key), (b"accept-language", asked.encode())]
    with pytest.raises(RequestInvalid) as refused:
        key_of(Request({"type": "http", "headers": headers}))
    [error] = refused.value.errors or []
    assert (error.field, error.code, error.message.startswith(begins)) == (
        "header.Idempotency-Key",
        "idempotency_key",
        True,
    )

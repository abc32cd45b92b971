"""Bodies and queries of requests: strict JSON, limits, content types, and refusals that echo nothing."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.pure.test_frame import BOTH, is_a_problem
from tests.pure.toy_app import A_TOY, HOT, ORDINARY, SECRET, ToyIn, made

pytestmark = pytest.mark.usefixtures("fresh")
JSON = {"content-type": "application/json"}


@BOTH
async def test_a_valid_body_is_accepted(web: httpx2.AsyncClient, path: str) -> None:
    answer = await web.post(path, content=b'{"quantity": 2, "title": " caf\\u00e9 \\ud83e\\udd56 "}', headers=JSON)
    assert (answer.status_code, answer.json()) == (201, {"id": str(A_TOY), "quantity": 2})
    assert made == [2]


@BOTH
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"quantity": NaN}', 422, "body.unreadable"),
        (b'{"quantity": Infinity}', 422, "body.unreadable"),
        (b'{"quantity": 1e400}', 422, "body.unreadable"),
        (b'{"quantity": 1' + b"0" * 400 + b".0}", 422, "body.unreadable"),
        (b'{"quantity": 9223372036854775808}', 422, "body.unreadable"),
        (b'{"quantity": 1, "title": "\\ud800"}', 422, "body.unreadable"),
        (b'{"quantity": 1, "title": "a\\u0000b"}', 422, "body.unreadable"),
        (b'{"quantity": 1, "a\\u0000b": 1}', 422, "body.unreadable"),
        (b'{"quantity": 1, "title": "\xff"}', 422, "body.unreadable"),
        (b"[" * 100_000, 422, "body.unreadable"),
        (b'{"quantity": 1', 422, "body.unreadable"),
        (b'{"quantity": 1, "quantity": 2}', 422, "body.unreadable"),
        (b'{"quantity": 1, "title": "\\":", "\\u0074itle" : ""}', 422, "body.unreadable"),
        (b'{"quantity": 1, "x": [{"a": "b", "a": 1}]}', 422, "body.unreadable"),
        (b"[" + b"1," * 90_000 + b"1]", 422, "body.unreadable"),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", 422, "body.unreadable"),
        (b'{"quantity": "1"}', 422, "request.invalid"),
        (b'{"quantity": true}', 422, "request.invalid"),
        (b'{"quantity": 1.0}', 422, "request.invalid"),
        (b'{"quantity": 0}', 422, "request.invalid"),
        (b'{"quantity": 1, "role": "admin"}', 422, "request.invalid"),
        (b"[]", 422, "request.invalid"),
        (b"null", 422, "request.invalid"),
        (b"", 422, "request.invalid"),
        (b" " * (1024 * 1024 + 1), 413, "body.too_large"),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else None,
)
async def test_a_bad_body_is_refused_and_changes_nothing(
    web: httpx2.AsyncClient, path: str, body: bytes, status: int, code: str
) -> None:
    is_a_problem(await web.post(path, content=body, headers=JSON), status, code)
    assert made == []


@BOTH
@pytest.mark.parametrize(
    "body", ['\ufeff{"quantity": 2}', '{"quantity": 2, "title": ":\\"\\\\"}', '{"title":",:", "quantity":2}']
)
async def test_marks_and_colons_in_texts_do_not_disturb(web: httpx2.AsyncClient, path: str, body: str) -> None:
    answer = await web.post(path, content=body.encode(), headers=JSON)
    assert (answer.status_code, made) == (201, [2])


@BOTH
async def test_a_body_of_too_many_names_is_refused_before_validation(
    web: httpx2.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({f"n{number}": 0 for number in range(90_000)}, separators=(",", ":"))
    monkeypatch.setattr(ToyIn, "__pydantic_validator__", None)

    problem = is_a_problem(await web.post(path, content=body, headers=JSON), 422, "body.unreadable")

    assert [error["code"] for error in problem["errors"]] == ["too_many_names"]


@BOTH
async def test_a_body_without_a_content_length_is_limited_too(web: httpx2.AsyncClient, path: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 65_536

    is_a_problem(await web.post(path, content=endless(), headers=JSON), 413, "body.too_large")
    assert made == []


@BOTH
async def test_another_content_type_is_refused(web: httpx2.AsyncClient, path: str) -> None:
    answer = await web.post(path, content=b'{"quantity": 2}', headers={"content-type": "text/plain"})
    is_a_problem(answer, 415, "body.wrong_type")
    assert answer.headers["accept"] == "application/json"
    assert made == []


async def test_ordinary_and_hot_routes_report_the_same_field_errors(web: httpx2.AsyncClient) -> None:
    told = [(await web.post(path, json={"quantity": "2", "x": 1})).json()["errors"] for path in (ORDINARY, HOT)]
    assert (
        told[0]
        == told[1]
        == [
            {"field": "body.quantity", "code": "int_type", "message": "Un nombre entier est attendu."},
            {"field": "body.x", "code": "extra_forbidden", "message": "Ce champ n'est pas connu ici."},
        ]
    )


@pytest.mark.parametrize("path", ["/v1/toys?q=a%00b", "/v1/toys/a%00b/failures", "/%00"])
async def test_a_nul_byte_in_the_url_is_refused(web: httpx2.AsyncClient, path: str) -> None:
    is_a_problem(await web.get(path), 422, "request.invalid")


async def test_a_form_route_accepts_only_forms_without_nul_bytes(web: httpx2.AsyncClient) -> None:
    assert (await web.post("/v1/sign-in", data={"username": "amina"})).status_code == 204
    with_nul = await web.post(
        "/v1/sign-in", content=b"username=a%00", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    is_a_problem(with_nul, 422, "body.unreadable")
    is_a_problem(await web.post("/v1/sign-in", json={"username": "amina"}), 415, "body.wrong_type")


async def test_a_refusal_never_echoes_the_request_s_data(web: httpx2.AsyncClient) -> None:
    answers = [
        await web.post(ORDINARY, json={"quantity": SECRET}),
        await web.post(ORDINARY, json={"quantity": 1, SECRET: SECRET}),
        await web.post(ORDINARY, content=f'{{"quantity": {SECRET}}}'.encode(), headers=JSON),
        await web.get(f"/v1/toys?limit={SECRET}&after={SECRET}"),
        await web.get(f"/v1/{SECRET}"),
    ]
    for answer in answers:
        assert answer.status_code in (404, 422)
        assert SECRET not in answer.text + str(answer.headers)

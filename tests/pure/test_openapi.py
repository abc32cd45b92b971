"""The OpenAPI description: complete for every operation and tagged with the product's terms."""

from typing import Any

import pytest
from fastapi import FastAPI

from backend.http.openapi import TAGS, missing_examples, operations
from backend.http.routing import Router
from backend.main import create_app
from backend.problems.problem import PROBLEM_JSON, may_answer
from tests.pure.toy_app import ToyBroken, toy_app


@pytest.fixture(params=[create_app, toy_app], ids=["served", "toy"])
def schema(request: pytest.FixtureRequest) -> dict[str, Any]:
    app: FastAPI = request.param()
    return app.openapi()


def test_the_description_is_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")


def test_every_operation_has_a_unique_id_a_summary_and_known_tags(schema: dict[str, Any]) -> None:
    found = list(operations(schema))
    assert len({operation["operationId"] for _, operation in found}) == len(found) > 0
    for name, operation in found:
        assert operation["summary"], name
        assert not operation["summary"].endswith("."), name
        assert set(operation["tags"]) <= TAGS.keys(), name
        assert operation["tags"], name


def test_every_operation_has_request_and_response_examples(schema: dict[str, Any]) -> None:
    assert missing_examples(schema) == []


def test_every_operation_lists_its_problems(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        refusals = {status: response for status, response in operation["responses"].items() if status >= "400"}
        assert "500" in refusals, name
        if "health" not in operation["tags"]:
            assert {"429", "503"} <= refusals.keys(), name
        if operation.get("security"):
            assert "401" in refusals, name
        if "requestBody" in operation:
            assert {"413", "415", "422"} <= refusals.keys(), name
        for status, response in refusals.items():
            if name == "POST /v1/oauth/token" and status in ("400", "401"):
                assert list(response["content"]) == ["application/json"]  # the form of RFC 6749, section 5.2
                continue
            assert list(response["content"]) == [PROBLEM_JSON], (name, status)
            for code, example in response["content"][PROBLEM_JSON]["examples"].items():
                assert example["value"]["code"] == code
                assert example["value"]["status"] == int(status)


def test_a_hot_route_is_documented_like_the_others() -> None:
    schema = toy_app().openapi()
    fast = schema["paths"]["/v1/shelves/{shelf_id}/toys"]["post"]
    ordinary = schema["paths"]["/v1/toys"]["post"]
    assert fast["requestBody"] == ordinary["requestBody"]
    assert fast["responses"]["201"]["content"] == ordinary["responses"]["201"]["content"]
    assert fast["responses"]["409"] == ordinary["responses"]["409"]
    assert fast["security"] == [{"bearer": []}]
    assert {parameter["name"] for parameter in fast["parameters"]} == {"shelf_id", "Idempotency-Key"}
    assert ordinary["requestBody"]["content"]["application/json"]["example"] == {"quantity": 2, "title": ""}


def test_a_route_without_an_example_is_reported() -> None:
    router = Router(tags=["lots"])

    @router.get("/words")
    async def words() -> list[str]:
        """List words."""
        return []

    assert missing_examples(create_app(routers=[router], hot=[]).openapi()) == ["GET /v1/words: answer 200"]


def test_problems_with_the_same_status_are_listed_together() -> None:
    both = may_answer(ToyBroken, type("ToyLost", (ToyBroken,), {"__doc__": "Lost.", "code": "toy.lost", "status": 409}))
    assert list(both) == [409]
    assert list(both[409]["content"][PROBLEM_JSON]["examples"]) == ["toy.broken", "toy.lost"]

"""docs/openapi.json: current, complete, and the same on every machine."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from backend import cli
from backend.http.openapi import operations
from backend.http.openapi_document import NEUTRAL_URL, openapi_document
from backend.main import create_app
from backend.settings import settings

KEPT = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    return create_app().openapi()


def inlined(part: Any, components: Mapping[str, Any]) -> Any:
    """Return a part of the document with what was moved into the components back in its place."""
    if isinstance(part, list):
        return [inlined(each, components) for each in part]
    if not isinstance(part, dict):
        return part
    moved = re.fullmatch(r"#/components/(responses|examples)/(.+)", part.get("$ref", ""))
    if moved is not None:
        return inlined(components[moved[1]][moved[2]], components)
    return {key: inlined(value, components) for key, value in part.items()}


def test_the_kept_description_is_current(served: dict[str, Any]) -> None:
    current = openapi_document(served, settings().public_url) == KEPT.read_text()
    assert current, "The API has changed. Run `./scripts/ecopanier openapi --output docs/openapi.json` and commit it."


def test_the_command_writes_the_document(served: dict[str, Any], tmp_path: Path) -> None:
    written = tmp_path / "openapi.json"
    CliRunner().invoke(cli.app, ["openapi", "--output", str(written)], catch_exceptions=False)
    assert written.read_text() == openapi_document(served, settings().public_url)


def test_the_document_leaves_nothing_of_the_served_description_out(served: dict[str, Any]) -> None:
    document = json.loads(openapi_document(served, settings().public_url))
    restored = inlined(document["paths"], document["components"])
    assert json.dumps(restored) == json.dumps(served["paths"]).replace(settings().public_url, NEUTRAL_URL)
    assert served["components"].items() <= document["components"].items()


def test_the_document_names_no_address_of_a_machine(served: dict[str, Any]) -> None:
    text = openapi_document(served, settings().public_url)
    assert json.loads(text)["servers"] == [{"url": NEUTRAL_URL}]
    assert settings().public_url not in text


def test_a_problem_that_differs_between_two_routes_is_not_shared(served: dict[str, Any]) -> None:
    altered = json.loads(json.dumps(served))
    operation = next(operation for name, operation in operations(altered) if name == "POST /v1/pickups")
    operation["responses"]["423"]["description"] = "Another text"
    other = next(operation for name, operation in operations(altered) if name == "GET /v1/impact")
    other["responses"]["423"] = served["paths"]["/v1/pickups"]["post"]["responses"]["423"]
    with pytest.raises(ValueError, match=r"pass\.locked differs between two routes"):
        openapi_document(altered, settings().public_url)

"""The OpenAPI description as docs/openapi.json keeps it: the served one, in a form whose diffs are short.

Answers with problems repeat on every route. Here each of them, and each problem's example, stands once among the
components, and the routes refer to it. Nothing is left out.
"""

import json
from collections.abc import Mapping
from typing import Any

from backend.http.openapi import operations

NEUTRAL_URL = "https://ecopanier.example"
_RESPONSE, _EXAMPLE = "#/components/responses/", "#/components/examples/"


def openapi_document(served: Mapping[str, Any], public_url: str) -> str:
    """Return the text of docs/openapi.json for a served description, with a neutral address instead of `public_url`."""
    schema = json.loads(json.dumps(served).replace(public_url, NEUTRAL_URL))
    responses: dict[str, Any] = {}
    examples: dict[str, Any] = {}
    for _, operation in operations(schema):
        for status, response in operation["responses"].items():
            if status >= "400":
                # Named by its problems: that is what tells two answers of one status apart.
                [media] = response["content"].values()
                name = "-".join(media["examples"])
                _keep(examples, media["examples"])
                media["examples"] = {code: {"$ref": _EXAMPLE + code} for code in media["examples"]}
                _keep(responses, {name: response})
                operation["responses"][status] = {"$ref": _RESPONSE + name}
    schema["components"] |= {"responses": dict(sorted(responses.items())), "examples": dict(sorted(examples.items()))}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _keep(shared: dict[str, Any], parts: Mapping[str, Any]) -> None:
    for name, part in parts.items():
        if shared.setdefault(name, part) != part:
            raise ValueError(f"{name} differs between two routes, so it cannot be shared")

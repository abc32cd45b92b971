"""The OpenAPI 3.1 description of the API, with examples and every problem code."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from backend.database.sessions import AccountSuspended, SecondFactorRequired
from backend.http.hot_routes import HotRoutes
from backend.http.idempotency import IdempotencyMismatch
from backend.identity.callers import CLIENTS_SCHEME
from backend.problems.common import (
    BodyOfWrongType,
    BodyTooLarge,
    BodyUnreadable,
    DatabaseUnavailable,
    InternalError,
    NotAllowed,
    NotAtKiosk,
    NotAtStation,
    NotForClients,
    NotSignedIn,
    RateLimited,
    RequestInvalid,
    ScopeMissing,
    TryAgain,
)
from backend.problems.problem import Problem, ProblemBody, may_answer
from backend.settings import settings

TAGS = {
    "accounts": "People who can sign in; each has exactly one of six roles.",
    "second factors": "An authenticator app that a sign-in needs besides the password, and its recovery codes.",
    "privacy": "People's rights over their data: consents, a copy of everything, erasure.",
    "members": "People who work for a shop, an association or an organisation, each with an account of their own.",
    "organisations": "Municipalities, agglomerations and NGOs, with a territory and members.",
    "API clients": "Programs that call the API for an organisation, a shop or an association, and their tokens.",
    "enrolment by software": "Programs of organisations that enrol people for associations which mandated them.",
    "shops": "Merchants' places of sale, visible once an admin has verified them.",
    "places": "Communes, where a search starts.",
    "territories": "Communes and the territories around and within them, and their published figures.",
    "lots": "Quantities of one offer of unsold food, discounted or free, with a pickup window.",
    "notices": "What happened that concerns the caller, in the app and by mail, and which of it they want.",
    "favourites": "Shops to find again, and places to look for lots from; only their holder sees them.",
    "diet": "The allergens that the caller avoids, encrypted; only they see them.",
    "reservations": "Claims on portions of a lot, and the passes that are shown at the counter.",
    "problem reports": "What holders say was wrong with a pickup, the shop's answers, and what admins decide.",
    "suspended lots": "Portions that a customer pays for and a beneficiary collects.",
    "stations": "Devices at a shop's counter, with a credential of their own that can do nothing but pickups.",
    "pickups": "The handover at the counter: QR + PIN checked, portions handed over.",
    "beneficiaries": "People whose situation was verified beforehand, enrolled by an association or an admin.",
    "associations": "Organisations that enrol beneficiaries and receive donations, and their agreements with shops.",
    "collections": "Food brought from shops to associations: requests, what becomes of them, who receives it.",
    "neighbours": "Agreements that shops and associations could make with one another, and shops invited by others.",
    "collection points": "Places where food is collected or brought: shops, associations, depots and relay points.",
    "webhooks": "Programs of shops and associations that are told what happens, by Standard Webhooks.",
    "cards": "Printed by an association, for a beneficiary without a telephone to sign in with.",
    "kiosks": "Shared tablets, registered by an association or an admin, where people sign in with their cards.",
    "tours": "Rounds of collectors, and what they report from their stops.",
    "payments": "Money, through Stripe.",
    "payouts": "What closed lots came to, and how it reaches a shop's bank; disputes for admins.",
    "funds": "What municipalities commit to compensate shops for free portions, and the statements they pay from.",
    "documents": "Papers that do not change: customers' receipts, shops' statements and invoices.",
    "subscriptions": "Premium, which merchants may subscribe to by Stripe Billing.",
    "terms": "The texts that you agree to, in all their versions.",
    "help": "Common questions of each role, with their answers.",
    "impact": "What handovers saved: meals, kg, CO₂e, euros, and how many people they helped.",
    "figures": "What became of the portions of a shop, or of all: day by day, week by week or month by month.",
    "administration": "Admins' decisions and settings, with their history.",
    "ledger": "What moved money, to the cent, for admins.",
    "health": "Whether the process is alive and can serve requests.",
}
SECURITY_SCHEME = "bearer"

# The only two operations that a pickup station's token is for.
_AT_STATIONS = frozenset({"pick_up", "read_own_station"})
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_COMPONENT = "#/components/schemas/"
_FORMATS = {
    "uuid": "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4",
    "date-time": "2026-03-31T16:00:00Z",
    "date": "2026-03-31",
    "email": "amina@example.org",
}


class NoExample(Exception):
    """Raised when a part of a schema has no example; the message names the part."""


def describe(app: FastAPI, hot: Sequence[HotRoutes] = ()) -> None:
    """Make the app serve the full description as `/openapi.json`, built at the first request for it."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            documented = [route for routes in hot for route in routes.documentation]
            schema = get_openapi(
                title="EcoPanier",
                version=app.version,
                summary="Unsold food for the people around it.",
                routes=[*app.routes, *documented],
                tags=[{"name": name, "description": text} for name, text in TAGS.items()],
                servers=[{"url": settings().public_url}],
            )
            app.openapi_schema = _completed(schema)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the description


def operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every operation with its name, such as `GET /v1/lots`."""
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                yield f"{method.upper()} {path}", operation


def missing_examples(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the bodies, answers and required parameters that have no example."""
    return [
        f"{name}: {where}"
        for name, operation in operations(schema)
        for where, media in _exemplary(operation)
        if "example" not in media and "examples" not in media
    ]


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    # FastAPI's own error schemas, which no route of ours answers with.
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    problem = ProblemBody.model_json_schema(mode="serialization", ref_template=_COMPONENT + "{model}")
    schemas |= problem.pop("$defs") | {"Problem": problem}
    components.setdefault("securitySchemes", {}).setdefault(
        SECURITY_SCHEME,
        {"type": "oauth2", "flows": {"password": {"tokenUrl": "/v1/auth/token", "scopes": {}}}},
    )
    for _, operation in operations(schema):
        _summarise(operation)
        _add_common_problems(operation)
        for _, media in _exemplary(operation):
            if "example" not in media and "examples" not in media:
                try:
                    media["example"] = _example(media.get("schema", {}), schemas)
                except NoExample:
                    continue
    return schema


def _summarise(operation: dict[str, Any]) -> None:
    """Use the docstring's first line as the summary and the rest as the description."""
    first, _, rest = operation.get("description", "").partition("\n")
    if first:
        operation["summary"] = first.strip().rstrip(".")
        operation["description"] = rest.strip()
    if not operation.get("description"):
        operation.pop("description", None)


def _add_common_problems(operation: dict[str, Any]) -> None:
    if "health" in operation.get("tags", ()):
        common: list[type[Problem]] = [InternalError]
    else:
        common = [RateLimited, InternalError, DatabaseUnavailable, TryAgain]
    if operation.get("parameters") or "requestBody" in operation:
        common.append(RequestInvalid)
    if "requestBody" in operation:
        common += [BodyTooLarge, BodyOfWrongType, BodyUnreadable]
    if any(parameter["name"].lower() == "idempotency-key" for parameter in operation.get("parameters", ())):
        common.append(IdempotencyMismatch)
    if security := operation.get("security"):
        # A bad token is refused even where signing in is optional.
        common += [NotSignedIn]
        common += [] if {} in security else [NotAllowed]
        if any(SECURITY_SCHEME in way for way in security):
            common += [AccountSuspended, SecondFactorRequired]
            common += [NotAtKiosk] if operation["operationId"] in _AT_STATIONS else [NotAtKiosk, NotAtStation]
        common += [ScopeMissing] if any(CLIENTS_SCHEME in way for way in security) else [NotForClients]
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status, added in may_answer(*common).items():
        _merge(responses, str(status), added)
    operation["responses"] = dict(sorted(responses.items()))


def _merge(responses: dict[str, Any], status: str, added: dict[str, Any]) -> None:
    existing = responses.setdefault(status, added)
    if existing is added:
        return
    (media_type, media), *_ = added["content"].items()
    examples = existing.setdefault("content", {}).setdefault(media_type, media).setdefault("examples", {})
    examples.update({code: shown for code, shown in media["examples"].items() if code not in examples})
    existing["description"] = ", ".join(f"`{code}`" for code in examples)


def _exemplary(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what needs an example: required parameters, the body and the successful answers."""
    for parameter in operation.get("parameters", ()):
        if parameter.get("required"):
            yield f"parameter {parameter['name']}", parameter
    yield from _media("body", operation.get("requestBody", {}))
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from _media(f"answer {status}", response)


def _media(where: str, holder: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for media_type, media in holder.get("content", {}).items():
        if media_type.startswith(("application/json", "application/x-www-form")):
            yield where, media


def _example(schema: Mapping[str, Any], known: Mapping[str, Any], name: str = "") -> Any:
    """Return an example built from those of models and fields; only booleans and `_FORMATS` are invented.

    Raises NoExample.
    """
    # A field's own example takes precedence over its type's.
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    if "$ref" in schema:
        return _example(known[schema["$ref"].removeprefix(_COMPONENT)], known, name)
    for given in ("example", "const", "default"):
        if given in schema:
            return schema[given]
    if alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        return _first_example(alternatives, known, name)
    match schema.get("type"):
        case "object" if "properties" in schema:
            return {part: _example(inner, known, part) for part, inner in schema["properties"].items()}
        case "object":
            return {}
        case "array":
            return [_example(schema.get("items", {}), known, name)]
        case "boolean":
            return True
        case "null":
            return None
        case "string" if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
    raise NoExample(name)


def _first_example(alternatives: Iterable[Mapping[str, Any]], known: Mapping[str, Any], name: str) -> Any:
    for alternative in alternatives:
        try:
            return _example(alternative, known, name)
        except NoExample:
            continue
    raise NoExample(name)

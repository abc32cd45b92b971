"""`POST /v1/oauth/token`: the client credentials grant of RFC 6749, section 4.4, with the errors of section 5.2."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

import limits
from fastapi import Request, Response

from backend.api_clients.client_secrets import is_well_formed, secret_hash
from backend.api_clients.schemas import TokenOut, TokenRefused
from backend.database.acts import Acts
from backend.http.rate_limits import client_address, spend
from backend.identity.client_tokens import CLIENT_TOKEN_SECONDS, ClientTokens

TRIES = limits.parse("30/minute")
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
LONGEST_FORM = 4096
FORM: dict[str, Any] = {
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "client_credentials"},
                        "client_id": {"type": "string", "format": "uuid"},
                        "client_secret": {"type": "string"},
                        "scope": {"type": "string"},
                    },
                },
                "example": {"grant_type": "client_credentials", "scope": "figures:read"},
            }
        },
    },
}
_WORDS = {
    "invalid_request": "The request is malformed: one application/x-www-form-urlencoded body, each parameter once, "
    "credentials in one place.",
    "invalid_client": "The client or its secret is unknown, revoked or expired.",
    "invalid_scope": "The client has not this scope.",
    "unsupported_grant_type": "The grant type is client_credentials.",
}


def _documented(*errors: str) -> dict[str, Any]:
    examples = {
        f"token.{error}": {"summary": error, "value": {"error": error, "error_description": _WORDS[error]}}
        for error in errors
    }
    named = ", ".join(f"`{error}`" for error in errors)
    return {"model": TokenRefused, "description": named, "content": {"application/json": {"examples": examples}}}


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: _documented("invalid_request", "invalid_scope", "unsupported_grant_type"),
    401: _documented("invalid_client"),
}


class TokenNotIssued(Exception):
    """Raised when there is no token to give, with one of the RFC's error codes."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


async def token(request: Request, acts: Acts, tokens: ClientTokens) -> Response:
    """Return a token, or why there is none, as JSON in the RFC's form. Raises RateLimited."""
    # By address and not by client, so that nobody can keep a client out by trying wrong secrets.
    await spend(request.scope, "client-tokens", TRIES, client_address(request.scope))
    try:
        issued = await _issue(request, acts, tokens)
    except TokenNotIssued as refusal:
        body = TokenRefused.model_validate({"error": refusal.error, "error_description": _WORDS[refusal.error]})
        status = 401 if refusal.error == "invalid_client" else 400
        challenge = {"WWW-Authenticate": 'Basic realm="EcoPanier"'} if status == 401 else {}
        return Response(body.model_dump_json(), status, {**NOT_KEPT, **challenge}, "application/json")
    return Response(issued.model_dump_json(), 200, NOT_KEPT, "application/json")


async def _issue(request: Request, acts: Acts, tokens: ClientTokens) -> TokenOut:
    form = await _form(request)
    if "grant_type" not in form:
        raise TokenNotIssued("invalid_request")
    if form["grant_type"] != "client_credentials":
        raise TokenNotIssued("unsupported_grant_type")
    name, secret = _credentials(request, form)
    try:
        client = UUID(name)
    except ValueError:
        raise TokenNotIssued("invalid_client") from None
    if not is_well_formed(secret):
        raise TokenNotIssued("invalid_client")
    found = await acts.rows("client_signs_in", client=client, secret_hash=secret_hash(secret))
    if not found:
        raise TokenNotIssued("invalid_client")
    granted: list[str] = sorted(found[0]["scopes"])
    if form.get("scope"):
        wanted = form["scope"].split(" ")
        if not set(wanted) <= set(granted):
            raise TokenNotIssued("invalid_scope")
        granted = sorted(set(wanted))
    return TokenOut(
        access_token=tokens.issue(client, found[0]["secret"], granted),
        token_type="Bearer",  # noqa: S106  the name of a kind of token
        expires_in=CLIENT_TOKEN_SECONDS,
        scope=" ".join(granted),
    )


async def _form(request: Request) -> Mapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await request.body()
    if kind != "application/x-www-form-urlencoded" or len(raw) > LONGEST_FORM:
        raise TokenNotIssued("invalid_request")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise TokenNotIssued("invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenNotIssued("invalid_request")
    return form


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the client's id and secret: from HTTP Basic, each of them form-encoded (section 2.3.1), or the body."""
    header = request.headers.get("authorization")
    if header is None:
        if "client_id" not in form or "client_secret" not in form:
            raise TokenNotIssued("invalid_client")
        return form["client_id"], form["client_secret"]
    if "client_secret" in form:
        raise TokenNotIssued("invalid_request")
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise TokenNotIssued("invalid_client") from None
    if scheme.lower() != "basic" or not colon or form.get("client_id", name) != name:
        raise TokenNotIssued("invalid_client")
    return unquote_plus(name), unquote_plus(secret)

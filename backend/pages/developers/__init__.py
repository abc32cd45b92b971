"""The page for developers: keys, tokens, limits, webhooks, the changelog of the API and when routes go."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.api_clients.calling import REQUESTS
from backend.api_clients.schemas import Scope
from backend.http.deprecation import LEAST_NOTICE
from backend.identity.client_tokens import CLIENT_TOKEN_SECONDS
from backend.pages.visit import Visit, route
from backend.settings import settings

HERE = Path(__file__).parent


@cache
def _file(name: str) -> str:
    return HERE.joinpath(name).read_text("utf-8")


@cache
def _changes() -> list[dict[str, Any]]:
    return list(tomllib.loads(_file("changes.toml"))["change"])


async def developers(visit: Visit) -> Response:
    """Return the page for developers, in French or English."""
    return visit.page(
        "developers.html",
        base=settings().public_url.rstrip("/"),
        scopes=get_args(Scope),
        token_minutes=CLIENT_TOKEN_SECONDS // 60,
        requests=REQUESTS.amount,
        events=(await visit.api.get("/v1/webhook-events"))["data"],
        python=_file("verify_webhook.py"),
        javascript=_file("verify_webhook.js"),
        changes=_changes(),
        notice_months=LEAST_NOTICE.days // 30,
        serves_docs=settings().serves_docs,
    )


routes: list[BaseRoute] = [route("/developpeurs", developers)]

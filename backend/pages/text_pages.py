"""The pages of the terms, the privacy notice and the help: what `/v1/terms` and `/v1/help` answer, as HTML."""

from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.pages.client import call
from backend.pages.pages import page
from backend.problems.common import PathUnknown
from backend.problems.problem import language_of

_markdown = MarkdownIt("commonmark", {"html": False})


async def _read(request: Request, path: str) -> Any:
    """Return what our API answers. Raises PathUnknown if it refuses."""
    answer = await call(request, "GET", path)
    if not answer.is_success:
        raise PathUnknown
    return answer.json()


async def text_page(request: Request) -> Response:
    """Return one version of a text, by default the current one. Raises PathUnknown."""
    kind, version = request.path_params["kind"], request.path_params.get("version")
    texts = {text["kind"]: text for text in (await _read(request, "/v1/terms"))["items"]}
    if kind not in texts:
        raise PathUnknown
    shown = await _read(request, f"/v1/terms/{kind}/{version or texts[kind]['current_version']}")
    # The texts are ours; HTML in them would be escaped all the same.
    html = Markup(_markdown.render(shown["markdown"]))  # noqa: S704
    return page("text.html", language=shown["language"], text=shown, versions=texts[kind]["versions"], html=html)


async def help_page(request: Request) -> Response:
    """Return the questions and answers of one role. Raises PathUnknown."""
    shown = await _read(request, f"/v1/help/{request.path_params['role']}")
    return page("help.html", language=language_of(request.scope), help=shown)


routes: list[BaseRoute] = [
    Route("/terms/{kind}", text_page, methods=["GET"]),
    Route("/terms/{kind}/{version}", text_page, methods=["GET"]),
    Route("/help/{role}", help_page, methods=["GET"]),
]

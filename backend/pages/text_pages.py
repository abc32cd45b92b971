"""The pages of the terms, the privacy notice and the help: what `/v1/terms` and `/v1/help` answer, as HTML."""

from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.identity.tokens import Role
from backend.pages.texts import texts
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.settings import settings

_markdown = MarkdownIt("commonmark", {"html": False})


async def _read(visit: Visit, path: str) -> Any:
    """Return what our API answers. Raises PathUnknown if it refuses."""
    answer = await visit.api.sends("GET", path)
    if not answer.is_success:
        raise PathUnknown
    return answer.json()


async def text_page(visit: Visit) -> Response:
    """Return one version of a text, by default the current one. Raises PathUnknown."""
    kind, version = visit.parameters["kind"], visit.parameters.get("version")
    current = {text["kind"]: text for text in (await _read(visit, "/v1/terms"))["items"]}
    if kind not in current:
        raise PathUnknown
    shown = await _read(visit, f"/v1/terms/{kind}/{version or current[kind]['current_version']}")
    # The texts are ours; HTML in them would be escaped all the same.
    html = Markup(_markdown.render(texts(shown["language"]).typeset(shown["markdown"])))  # noqa: S704
    return visit.page("texts/text.html", text=shown, versions=current[kind]["versions"], html=html)


async def help_page(visit: Visit) -> Response:
    """Return the questions and answers of one role. Raises PathUnknown."""
    shown = await _read(visit, f"/v1/help/{visit.parameters['role']}")
    return visit.page("texts/help.html", help=shown, roles=[str(role) for role in Role])


async def legal(visit: Visit) -> Response:
    """Return the legal notice: who runs this, and where to write."""
    operator = settings().operator[visit.problem_language]
    named = settings().operator_name is not None
    return visit.page("texts/legal.html", operator=operator, named=named)


async def accessibility(visit: Visit) -> Response:
    """Return the statement on accessibility, and where to say what does not work."""
    return visit.page("texts/accessibility.html", operator=settings().operator[visit.problem_language])


routes: list[BaseRoute] = [
    route("/legal", legal),
    route("/accessibility", accessibility),
    route("/terms/{kind}", text_page),
    route("/terms/{kind}/{version}", text_page),
    route("/help/{role}", help_page),
]

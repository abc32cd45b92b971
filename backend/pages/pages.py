"""`/docs`, `/pass` and `/problems`: plain HTML that loads nothing from other servers."""

from pathlib import Path
from typing import Any

# OpenAPI 3.1 needs Swagger UI 5. FastAPI's own page loads it from a CDN, and the package swagger-ui-bundle has 4.
import openapi_ui_bundles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from backend.pages.assets import asset
from backend.problems.common import PathUnknown
from backend.problems.problem import known_problems, language_of, problem_example, problem_texts
from backend.time_zones import french_zone_names

_HERE = Path(__file__).parent
_SWAGGER = Path(openapi_ui_bundles.swagger_ui.static_path)

_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals.update(asset=asset)

_OWN_FILES_ONLY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Swagger UI sets style attributes, uses data: URLs for its icons and calls the API from the page.
_SWAGGER_TOO = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The page of a handed pass fetches the pass from the API and shows its QR code as a blob: picture.
_PICTURE_TOO = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(template: str, policy: str = _OWN_FILES_ONLY, **values: Any) -> HTMLResponse:
    """Return a page made from a template; policy: its Content-Security-Policy."""
    html = _templates.get_template(template).render(**values)
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Vary": "Accept-Language"})


async def docs(request: Request) -> Response:
    """Return the API's documentation: Swagger UI, served from our own files."""
    return page("docs.html", _SWAGGER_TOO)


async def handed_pass(request: Request) -> Response:
    """Return the page that shows a handed pass. The pass's token is after the # of its link and is not sent here."""
    return page("pass.html", _PICTURE_TOO, zones=french_zone_names())


async def problem_list(request: Request) -> Response:
    """Return the list of all problems."""
    language = language_of(request.scope)
    known = [(kind, *problem_texts(kind, language)) for _, kind in sorted(known_problems().items())]
    return page("problems.html", language=language, known=known)


async def problem_page(request: Request) -> Response:
    """Return the page that explains one problem, which is its `type` address. Raises PathUnknown."""
    kind = known_problems().get(request.path_params["code"])
    if kind is None:
        raise PathUnknown
    language = language_of(request.scope)
    title, detail = problem_texts(kind, language)
    example = problem_example(kind)
    return page("problem.html", language=language, kind=kind, title=title, detail=detail, example=example)


docs_routes: list[BaseRoute] = [
    Route("/docs", docs, methods=["GET"]),
    Mount("/static/swagger", StaticFiles(directory=_SWAGGER), name="swagger"),
]
"""To be tried before `routes`, whose `/static` contains the other's files too."""

routes: list[BaseRoute] = [
    Route("/pass", handed_pass, methods=["GET"]),
    Route("/problems", problem_list, methods=["GET"]),
    Route("/problems/{code}", problem_page, methods=["GET"]),
]

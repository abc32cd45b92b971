"""`/docs`, `/pass` and `/problems`."""

from pathlib import Path

# OpenAPI 3.1 needs Swagger UI 5. FastAPI's own page loads it from a CDN, and the package swagger-ui-bundle has 4.
import openapi_ui_bundles
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from backend.pages.templates import environment
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown
from backend.problems.problem import known_problems, problem_example, problem_texts
from backend.time_zones import zone_names

_SWAGGER = Path(openapi_ui_bundles.swagger_ui.static_path)

# Swagger UI sets style attributes, uses data: URLs for its icons and calls the API from the page.
_SWAGGER_TOO = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


async def docs(request: Request) -> Response:
    """Return the API's documentation: Swagger UI, served from our own files."""
    html = environment.get_template("docs.html").render()
    return HTMLResponse(html, headers={"Content-Security-Policy": _SWAGGER_TOO, "Vary": "Accept-Language"})


async def handed_pass(visit: Visit) -> Response:
    """Return the page that shows a handed pass. The pass's token is after the # of its link and is not sent here."""
    page = visit.page("links/handed_pass.html", zones=zone_names(visit.problem_language))
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


async def problem_list(visit: Visit) -> Response:
    """Return the list of all problems."""
    known = [(kind, *problem_texts(kind, visit.problem_language)) for _, kind in sorted(known_problems().items())]
    return visit.page("texts/problems.html", known=known)


async def problem_page(visit: Visit) -> Response:
    """Return the page that explains one problem, which is its `type` address. Raises PathUnknown."""
    kind = known_problems().get(visit.parameters["code"])
    if kind is None:
        raise PathUnknown
    title, detail = problem_texts(kind, visit.problem_language)
    return visit.page("texts/problem.html", kind=kind, title=title, detail=detail, example=problem_example(kind))


docs_routes: list[BaseRoute] = [
    Route("/docs", docs, methods=["GET"]),
    Mount("/static/swagger", StaticFiles(directory=_SWAGGER), name="swagger"),
]
"""Routes to try before `routes`, whose `/static` contains the other's files too."""

routes: list[BaseRoute] = [
    route("/pass", handed_pass),
    route("/problems", problem_list),
    route("/problems/{code}", problem_page),
]

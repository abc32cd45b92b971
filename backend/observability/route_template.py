"""Which route answered, by its template (`/v1/lots/{lot_id}`), never by the path that was asked."""

from starlette.routing import Mount, Route
from starlette.types import Scope

UNMATCHED = "unmatched"


def route_template(scope: Scope) -> str:
    """Give the template of the route that was selected; every path that none knows is one and the same."""
    # FastAPI keeps included routes as a tree: the route itself has no prefix, its context in the scope has.
    context = scope.get("fastapi", {}).get("effective_route_context")
    if context is not None:
        starlette_route = context.starlette_route
        return str(context.path_format if starlette_route is None else starlette_route.path_format)
    if (route := scope.get("route")) is not None:
        return str(route.path_format)
    endpoint = scope.get("endpoint")
    return UNMATCHED if endpoint is None else _template_of(scope, endpoint)


def _template_of(scope: Scope, endpoint: object) -> str:
    # Plain Starlette routes leave only their endpoint in the scope.
    app = scope["app"]
    if not hasattr(app.state, "templates"):
        app.state.templates = {id(route.endpoint): route.path for route in app.routes if isinstance(route, Route)}
        app.state.templates |= {id(route.app): route.path for route in app.routes if isinstance(route, Mount)}
    return str(app.state.templates.get(id(endpoint), UNMATCHED))

"""The template of the route that answers a request (`/v1/lots/{lot_id}`), for logs and metrics."""

from starlette.routing import Mount, Route
from starlette.types import Scope

UNMATCHED = "unmatched"


def route_template(scope: Scope) -> str:
    """Return the template of the matched route; UNMATCHED if no route matched. Never the requested path."""
    # FastAPI keeps included routes as a tree: the route itself has no prefix, but its context in the scope has.
    context = scope.get("fastapi", {}).get("effective_route_context")
    if context is not None:
        starlette_route = context.starlette_route
        return str(context.path_format if starlette_route is None else starlette_route.path_format)
    if (route := scope.get("route")) is not None:
        return str(route.path_format)
    endpoint = scope.get("endpoint")
    return UNMATCHED if endpoint is None else _template_of(scope, endpoint)


def _template_of(scope: Scope, endpoint: object) -> str:
    # Plain Starlette routes put only their endpoint into the scope.
    app = scope["app"]
    if not hasattr(app.state, "templates"):
        app.state.templates = {id(route.endpoint): route.path for route in app.routes if isinstance(route, Route)}
        app.state.templates |= {id(route.app): route.path for route in app.routes if isinstance(route, Mount)}
    return str(app.state.templates.get(id(endpoint), UNMATCHED))

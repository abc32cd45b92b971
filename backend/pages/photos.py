"""Photos for pages: `/v1/photos` wants a token, which a browser does not have."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.visit import Visit, route

_COPIED = ("content-type", "etag", "cache-control", "vary", "location")


async def photo(visit: Visit) -> Response:
    """Return what `GET /v1/photos/{photo_id}/{size}` answers to this browser's person."""
    path = f"/v1/photos/{visit.parameters['photo_id']}/{visit.parameters['size']}"
    known = visit.request.headers.get("if-none-match")
    answer = await visit.api.sends("GET", path, headers={"if-none-match": known} if known else None)
    if answer.status_code >= 400:
        raise Refused(answer)
    headers = {name: answer.headers[name] for name in _COPIED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


routes: list[BaseRoute] = [route("/photos/{photo_id:uuid}/{size}", photo)]

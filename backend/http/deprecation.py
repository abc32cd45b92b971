"""Routes that will go: they say so in each answer (RFC 9745), with the day on which they stop (RFC 8594).

    @router.get("/old", **deprecated(since=date(2027, 1, 15), sunset=date(2027, 7, 15)))

The description of the API marks them `deprecated`, with `x-deprecated-since` and `x-sunset`. The policy stands at
/developpeurs: a route works for at least six months after it was deprecated.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

from fastapi import Depends, Request

from backend.http.rate_limits import add_answer_header
from backend.settings import settings

POLICY = "/developpeurs#deprecation"
LEAST_NOTICE = timedelta(days=180)


class SunsetTooEarly(Exception):
    """Raised at start-up when a route would stop earlier than the policy allows."""


def deprecated(*, since: date, sunset: date, instead: str | None = None) -> dict[str, Any]:
    """Return what a route's decorator needs to say that the route is deprecated. Raises SunsetTooEarly.

    since and sunset: days, from their beginning in UTC. instead: the path of the route that replaces it. Every answer
    gets the headers, refusals too, once the path and the method were found; hot routes cannot be declared so.
    """
    if sunset - since < LEAST_NOTICE:
        raise SunsetTooEarly(f"{sunset} is less than {LEAST_NOTICE.days} days after {since}")
    return {
        "deprecated": True,
        "dependencies": [Depends(_saying(_midnight(since), _midnight(sunset), instead))],
        "openapi_extra": {"x-deprecated-since": since.isoformat(), "x-sunset": sunset.isoformat()},
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _saying(since: datetime, sunset: datetime, instead: str | None) -> Callable[[Request], Awaitable[None]]:
    async def say(request: Request) -> None:
        base = settings().public_url.rstrip("/")
        add_answer_header(request.scope, "deprecation", f"@{int(since.timestamp())}")  # a Date of structured fields
        add_answer_header(request.scope, "sunset", format_datetime(sunset, usegmt=True))
        add_answer_header(request.scope, "link", f'<{base}{POLICY}>; rel="deprecation"; type="text/html"')
        if instead is not None:
            add_answer_header(request.scope, "link", f'<{base}{instead}>; rel="successor-version"')

    return say

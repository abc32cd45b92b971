"""Calendars over HTTP: collectors make their address, and calendar programs read it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import LONGEST_TOKEN, new_token, token_hash
from backend.calendars.entries import Entry, calendar
from backend.calendars.problems import CalendarUnknown
from backend.database.sessions import ActsDep, call, signed_in_as
from backend.http.idempotency import OnceDep
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.http.schemas import Out
from backend.identity.tokens import Role
from backend.problems.problem import may_answer
from backend.settings import settings

router = Router(tags=["tours"])

AsCollector = Annotated[AsyncSession, signed_in_as(Role.COLLECTOR)]
READ = limited("calendars", "60/minute")  # by address; nobody finds 256 random bits by trying
_ENTRIES = TypeAdapter(list[Entry])


class CalendarOut(Out):
    """The address of a calendar."""

    url: str = Field(
        description="Shown once. Whoever has it can read your tours.",
        examples=["https://ecopanier.example/v1/tours.ics?token=Zm9yYmlkZGVu"],
        repr=False,
    )


@router.post("/me/calendar", status_code=201)
async def make_calendar(session: AsCollector, once: OnceDep) -> CalendarOut:
    """Make an address at which your calendar program reads your tours. An earlier address stops working."""
    return await once(session, _made(session), 201)


@router.delete("/me/calendar", status_code=204)
async def revoke_calendar(session: AsCollector) -> None:
    """Revoke the address of your calendar."""
    await call(session, "revoke_calendar")


@router.get(
    "/tours.ics",
    response_class=Response,
    responses=may_answer(CalendarUnknown)
    | {200: {"description": "iCalendar (RFC 5545).", "content": {"text/calendar": {"schema": {"type": "string"}}}}},
    dependencies=[READ],
)
async def read_calendar(
    acts: ActsDep,
    token: Annotated[
        str, Query(min_length=1, max_length=LONGEST_TOKEN, description="From `POST /me/calendar`.", examples=["Zm9y"])
    ],
) -> Response:
    """Read the tours of a collector, of the last 30 and the next 60 days. Needs no sign-in.

    A tour that was cancelled, or that the collector dropped out of, stays as a cancelled event.
    """
    found = await acts.value("tours_in_calendar", token=token_hash(token))
    if found is None:
        raise CalendarUnknown
    entries = _ENTRIES.validate_json(found)
    ours = settings()
    content = calendar(entries, ours.mail_host, ours.public_url, datetime.now(UTC))
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="tournees.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


async def _made(session: AsyncSession) -> CalendarOut:
    token = new_token()
    await call(session, "make_calendar", token_hash=token_hash(token))
    return CalendarOut(url=f"{settings().public_url}/v1/tours.ics?token={token}")

"""A person's saved places and diet, in one answer for each page on which they search."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from backend.database.acts import Acts
from backend.database.sessions import AccountSuspended
from backend.diets.actions import opened
from backend.favourites.schemas import SearchHabits
from backend.http.hot_routes import HotRoutes
from backend.http.strict_json import read_query
from backend.identity.callers import caller
from backend.problems.common import NotAllowed
from backend.problems.problem import may_answer

hot = HotRoutes(tags=["favourites"])


class SearchHabitsQuery(BaseModel):
    """The query of a search."""

    model_config = ConfigDict(extra="forbid")

    placed: bool = Field(
        default=True,
        description="false: the search has no place. Then your diet is opened only if you have saved a place.",
        examples=[True],
    )


async def read_search_habits(request: Request) -> Response:
    """Read what you search with: your saved places, and the allergens that you avoid.

    It is what `GET /me/places` and `GET /me/diet` answer, at once. If you keep a diet, each time that it is opened is
    entered in a log that only you see.
    """
    account_id = await caller(request)
    asked = read_query(request, SearchHabitsQuery)
    acts: Acts = request.app.state.database.acts
    return Response(await _habits_json(acts, account_id, placed=asked.placed), media_type="application/json")


async def _habits_json(acts: Acts, account_id: UUID, *, placed: bool) -> bytes:
    """Return the saved places and the opened diet as JSON. Raises MasterKeyMissing, SealBroken."""
    row = await acts.row("search_habits", caller=account_id, placed=placed)
    avoided = b"[]"
    if row["sealed"] is not None:
        avoided = opened(account_id, row["sealed"], row["wrapped"], row["master_key"])
    return b'{"places":%b,"without_allergens":%b}' % (row["places"], avoided)


hot.add(
    "GET",
    "/me/search",
    read_search_habits,
    query=SearchHabitsQuery,
    answer=SearchHabits,
    signed_in=True,
    responses=may_answer(AccountSuspended, NotAllowed),
)

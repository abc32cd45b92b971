"""A person's saved places and diet, in one answer for each page on which they search."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from backend.database.acts import Acts
from backend.database.sessions import AccountSuspended, ActsDep
from backend.diets.actions import opened
from backend.favourites.schemas import SearchHabits
from backend.http.routing import Router
from backend.identity.callers import Caller, documented_sign_in
from backend.problems.common import NotAllowed
from backend.problems.problem import may_answer

router = Router(tags=["favourites"])


# It opens no session as its caller: the act is the API's, because it hands out a data key, and checks the role.
@router.get(
    "/me/search",
    response_model=SearchHabits,
    responses=may_answer(AccountSuspended, NotAllowed),
    dependencies=[Depends(documented_sign_in)],
)
async def read_search_habits(
    account_id: Caller,
    acts: ActsDep,
    placed: Annotated[
        bool,
        Query(description="false: the search has no place. Then your diet is opened only if you have saved a place."),
    ] = True,
) -> Response:
    """Read what you search with: your saved places, and the allergens that you avoid.

    It is what `GET /me/places` and `GET /me/diet` answer, at once. If you keep a diet, each time that it is opened is
    entered in a log that only you see.
    """
    return Response(await _habits_json(acts, account_id, placed=placed), media_type="application/json")


async def _habits_json(acts: Acts, account_id: UUID, *, placed: bool) -> bytes:
    """Return the saved places and the opened diet as JSON. Raises MasterKeyMissing, SealBroken."""
    row = await acts.row("search_habits", caller=account_id, placed=placed)
    avoided = b"[]"
    if row["sealed"] is not None:
        avoided = opened(account_id, row["sealed"], row["wrapped"], row["master_key"])
    return b'{"places":%b,"without_allergens":%b}' % (row["places"], avoided)

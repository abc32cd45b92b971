"""Diets over HTTP, for customers and beneficiaries."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.api import not_kept
from backend.database.sessions import AccountSuspended, ActsDep, signed_in_as
from backend.diets import actions
from backend.diets.problems import DietConsentNeeded
from backend.diets.schemas import DietIn, DietOut
from backend.http.routing import Router
from backend.identity.callers import Caller, documented_sign_in
from backend.identity.tokens import Role
from backend.problems.common import NotAllowed
from backend.problems.problem import may_answer

router = Router(tags=["diet"])

AsEater = Annotated[AsyncSession, signed_in_as(Role.CUSTOMER, Role.BENEFICIARY)]


@router.get("/me/diet")
async def read_own_diet(session: AsEater) -> DietOut:
    """Read the allergens that you avoid; none if you keep no diet.

    Read it once a session and send `without_allergens` with your searches: no search uses it by itself. Each reading is
    entered in a log that only you see.
    """
    return await actions.open_diet(session, "own") or DietOut(without_allergens=[])


# It opens no session as its caller: the acts are the API's, because they hand out a data key, and check the role.
@router.put(
    "/me/diet",
    responses=may_answer(DietConsentNeeded, AccountSuspended, NotAllowed),
    dependencies=[Depends(not_kept), Depends(documented_sign_in)],
)
async def keep_own_diet(wanted: DietIn, account_id: Caller, acts: ActsDep) -> DietOut:
    """Keep the allergens that you avoid, in place of those that you said before.

    They say something about your health, so this needs a consent of its own: `diet` of `PUT /v1/me/consents`.
    Withdrawing it erases them. They are encrypted with a key of yours, and neither shops nor admins learn that you
    keep any.
    """
    return await actions.keep_diet(acts, account_id, wanted)

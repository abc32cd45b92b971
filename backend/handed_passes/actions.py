"""Hand a pass to a friend or a helper, take it back, show it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import new_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call
from backend.handed_passes.problems import HandedPassUnknown
from backend.handed_passes.schemas import HandedPassOut
from backend.reservations.passes import Passes, new_code
from backend.reservations.queries import pass_out
from backend.reservations.schemas import PassOut
from backend.settings import settings


async def hand_pass(session: AsyncSession, reservation_id: UUID) -> HandedPassOut:
    """Hand a pass of the caller to somebody, who needs no account. An earlier link stops working.

    From the database ReservationNotFound, NoPassYet.
    """
    token = new_token()
    until = await call(
        session, "hand_pass", reservation=reservation_id, token_hash=token_hash(token), new_code=new_code()
    )
    return HandedPassOut(token=token, link=f"{settings().public_url}/pass#{token}", until=until)


async def take_back(session: AsyncSession, reservation_id: UUID) -> None:
    """Take a handed pass back and renew it, since others saw it. From the database ReservationNotFound."""
    await call(session, "take_back_pass", reservation=reservation_id, new_code=new_code())


async def shown(acts: Acts, passes: Passes, token: str) -> PassOut:
    """Return the pass that a token opens, as its holder sees it. Raises HandedPassUnknown."""
    found = await acts.rows("handed_pass", token=token_hash(token))
    if not found:
        raise HandedPassUnknown
    return pass_out(passes, dict(found[0]))

"""Reads of suggested agreements, of where nobody collects, and of what became of invited shops."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import token_hash
from backend.database.acts import Acts
from backend.database.sessions import call, call_row
from backend.members.problems import InvitationNotFound
from backend.neighbours.schemas import (
    InvitationMonth,
    InvitationMonths,
    InvitedBy,
    NeighbourOut,
    ShopInvitationsCounted,
    UncollectedOut,
)


async def suggestions(
    session: AsyncSession, shop_id: UUID | None, territory: str | None, after: tuple[int, UUID] | None, limit: int
) -> list[NeighbourOut]:
    """Return up to `limit + 1` neighbours of a shop, or without one of the caller's association, the best first.

    The database raises NotAllowed, WhichAssociation, ShopNotFound, TerritoryNotFound.
    """
    score, beyond = after or (None, None)
    found = await call(
        session,
        "neighbour_suggestions",
        shop=shop_id,
        territory=territory,
        after_score=score,
        after_id=beyond,
        most=limit + 1,
    )
    return [NeighbourOut.model_validate(one) for one in _parsed(found)]


async def uncollected(session: AsyncSession, territory: str, after: str, limit: int) -> list[UncollectedOut]:
    """Return up to `limit + 1` communes of a territory with what nobody collects there, by INSEE code.

    The database raises TerritoryNotFound.
    """
    found = await call(session, "uncollected", territory=territory, after_code=after, most=limit + 1)
    return [UncollectedOut.model_validate(one) for one in _parsed(found)]


async def invitations_counted(session: AsyncSession, shop_id: UUID) -> ShopInvitationsCounted:
    """Return what became of a shop's invitations. The database raises ShopNotFound."""
    row = await call_row(session, "shop_invitations_counted", shop=shop_id)
    return ShopInvitationsCounted(**dict(zip(ShopInvitationsCounted.model_fields, row, strict=True)))


async def invitations_by_month(session: AsyncSession, months: int) -> InvitationMonths:
    """Return what became of invitations, by the month in which they were made, the newest first."""
    found = func.app.shop_invitations_by_month(cast(months, Integer)).table_valued(*InvitationMonth.model_fields)
    rows = await session.execute(select(found))
    return InvitationMonths(data=[InvitationMonth.model_validate(row) for row in rows])


async def invited_by(acts: Acts, token: str, *, opens: bool) -> InvitedBy:
    """Return who invites, to the holder of a link. opens: somebody goes on from there. Raises InvitationNotFound."""
    found = await acts.rows("open_shop_invitation", held=token_hash(token), opens=opens)
    if not found:
        raise InvitationNotFound
    return InvitedBy(shop=found[0]["shop"], ends_at=found[0]["ends_at"])


def _parsed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else list(from_json(found))

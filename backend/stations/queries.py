"""Reads of stations: an owner's under row-level security, and what a station may know of its shop."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.acts import Acts
from backend.database.sessions import call
from backend.stations.models import Station
from backend.stations.problems import StationNotFound
from backend.stations.schemas import StationAtWork, StationOut


def _shown(shop_id: UUID) -> Select[Any]:
    # Columns are named because nobody may read the hashes of the code and of the token.
    return select(
        col(Station.id),
        col(Station.name),
        case(
            (col(Station.revoked_at).is_not(None), "revoked"),
            (col(Station.paired_at).is_(None), "waiting"),
            else_="paired",
        ).label("status"),
        col(Station.code_ends_at).label("pairing_ends_at"),
        col(Station.created_at),
        col(Station.paired_at),
        col(Station.revoked_at),
    ).where(col(Station.shop_id) == shop_id)


async def stations(session: AsyncSession, shop_id: UUID, after: UUID | None, limit: int) -> list[StationOut]:
    """Return up to `limit + 1` stations of a shop in the order in which they were added.

    The database raises ShopNotFound unless the caller is an owner there.
    """
    await call(session, "require_owner_of", shop=shop_id)
    wanted = _shown(shop_id).order_by(col(Station.id)).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(col(Station.id) > after)
    return [StationOut.model_validate(row) for row in await session.execute(wanted)]


async def station(session: AsyncSession, shop_id: UUID, station_id: UUID) -> StationOut:
    """Return one station of a shop. Raises StationNotFound, and what `stations` raises."""
    await call(session, "require_owner_of", shop=shop_id)
    row = (await session.execute(_shown(shop_id).where(col(Station.id) == station_id))).one_or_none()
    if row is None:
        raise StationNotFound
    return StationOut.model_validate(row)


async def at_work(acts: Acts, token_hash: bytes) -> StationAtWork:
    """Return what a station may know. The database raises NotSignedIn for an unknown token, StationPaused."""
    return StationAtWork.model_validate(dict(await acts.row("station_at_work", held=token_hash)))

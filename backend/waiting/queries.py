"""The caller's waiting-list entries, and draws for admins, under row-level security."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.plain_reads import rows_of
from backend.lots.models import Lot
from backend.lots.problems import LotNotFound
from backend.waiting.draws import Candidate, order
from backend.waiting.models import Draw, Waiting
from backend.waiting.problems import WaitingNotFound
from backend.waiting.schemas import DrawnOut, DrawOut, WaitingOut


@cache  # a statement takes longer to make than to run
def _waiting() -> Select[*tuple[Any, ...]]:
    # Columns are named because nobody may read whose entry it is. The lot's title and window come from a function
    # because the caller may no longer be allowed to see the lot.
    what = func.app.what_is_waited_for(col(Waiting.id))
    lot = what.table_valued("title", "pickup_start", "pickup_end", "place", column("shop", JSONB)).lateral()
    return select(
        col(Waiting.id),
        col(Waiting.lot_id),
        lot.c.title,
        col(Waiting.quantity),
        col(Waiting.status),
        lot.c.place,
        col(Waiting.offered),
        col(Waiting.offer_until),
        col(Waiting.reservation_id),
        lot.c.pickup_start,
        lot.c.pickup_end,
        lot.c.shop,
        col(Waiting.created_at),
    ).join(lot, true())


async def own_waiting(session: AsyncSession, limit: int, before: UUID | None) -> list[WaitingOut]:
    """Return up to `limit + 1` of the caller's entries older than `before`, newest first."""
    asked = {"before": before, "most": limit + 1}
    found = await session.execute(_own_waiting(before is not None), asked)
    return [WaitingOut.model_validate(row) for row in found]


@cache
def _own_waiting(after_another: bool) -> Select[*tuple[Any, ...]]:
    wanted = _waiting().order_by(col(Waiting.id).desc()).limit(bindparam("most", type_=Integer))
    return wanted.where(col(Waiting.id) < bindparam("before")) if after_another else wanted


@dataclass(frozen=True)
class OwnPickups:
    """The caller's reservations and running waiting-list entries, newest first: their JSON, as routes answer it."""

    ids: list[UUID]
    """The ids of the reservations."""
    reservations: list[str]
    waiting: list[str]


_OWN_PICKUPS = "select ids, reservations, waiting from app.own_pickups(before => $1, most => $2)"


async def own_pickups(session: AsyncSession, limit: int, before: UUID | None) -> OwnPickups:
    """Return up to `limit + 1` of the caller's reservations older than `before`; without `before`, also what runs."""
    [(ids, reservations, running)] = await rows_of(session, _OWN_PICKUPS, before, limit + 1)
    return OwnPickups(ids, reservations, running)


async def waiting(session: AsyncSession, waiting_id: UUID) -> WaitingOut:
    """Return one entry of the caller. Raises WaitingNotFound."""
    row = (await session.execute(_waiting().where(col(Waiting.id) == waiting_id))).one_or_none()
    if row is None:
        raise WaitingNotFound
    return WaitingOut.model_validate(row)


async def draws(session: AsyncSession, lot_id: UUID, limit: int, after: UUID | None) -> list[DrawOut]:
    """Return up to `limit + 1` draws of a lot, oldest first. Raises LotNotFound."""
    if (await session.execute(select(col(Lot.id)).where(col(Lot.id) == lot_id))).one_or_none() is None:
        raise LotNotFound
    wanted = select(Draw).where(col(Draw.lot_id) == lot_id).order_by(col(Draw.id)).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(col(Draw.id) > after)
    return [_checked(draw) for draw in (await session.execute(wanted)).scalars()]


def _checked(draw: Draw) -> DrawOut:
    drawn = [DrawnOut.model_validate(candidate) for candidate in draw.candidates]
    again = order(draw.seed, [Candidate(entry.waiting_id, entry.portions_lately) for entry in drawn])
    return DrawOut(
        id=draw.id,
        drawn_at=draw.drawn_at,
        seed=draw.seed.hex(),
        portions=draw.portions,
        candidates=drawn,
        order_holds=again == [entry.waiting_id for entry in drawn],
    )

"""Reads of kiosks, under row-level security."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.associations.queries import acting_association
from backend.database.sessions import role_in
from backend.identity.tokens import Role
from backend.kiosks.models import Kiosk
from backend.kiosks.problems import KioskNotFound
from backend.kiosks.schemas import KioskOut

# All but the hash of the device's secret, which nobody may read.
_SHOWN = select(*(getattr(Kiosk, name) for name in KioskOut.model_fields))


async def kiosks(session: AsyncSession, after: UUID | None, limit: int) -> list[KioskOut]:
    """Return up to `limit + 1` kiosks in the order of registration: an association's own, for an admin all."""
    wanted = _SHOWN.order_by(col(Kiosk.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        # Row-level security restricts this too; the condition is repeated so that the index is used.
        wanted = wanted.where(col(Kiosk.association_id) == acting_association("staff"))
    if after is not None:
        wanted = wanted.where(col(Kiosk.id) > after)
    return [KioskOut.model_validate(row) for row in await session.execute(wanted)]


async def kiosk(session: AsyncSession, kiosk_id: UUID) -> KioskOut:
    """Return a kiosk that the caller may see. Raises KioskNotFound."""
    row = (await session.execute(_SHOWN.where(col(Kiosk.id) == kiosk_id))).one_or_none()
    if row is None:
        raise KioskNotFound
    return KioskOut.model_validate(row)

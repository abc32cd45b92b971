"""Cancel a reservation, renew a pass."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.reservations.passes import new_code
from backend.reservations.schemas import ReservationOut


async def cancel_reservation(session: AsyncSession, reservation_id: UUID) -> ReservationOut:
    """Cancel a reservation of the caller: portions go back, and quota and money too when it is in time.

    From the database ReservationNotFound, ReservationOver, SuspendedLotOffered.
    """
    return ReservationOut.model_validate(await call(session, "cancel_reservation", reservation=reservation_id))


async def renew_pass(session: AsyncSession, reservation_id: UUID) -> None:
    """Replace a pass by a new one; the old QR code and PIN end. From the database ReservationNotFound."""
    await call(session, "renew_pass", reservation=reservation_id, new_code=new_code())

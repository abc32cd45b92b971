"""What follows from a reservation that ended without its holder."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend.accounts.addressees import mail_account
from backend.job_context import Work
from backend.lots.models import Lot
from backend.lots.naming import NAMED, named
from backend.reservations.models import Reservation
from backend.shops.models import Shop


async def tell_holder(work: Work, reservation_id: UUID) -> None:
    """Tell a holder that the shop withdrew the lot. Raises when the mail cannot be sent, so that it is tried again."""
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Reservation.account_id), *NAMED)
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .join(Shop, col(Shop.id) == col(Lot.shop_id))
                .where(col(Reservation.id) == reservation_id)
            )
        ).one_or_none()
    if row is not None:
        await mail_account(
            work, row.account_id, "lot_withdrawn", message_key=f"{reservation_id} withdrawn", lot=named(row)
        )

"""What follows from a reservation that ended without its holder."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend import mail
from backend.accounts.models import Account
from backend.lots.models import Lot
from backend.reservations.models import Reservation
from backend.work import Work


async def tell_holder(work: Work, reservation_id: UUID) -> None:
    """Tell a holder that the shop withdrew the lot. Raises when the mail cannot be sent, so that it is tried again."""
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Account.email), col(Account.locale), col(Account.email_verified_at), col(Lot.title))
                .join(Reservation, col(Reservation.account_id) == col(Account.id))
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .where(col(Reservation.id) == reservation_id)
            )
        ).one_or_none()
    # An address that nobody verified may be a stranger's.
    if row is None or row.email is None or row.email_verified_at is None:
        return
    await mail.send(work.settings, to=row.email, locale=row.locale, template="lot_withdrawn", title=row.title)

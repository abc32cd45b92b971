"""What follows from a recall: reservations end, and everybody who reserved or has the food is told."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend import mail
from backend.accounts.models import Account
from backend.lots.models import Lot
from backend.recalls.models import Recall
from backend.reservations.models import Reservation
from backend.work import Work


async def end_lot(work: Work, recall_id: UUID, lot_id: UUID) -> None:
    """End a recalled lot's running reservations, and queue what their holders are told."""
    await work.acts.value("end_recalled_lot", recall_id, lot_id)


async def tell_holder(work: Work, recall_id: UUID, reservation_id: UUID) -> None:
    """Tell a holder not to eat it. Raises MailNotSent, so that it is tried again."""
    async with work.session() as session:
        row = (
            await session.execute(
                select(
                    col(Account.email),
                    col(Account.locale),
                    col(Account.email_verified_at),
                    col(Lot.title),
                    col(Recall.reason),
                )
                .join(Reservation, col(Reservation.account_id) == col(Account.id))
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .join(Recall, col(Recall.id) == recall_id)
                .where(col(Reservation.id) == reservation_id)
            )
        ).one_or_none()
    # An address that nobody verified may be a stranger's.
    if row is None or row.email is None or row.email_verified_at is None:
        return
    await mail.send(
        work.settings,
        to=row.email,
        locale=row.locale,
        template="lot_recalled",
        message_id=f"{work.settings.public_url} {recall_id} {reservation_id}",
        title=row.title,
        reason=row.reason,
    )

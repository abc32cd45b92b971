"""The jobs of a recall: they end reservations and tell everybody who reserved the food or may have it."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend.accounts.addressees import mail_account
from backend.job_context import Work
from backend.lots.models import Lot
from backend.recalls.models import Recall
from backend.reservations.models import Reservation


async def end_lot(work: Work, recall_id: UUID, lot_id: UUID) -> None:
    """End a recalled lot's running reservations, and queue a mail to each holder."""
    await work.acts.value("end_recalled_lot", recall=recall_id, lot=lot_id)


async def tell_holder(work: Work, recall_id: UUID, reservation_id: UUID) -> None:
    """Send a holder a mail that tells them not to eat the food. Raises MailNotSent, so that the job is retried."""
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Reservation.account_id), col(Lot.title), col(Recall.reason))
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .join(Recall, col(Recall.id) == recall_id)
                .where(col(Reservation.id) == reservation_id)
            )
        ).one_or_none()
    if row is None:
        return
    await mail_account(
        work,
        row.account_id,
        "lot_recalled",
        message_key=f"{recall_id} {reservation_id}",
        title=row.title,
        reason=row.reason,
    )

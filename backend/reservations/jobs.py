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
    """Tell a holder that the lot was withdrawn. Raises when the mail cannot be sent, so that it is tried again."""
    await _tell(work, reservation_id, "lot_withdrawn", "withdrawn")


async def tell_refunded(work: Work, reservation_id: UUID) -> None:
    """Tell a holder that their reservation ended because its money was given back. Raises MailNotSent."""
    await _tell(work, reservation_id, "reservation_refunded", "refunded")


async def tell_shop(work: Work, lot_id: UUID, portions: int, message_key: str) -> None:
    """Tell a merchant that portions which were paid for can be reserved again. Raises MailNotSent.

    The mail names no reservation, and is the same for suspended portions.
    """
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Shop.owner_id), *NAMED)
                .join_from(Lot, Shop, col(Shop.id) == col(Lot.shop_id))
                .where(col(Lot.id) == lot_id)
            )
        ).one_or_none()
    if row is not None:
        await mail_account(
            work, row.owner_id, "portions_back", message_key=f"{message_key} back", lot=named(row), portions=portions
        )


async def _tell(work: Work, reservation_id: UUID, template: str, news: str) -> None:
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
        await mail_account(work, row.account_id, template, message_key=f"{reservation_id} {news}", lot=named(row))

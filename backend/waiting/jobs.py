"""The mail that tells somebody on a waiting list that portions are kept for them."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from backend.accounts.addressees import mail_account
from backend.job_context import Work
from backend.lots.models import Lot
from backend.lots.naming import NAMED, named
from backend.shops.models import Shop
from backend.waiting.models import Waiting


async def tell_offered(work: Work, waiting_id: UUID) -> None:
    """Tell somebody that portions are kept for them, unless they no longer are.

    Raises MailNotSent, so that the job is tried again.
    """
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Waiting.account_id), col(Waiting.offered), col(Waiting.offer_until), *NAMED)
                .join(Lot, col(Lot.id) == col(Waiting.lot_id))
                .join(Shop, col(Shop.id) == col(Lot.shop_id))
                .where(col(Waiting.id) == waiting_id, col(Waiting.status) == "offered")
            )
        ).one_or_none()
    if row is None:
        return
    await mail_account(
        work,
        row.account_id,
        "portion_kept",
        necessary=False,
        message_key=str(waiting_id),
        lot=named(row),
        portions=row.offered,
        until=row.offer_until,
    )

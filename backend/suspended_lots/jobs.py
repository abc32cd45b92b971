"""Mails to donors of suspended lots."""

from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from backend.accounts.addressees import mail_account
from backend.job_context import Work
from backend.lots.models import Lot
from backend.lots.naming import NAMED, named
from backend.payments.models import Payment
from backend.reservations.models import Reservation
from backend.shops.models import Shop
from backend.suspended_lots.models import SuspendedPortions

News = Literal["moved", "over", "refunded"]


async def tell_donor(work: Work, suspended_lot_id: UUID, news: News) -> None:
    """Tell a donor that their gift moved, that its money was given back, or what was collected; never by whom.

    Raises MailNotSent, so that the job is tried again.
    """
    async with work.session() as session:
        row = (
            await session.execute(
                select(
                    col(Reservation.account_id),
                    col(Reservation.quantity),
                    *NAMED,
                    func.greatest(
                        func.coalesce(Payment.refund_cents, Payment.amount_cents), Payment.refunded_cents
                    ).label("refund_cents"),
                    col(Payment.status),
                )
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .join(Shop, col(Shop.id) == col(Lot.shop_id))
                .join(Payment, col(Payment.reservation_id) == col(Reservation.id))
                .where(col(Reservation.id) == suspended_lot_id)
            )
        ).one_or_none()
        places, collected = (
            await session.execute(
                select(func.count(), func.coalesce(func.sum(SuspendedPortions.collected), 0)).where(
                    col(SuspendedPortions.suspended_lot_id) == suspended_lot_id
                )
            )
        ).one()
    if row is None:
        return
    await mail_account(
        work,
        row.account_id,
        f"suspended_lot_{news}",
        necessary=news == "refunded",
        message_key=f"{suspended_lot_id} {news} {places}",
        lot=named(row),
        quantity=row.quantity,
        collected=collected,
        refund_cents=row.refund_cents if row.status in ("refund_due", "refunded") else None,
    )

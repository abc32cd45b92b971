"""What follows when something is kept for somebody who waits: they are told until when."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from backend import mail
from backend.accounts import addressees
from backend.job_context import Work
from backend.lots.models import Lot
from backend.waiting.models import Waiting

PARIS = ZoneInfo("Europe/Paris")


async def tell_offered(work: Work, waiting_id: UUID) -> None:
    """Tell somebody that portions are kept for them, as long as they are.

    Raises MailNotSent, so that it is tried again.
    """
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Waiting.account_id), col(Waiting.offered), col(Waiting.offer_until), col(Lot.title))
                .join(Lot, col(Lot.id) == col(Waiting.lot_id))
                .where(col(Waiting.id) == waiting_id, col(Waiting.status) == "offered")
            )
        ).one_or_none()
    if row is None:
        return
    to = await addressees.of_account(work, row.account_id, "portion_kept", necessary=False)
    if to is None:
        return
    await mail.send(
        work.settings,
        to=to.email,
        locale=to.locale,
        template="portion_kept",
        message_id=f"{work.settings.public_url} {waiting_id}",
        title=row.title,
        portions=row.offered,
        until=_time_in_paris(row.offer_until, to.locale),
    )


def _time_in_paris(moment: datetime, locale: str) -> str:
    local = moment.astimezone(PARIS)
    return f"{local:%H:%M}" if locale == "en" else f"{local:%H} h {local:%M}"

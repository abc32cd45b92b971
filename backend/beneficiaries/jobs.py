"""What happens by the clock: who decides about rights, and who has one, hears in time that it ends. Without names."""

from datetime import date
from uuid import UUID

from backend import mail
from backend.accounts import addressees
from backend.job_context import Work

ASSOCIATIONS = 20  # at a time


async def remind(work: Work) -> None:
    """Queue the mails about rights that end in 30 or in 7 days, each once."""
    while await work.acts.value("remind_of_rights", ASSOCIATIONS):
        pass


async def remind_association(
    work: Work, association_id: UUID, rights: int, first: date, last: date, job_id: int
) -> None:
    """Tell an association how many rights end, from when until when. Raises MailNotSent, so that it is tried again."""
    if to := await addressees.of_account(work, association_id, "rights_end", necessary=False):
        await mail.send(
            work.settings,
            to=to.email,
            locale=to.locale,
            template="rights_end",
            message_id=f"{work.settings.public_url} {job_id}",
            rights=rights,
            first=_written(first, to.locale),
            last=_written(last, to.locale),
        )


async def remind_beneficiary(work: Work, beneficiary_id: UUID, job_id: int) -> None:
    """Tell a beneficiary until when their right lasts, as long as nobody renewed it. Raises MailNotSent."""
    until: date | None = await work.acts.value("right_to_remind_of", beneficiary_id)
    if until is None:
        return
    if to := await addressees.of_account(work, beneficiary_id, "right_ends", necessary=False):
        await mail.send(
            work.settings,
            to=to.email,
            locale=to.locale,
            template="right_ends",
            message_id=f"{work.settings.public_url} {job_id}",
            until=_written(until, to.locale),
        )


def _written(day: date, locale: str) -> str:
    return day.isoformat() if locale == "en" else f"{day:%d/%m/%Y}"

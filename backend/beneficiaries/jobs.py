"""Reminders, sent in time, that rights end: to the association and to the beneficiary. The mails show no name."""

from datetime import date
from uuid import UUID

from backend.accounts.addressees import mail_account
from backend.job_context import Work

ASSOCIATIONS = 20  # per call of the act


async def remind(work: Work) -> None:
    """Queue the mails about rights that end in 30 or in 7 days, each mail once."""
    while await work.acts.value("remind_of_rights", most=ASSOCIATIONS):
        pass


async def remind_association(
    work: Work, association_id: UUID, rights: int, first: date, last: date, job_id: int
) -> None:
    """Tell an association how many rights end, and between which days.

    Raises MailNotSent, so that the job is tried again.
    """
    await mail_account(
        work,
        association_id,
        "rights_end",
        necessary=False,
        message_key=str(job_id),
        rights=rights,
        first=first,
        last=last,
    )


async def remind_beneficiary(work: Work, beneficiary_id: UUID, job_id: int) -> None:
    """Tell a beneficiary when their right ends, unless it has been renewed meanwhile.

    Raises MailNotSent, so that the job is tried again.
    """
    until: date | None = await work.acts.value("right_to_remind_of", beneficiary=beneficiary_id)
    if until is not None:
        await mail_account(work, beneficiary_id, "right_ends", necessary=False, message_key=str(job_id), until=until)

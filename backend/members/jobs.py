"""The mail of an invitation."""

from typing import Literal
from uuid import UUID

import structlog

from backend.accounts.addressees import Addressee, mail_addressee
from backend.accounts.tokens import token_hash
from backend.job_context import Work
from backend.members.invitations import Invitation, InvitationUnreadable

log = structlog.get_logger("ecopanier.members")


async def mail_invitation(work: Work, member_id: UUID) -> None:
    """Mail the link of an invitation, unless nobody may accept it any more.

    The mail shows the name of a place that an admin has verified, and nothing else that its owner wrote. Raises
    MailNotSent, so that the job is tried again.
    """
    invited = await work.acts.row("invitation_to_mail", member=member_id)
    if invited["sealed"] is None:
        log.info("mail.not_needed", mail="invitation")
        return
    try:
        invitation = Invitation.opened(work.settings, invited["lookup"], invited["sealed"])
    except InvitationUnreadable:
        log.error("invitation.unreadable")  # sealed with another secret key
        return
    locale: Literal["fr", "en"] = "en" if invited["locale"] == "en" else "fr"
    await mail_addressee(
        work,
        None,
        Addressee(invitation.email, locale, False),
        "invitation",
        message_key=f"invitation {token_hash(invitation.token).hex()}",
        shop=invited["shop"],
        association=invited["association"],
        role=invited["role"],
        token=invitation.token,
    )

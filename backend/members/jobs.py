"""The mail of an invitation."""

from typing import Literal

from backend.accounts.addressees import Addressee
from backend.accounts.letters import Delivery, Letter
from backend.accounts.tokens import token_hash
from backend.job_context import Work
from backend.mail import Enclosed
from backend.members.invitations import Invitation


async def write_invitation(work: Work, delivery: Delivery) -> Letter | None:
    """Write the link of an invitation, unless nobody may accept it any more.

    Where the address belongs to an account, its owner is told in the app too and reads the mail in their language;
    a stranger reads it in that of whoever invites. The mail shows the name of a place that an admin has verified or
    made, and nothing else that its owner wrote.
    """
    invited = await work.acts.row("invitation_to_mail", member=delivery.subject)
    invitation = Invitation.to_mail(work.settings, invited["lookup"], invited["sealed"])
    if invitation is None:
        return None
    theirs: str | None = await work.acts.value(
        "tell_invited", member=delivery.subject, delivery=delivery.id, address=invitation.email
    )
    locale: Literal["fr", "en"] = "en" if (theirs or invited["locale"]) == "en" else "fr"
    values = {
        "shop": invited["shop"],
        "association": invited["association"],
        "organisation": invited["organisation"],
        "role": invited["role"],
        "secret_token": invitation.token,
    }
    return Letter(
        Addressee(invitation.email, locale, False),
        "invitation",
        Enclosed(values),
        key=f"invitation {token_hash(invitation.token).hex()}",
    )

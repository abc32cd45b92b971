"""The nightly count of what shops regularly leave, and the mail of a shop's invitation."""

from typing import Any, Literal
from uuid import UUID

from backend import mail
from backend.accounts.addressees import Addressee
from backend.accounts.letters import Delivery, Letter
from backend.accounts.tokens import token_hash
from backend.job_context import Work
from backend.mail import Enclosed
from backend.members.invitations import Invitation

SHOPS = 100
TEMPLATE = "shop_invitation"


async def count_leftovers(work: Work) -> None:
    """Count again what each verified shop regularly leaves. After an interruption the next run does all of it."""
    counted: UUID | None = None
    while counted := await work.acts.value("count_leftovers", after=counted, most=SHOPS):
        continue


async def write_invitation(work: Work, delivery: Delivery) -> Letter | None:
    """Write the link with which another shop may register, and the one that ends such mails.

    Nothing goes to an address that belongs to an account, that wants none, or that got such a mail within 30 days. Then
    the same is done up to the sending: where the API and the worker share a machine, the work of this job slows the
    next request down, which would tell whether the address is known. The mail shows the name of a shop that an admin
    has verified, and nothing else that people wrote.
    """
    invited = await work.acts.row("shop_invitation_to_mail", invitation=delivery.subject)
    invitation = Invitation.to_mail(work.settings, invited["lookup"], invited["sealed"])
    if invitation is None:
        return None
    locale: Literal["fr", "en"] = "en" if invited["locale"] == "en" else "fr"
    values: dict[str, Any] = {"shop": invited["shop"], "secret_token": invitation.token}
    stop = f"{work.settings.public_url}/no-invitations/{invitation.token}"
    goes = await work.acts.value("mail_shop_invitation", invitation=delivery.subject, address=invitation.email)
    if not goes:
        await mail.send(work.settings, to=None, locale=locale, template=TEMPLATE, unsubscribe=stop, **values)
        return None
    return Letter(
        Addressee(invitation.email, locale, False),
        TEMPLATE,
        Enclosed(values),
        key=f"shop invitation {token_hash(invitation.token).hex()}",
        unsubscribe=stop,
    )

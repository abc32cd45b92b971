"""Say that a suggested neighbour is of no interest; invite another shop, and refuse such an invitation."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import new_token, token_hash
from backend.database.acts import Acts
from backend.database.sessions import call, call_row
from backend.members.invitations import Invitation
from backend.members.problems import InvitationNotFound
from backend.neighbours.schemas import DismissalIn, ShopInvitationIn, ShopInvitationOut
from backend.sealing.seals import address_look_up, keyring
from backend.settings import settings


async def dismiss(session: AsyncSession, wanted: DismissalIn) -> None:
    """Keep that a side is not interested in a neighbour.

    The database raises NotAllowed, WhichAssociation, ShopNotFound, AssociationNotFound.
    """
    await call(session, "dismiss_neighbour", shop=wanted.shop_id, association=wanted.association_id)


async def invite_shop(session: AsyncSession, shop_id: UUID, wanted: ShopInvitationIn) -> ShopInvitationOut:
    """Invite another shop; a mail is queued, or the link is returned.

    Nothing is looked up: the job finds out whether the mail goes. The database raises ShopNotFound,
    WorkplaceUnverified, InvitationsUsedUp.
    """
    token, look_up, sealed = new_token(), None, None
    if wanted.email is not None:
        look_up = address_look_up(keyring(), wanted.email)
        sealed = Invitation(wanted.email, token).sealed(settings(), look_up)
    made = await call_row(
        session,
        "invite_shop",
        shop=shop_id,
        address_lookup=look_up,
        sealed_invitation=sealed,
        new_token_hash=token_hash(token),
    )
    return ShopInvitationOut(
        id=made[0],
        link=f"{settings().public_url}/join-shop/{token}" if wanted.email is None else None,
        name=wanted.name,
        ends_at=made[1],
        left_this_week=made[2],
    )


async def refuse_invitation(acts: Acts, token: str) -> None:
    """End an invitation, and let nobody invite its address again. Raises InvitationNotFound."""
    if not await acts.value("refuse_shop_invitation", held=token_hash(token)):
        raise InvitationNotFound

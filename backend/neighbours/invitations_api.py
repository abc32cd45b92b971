"""Shops that are invited by others, over HTTP."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Path, Query, Request, Response

from backend.accounts.tokens import LONGEST_TOKEN
from backend.database.sessions import ActsDep, AsAdmin, AsShopMember, caller_in
from backend.http.idempotency import OnceDep
from backend.http.rate_limits import limited, spend
from backend.http.routing import Router
from backend.members.problems import InvitationNotFound, WorkplaceUnverified
from backend.neighbours import actions, queries
from backend.neighbours.problems import InvitationsUsedUp
from backend.neighbours.schemas import (
    InvitationMonths,
    InvitedBy,
    ShopInvitationIn,
    ShopInvitationOut,
    ShopInvitationsCounted,
)
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["neighbours"])

INVITATIONS = limits.parse("40/day")  # by person, for whoever works for many shops
SHOWN = limited("invitations", "60/minute")  # by address; nobody finds 256 random bits by trying
NOT_KEPT = {"Cache-Control": "no-store"}
Token = Annotated[str, Path(max_length=LONGEST_TOKEN, description="From the link.", examples=["6Yt0…"])]


@router.post(
    "/shops/{shop_id}/shop-invitations",
    status_code=201,
    responses=may_answer(ShopNotFound, WorkplaceUnverified, InvitationsUsedUp),
)
async def invite_shop(
    shop_id: UUID, wanted: ShopInvitationIn, request: Request, session: AsShopMember, once: OnceDep
) -> ShopInvitationOut:
    """Invite another shop to register, by mail or with a link to hand over or print.

    The answer is the same for every address. No mail goes to one that belongs to an account, that refused such mails,
    or that got one within 30 days. A verified shop makes at most 20 invitations in 7 days. There is no reward.
    """
    await spend(request.scope, "shop-invitations", INVITATIONS, str(caller_in(session)))
    return await once(session, actions.invite_shop(session, shop_id, wanted), 201, NOT_KEPT)


@router.get("/shops/{shop_id}/shop-invitations", responses=may_answer(ShopNotFound))
async def count_shop_invitations(shop_id: UUID, session: AsShopMember, response: Response) -> ShopInvitationsCounted:
    """Count what became of your shop's invitations. Who was invited, and who did not answer, is not told."""
    response.headers.update(NOT_KEPT)
    return await queries.invitations_counted(session, shop_id)


@router.get("/shop-invitations/{token}", responses=may_answer(InvitationNotFound), dependencies=[SHOWN])
async def read_shop_invitation(token: Token, acts: ActsDep, response: Response) -> InvitedBy:
    """Read who invites your shop. This needs no sign-in and changes nothing."""
    response.headers.update(NOT_KEPT)
    return await queries.invited_by(acts, token, opens=False)


@router.post("/shop-invitations/{token}/open", responses=may_answer(InvitationNotFound), dependencies=[SHOWN])
async def open_shop_invitation(token: Token, acts: ActsDep, response: Response) -> InvitedBy:
    """Go on with an invitation, which is counted. Then register with its token as `invitation`."""
    response.headers.update(NOT_KEPT)
    return await queries.invited_by(acts, token, opens=True)


@router.post(
    "/shop-invitations/{token}/refuse",
    status_code=204,
    responses=may_answer(InvitationNotFound),
    dependencies=[SHOWN],
)
async def refuse_shop_invitation(token: Token, acts: ActsDep) -> None:
    """Refuse an invitation, and all that other shops would mail to the same address. The inviting shop is not told."""
    await actions.refuse_invitation(acts, token)


@router.get("/admin/shop-invitations")
async def list_shop_invitations_by_month(
    session: AsAdmin,
    response: Response,
    months: Annotated[int, Query(ge=1, le=36, description="How many months back, this one included.")] = 12,
) -> InvitationMonths:
    """Count by month what became of the invitations of shops by others. Numbers only."""
    response.headers.update(NOT_KEPT)
    return await queries.invitations_by_month(session, months)

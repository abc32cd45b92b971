"""What admins decide, over HTTP. Shops to verify are found with `GET /shops?status=pending`."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Query
from pydantic import TypeAdapter

from backend.administration import actions, queries
from backend.administration.facts import AccountNotFound, AssociationNotFound, CollectorNotFound, OwnSuspension
from backend.administration.schemas import (
    AccountStanding,
    AssociationOut,
    CollectorOut,
    DecisionIn,
    ReasonIn,
    Standing,
)
from backend.common_facts import CursorInvalid
from backend.db import AsAdmin
from backend.errors import problems
from backend.idempotency import OnceDep
from backend.paging import After, Limit, Page, cursor_key, page_of
from backend.routing import Router
from backend.shops.facts import ShopNotFound, ShopOwnerSuspended, ShopSiretTaken
from backend.shops.schemas import OwnShop

router = Router(tags=["administration"], prefix="/admin")

CURSOR = TypeAdapter(tuple[UUID])
StatusWanted = Annotated[Standing | None, Query(examples=["pending"])]


@router.post("/shops/{shop_id}/verify", responses=problems(ShopNotFound, ShopSiretTaken, ShopOwnerSuspended))
async def verify_shop(shop_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep) -> OwnShop:
    """Verify a shop, so that it and its lots are visible, or reject it, which pauses its lots."""
    return cast(OwnShop, await once(session, actions.decide_shop(session, shop_id, decided), 200))


@router.get("/associations", responses=problems(CursorInvalid))
async def list_associations(
    session: AsAdmin, limit: Limit = 20, after: After = None, status: StatusWanted = None
) -> Page[AssociationOut]:
    """List associations in the order of their registration."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.associations(session, status, beyond, limit), limit, lambda found: (found.id,))


@router.post("/associations/{association_id}/verify", responses=problems(AssociationNotFound))
async def verify_association(
    association_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep
) -> AssociationOut:
    """Verify an association, so that it may enrol beneficiaries, or reject it."""
    return cast(AssociationOut, await once(session, actions.decide_association(session, association_id, decided), 200))


@router.get("/collectors", responses=problems(CursorInvalid))
async def list_collectors(
    session: AsAdmin, limit: Limit = 20, after: After = None, status: StatusWanted = None
) -> Page[CollectorOut]:
    """List collectors in the order of their registration."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.collectors(session, status, beyond, limit), limit, lambda found: (found.id,))


@router.post("/collectors/{collector_id}/verify", responses=problems(CollectorNotFound))
async def verify_collector(collector_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep) -> CollectorOut:
    """Verify a collector, or reject one."""
    return cast(CollectorOut, await once(session, actions.decide_collector(session, collector_id, decided), 200))


@router.post("/accounts/{account_id}/suspend", responses=problems(AccountNotFound, OwnSuspension))
async def suspend_account(account_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> AccountStanding:
    """Suspend an account: its next request is refused, its sessions end, its shops' lots pause."""
    return cast(AccountStanding, await once(session, actions.suspend_account(session, account_id, why.reason), 200))


@router.post("/accounts/{account_id}/restore", responses=problems(AccountNotFound))
async def restore_account(account_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> AccountStanding:
    """Restore a suspended account, its shops, and those lots that are still ahead."""
    return cast(AccountStanding, await once(session, actions.restore_account(session, account_id, why.reason), 200))

"""Admins' decisions and parameters over HTTP. `GET /shops?status=pending` lists the shops to verify."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from asyncpg import Record
from fastapi import Query, Response
from pydantic import TypeAdapter

from backend.administration import actions, queries
from backend.administration.problems import AccountNotFound, CollectorNotFound, OwnSuspension
from backend.administration.queries import AuditQuery, LotQuery
from backend.administration.schemas import (
    AccountFound,
    AccountStanding,
    AssociationOut,
    AuditEntryOut,
    CollectorOut,
    DecisionIn,
    FactorResetOut,
    LotFound,
    ReasonIn,
    SettingChangeOut,
    SettingsIn,
    SettingsOut,
    ToDecideOut,
)
from backend.associations.problems import AssociationNotFound, AssociationNumberTaken
from backend.associations.schemas import Standing
from backend.database.sessions import AsAdmin
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor, cursor_key, page_bytes, page_of
from backend.http.routing import Router
from backend.http.schemas import TimeAsked
from backend.identity.tokens import Role
from backend.lots.problems import LotClosed, LotNotFound
from backend.lots.schemas import LotRead
from backend.problems.common import CursorInvalid, OutOfBounds, PreconditionFailed
from backend.problems.problem import may_answer
from backend.second_factors.problems import OwnFactorReset, SecondFactorNotFound
from backend.settings import settings
from backend.shops.communes import CommuneAsked
from backend.shops.problems import ShopNotFound, ShopOwnerSuspended, ShopSiretTaken
from backend.shops.schemas import OwnShop

router = Router(tags=["administration"], prefix="/admin")

CURSOR = TypeAdapter(tuple[UUID])
NUMBERED = TypeAdapter(tuple[int])
StatusWanted = Annotated[Standing | None, Query(examples=["pending"])]


@router.get("/to-decide")
async def list_what_to_decide(
    session: AsAdmin,
    most: Annotated[int, Query(ge=1, le=100, description="The most items of each kind to return.", examples=[20])] = 20,
) -> ToDecideOut:
    """List what waits for a decision: how much of each kind, and the oldest of it."""
    return await queries.to_decide(session, settings().public_url, most)


@router.post("/shops/{shop_id}/verify", responses=may_answer(ShopNotFound, ShopSiretTaken, ShopOwnerSuspended))
async def verify_shop(shop_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep) -> OwnShop:
    """Verify a shop, so that it and its lots are visible, or reject it, so that its lots pause."""
    return await once(session, actions.decide_shop(session, shop_id, decided), 200)


@router.get("/associations", responses=may_answer(CursorInvalid))
async def list_associations(
    session: AsAdmin, limit: Limit = 20, after: After = None, status: StatusWanted = None
) -> Page[AssociationOut]:
    """List associations in the order of their registration."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.associations(session, status, beyond, limit), limit, lambda found: (found.id,))


@router.post(
    "/associations/{association_id}/verify",
    responses=may_answer(AssociationNotFound, AssociationNumberTaken, PreconditionFailed),
)
async def verify_association(
    association_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep, if_match: IfMatch
) -> AssociationOut:
    """Verify an association, so that it can enrol beneficiaries, or reject it.

    Send the `etag` from the list as If-Match to decide only if the association has not changed since.
    """
    deciding = actions.decide_association(session, association_id, decided, if_match)
    return await once(session, deciding, 200)


@router.get("/collectors", responses=may_answer(CursorInvalid))
async def list_collectors(
    session: AsAdmin, limit: Limit = 20, after: After = None, status: StatusWanted = None
) -> Page[CollectorOut]:
    """List collectors in the order of their registration."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.collectors(session, status, beyond, limit), limit, lambda found: (found.id,))


@router.post("/collectors/{collector_id}/verify", responses=may_answer(CollectorNotFound))
async def verify_collector(collector_id: UUID, decided: DecisionIn, session: AsAdmin, once: OnceDep) -> CollectorOut:
    """Verify or reject a collector."""
    return await once(session, actions.decide_collector(session, collector_id, decided), 200)


@router.get("/accounts", response_model=Page[AccountFound], responses=may_answer(CursorInvalid))
async def list_accounts(
    session: AsAdmin,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            description="An e-mail address, a SIRET, a beneficiary code, the id of an account, or the beginnings of "
            "words of a shop's name.",
            examples=["boulangerie"],
        ),
    ] = None,
    role: Annotated[Role | None, Query(examples=["merchant"])] = None,
    status: Annotated[Literal["active", "suspended"] | None, Query(examples=["active"])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Find accounts, in the order of their registration.

    A beneficiary is found by code or id alone. The audit log notes each search.
    """
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return _page_of_json(await queries.accounts(session, q, role, status, beyond, limit), limit)


@router.get("/lots", response_model=Page[LotFound], responses=may_answer(CursorInvalid))
async def list_lots(
    session: AsAdmin,
    q: Annotated[
        str | None,
        Query(min_length=1, max_length=100, description="Words of the lot, as in `GET /lots`.", examples=["brioche"]),
    ] = None,
    shop: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="The beginnings of words of the shop's name.",
            examples=["boulangerie"],
        ),
    ] = None,
    shop_id: Annotated[UUID | None, Query()] = None,
    insee: CommuneAsked = None,
    status: Annotated[
        Literal["published", "paused", "withdrawn", "recalled", "ended"] | None, Query(examples=["published"])
    ] = None,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Find lots of all shops, newest first. All conditions that you give must hold; drafts are not found."""
    wanted = LotQuery(q, shop, shop_id, insee, status)
    before = cursor_key(after, CURSOR)[0] if after else None
    return _page_of_json(await queries.lots(session, wanted, before, limit), limit)


@router.post("/lots/{lot_id}/withdraw", responses=may_answer(LotNotFound, LotClosed))
async def take_down_lot(lot_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> LotRead:
    """Withdraw a shop's lot for good.

    Everybody who reserved it gets their quota and money back, and a mail. The merchant gets a mail with the reason.
    """
    return await once(session, actions.take_down_lot(session, lot_id, why.reason), 200)


@router.post("/accounts/{account_id}/suspend", responses=may_answer(AccountNotFound, OwnSuspension))
async def suspend_account(account_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> AccountStanding:
    """Suspend an account: its next request is refused, its sessions end, and the lots of its shops pause."""
    return await once(session, actions.suspend_account(session, account_id, why.reason), 200)


@router.post("/accounts/{account_id}/restore", responses=may_answer(AccountNotFound))
async def restore_account(account_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> AccountStanding:
    """Restore a suspended account, its shops, and its lots that are not over yet."""
    return await once(session, actions.restore_account(session, account_id, why.reason), 200)


@router.post(
    "/accounts/{account_id}/second-factor/reset",
    responses=may_answer(AccountNotFound, SecondFactorNotFound, OwnFactorReset),
)
async def reset_second_factor(account_id: UUID, why: ReasonIn, session: AsAdmin, once: OnceDep) -> FactorResetOut:
    """Reset the second factor of somebody who has lost it, and their recovery codes too.

    It goes in 24 hours, and their sessions end then. They are told at once, because somebody else may have asked you;
    whoever still has the factor ends the reset by signing in with it. Asking again changes nothing.
    """
    return await once(session, actions.reset_factor(session, account_id, why.reason), 200)


@router.get("/settings")
async def read_settings(session: AsAdmin, response: Response) -> SettingsOut:
    """Read the platform's parameters."""
    found, version = await queries.settings(session)
    response.headers["ETag"] = etag(version)
    return found


@router.put("/settings", responses=may_answer(PreconditionFailed, OutOfBounds))
async def change_settings(wanted: SettingsIn, session: AsAdmin, if_match: IfMatch, response: Response) -> SettingsOut:
    """Set parameters of the platform.

    All parameters that you send change, or none does. They apply from this answer on, without a restart. With If-Match
    they change only if nobody has changed any parameter since you read them.
    """
    await actions.change_settings(session, wanted, if_match)
    found, version = await queries.settings(session)
    response.headers["ETag"] = etag(version)
    return found


@router.get("/settings/history", responses=may_answer(CursorInvalid))
async def list_setting_changes(session: AsAdmin, limit: Limit = 20, after: After = None) -> Page[SettingChangeOut]:
    """List the changes of parameters, newest first."""
    before = cursor_key(after, NUMBERED)[0] if after else None
    return page_of(await queries.setting_changes(session, before, limit), limit, lambda change: (change.id,))


@router.get("/audit", response_model=Page[AuditEntryOut], responses=may_answer(CursorInvalid))
async def read_audit_log(
    session: AsAdmin,
    action: Annotated[str | None, Query(max_length=100, examples=["setting.changed"])] = None,
    subject: Annotated[str | None, Query(max_length=100, examples=["setting"])] = None,
    subject_id: Annotated[UUID | None, Query()] = None,
    actor_id: Annotated[UUID | None, Query(description="The account that did it.")] = None,
    since: Annotated[TimeAsked | None, Query(description="From this moment on.")] = None,
    until: Annotated[TimeAsked | None, Query(description="Before this moment.")] = None,
    limit: Limit = 20,
    after: After = None,
) -> Response:
    """Read the audit log, newest first: who did what to what, when and in which request."""
    wanted = AuditQuery(action, subject, subject_id, actor_id, since, until)
    before = cursor_key(after, CURSOR)[0] if after else None
    return _page_of_json(await queries.audit_entries(session, wanted, before, limit), limit)


def _page_of_json(rows: Sequence[Record], limit: int) -> Response:
    """Return a page of up to `limit` of these rows, which the database has written as JSON."""
    has_more = len(rows) > limit
    following = cursor(rows[limit - 1]["id"]) if has_more else None
    return Response(
        page_bytes([row["written"] for row in rows[:limit]], has_more, following), media_type="application/json"
    )

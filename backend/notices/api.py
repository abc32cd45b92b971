"""Notices over HTTP: what concerns the caller, which of it they want, and what became of the mails."""

from uuid import UUID

from pydantic import TypeAdapter

from backend.database.sessions import ActsDep, AsAdmin, SignedIn
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.notices import actions, queries
from backend.notices.problems import (
    NoticeNotFound,
    NoticeNotOptional,
    QuietHoursEmpty,
    UnknownEvent,
    UnknownZone,
    UnsubscribeLinkUnknown,
)
from backend.notices.schemas import (
    DeliverySeen,
    NoticeOut,
    PreferencesIn,
    PreferencesOut,
    ReadOut,
    State,
    UnsubscribeIn,
    UnsubscribeOut,
)
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.settings import settings

router = Router(tags=["notices"])

CURSOR = TypeAdapter(tuple[UUID])
UNSUBSCRIBED = limited("unsubscribing", "60/minute")  # by address


@router.get("/notices", responses=may_answer(CursorInvalid))
async def list_notices(
    session: SignedIn, unread: bool | None = None, limit: Limit = 20, after: After = None
) -> Page[NoticeOut]:
    """List your notices, newest first, in your account's language. `unread`: only those that you have not read."""
    before = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.own_notices(session, settings().public_url, unread, limit, before)
    return page_of(found, limit, lambda notice: (notice.id,))


@router.post("/notices/read-all")
async def read_all_notices(session: SignedIn, once: OnceDep) -> ReadOut:
    """Mark all your notices as read."""
    return await once(session, actions.read_all(session), 200)


@router.post("/notices/{notice_id}/read", responses=may_answer(NoticeNotFound))
async def read_notice(notice_id: UUID, session: SignedIn, once: OnceDep) -> NoticeOut:
    """Mark a notice as read. Once it is, the time of the first reading stays."""
    return await once(session, actions.read(session, settings().public_url, notice_id), 200)


@router.get("/me/notice-preferences")
async def read_own_notice_preferences(session: SignedIn) -> PreferencesOut:
    """Read which events you get in the app and by mail.

    Optional mails also need your consent for notifications.
    """
    return await queries.own_preferences(session)


@router.put(
    "/me/notice-preferences", responses=may_answer(UnknownEvent, NoticeNotOptional, UnknownZone, QuietHoursEmpty)
)
async def change_own_notice_preferences(wanted: PreferencesIn, session: SignedIn) -> PreferencesOut:
    """Choose which events you get in the app and by mail, and your quiet hours.

    What concerns money, safety or sign-in cannot be turned off.
    """
    return await actions.choose(session, wanted)


@router.post("/notices/unsubscribe/show", responses=may_answer(UnsubscribeLinkUnknown), dependencies=[UNSUBSCRIBED])
async def show_unsubscription(held: UnsubscribeIn) -> UnsubscribeOut:
    """Say which mails a link stops, without stopping them. Needs no sign-in."""
    return actions.read_unsubscription(held.token, held.language)


@router.post("/notices/unsubscribe", responses=may_answer(UnsubscribeLinkUnknown), dependencies=[UNSUBSCRIBED])
async def unsubscribe(held: UnsubscribeIn, acts: ActsDep) -> UnsubscribeOut:
    """Stop the mails of one event, by the link in each of them. Needs no sign-in; the app still shows the event."""
    return await actions.unsubscribe(acts, held.token, held.language)


@router.get("/admin/notice-deliveries", tags=["administration"], responses=may_answer(CursorInvalid))
async def list_notice_deliveries(
    session: AsAdmin, state: State | None = None, limit: Limit = 20, after: After = None
) -> Page[DeliverySeen]:
    """List what became of the mails of notices, newest first, with the mail server's codes: no text, no address."""
    before = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.deliveries_seen(session, state, limit, before), limit, lambda seen: (seen.id,))

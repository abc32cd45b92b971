"""Mark notices as read, and choose which ones to get."""

from datetime import time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.acts import Acts
from backend.database.sessions import call
from backend.notices import queries
from backend.notices.problems import UnsubscribeLinkUnknown
from backend.notices.schemas import NoticeOut, PreferencesIn, PreferencesOut, ReadOut, UnsubscribeOut
from backend.notices.titles import event_title
from backend.notices.unsubscribing import read_token
from backend.settings import settings


async def read(session: AsyncSession, public_url: str, notice_id: UUID) -> NoticeOut:
    """Mark a notice as read. From the database NoticeNotFound."""
    await call(session, "read_notices", notice=notice_id)
    return await queries.own_notice(session, public_url, notice_id)


async def read_all(session: AsyncSession) -> ReadOut:
    """Mark all of the caller's notices as read."""
    return ReadOut(read=await call(session, "read_notices"))


def read_unsubscription(token: str, language: str) -> UnsubscribeOut:
    """Return the mails that a link stops. Raises UnsubscribeLinkUnknown."""
    named = read_token(settings(), token)
    if named is None:
        raise UnsubscribeLinkUnknown
    return UnsubscribeOut(event=named[1], title=event_title(named[1], language))


async def unsubscribe(acts: Acts, token: str, language: str) -> UnsubscribeOut:
    """Stop the mails that a link stops; doing it again changes nothing. Raises UnsubscribeLinkUnknown."""
    stopped = read_unsubscription(token, language)
    named = read_token(settings(), token)
    if named is None or not await acts.value("unsubscribe", account=named[0], event=named[1]):
        raise UnsubscribeLinkUnknown
    return stopped


async def choose(session: AsyncSession, wanted: PreferencesIn) -> PreferencesOut:
    """Change the caller's preferences, all or none.

    The database raises UnknownEvent, NoticeNotOptional, UnknownZone, QuietHoursEmpty.
    """
    for preference in wanted.preferences if "preferences" in wanted.model_fields_set else []:
        await call(
            session,
            "set_notice_preference",
            event=preference.event,
            channel=preference.channel,
            wanted=preference.wanted,
        )
    if "quiet_hours" in wanted.model_fields_set:
        hours = wanted.quiet_hours
        await call(
            session,
            "set_quiet_hours",
            begins=time.fromisoformat(hours.begins) if hours else None,
            ends=time.fromisoformat(hours.ends) if hours else None,
            time_zone=hours.time_zone if hours else None,
        )
    return await queries.own_preferences(session)

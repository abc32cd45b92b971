"""The caller's notices and preferences, and deliveries for admins, under row-level security."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.accounts.models import Account
from backend.database.sessions import call_row, caller_in, role_in
from backend.mail.rendering import told
from backend.notices.models import Notice, NoticeDelivery, NoticePreference, RefusedAddress
from backend.notices.problems import NoticeNotFound
from backend.notices.schemas import DeliverySeen, NoticeOut, PreferenceOut, PreferencesOut, QuietHoursOut
from backend.notices.titles import event_title

_SHOWN = (col(Notice.id), col(Notice.event), col(Notice.facts), col(Notice.at), col(Notice.read_at))


async def own_notices(
    session: AsyncSession, public_url: str, unread: bool | None, limit: int, before: UUID | None
) -> list[NoticeOut]:
    """Return up to `limit + 1` of the caller's notices older than `before`, newest first."""
    wanted = select(*_SHOWN).order_by(col(Notice.id).desc()).limit(limit + 1)
    if unread is not None:
        wanted = wanted.where(col(Notice.read_at).is_(None) if unread else col(Notice.read_at).is_not(None))
    if before is not None:
        wanted = wanted.where(col(Notice.id) < before)
    return await _written(session, public_url, list(await session.execute(wanted)))


async def own_notice(session: AsyncSession, public_url: str, notice_id: UUID) -> NoticeOut:
    """Return one of the caller's notices. Raises NoticeNotFound."""
    row = (await session.execute(select(*_SHOWN).where(col(Notice.id) == notice_id))).one_or_none()
    if row is None:
        raise NoticeNotFound
    return (await _written(session, public_url, [row]))[0]


async def _locale(session: AsyncSession) -> str:
    wanted = select(col(Account.locale)).where(col(Account.id) == caller_in(session))
    return await session.scalar(wanted) or "fr"


async def _written(session: AsyncSession, public_url: str, rows: list[Any]) -> list[NoticeOut]:
    locale = await _locale(session)
    deliveries: dict[UUID, list[Any]] = defaultdict(list)
    asked = select(col(NoticeDelivery.notice_id), col(NoticeDelivery.channel), col(NoticeDelivery.state)).where(
        col(NoticeDelivery.account_id) == caller_in(session),
        col(NoticeDelivery.notice_id).in_([row.id for row in rows]),
    )
    for delivery in await session.execute(asked):
        deliveries[delivery.notice_id].append({"channel": delivery.channel, "state": delivery.state})
    made = []
    for row in rows:
        title, text, link = told(row.event, locale, public_url=public_url, **row.facts)
        made.append(
            NoticeOut.model_validate(
                {
                    "id": row.id,
                    "event": row.event,
                    "title": title,
                    "text": text,
                    "link": link,
                    "at": row.at,
                    "read_at": row.read_at,
                    "deliveries": deliveries[row.id],
                }
            )
        )
    return made


async def own_preferences(session: AsyncSession) -> PreferencesOut:
    """Return the events that the caller's role may get, on each channel, and whether the caller gets them."""
    events = func.app.notice_events().table_valued("event", "roles", "in_app", "by_mail", "kept")
    chosen = {
        (row.event, row.channel): row.wanted
        for row in await session.execute(
            select(col(NoticePreference.event), col(NoticePreference.channel), col(NoticePreference.wanted)).where(
                col(NoticePreference.account_id) == caller_in(session)
            )
        )
    }
    locale = await _locale(session)
    owns_a_shop = await session.scalar(select(func.app.shops_of(caller_in(session), "owner")).limit(1)) is not None
    wanted = select(func.app.shops_of(caller_in(session), "staff")).limit(1)
    answers_for_a_shop = await session.scalar(wanted) is not None
    wanted = select(func.app.associations_of(caller_in(session), "staff")).limit(1)
    works_there = await session.scalar(wanted) is not None
    wanted = select(func.app.organisations_of(caller_in(session), "owner")).limit(1)
    owns_an_organisation = await session.scalar(wanted) is not None
    roles = {
        role_in(session),
        *(["merchant"] if owns_a_shop else []),
        *(["staff"] if answers_for_a_shop else []),
        *(["association"] if works_there else []),
        *(["organisation"] if owns_an_organisation else []),
    }
    preferences = []
    for event in await session.execute(select(events)):
        if roles.isdisjoint(event.roles):
            continue
        for channel, usual in (("app", event.in_app), ("mail", event.by_mail)):
            fixed = event.kept
            preferences.append(
                PreferenceOut.model_validate(
                    {
                        "event": event.event,
                        "title": event_title(event.event, locale),
                        "channel": channel,
                        "wanted": usual if fixed else chosen.get((event.event, channel), usual),
                        "optional": not fixed,
                    }
                )
            )
    refused_at = await session.scalar(
        select(col(RefusedAddress.refused_at)).where(col(RefusedAddress.account_id) == caller_in(session))
    )
    begins, ends, zone = await call_row(session, "own_quiet_hours")
    quiet = (
        QuietHoursOut(begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}", time_zone=zone) if begins is not None else None
    )
    return PreferencesOut(preferences=preferences, quiet_hours=quiet, address_refused_at=refused_at)


async def deliveries_seen(
    session: AsyncSession, state: str | None, limit: int, before: UUID | None
) -> list[DeliverySeen]:
    """Return up to `limit + 1` deliveries older than `before`, newest first."""
    shown = (getattr(NoticeDelivery, name) for name in DeliverySeen.model_fields)
    wanted = select(*shown).order_by(col(NoticeDelivery.id).desc()).limit(limit + 1)
    if state is not None:
        wanted = wanted.where(col(NoticeDelivery.state) == state)
    if before is not None:
        wanted = wanted.where(col(NoticeDelivery.id) < before)
    return [DeliverySeen.model_validate(row) for row in await session.execute(wanted)]

"""Reads of associations and their agreements, under row-level security."""

import json
from datetime import date
from uuid import UUID

import asyncpg
from sqlalchemy import Date, ScalarSelect, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.associations.models import Association
from backend.associations.problems import AgreementNotFound, AssociationNotFound
from backend.associations.schemas import (
    ActivityMonth,
    AgreedShop,
    AgreementOut,
    AgreementStatus,
    AssociationBrief,
    AssociationPage,
    Figures,
    OwnAssociation,
)
from backend.database.acts import Acts
from backend.database.plain_reads import conditions, row_of, rows_of
from backend.database.sessions import call, call_row
from backend.identity.tokens import MemberRole
from backend.places.communes import codes_within
from backend.places.near import degrees
from backend.problems.texts import Language
from backend.shops.hours_in_words import hours_in_words
from backend.shops.opening_hours import OpeningHoursOut

_TODAY = func.app.local_day(func.app.clock(), col(Association.time_zone))
_AGREEMENTS = """
    select g.id, g.association_id, a.name as association_name, g.shop_id, s.name as shop_name,
           s.address as shop_address, g.signed_on, g.ends_on, g.status,
           g.status = 'confirmed'
               and (g.ends_on is null or g.ends_on >= app.local_day(app.clock(), a.time_zone)) as in_force,
           g.document_bytes, g.created_at, g.decided_at, g.ended_at, g.ended_by
    from app.agreements g
    join app.associations a on a.id = g.association_id
    join app.shops s on s.id = g.shop_id
    where {} order by g.id desc limit $1"""


def acting_association(at_least: MemberRole) -> ScalarSelect[UUID]:
    """Return the SQL expression for the association that the caller acts for, with at least this role there."""
    return select(func.app.acting_association(at_least, type_=Uuid)).scalar_subquery()


async def require_association(session: AsyncSession, at_least: MemberRole) -> UUID:
    """Return the association that the caller acts for, with at least this role there. Raises AssociationNotFound.

    The database raises WhichAssociation.
    """
    acting: UUID | None = await call(session, "acting_association", at_least=at_least)
    if acting is None:
        raise AssociationNotFound
    return acting


async def own_association(session: AsyncSession) -> tuple[OwnAssociation, int]:
    """Return the association that the caller works for and its version. Raises what `require_association` raises."""
    found, _ = await association_today(session)
    return OwnAssociation.model_validate(found), found.version


async def association_today(session: AsyncSession) -> tuple[Association, date]:
    """Return the association that the caller works for and the day there. Raises what `require_association` raises."""
    acting = select(Association, _TODAY).where(col(Association.id) == acting_association("reader"))
    found = (await session.execute(acting, execution_options={"populate_existing": True})).one_or_none()
    if found is None:
        raise AssociationNotFound
    return found[0], found[1]


async def association_page(acts: Acts, association_id: UUID, language: Language) -> AssociationPage:
    """Return the page of a public association. Raises AssociationNotFound."""
    found: bytes | None = await acts.value("association_page", association=association_id)
    if found is None:
        raise AssociationNotFound
    fields = json.loads(found)
    hours = OpeningHoursOut.model_validate(fields["opening_hours"])
    return AssociationPage.model_validate({**fields, "opening_hours_text": hours_in_words(hours, language)})


async def associations_near(acts: Acts, near: str, after: tuple[float, UUID], limit: int) -> list[asyncpg.Record]:
    """Return up to `limit + 1` public associations beyond a distance and an id, nearest first."""
    latitude, longitude = degrees(near)
    return await acts.rows(
        "associations_near",
        from_latitude=latitude,
        from_longitude=longitude,
        after_distance=after[0],
        after_id=after[1],
        most=limit + 1,
    )


async def associations_named(
    acts: Acts, words: str | None, after: tuple[int, str, UUID], limit: int
) -> list[asyncpg.Record]:
    """Return up to `limit + 1` public associations after a rank, a key and an id.

    words: those whose name matches, best first; None: all, in the order of their names.
    """
    return await acts.rows(
        "associations_named", words=words, after_rank=after[0], after_key=after[1], after_id=after[2], most=limit + 1
    )


async def associations_in(acts: Acts, insee_code: str, after: tuple[str, UUID], limit: int) -> list[asyncpg.Record]:
    """Return up to `limit + 1` public associations of a commune after a key and an id, in the order of their names."""
    return await acts.rows(
        "associations_in", communes=codes_within(insee_code), after_key=after[0], after_id=after[1], most=limit + 1
    )


async def figures(session: AsyncSession) -> Figures:
    """Return how many people the caller's association has enrolled."""
    return Figures.model_validate(await call_row(session, "association_figures"))


async def activity(session: AsyncSession, since: date | None, until: date | None) -> list[ActivityMonth]:
    """Return what the people of the caller's association did, added up by month. The database raises PeriodInvalid."""
    found = func.app.association_activity(cast(since, Date), cast(until, Date))
    rows = await session.execute(select(found.table_valued(*ActivityMonth.model_fields)))
    return [ActivityMonth.model_validate(row) for row in rows]


async def agreement(session: AsyncSession, agreement_id: UUID) -> AgreementOut:
    """Return an agreement that the caller may see. Raises AgreementNotFound."""
    row = await row_of(session, _AGREEMENTS.format("g.id = $2"), 1, agreement_id)
    if row is None:
        raise AgreementNotFound
    return _shown(row)


async def agreements(
    session: AsyncSession, shop_id: UUID | None, status: AgreementStatus | None, before: UUID | None, limit: int
) -> list[AgreementOut]:
    """Return up to `limit + 1` agreements that the caller may see, newest first."""
    wanted = (("g.shop_id = {}", shop_id), ("g.status = {}", status), ("g.id < {}", before))
    where, values = conditions(wanted, limit + 1)
    return [_shown(row) for row in await rows_of(session, _AGREEMENTS.format(where), *values)]


def _shown(row: asyncpg.Record) -> AgreementOut:
    known = dict(row)
    association = AssociationBrief(id=known.pop("association_id"), name=known.pop("association_name"))
    shop = AgreedShop(id=known.pop("shop_id"), name=known.pop("shop_name"), address=known.pop("shop_address"))
    return AgreementOut(**known, association=association, shop=shop)

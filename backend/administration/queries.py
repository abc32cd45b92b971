"""Admins' reads under row-level security: who waits for a decision, the platform's parameters, the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from pydantic_core import from_json
from sqlalchemy import Integer, Select, func, literal, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.accounts.models import Account
from backend.administration.models import Collector, Setting, SettingChange
from backend.administration.schemas import (
    AssociationOut,
    CollectorOut,
    SettingChangeOut,
    SettingsOut,
    ToDecideOut,
)
from backend.associations.models import Association
from backend.associations.schemas import Standing
from backend.database.plain_reads import conditions, rows_of, value_of
from backend.mail.rendering import told
from backend.places.communes import codes_within
from backend.shops.queries import fields_to_correct


class AuditQuery(NamedTuple):
    """The filters of the audit log; None does not filter."""

    action: str | None
    subject: str | None
    subject_id: UUID | None
    actor_id: UUID | None
    since: datetime | None
    until: datetime | None


class LotQuery(NamedTuple):
    """The filters of lots; None does not filter.

    words: of the lot. shop_words: the beginnings of words of its shop's name.
    """

    words: str | None
    shop_words: str | None
    shop_id: UUID | None
    insee: str | None
    status: str | None


# Lists are written as JSON by the database: a model for each row would take longer than all the rest.
_FIND_LOTS = "select id, row_to_json(lot)::text as written from app.find_lots($1, $2, $3, $4, $5, $6, $7) lot"
_FIND = "select id, row_to_json(account)::text as written from app.find_accounts($1, $2, $3, $4, $5) account"
_ENTRIES = """
    select id, json_build_object(
        'id', id, 'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'actor_id', actor_id,
        'actor_role', actor_role, 'action', action, 'subject', subject, 'subject_id', subject_id, 'detail', detail,
        'request_id', request_id)::text as written
    from (select * from app.audit_entries where {} order by id desc limit $1) found order by id desc"""
# Entries are written within seconds of their time.
_SINCE = """
    at >= {0} and id > coalesce((select id from app.audit_entries where at < {0}::timestamptz - interval '1 hour'
                                 order by at desc limit 1), '00000000-0000-0000-0000-000000000000')"""
_UNTIL = """
    at < {0} and id < coalesce((select id from app.audit_entries where at >= {0}::timestamptz + interval '1 hour'
                                order by at limit 1), 'ffffffff-ffff-ffff-ffff-ffffffffffff')"""
_EMAIL = (col(Account.email), col(Account.email_verified_at).is_not(None).label("email_verified"))
_ASSOCIATIONS = select(
    col(Association.id),
    col(Association.name),
    col(Association.rna),
    col(Association.siret),
    (func.num_nonnulls(col(Association.rna), col(Association.siret)) == 0).label("number_missing"),
    col(Association.address),
    col(Association.insee_code),
    col(Association.status),
    col(Association.created_at),
    func.concat('"r', col(Association.version), '"').label("etag"),
    *_EMAIL,
).join(Account, col(Account.id) == col(Association.id))
_COLLECTORS = select(
    col(Collector.id), col(Account.display_name), col(Collector.status), col(Collector.created_at), *_EMAIL
).join(Account, col(Account.id) == col(Collector.id))


async def to_decide(session: AsyncSession, public_url: str, most: int) -> ToDecideOut:
    """Return all that waits for an admin: of each kind how much, and the `most` oldest, in one statement."""
    found: dict[str, Any] = from_json(await value_of(session, "select app.to_decide($1)::text", most))
    for shop in found["shops"]["oldest"]:
        shop["to_correct"] = fields_to_correct(shop["insee_code"], shop["in_territory"])
    for refund in found["refunds"]["oldest"]:
        title, words, _ = told("refund_failed", found["locale"] or "fr", public_url=public_url, **refund["facts"])
        refund |= {"title": title, "text": words}
    return ToDecideOut.model_validate(found)


async def lots(session: AsyncSession, wanted: LotQuery, before: UUID | None, limit: int) -> Sequence[asyncpg.Record]:
    """Return the ids of up to `limit + 1` lots that are not drafts, newest first, each with its LotFound as JSON."""
    communes = codes_within(wanted.insee) if wanted.insee is not None else None
    asked = (wanted.words, wanted.shop_words, wanted.shop_id, communes, wanted.status, before, limit + 1)
    return await rows_of(session, _FIND_LOTS, *asked)


async def associations(
    session: AsyncSession, status: Standing | None, after: UUID | None, limit: int
) -> list[AssociationOut]:
    """Return up to `limit + 1` associations in the order of registration."""
    rows = await session.execute(_page(_ASSOCIATIONS, Association, status, after, limit))
    return [AssociationOut.model_validate(row) for row in rows]


async def accounts(
    session: AsyncSession, words: str | None, role: str | None, status: str | None, after: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return the ids of up to `limit + 1` accounts that a text finds (None: all), each with its AccountFound as JSON.

    They are in the order of ids. The audit log notes the search.
    """
    return await rows_of(session, _FIND, words, role, status, after, limit + 1)


async def collectors(
    session: AsyncSession, status: Standing | None, after: UUID | None, limit: int
) -> list[CollectorOut]:
    """Return up to `limit + 1` collectors in the order of registration."""
    rows = await session.execute(_page(_COLLECTORS, Collector, status, after, limit))
    return [CollectorOut.model_validate(row) for row in rows]


async def association(session: AsyncSession, association_id: UUID) -> AssociationOut:
    """Return an association about which an admin has just decided."""
    row = (await session.execute(_ASSOCIATIONS.where(col(Association.id) == association_id))).one()
    return AssociationOut.model_validate(row)


async def collector(session: AsyncSession, collector_id: UUID) -> CollectorOut:
    """Return a collector about whom an admin has just decided."""
    return CollectorOut.model_validate(
        (await session.execute(_COLLECTORS.where(col(Collector.id) == collector_id))).one()
    )


async def settings(session: AsyncSession) -> tuple[SettingsOut, int]:
    """Return all parameters of the platform and their version, read in one statement so that they agree."""
    factor = func.app.general_factor().table_valued("co2e_grams_per_meal")
    rows = await session.execute(
        union_all(
            select(col(Setting.name), col(Setting.value)),
            select(literal("co2e_grams_per_meal"), factor.c.co2e_grams_per_meal),
            select(literal_column("null"), func.app.settings_version(type_=Integer)),
        )
    )
    values = {name: value for name, value in rows}
    version: int = values.pop(None)
    return SettingsOut.model_validate(values), version


async def setting_changes(session: AsyncSession, before: int | None, limit: int) -> list[SettingChangeOut]:
    """Return up to `limit + 1` changes of parameters, newest first."""
    wanted = select(SettingChange).order_by(col(SettingChange.id).desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(col(SettingChange.id) < before)
    return [SettingChangeOut.model_validate(found) for found in (await session.execute(wanted)).scalars()]


async def audit_entries(
    session: AsyncSession, wanted: AuditQuery, before: UUID | None, limit: int
) -> Sequence[asyncpg.Record]:
    """Return the `id` of up to `limit + 1` entries of the audit log, newest first, and its JSON as `entry`."""
    # Ids rise with time, so an entry that lies well outside the asked time bounds the ids. Without that, a search for
    # what was long ago would walk through everything since.
    where, values = conditions(
        (
            ("action = {}", wanted.action),
            ("subject = {}", wanted.subject),
            ("subject_id = {}", wanted.subject_id),
            ("actor_id = {}", wanted.actor_id),
            (_SINCE, wanted.since),
            (_UNTIL, wanted.until),
            ("id < {}", before),
        ),
        limit + 1,
    )
    return await rows_of(session, _ENTRIES.format(where), *values)


def _page(
    of: Select[*tuple[Any, ...]],
    table: type[Association] | type[Collector],
    status: Standing | None,
    after: UUID | None,
    limit: int,
) -> Select[*tuple[Any, ...]]:
    wanted = of.order_by(col(table.id)).limit(limit + 1)
    if status is not None:
        wanted = wanted.where(col(table.status) == status)
    if after is not None:
        wanted = wanted.where(col(table.id) > after)
    return wanted

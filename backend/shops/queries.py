"""Queries for shops, under row-level security."""

from typing import Any, get_args
from uuid import UUID

import asyncpg
from pydantic_core import from_json
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Integer,
    Row,
    Text,
    all_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.acts import Acts
from backend.database.compiled_reads import CompiledRead
from backend.database.plain_reads import value_of
from backend.database.sessions import role_in
from backend.identity.tokens import MemberRole, Role
from backend.places.communes import codes_within, insee_codes
from backend.places.near import degrees
from backend.problems.texts import Language
from backend.shops.hours_in_words import hours_in_words
from backend.shops.models import Shop
from backend.shops.opening_hours import OpeningHoursOut
from backend.shops.problems import ShopNotFound
from backend.shops.schemas import OwnShop, OwnShopPage, ShopPage, ShopStatus, WorkplaceOut

NEXT_LOTS = 5


def is_own(shop_id: Any, at_least: MemberRole = "reader") -> ColumnElement[bool]:
    """Return the SQL condition that the caller has at least this role at the shop whose id is in this column."""
    return col(shop_id) == any_(func.array(select(func.app.shops_of(func.app.caller(), at_least)).scalar_subquery()))


_ROLE = func.app.caller_role()

_IN_TERRITORY = func.app.in_territory(col(Shop.insee_code), col(Shop.latitude), col(Shop.longitude))

# Not all columns: nobody may read `owner_id`.
_SHOPS = select(
    col(Shop.id),
    col(Shop.name),
    col(Shop.siret),
    col(Shop.address),
    col(Shop.insee_code),
    col(Shop.latitude),
    col(Shop.longitude),
    col(Shop.category),
    col(Shop.opening_hours),
    col(Shop.status),
    col(Shop.version),
    col(Shop.time_zone),
    col(Shop.description),
    col(Shop.photo_id),
    col(Shop.telephone),
    col(Shop.website),
    col(Shop.shows_impact),
    col(Shop.legal_name),
    col(Shop.legal_form),
    col(Shop.legal_address),
    col(Shop.vat_number),
    col(Shop.vat_franchise),
    col(Shop.food_vat_bp),
    col(Shop.above_400_m2),
    col(Shop.shows_leftovers),
    _IN_TERRITORY.label("in_territory"),
    func.app.paused_since(col(Shop.id)).label("paused_at"),
    func.concat("/v1/shops/", col(Shop.id), "/lots").label("lots_url"),
)


_PAGE = _SHOPS.add_columns(
    func.app.next_lots(col(Shop.id), bindparam("most_lots", type_=Integer), type_=JSON).label("next_lots"),
    func.app.shown_impact(col(Shop.id), type_=JSON).label("impact"),
).where(col(Shop.id) == bindparam("wanted"))
_PAGE_OF_VISITORS = CompiledRead.of(_PAGE.add_columns(false().label("whole"), null().label("role")))
_SHOP_PAGE = CompiledRead.of(
    _PAGE.add_columns(
        (is_own(Shop.id) | (_ROLE == Role.ADMIN.value)).label("whole"),
        case(*((is_own(Shop.id, role), role) for role in get_args(MemberRole))).label("role"),
    )
)


async def shop_page(
    session: AsyncSession, shop_id: UUID, language: Language, most_lots: int = NEXT_LOTS
) -> tuple[OwnShopPage | ShopPage, int]:
    """Return a shop's page, which has more for its merchant and admins, and its version. Raises ShopNotFound."""
    shown = _PAGE_OF_VISITORS if session.sync_session.info["account_id"] is None else _SHOP_PAGE
    row = await shown.row(session, wanted=shop_id, most_lots=most_lots)
    if row is None:
        raise ShopNotFound
    in_words = hours_in_words(OpeningHoursOut.model_validate(row["opening_hours"]), language)
    fields = {**row, "opening_hours_text": in_words}
    if row["whole"]:
        to_correct = fields_to_correct(row["insee_code"], row["in_territory"])
        return OwnShopPage.model_validate({**fields, "to_correct": to_correct}), row["version"]
    return ShopPage.model_validate(fields), row["version"]


async def shops_near(acts: Acts, near: str, after: tuple[float, UUID], limit: int) -> list[asyncpg.Record]:
    """Return up to `limit + 1` verified shops beyond a distance and an id, nearest first."""
    latitude, longitude = degrees(near)
    return await acts.rows(
        "shops_near",
        from_latitude=latitude,
        from_longitude=longitude,
        after_distance=after[0],
        after_id=after[1],
        most=limit + 1,
    )


async def shops_named(acts: Acts, words: str, after: tuple[int, str, UUID], limit: int) -> list[asyncpg.Record]:
    """Return up to `limit + 1` verified shops after a rank, a key and an id whose name matches, best first."""
    return await acts.rows(
        "shops_named", words=words, after_rank=after[0], after_key=after[1], after_id=after[2], most=limit + 1
    )


async def shops_in(acts: Acts, insee_code: str, after: tuple[str, UUID], limit: int) -> list[asyncpg.Record]:
    """Return up to `limit + 1` verified shops of a commune after a key and an id, in the order of their names."""
    return await acts.rows(
        "shops_in", communes=codes_within(insee_code), after_key=after[0], after_id=after[1], most=limit + 1
    )


_OWN = {
    at_least: select(col(Shop.id)).where(col(Shop.id) == bindparam("wanted"), is_own(Shop.id, at_least))
    for at_least in get_args(MemberRole)
}


async def require_own(session: AsyncSession, shop_id: UUID, at_least: MemberRole) -> None:
    """Raise ShopNotFound unless the caller has at least this role at a shop."""
    if (await session.execute(_OWN[at_least], {"wanted": shop_id})).one_or_none() is None:
        raise ShopNotFound


async def own_shop(session: AsyncSession, shop_id: UUID) -> OwnShop:
    """Return a shop as its merchant or an admin sees it. The caller must be one of them."""
    return _own((await session.execute(_SHOPS.where(col(Shop.id) == shop_id))).one())


async def shops_to_manage(
    session: AsyncSession, status: ShopStatus | None, after: UUID | None, limit: int, *, to_correct: bool = False
) -> list[OwnShop]:
    """Return up to `limit + 1` shops, oldest first: a merchant's own, or all for an admin.

    to_correct: only shops whose INSEE code or coordinates are to be corrected.
    """
    wanted = _SHOPS.order_by(col(Shop.id)).limit(limit + 1)
    if role_in(session) != Role.ADMIN:
        wanted = wanted.where(is_own(Shop.id))
    if status is not None:
        wanted = wanted.where(col(Shop.status) == status)
    if to_correct:
        known = literal(sorted(insee_codes()), ARRAY(Text))
        wanted = wanted.where(~_IN_TERRITORY | (col(Shop.insee_code) != all_(known)))
    if after is not None:
        wanted = wanted.where(col(Shop.id) > after)
    rows: list[Row[Any]] = list((await session.execute(wanted)).all())
    return [_own(row) for row in rows]


def _own(row: Row[Any]) -> OwnShop:
    to_correct = fields_to_correct(row.insee_code, row.in_territory)
    return OwnShop.model_validate({**row._mapping, "to_correct": to_correct})


async def workplace(session: AsyncSession, shop_id: UUID) -> WorkplaceOut:
    """Return what the caller sees of a shop where they work. The database raises ShopNotFound."""
    return WorkplaceOut.model_validate(
        with_corrections(from_json(await value_of(session, "select app.workplace($1)::text", shop_id)))
    )


def with_corrections(found: dict[str, Any]) -> dict[str, Any]:
    """Return what the database says of a workplace, with the fields that its owner is asked to correct."""
    return {**found, "to_correct": fields_to_correct(found["insee_code"], found["in_territory"])}


def fields_to_correct(insee_code: str, in_territory: bool) -> list[str]:
    """Return the fields of a shop that were stored before they were checked and are to be corrected."""
    if insee_code not in insee_codes():
        return ["insee_code"]
    return [] if in_territory else ["latitude", "longitude"]

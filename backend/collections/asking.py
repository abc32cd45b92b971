"""Ask for collections in other ways than by a member: by a link, out of habit, and again and again."""

import json
import math
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.actions import bucket
from backend.accounts.problems import TooManyTries
from backend.accounts.tokens import LONGEST_TOKEN, new_token, token_hash
from backend.collections.asking_schemas import (
    CollectAsked,
    CollectForm,
    CollectIn,
    DayIn,
    HabitIn,
    HabitOut,
    LinkIn,
    LinkMade,
    LinkOut,
    NewRecurringCollection,
    RecurringCollectionIn,
    RecurringCollectionOut,
    UnsoldLot,
)
from backend.collections.problems import CollectionLinkUnknown, RecurringCollectionNotFound
from backend.database.acts import Acts
from backend.database.sessions import call, call_row
from backend.http.rate_limits import refusal_headers
from backend.settings import settings

_LINKS = TypeAdapter(list[LinkOut])
_SERIES = TypeAdapter(list[RecurringCollectionOut])
_UNSOLD = TypeAdapter(list[UnsoldLot])


async def add_link(session: AsyncSession, wanted: LinkIn) -> LinkMade:
    """Make a link for a shop. The database raises ShopNotFound, TooManyCollectionLinks."""
    token = new_token()
    link: UUID = await call(
        session,
        "add_collection_link",
        shop=wanted.shop_id,
        link_name=wanted.name,
        new_token_hash=token_hash(token),
    )
    [made] = _LINKS.validate_json(await call(session, "collection_links_shown", shop=wanted.shop_id, link=link))
    return LinkMade(**made.model_dump(), token=token, url=f"{settings().public_url}/collect/{token}")


async def links(session: AsyncSession, shop_id: UUID) -> list[LinkOut]:
    """Return the links of a shop that the caller owns. The database raises ShopNotFound."""
    return _LINKS.validate_json(await call(session, "collection_links_shown", shop=shop_id, link=None))


async def revoke_link(session: AsyncSession, link_id: UUID) -> None:
    """Revoke a link. The database raises CollectionLinkNotFound."""
    await call(session, "revoke_collection_link", link=link_id)


async def form_of(acts: Acts, token: str, address: str) -> CollectForm:
    """Return what a link is for, with the number of a new form. Raises CollectionLinkUnknown, TooManyTries."""
    found = await acts.row("find_collection_link", shown=_hash(token), address_bucket=_guesses(address))
    _refuse(found)
    return CollectForm(shop=found["shop"], address=found["address"], time_zone=found["time_zone"], form=uuid4())


async def collect(acts: Acts, token: str, address: str, wanted: CollectIn) -> CollectAsked:
    """Ask for a collection with a link; a form that was sent before is answered with its request.

    Raises CollectionLinkUnknown, TooManyTries. The database raises what asking for a collection raises.
    """
    asked = await acts.row(
        "collect_by_link",
        shown=_hash(token),
        address_bucket=_guesses(address),
        form=wanted.form,
        wanted_items=json.dumps([item.stored() for item in wanted.items]),
        starts=wanted.window_start,
        ends=wanted.window_end,
        note=wanted.notes,
    )
    _refuse(asked)
    return CollectAsked.model_validate(dict(asked))


async def unsold_lots(session: AsyncSession, shop_id: UUID) -> list[UnsoldLot]:
    """Return what a shop can have collected of its lots. The database raises ShopNotFound."""
    return _UNSOLD.validate_json(await call(session, "unsold_lots", shop=shop_id))


async def habit(session: AsyncSession, shop_id: UUID) -> HabitOut:
    """Return a shop's habit. The database raises ShopNotFound."""
    return HabitOut.model_validate(await call_row(session, "collection_habit_shown", shop=shop_id))


async def set_habit(session: AsyncSession, shop_id: UUID, wanted: HabitIn, versions: list[int] | None) -> HabitOut:
    """Set a shop's habit. The database raises ShopNotFound, PreconditionFailed."""
    await call(
        session,
        "set_collection_habit",
        shop=shop_id,
        wanted_active=wanted.active,
        wanted_opens=time.fromisoformat(wanted.opens),
        wanted_closes=time.fromisoformat(wanted.closes),
        wanted_notes=wanted.notes,
        versions=versions,
    )
    return await habit(session, shop_id)


async def set_series(
    session: AsyncSession,
    series_id: UUID | None,
    wanted: RecurringCollectionIn,
    versions: list[int] | None = None,
) -> RecurringCollectionOut:
    """Make a recurring request, or change one. The database raises what its act says."""
    series: UUID = await call(
        session,
        "set_recurring_collection",
        series=series_id,
        shop=wanted.shop_id if isinstance(wanted, NewRecurringCollection) else None,
        association=wanted.association_id,
        days=sorted(set(wanted.weekdays)),
        wanted_opens=time.fromisoformat(wanted.opens),
        wanted_closes=time.fromisoformat(wanted.closes),
        wanted_items=json.dumps([item.stored() for item in wanted.items]),
        note=wanted.notes,
        since=wanted.first_day,
        until=wanted.last_day,
        wanted_active=wanted.active,
        versions=versions,
    )
    return await one_series(session, series)


async def set_day(session: AsyncSession, series_id: UUID, day: date, wanted: DayIn | None) -> RecurringCollectionOut:
    """Set what is different on a day of a recurring request; None: nothing. The database raises what its act says."""
    await call(
        session,
        "set_recurring_day",
        series=series_id,
        wanted_day=day,
        wanted_skipped=wanted is not None and wanted.skipped,
        wanted_opens=time.fromisoformat(wanted.opens) if wanted is not None and wanted.opens else None,
        wanted_closes=time.fromisoformat(wanted.closes) if wanted is not None and wanted.closes else None,
    )
    return await one_series(session, series_id)


async def series_of(session: AsyncSession, shop_id: UUID) -> list[RecurringCollectionOut]:
    """Return the recurring requests of a shop. The database raises ShopNotFound."""
    return _SERIES.validate_json(await call(session, "recurring_collections_shown", shop=shop_id, series=None))


async def one_series(session: AsyncSession, series_id: UUID) -> RecurringCollectionOut:
    """Return a recurring request. Raises RecurringCollectionNotFound."""
    found = _SERIES.validate_json(await call(session, "recurring_collections_shown", shop=None, series=series_id))
    if not found:
        raise RecurringCollectionNotFound
    return found[0]


def _hash(token: str) -> bytes:
    return token_hash(token[: LONGEST_TOKEN + 1])


def _guesses(address: str) -> bytes | None:
    """Return the counter of unknown tokens from an address; for load tests ECOPANIER_RATE_LIMITS=off lifts it."""
    return bucket("collection-links-from:" + address) if settings().rate_limits else None


def _refuse(found: asyncpg.Record) -> None:
    if found["locked_until"] is not None:
        seconds = max(1, math.ceil((found["locked_until"] - datetime.now(UTC)).total_seconds()))
        raise TooManyTries(
            headers=refusal_headers("collection-links", found["most_tries"], found["window_seconds"], seconds)
        )
    if found["problem"] is not None:
        raise CollectionLinkUnknown

"""Merchants' changes to their recurring listings. The database enforces the rules on price, pickup window and dates."""

from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.http.etags import require_revision
from backend.problems.common import PreconditionFailed
from backend.recurring import queries
from backend.recurring.models import RecurringDay, RecurringListing
from backend.recurring.problems import RecurringNotFound
from backend.recurring.schemas import DayIn, DayOut, RecurringEdit, RecurringIn, RecurringOut
from backend.shops.queries import is_own

TIMES = ("publish_at", "pickup_from", "pickup_until")


async def begin_listing(session: AsyncSession, wanted: RecurringIn) -> RecurringOut:
    """Create a recurring listing of one of the caller's shops, and return it.

    The database raises ShopNotFound, PhotoUnknown and the problems of the rules on price, pickup window and dates.
    """
    values = _columns(wanted.model_dump())
    made = await session.execute(insert(RecurringListing).values(values).returning(col(RecurringListing.id)))
    listing, _ = await queries.recurring_listing(session, made.scalar_one())
    return listing


async def edit_listing(
    session: AsyncSession, listing_id: UUID, values: dict[str, Any], versions: list[int] | None
) -> None:
    """Change one of the caller's listings if it is still at one of these versions (None: at any).

    Raises RecurringNotFound, PreconditionFailed. The database raises PhotoUnknown and the problems of the rules on
    price, pickup window and dates.
    """
    if values:
        change = update(RecurringListing).where(col(RecurringListing.id) == listing_id)
        change = change.values(values)
        if versions is not None:
            # Checked in the statement that writes, so of two people who read the same version only one succeeds.
            change = change.where(col(RecurringListing.version).in_(versions))
        if (await session.execute(change.returning(col(RecurringListing.id)))).one_or_none() is not None:
            return
    own = select(col(RecurringListing.version)).where(*_to_edit(listing_id))
    version = (await session.execute(own)).scalar_one_or_none()
    if version is None:
        raise RecurringNotFound
    require_revision(versions, version)
    if values:
        raise PreconditionFailed


def changes(wanted: RecurringEdit) -> dict[str, Any]:
    """Return the fields that were sent, as column values."""
    return _columns(wanted.model_dump(exclude_unset=True))


async def set_active(session: AsyncSession, listing_id: UUID, *, active: bool) -> RecurringOut:
    """Pause a listing, or resume it with its next publication, and return it. Raises RecurringNotFound."""
    await _require_listing(session, listing_id)
    where = (col(RecurringListing.id) == listing_id, col(RecurringListing.active).is_not(active))
    await session.execute(update(RecurringListing).where(*where).values(active=active))
    listing, _ = await queries.recurring_listing(session, listing_id)
    return listing


async def change_day(session: AsyncSession, listing_id: UUID, day: date, wanted: DayIn) -> DayOut:
    """Set what is different on one day, replacing earlier changes to that day, and return it.

    The database raises RecurringNotFound, RecurringDayClosed, PriceOutsideLaw, WindowBeforePublication and
    UseByBeforePickup.
    """
    values = _columns(wanted.model_dump())
    change = upsert(RecurringDay).values(listing_id=listing_id, day=day, **values)
    await session.execute(change.on_conflict_do_update(index_elements=["listing_id", "day"], set_=values))
    return await queries.recurring_day(
        session, (col(RecurringDay.listing_id) == listing_id) & (col(RecurringDay.day) == day)
    )


async def forget_day(session: AsyncSession, listing_id: UUID, day: date) -> None:
    """Remove the changes to one day. Raises RecurringNotFound."""
    await _require_listing(session, listing_id)
    await session.execute(
        delete(RecurringDay).where(col(RecurringDay.listing_id) == listing_id, col(RecurringDay.day) == day)
    )


def _to_edit(listing_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that find a listing that the caller may edit. Readers of its shop see it, too."""
    return col(RecurringListing.id) == listing_id, is_own(RecurringListing.shop_id, "staff")


async def _require_listing(session: AsyncSession, listing_id: UUID) -> None:
    """Raise RecurringNotFound if the caller may not edit a listing."""
    if (await session.execute(select(col(RecurringListing.id)).where(*_to_edit(listing_id)))).first() is None:
        raise RecurringNotFound


def _columns(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields as column values: times parsed, weekdays and allergens sorted and without duplicates."""
    for name in TIMES:
        if sent.get(name) is not None:
            sent[name] = time.fromisoformat(sent[name])
    if "weekdays" in sent:
        sent["weekdays"] = sorted(set(sent["weekdays"]))
    if "allergens" in sent:
        sent["allergens"] = sorted({allergen.value for allergen in sent["allergens"]})
    return sent

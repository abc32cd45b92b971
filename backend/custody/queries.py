"""Queries for chains of custody, under row-level security."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.collections.models import Collection, CollectionItem
from backend.collections.problems import CollectionNotFound
from backend.custody.models import CollectionOutcome, CollectionPaper, CustodyEntry
from backend.custody.problems import NothingReceived, PaperNotFound
from backend.custody.schemas import (
    CratesAtPoint,
    Dimension,
    DonationOut,
    MonthRow,
    OutcomeOut,
    ReceptionOut,
    Trace,
    TraceEntry,
    TraceItem,
)
from backend.database.sessions import call

MOST_OF_LOT = 100
_MONTH = text("select * from app.collections_by_month(month => :month, dimension => :dimension)")
_CRATES = text("select * from app.crates_by_month(month => :month)")


async def trace(session: AsyncSession, collection_id: UUID) -> Trace:
    """Return the chain of custody of a collection that concerns the caller. Raises CollectionNotFound."""
    found = await _traces(session, [collection_id])
    if not found:
        raise CollectionNotFound
    return found[0]


async def traces_of_lot(session: AsyncSession, lot_id: UUID) -> list[Trace]:
    """Return the chains of the collections that took from a lot and concern the caller, newest first."""
    wanted = (
        select(col(CollectionItem.collection_id))
        .where(col(CollectionItem.lot_id) == lot_id)
        .distinct()
        .order_by(col(CollectionItem.collection_id).desc())
        .limit(MOST_OF_LOT)
    )
    return await _traces(session, (await session.execute(wanted)).scalars().all())


async def reception(session: AsyncSession, collection_id: UUID) -> ReceptionOut:
    """Return the reception of a collection that concerns the caller. Raises CollectionNotFound, NothingReceived."""
    found = await call(session, "reception_of", collection=collection_id)
    if found is None:
        await require_seen(session, collection_id)
        raise NothingReceived
    return ReceptionOut.model_validate(found)


async def outcomes(session: AsyncSession, collection_id: UUID) -> list[OutcomeOut]:
    """Return what was declared of a collection that concerns the caller, oldest first. Raises CollectionNotFound."""
    await require_seen(session, collection_id)
    wanted = (
        select(CollectionOutcome)
        .where(col(CollectionOutcome.collection_id) == collection_id)
        .order_by(col(CollectionOutcome.id))
    )
    return [OutcomeOut.model_validate(row) for row in (await session.execute(wanted)).scalars()]


async def require_seen(session: AsyncSession, collection_id: UUID) -> None:
    """Raise CollectionNotFound unless the collection concerns the caller."""
    wanted = select(col(Collection.id)).where(col(Collection.id) == collection_id)
    if (await session.execute(wanted)).scalar_one_or_none() is None:
        raise CollectionNotFound


async def _traces(session: AsyncSession, ids: Sequence[UUID]) -> list[Trace]:
    collections: Sequence[Any] = (
        await session.execute(
            select(
                col(Collection.id),
                col(Collection.status),
                col(Collection.shop_id),
                col(Collection.giver_id),
                col(Collection.association_id),
            )
            .where(col(Collection.id).in_(ids))
            .order_by(col(Collection.id).desc())
        )
    ).all()
    items = (
        (
            await session.execute(
                select(CollectionItem)
                .where(col(CollectionItem.collection_id).in_(ids))
                .order_by(col(CollectionItem.id))
            )
        )
        .scalars()
        .all()
    )
    entries = (
        (
            await session.execute(
                select(CustodyEntry)
                .where(col(CustodyEntry.collection_id).in_(ids))
                .order_by(col(CustodyEntry.collection_id), col(CustodyEntry.number))
            )
        )
        .scalars()
        .all()
    )
    return [
        Trace(
            collection_id=one.id,
            status=one.status,
            shop_id=one.shop_id,
            giver_id=one.giver_id,
            association_id=one.association_id,
            items=[_item(item) for item in items if item.collection_id == one.id],
            entries=[_entry(entry) for entry in entries if entry.collection_id == one.id],
        )
        for one in collections
    ]


def _item(item: CollectionItem) -> TraceItem:
    return TraceItem.model_validate({**item.model_dump(), "item_id": item.id})


def _entry(entry: CustodyEntry) -> TraceEntry:
    return TraceEntry.model_validate({**entry.model_dump(), "previous": entry.previous.hex(), "hash": entry.hash.hex()})


_DONATIONS = select(CollectionPaper).where(col(CollectionPaper.kind) == "donation")


async def donation(session: AsyncSession, paper_id: UUID) -> DonationOut:
    """Return a donation receipt that the caller may read. Raises PaperNotFound."""
    return DonationOut.model_validate(await _donation(session, paper_id))


async def donation_contents(session: AsyncSession, paper_id: UUID) -> tuple[str, str, str | None]:
    """Return the number, the contents as JSON and the hash of a donation receipt. Raises PaperNotFound."""
    paper = await _donation(session, paper_id)
    return paper.number or "", json.dumps(paper.contents), paper.sha256


async def donations(session: AsyncSession, shop: UUID | None, before: UUID | None, limit: int) -> list[DonationOut]:
    """Return up to `limit + 1` donation receipts that the caller may read, newest first."""
    wanted = _DONATIONS.order_by(col(CollectionPaper.id).desc()).limit(limit + 1)
    if shop is not None:
        wanted = wanted.where(col(CollectionPaper.shop_id) == shop)
    if before is not None:
        wanted = wanted.where(col(CollectionPaper.id) < before)
    return [DonationOut.model_validate(paper) for paper in (await session.execute(wanted)).scalars()]


async def _donation(session: AsyncSession, paper_id: UUID) -> CollectionPaper:
    found = (await session.execute(_DONATIONS.where(col(CollectionPaper.id) == paper_id))).scalar_one_or_none()
    if found is None:
        raise PaperNotFound
    return found


async def month(session: AsyncSession, first_day: date, by: Dimension) -> list[MonthRow]:
    """Return what was collected in a month of what concerns the caller, the most food first."""
    rows = await session.execute(_MONTH, {"month": first_day, "dimension": by})
    return [MonthRow.model_validate(row) for row in rows]


async def crates(session: AsyncSession, first_day: date) -> list[CratesAtPoint]:
    """Return how many crates were brought and fetched in a month, by point that the caller may see."""
    return [CratesAtPoint.model_validate(row) for row in await session.execute(_CRATES, {"month": first_day})]

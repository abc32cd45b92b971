"""List, edit and withdraw lots. The database keeps the rules about price, window, dates and stock."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.sessions import call
from backend.http.etags import require_revision
from backend.lots import queries
from backend.lots.models import Lot
from backend.lots.problems import LotNotFound
from backend.lots.schemas import LotEdit, LotIn, LotRead
from backend.problems.common import PreconditionFailed
from backend.shops.models import Shop
from backend.shops.queries import is_own


async def list_lot(session: AsyncSession, wanted: LotIn) -> LotRead:
    """List a lot of one of the caller's shops, published or as a draft.

    The database raises ShopNotFound, ShopNotVerified, PhotoUnknown, and the other problems in `api.RULES`.
    """
    values = _columns(wanted.model_dump())
    made = await session.execute(insert(Lot).values(values).returning(col(Lot.id)))
    lot, _ = await queries.lot_seen(session, made.scalar_one())
    return lot


async def edit_lot(session: AsyncSession, lot_id: UUID, wanted: LotEdit, versions: list[int] | None) -> None:
    """Change a lot of the caller's, if it still has one of these versions. None allows any version.

    Raises LotNotFound, PreconditionFailed; the database raises LotClosed, LotHasReservations, LotConverted,
    LotAlreadyPublished, QuantityBelowReserved, and the problems in `api.RULES`.
    """
    values = _columns(wanted.model_dump(exclude_unset=True))
    if wanted.publish or wanted.kind is not None:
        # Publishing locks the shop, and so does making a free lot discounted, which makes its card. Locked here, before
        # the lot, as every act does (policies/LOCKS.md).
        shop_of_lot = select(col(Lot.shop_id)).where(col(Lot.id) == lot_id).scalar_subquery()
        await session.execute(select(col(Shop.id)).where(col(Shop.id) == shop_of_lot).with_for_update(read=True))
    if values:
        await call(session, "hold_lot", lot=lot_id)
        change = update(Lot).where(col(Lot.id) == lot_id).values(values).returning(col(Lot.id))
        if versions is not None:
            # Compared in the statement that writes: of two requests that read the same version only one succeeds.
            change = change.where(col(Lot.version).in_(versions))
        if (await session.execute(change)).one_or_none() is not None:
            return
    own = select(col(Lot.version)).where(col(Lot.id) == lot_id, is_own(Lot.shop_id, "staff"))
    version = (await session.execute(own)).scalar_one_or_none()
    if version is None:
        raise LotNotFound
    require_revision(versions, version)
    if values:
        raise PreconditionFailed


async def withdraw_lot(session: AsyncSession, lot_id: UUID) -> LotRead:
    """Withdraw a lot of the caller's. Its holders get their quota and money back, and a mail.

    The database raises LotNotFound, LotClosed.
    """
    await call(session, "withdraw_lot", lot=lot_id)
    lot, _ = await queries.lot_seen(session, lot_id)
    return lot


def _columns(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the column values for the sent fields: `publish` becomes a status, and each allergen stands once."""
    if "publish" in sent:
        sent["status"] = "published" if sent.pop("publish") else "draft"
    if "allergens" in sent:
        sent["allergens"] = sorted({allergen.value for allergen in sent["allergens"]})
    return sent

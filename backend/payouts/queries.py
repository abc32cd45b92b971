"""Reads of payouts. The database checks who may read whose books."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call_row
from backend.payouts.problems import DisputeNotFound
from backend.payouts.schemas import BalanceOut, ClosedLotOut, DisputeOut, PayoutAccountOut, PayoutOut, ShopInDebt

_LEDGER = text(
    "select * from app.shop_ledger(shop => :shop, most => :most, before_at => :before_at, before_lot => :before_lot)"
)
_PAYOUTS = text(
    "select * from app.shop_payouts(shop => :shop, most => :most, before_at => :before_at, before_id => :before_id)"
)
_DISPUTES = text(
    "select * from app.disputes_seen(most => :most, before_at => :before_at, before_id => :before_id,"
    " wanted => :wanted)"
)
_IN_DEBT = text("select * from app.shops_in_debt_seen(most => :most)")


async def payout_account(session: AsyncSession, shop_id: UUID) -> PayoutAccountOut:
    """Return the state of a shop's payout account. The database raises ShopNotFound."""
    return PayoutAccountOut.model_validate(await call_row(session, "payout_account_of", shop=shop_id))


async def balance(session: AsyncSession, shop_id: UUID) -> BalanceOut:
    """Return a shop's money. The database raises ShopNotFound."""
    return BalanceOut.model_validate(await call_row(session, "shop_balance", shop=shop_id))


async def closed_lots(
    session: AsyncSession, shop_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[ClosedLotOut]:
    """Return up to `limit + 1` closed lots of a shop, the newest first. The database raises ShopNotFound."""
    before_at, before_lot = before or (None, None)
    asked = {"shop": shop_id, "most": limit + 1, "before_at": before_at, "before_lot": before_lot}
    return [ClosedLotOut.model_validate(row) for row in await session.execute(_LEDGER, asked)]


async def payouts(
    session: AsyncSession, shop_id: UUID, before: tuple[datetime, str] | None, limit: int
) -> list[PayoutOut]:
    """Return up to `limit + 1` payouts of a shop, the newest first. The database raises ShopNotFound."""
    before_at, before_id = before or (None, None)
    asked = {"shop": shop_id, "most": limit + 1, "before_at": before_at, "before_id": before_id}
    return [PayoutOut.model_validate(row) for row in await session.execute(_PAYOUTS, asked)]


async def disputes(session: AsyncSession, before: tuple[datetime, str] | None, limit: int) -> list[DisputeOut]:
    """Return up to `limit + 1` disputes, the newest first."""
    before_at, before_id = before or (None, None)
    asked = {"most": limit + 1, "before_at": before_at, "before_id": before_id, "wanted": None}
    return [DisputeOut.model_validate(row) for row in await session.execute(_DISPUTES, asked)]


async def dispute(session: AsyncSession, dispute_id: str) -> DisputeOut:
    """Return one dispute. Raises DisputeNotFound."""
    asked = {"most": 1, "before_at": None, "before_id": None, "wanted": dispute_id}
    row = (await session.execute(_DISPUTES, asked)).one_or_none()
    if row is None:
        raise DisputeNotFound
    return DisputeOut.model_validate(row)


async def shops_in_debt(session: AsyncSession, most: int) -> list[ShopInDebt]:
    """Return the shops that owe the platform money, the largest debt first."""
    return [ShopInDebt.model_validate(row) for row in await session.execute(_IN_DEBT, {"most": most})]

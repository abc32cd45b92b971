"""Reads of payouts. The database checks who may read whose books."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call_row
from backend.payouts.problems import DisputeNotFound
from backend.payouts.schemas import BalanceOut, ClosedLotOut, DisputeOut, PayoutAccountOut, PayoutOut, ShopInDebt

_LEDGER = text(
    "select * from app.shop_ledger(shop => :shop, most => :most, before_at => :before_at, before_lot => :before_lot)"
)
_EXPORT = text("select * from app.shop_ledger_export(shop => :shop, month => :month, most => :most)")
_PAYOUTS = text(
    "select * from app.shop_payouts(shop => :shop, most => :most, before_at => :before_at, before_id => :before_id)"
)
_DISPUTES = text(
    "select * from app.disputes_seen(most => :most, before_at => :before_at, before_id => :before_id,"
    " wanted => :wanted)"
)
_IN_DEBT = text("select * from app.shops_in_debt_seen(most => :most)")


class LedgerRow(NamedTuple):
    """A closed lot, or with `corrected_at` what changed of one later. Cents; `transferred` is None for a correction."""

    lot_id: UUID
    title: str
    window_ended_at: datetime
    closed_at: datetime
    corrected_at: datetime | None
    portions: int | None
    gross_cents: int
    commission_cents: int
    vat_cents: int
    net_cents: int
    transferred: bool | None


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


async def export(session: AsyncSession, shop_id: UUID, month: date | None, most: int) -> list[LedgerRow]:
    """Return what was closed and corrected in a month (None: ever), the newest first.

    The database raises ShopNotFound, PremiumNeeded.
    """
    rows = await session.execute(_EXPORT, {"shop": shop_id, "month": month, "most": most})
    return [LedgerRow(*row) for row in rows]


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

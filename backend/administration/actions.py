"""Admins' decisions about shops, associations, collectors and accounts, and changes of the platform's parameters."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.administration import queries
from backend.administration.schemas import (
    AccountStanding,
    AssociationOut,
    CollectorOut,
    DecisionIn,
    FactorResetOut,
    SettingsIn,
)
from backend.database.sessions import call
from backend.lots.queries import lot_seen
from backend.lots.schemas import LotRead
from backend.shops.queries import own_shop
from backend.shops.schemas import OwnShop


async def decide_shop(session: AsyncSession, shop_id: UUID, decided: DecisionIn) -> OwnShop:
    """Verify a shop, or reject it and pause its lots.

    The database raises ShopNotFound, ShopSiretTaken, ShopOwnerSuspended.
    """
    await call(session, "decide_shop", shop=shop_id, verdict=decided.decision, why=decided.reason)
    return await own_shop(session, shop_id)


async def decide_association(
    session: AsyncSession, association_id: UUID, decided: DecisionIn, versions: list[int] | None
) -> AssociationOut:
    """Verify or reject an association, if it still has one of these versions. None allows any version.

    The database raises AssociationNotFound, AssociationNumberTaken, PreconditionFailed.
    """
    await call(
        session,
        "decide_association",
        association=association_id,
        verdict=decided.decision,
        why=decided.reason,
        versions=versions,
    )
    return await queries.association(session, association_id)


async def decide_collector(session: AsyncSession, collector_id: UUID, decided: DecisionIn) -> CollectorOut:
    """Verify or reject a collector. The database raises CollectorNotFound."""
    await call(session, "decide_collector", collector=collector_id, verdict=decided.decision, why=decided.reason)
    return await queries.collector(session, collector_id)


async def suspend_account(session: AsyncSession, account_id: UUID, reason: str) -> AccountStanding:
    """Suspend an account; its next request is refused. The database raises AccountNotFound, OwnSuspension."""
    await call(session, "suspend_account", account=account_id, why=reason)
    return AccountStanding(id=account_id, status="suspended")


async def restore_account(session: AsyncSession, account_id: UUID, reason: str) -> AccountStanding:
    """Restore an account, its shops and its lots that are not over yet. The database raises AccountNotFound."""
    await call(session, "restore_account", account=account_id, why=reason)
    return AccountStanding(id=account_id, status="active")


async def reset_factor(session: AsyncSession, account_id: UUID, reason: str) -> FactorResetOut:
    """Begin the reset of a second factor that is lost. Its holder is told, and it goes in 24 hours.

    The database raises AccountNotFound, SecondFactorNotFound, OwnFactorReset.
    """
    due = await call(session, "ask_factor_reset", account=account_id, why=reason)
    return FactorResetOut(account_id=account_id, reset_at=due)


async def take_down_lot(session: AsyncSession, lot_id: UUID, reason: str) -> LotRead:
    """Withdraw anybody's lot. Its holders get quota and money back; they and the merchant get a mail.

    The database raises LotNotFound, LotClosed.
    """
    await call(session, "take_down_lot", lot=lot_id, why=reason)
    lot, _ = await lot_seen(session, lot_id)
    return lot


async def change_settings(session: AsyncSession, wanted: SettingsIn, versions: list[int] | None) -> None:
    """Set the given parameters, all or none, if they still have one of these versions. None allows any version.

    They apply in every process from the commit on. The database raises PreconditionFailed, OutOfBounds.
    """
    await call(session, "change_settings", wanted=wanted.model_dump_json(exclude_unset=True), versions=versions)

"""The jobs of a recall: they end reservations and tell everybody who reserved the food, may have it, or sells it.

Safety comes first: these mails go to every address that we have, confirmed or not, and to suspended accounts too. Where
a beneficiary has no confirmed address, the association that enrolled them is told as well, by their code.
"""

from typing import Any, cast
from uuid import UUID

import structlog
from pydantic_core import to_json
from sqlalchemy import select
from sqlmodel import col

from backend.accounts.addressees import AddressKind, every_address, mail_addressee, notify
from backend.job_context import Work
from backend.lots.models import Lot
from backend.lots.naming import NAMED, NamedLot, named
from backend.lots.trade_numbers import printed_gtin
from backend.recalls.models import Recall
from backend.reservations.models import Reservation
from backend.shops.models import Shop

MOST_LOTS_IN_A_MAIL = 20

log = structlog.get_logger("ecopanier.recalls")


async def end_lot(work: Work, recall_id: UUID, lot_id: UUID) -> None:
    """End a recalled lot's running reservations, and queue the mails about it."""
    await work.acts.value("end_recalled_lot", recall=recall_id, lot=lot_id)


async def tell_holder(work: Work, recall_id: UUID, reservation_id: UUID, address: AddressKind) -> None:
    """Send a mail that says not to eat the food to one of a holder's addresses, if there is one of that kind.

    If the address is refused for good, those who can speak to the holder are told. Raises MailNotSent, so that the job
    is retried.
    """
    async with work.session() as session:
        row = (
            await session.execute(
                select(col(Reservation.account_id), *NAMED)
                .join(Lot, col(Lot.id) == col(Reservation.lot_id))
                .join(Shop, col(Shop.id) == col(Lot.shop_id))
                .where(col(Reservation.id) == reservation_id)
            )
        ).one_or_none()
    recalled = await _recall(work, recall_id)
    if row is None or recalled is None:
        return
    if address == "own":
        once = f"{recall_id} {reservation_id}"
        await notify(work, row.account_id, "lot_recalled", once=once, lot=named(row), **cast(dict[str, Any], recalled))
    addressee = (await every_address(work, row.account_id, "lot_recalled")).get(address)
    if addressee is None:
        return
    key = f"{recall_id} {reservation_id}" + ("" if address == "own" else f" {address}")
    delivered = await mail_addressee(
        work, row.account_id, addressee, "lot_recalled", message_key=key, lot=named(row), **recalled
    )
    if not delivered:
        told = await work.acts.value("holder_not_reached", recall=recall_id, reservation=reservation_id)
        log.error("recall.holder_not_reached", recall_id=str(recall_id), reservation_id=str(reservation_id), told=told)


async def tell_supporter(
    work: Work, recall_id: UUID, lot_id: UUID, supporter_id: UUID, reservation_id: UUID | None
) -> None:
    """Tell an association (or an admin) by their codes which of its people hold recalled food and may get no mail.

    reservation_id: the reservation of one person whose address was refused; None for all who have no confirmed address.
    The mail names nobody and does not say what was free. Raises MailNotSent, so that the job is retried.
    """
    # An address that their association wrote down gets the mail too, but nobody knows whether they read it.
    people = await work.acts.rows(
        "holders_without_address", lot=lot_id, supporter=supporter_id, reservation=reservation_id
    )
    codes = [person["code"] for person in people]
    lots, recalled = await _lots(work, [lot_id]), await _recall(work, recall_id)
    if not codes or not lots or recalled is None:
        return
    key_ = f"{recall_id} {lot_id} {supporter_id} {reservation_id or 'all'}"
    await _tell(work, supporter_id, "recall_to_pass_on", key_, lot=lots[0], codes=codes, **recalled)


async def tell_shop(work: Work, recall_id: UUID, shop_id: UUID, lot_ids: list[UUID]) -> None:
    """Tell a merchant that lots of theirs are recalled, and what to do. Raises MailNotSent, so that it is retried."""
    async with work.session() as session:
        owner_id = await session.scalar(select(col(Shop.owner_id)).where(col(Shop.id) == shop_id))
    lots, recalled = await _lots(work, lot_ids), await _recall(work, recall_id)
    if owner_id is None or not lots or recalled is None:
        return
    shown, more = lots[:MOST_LOTS_IN_A_MAIL], max(0, len(lots) - MOST_LOTS_IN_A_MAIL)
    key = f"{recall_id} {shop_id}"
    facts = to_json({"lots": shown, "more": more, **recalled}).decode()
    await work.acts.value("tell_shop", shop=shop_id, event="recall_for_shop", facts=facts, once=key)
    await _tell(work, owner_id, "recall_for_shop", key, lots=shown, more=more, **recalled)


async def _tell(work: Work, account_id: UUID, template: str, key: str, **values: object) -> None:
    addressee = (await every_address(work, account_id, template)).get("own")
    if addressee is None or not await mail_addressee(work, account_id, addressee, template, message_key=key, **values):
        log.error("recall.not_told", mail=template, account_id=str(account_id))


async def _recall(work: Work, recall_id: UUID) -> dict[str, str | None] | None:
    """Return what every mail about a recall says of it."""
    async with work.session() as session:
        recall = (
            await session.execute(
                select(col(Recall.gtin), col(Recall.batch), col(Recall.reason)).where(col(Recall.id) == recall_id)
            )
        ).one_or_none()
    if recall is None:
        return None
    return {"gtin": printed_gtin(recall.gtin), "recalled_batch": recall.batch, "reason": recall.reason}


async def _lots(work: Work, lot_ids: list[UUID]) -> list[NamedLot]:
    """Return lots as mails name them, those with the latest pickup first."""
    async with work.session() as session:
        rows = await session.execute(
            select(*NAMED)
            .join(Shop, col(Shop.id) == col(Lot.shop_id))
            .where(col(Lot.id).in_(lot_ids))
            .order_by(col(Lot.pickup_start).desc(), col(Lot.id))
        )
        return [named(row) for row in rows]

"""Reservations as their holder and the members of the lot's shop see them. Row-level security decides which rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, DateTime, Integer, Select, Uuid, bindparam, column, func, null, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.database.acts import Acts
from backend.database.sessions import role_in
from backend.identity.tokens import Role
from backend.lots.models import Lot
from backend.lots.queries import SHOP
from backend.reservations.mailed_passes import opens, reservation_in
from backend.reservations.models import Pass, Reservation
from backend.reservations.pass_sheet import Reserved
from backend.reservations.passes import Passes
from backend.reservations.problems import MailedPassUnknown, NoPassYet, ReservationNotFound
from backend.reservations.schemas import PassOut, ReservationRead, ReservationSeen, ShopToGoTo, Status
from backend.settings import settings
from backend.shops.models import Shop
from backend.time_zones import PARIS


@cache  # a statement takes longer to make than to run
def _reservations() -> Select[Any]:
    # Columns are named because nobody may read the person's id. The lot's title and window come from a function because
    # the holder may no longer be allowed to see the lot. Reservations to give are listed as suspended lots.
    lot = (
        func.app.what_was_reserved(col(Reservation.id))
        .table_valued("title", "pickup_start", "pickup_end", column("shop_id", Uuid))
        .lateral()
    )
    return (
        select(
            col(Reservation.id),
            col(Reservation.lot_id),
            lot.c.title,
            col(Reservation.quantity),
            col(Reservation.status),
            col(Reservation.unit_price_cents),
            (col(Reservation.unit_price_cents) * col(Reservation.quantity)).label("total_cents"),
            col(Reservation.hold_until),
            lot.c.pickup_start,
            lot.c.pickup_end,
            col(Reservation.created_at),
            null().label("station"),
            null().label("shown_at"),
            SHOP.label("shop"),
        )
        .join_from(Reservation, lot, true())
        .join(Shop, col(Shop.id) == lot.c.shop_id)
        .where(col(Reservation.purpose) == "collect")
    )


@dataclass(frozen=True)
class Only:
    """Filters of a list of reservations. None sets no condition."""

    lot: UUID | None = None
    since: datetime | None = None
    """Those whose pickup window is not over by then."""
    status: Status | None = None


EVERYTHING = Only()


def _at_counter(
    most: int,
    before: UUID | None = None,
    wanted: UUID | None = None,
    shop: UUID | None = None,
    only: Only = EVERYTHING,
) -> Select[Any]:
    """Select what the counter sees: the same for every kind of lot, so no price, and held looks like paid."""
    rows = func.app.reservations_at_counter(most, before, wanted, shop, only.lot, only.since, only.status).table_valued(
        "id", "lot_id", "title", "quantity", "status", "pickup_start", "pickup_end", "created_at", "station", "shown_at"
    )
    return select(
        rows,
        null().label("unit_price_cents"),
        null().label("total_cents"),
        null().label("hold_until"),
        null().label("shop"),
    )


async def reservations_seen(
    session: AsyncSession, limit: int, before: UUID | None, shop: UUID | None, only: Only = EVERYTHING
) -> Sequence[ReservationSeen]:
    """Return up to `limit + 1` reservations older than `before`, newest first.

    shop: list what the counter of this shop sees; the database raises ShopNotFound if the caller does not work there.
    """
    if shop is not None or role_in(session) is Role.MERCHANT:
        rows = await session.execute(_at_counter(limit + 1, before, shop=shop, only=only))
    else:
        asked = {"before": before, "lot": only.lot, "since": only.since, "status": only.status}
        set_ = [name for name, value in asked.items() if value is not None]
        rows = await session.execute(_own_reservations(*set_), {**asked, "most": limit + 1})
    return [ReservationSeen.model_validate(row) for row in rows]


@cache
def _own_reservations(*conditions: str) -> Select[Any]:
    """Return the query of the caller's reservations, newest first. conditions: names of those that are set."""
    every = {
        "before": col(Reservation.id) < bindparam("before"),
        "lot": col(Reservation.lot_id) == bindparam("lot"),
        "since": column("pickup_end") > bindparam("since", type_=DateTime(timezone=True)),
        "status": col(Reservation.status) == bindparam("status"),
    }
    wanted = _reservations().order_by(col(Reservation.id).desc()).limit(bindparam("most", type_=Integer))
    return wanted.where(*(every[name] for name in conditions))


async def zone_of_shop(session: AsyncSession, shop: UUID) -> ZoneInfo:
    """Return the time zone of a shop that the caller sees."""
    zone = (await session.execute(select(col(Shop.time_zone)).where(col(Shop.id) == shop))).scalar_one()
    return ZoneInfo(zone or PARIS)


_FOOD = (
    select(func.json_build_object("description", col(Lot.description), "allergens", col(Lot.allergens)))
    .where(col(Lot.id) == col(Reservation.lot_id))
    .scalar_subquery()
)


@cache
def _own_reservation() -> Select[Any]:
    own = _reservations().where(col(Reservation.id) == bindparam("wanted"))
    state = func.app.pass_state(col(Reservation.id)).table_valued("locked", "handed_at").lateral()
    lot = own.selected_columns
    return own.outerjoin(state, true()).add_columns(
        func.app.free_cancellation_until(lot["pickup_start"]).label("free_cancellation_until"),
        func.coalesce(state.c.locked, False).label("pass_locked"),
        state.c.handed_at,
        func.coalesce(_FOOD, func.app.lot_without_portions(col(Reservation.lot_id)), type_=JSON).label("food"),
        func.app.report_about(col(Reservation.id), type_=Uuid).label("problem_report_id"),
    )


async def reservation(session: AsyncSession, reservation_id: UUID) -> ReservationRead:
    """Return one reservation. Raises ReservationNotFound."""
    row = None
    if role_in(session) is not Role.MERCHANT:
        row = (await session.execute(_own_reservation(), {"wanted": reservation_id})).one_or_none()
    if row is None:
        row = (await session.execute(_at_counter(1, wanted=reservation_id))).one_or_none()
        if row is None:
            raise ReservationNotFound
        only_holders = ("free_cancellation_until", "handed_at", "food", "problem_report_id")
        at_counter = {**dict.fromkeys(only_holders), "pass_locked": False}
        return ReservationRead.model_validate({**row._asdict(), **at_counter})
    return ReservationRead.model_validate(row)


async def reserved(session: AsyncSession, reservation_id: UUID) -> Reserved:
    """Return what a reservation of the caller is for. Raises ReservationNotFound."""
    row = (await session.execute(_reservations().where(col(Reservation.id) == reservation_id))).one_or_none()
    if row is None:
        raise ReservationNotFound
    return Reserved(row.title, row.quantity)


@cache
def _pass() -> Select[Any]:
    # From the function, because the holder may no longer be allowed to see the lot.
    lot = (
        func.app.what_was_reserved(col(Reservation.id))
        .table_valued("pickup_start", "pickup_end", column("shop_id", Uuid))
        .lateral()
    )
    return (
        select(
            col(Pass.code),
            col(Reservation.status),
            lot.c.pickup_start,
            lot.c.pickup_end,
            col(Shop.name),
            col(Shop.address),
            col(Shop.latitude),
            col(Shop.longitude),
            col(Shop.time_zone),
        )
        .join(Reservation, col(Reservation.id) == col(Pass.reservation_id))
        .join(lot, true())
        .join(Shop, col(Shop.id) == lot.c.shop_id)
        .where(col(Pass.reservation_id) == bindparam("wanted"))
    )


async def pass_of(session: AsyncSession, passes: Passes, reservation_id: UUID) -> PassOut:
    """Return the pass of a confirmed reservation of the caller. Raises ReservationNotFound, NoPassYet."""
    row = (await session.execute(_pass(), {"wanted": reservation_id})).one_or_none()
    if row is None:
        raise ReservationNotFound
    if row.status != "confirmed":
        raise NoPassYet
    return pass_out(passes, row._asdict())


async def mailed_pass(acts: Acts, passes: Passes, token: str) -> PassOut:
    """Return the pass that the link in a mail opens. Raises MailedPassUnknown."""
    reservation_id = reservation_in(token)
    found = await acts.rows("mailed_pass", reservation=reservation_id) if reservation_id is not None else []
    if not found or not opens(settings(), token, found[0]["code"]):
        raise MailedPassUnknown
    return pass_out(passes, dict(found[0]))


def pass_out(passes: Passes, row: Mapping[str, Any]) -> PassOut:
    """Return a pass as its holder sees it. row: its code, its lot's window, and what is said of the shop."""
    return PassOut(
        qr=passes.qr(row["code"]),
        code=row["code"],
        pin=passes.pin(row["code"]),
        pickup_start=row["pickup_start"],
        pickup_end=row["pickup_end"],
        shop=ShopToGoTo.model_validate(dict(row)),
    )

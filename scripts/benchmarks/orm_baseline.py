"""The two hot endpoints as they are usually written: FastAPI, SQLModel, a session under row-level security.

The comparison favours them: there is no layer around them, tokens are cached like ours, the server and connections are
the same, and Postgres removes the trivial policies from the plan, so that the search uses its index.
"""

import gc
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import typer
from fastapi import FastAPI, Header, HTTPException
from sqlalchemy import Float, func
from sqlmodel import col, select

from backend import models  # noqa: F401  every table that another names
from backend.accounts.models import Account
from backend.administration.models import Setting
from backend.beneficiaries.models import Beneficiary, FreePortions
from backend.database.columns import Point
from backend.database.sessions import Database, SessionDep, SignedIn, caller_in
from backend.http.paging import Page, page_of
from backend.http.serving import serve
from backend.identity.callers import identities
from backend.lots.models import Lot, LotStock
from backend.lots.schemas import LotNear
from backend.reservations.models import IdempotencyKey, Pass, Reservation
from backend.reservations.passes import new_code
from backend.reservations.schemas import ReservationIn, ReservationMade
from backend.settings import settings
from backend.shops.models import Shop

PARIS = ZoneInfo("Europe/Paris")

WRITTEN = ("reservations", "passes", "free_portions", "idempotency_keys", "lot_stock")
READ = (*WRITTEN, "accounts", "beneficiaries", "lots", "settings", "shops")


def allow(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Let callers read and write these tables directly, which the product does not."""
    for table in READ:
        connection.execute(f"grant select, insert, update on app.{table} to anon, authenticated".encode())
        connection.execute(
            f'create policy "The baseline does everything" on app.{table} for all to anon, authenticated '
            "using (true) with check (true)".encode()
        )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the database as the product does."""
    url = settings().database_url
    assert url is not None
    app.state.identities = identities(settings())
    app.state.database = await Database.open(url.get_secret_value(), settings())
    gc.collect()
    gc.freeze()
    yield
    await app.state.database.close()


app = FastAPI(lifespan=lifespan)


@app.get("/readyz")
async def readyz() -> dict[str, str]:
    """Answer that requests can be served."""
    return {"status": "ready"}


@app.post("/v1/lots/{lot_id}/reservations", status_code=201)
async def reserve(
    lot_id: UUID, wanted: ReservationIn, session: SignedIn, idempotency_key: Annotated[str, Header()]
) -> ReservationMade:
    """Reserve portions of a free lot."""
    account_id = caller_in(session)
    request = sha256(f"{lot_id}{wanted.model_dump_json()}".encode()).digest()
    kept = await session.get(IdempotencyKey, (account_id, idempotency_key))
    if kept is not None:
        if kept.fingerprint != request or kept.body is None:
            raise HTTPException(422)
        return ReservationMade.model_validate_json(kept.body)
    account = await session.get(Account, account_id)
    beneficiary = await session.get(Beneficiary, account_id)
    stock = await session.get(LotStock, lot_id, with_for_update=True)
    lot = await session.get(Lot, lot_id)
    now = datetime.now(UTC)
    today = now.astimezone(PARIS).date()
    if account is None or beneficiary is None or stock is None or lot is None or lot.kind != "free":
        raise HTTPException(404)
    if account.status != "active" or beneficiary.status != "verified" or beneficiary.eligible_until < today:
        raise HTTPException(404)
    if lot.status != "published" or lot.pickup_end <= now or stock.remaining < wanted.quantity:
        raise HTTPException(409)
    if lot.date_kind == "use_by" and lot.food_date_ends_at is not None and lot.food_date_ends_at <= now:
        raise HTTPException(409)
    quota = (await session.execute(select(Setting).where(Setting.name == "free_portions_per_day"))).scalar_one()
    taken = await session.get(FreePortions, (account_id, today), with_for_update=True)
    if taken is None:
        taken = FreePortions(account_id=account_id, day=today, taken=0, time_zone="Europe/Paris")
        session.add(taken)
    if taken.taken + wanted.quantity > quota.value:
        raise HTTPException(409)
    taken.taken += wanted.quantity
    stock.remaining -= wanted.quantity
    reservation = Reservation(
        lot_id=lot.id,
        account_id=account_id,
        quantity=wanted.quantity,
        unit_price_cents=0,
        status="confirmed",
        quota_day=today,
        created_at=now,
        confirmed_at=now,
    )
    session.add(reservation)
    await session.flush()
    session.add(Pass(reservation_id=reservation.id, code=new_code(), wrong_tries=0))
    made = ReservationMade(
        id=reservation.id,
        lot_id=lot.id,
        title=lot.title,
        quantity=reservation.quantity,
        status="confirmed",
        unit_price_cents=0,
        total_cents=0,
        hold_until=None,
        pickup_start=lot.pickup_start,
        pickup_end=lot.pickup_end,
        created_at=now,
        payment=None,
    )
    session.add(
        IdempotencyKey(
            scope=account_id,
            key=idempotency_key,
            fingerprint=request,
            reservation_id=reservation.id,
            status=201,
            body=made.model_dump_json(),
            busy_until=now,
        )
    )
    return made


@app.get("/v1/lots")
async def lots_near(near: str, session: SessionDep, radius_km: float = 5, limit: int = 20) -> Page[LotNear]:
    """Find discounted lots near a place, the nearest first."""
    latitude, longitude = map(float, near.split(","))
    scale = math.cos(math.radians(latitude))
    here = func.app.on_shelf(func.app.mercator(latitude, longitude), "discounted", 0, type_=Point)
    metres = col(Lot.shelf).op("<->", return_type=Float)(here)
    found = await session.execute(
        select(Lot, LotStock, Shop, metres)
        .join(LotStock, col(LotStock.lot_id) == Lot.id)
        .join(Shop, col(Shop.id) == Lot.shop_id)
        .where(
            Lot.status == "published",
            col(Lot.shelf).op("<@")(func.circle(here, radius_km * 1000 / scale)),
            LotStock.remaining > 0,
            Lot.pickup_end > datetime.now(UTC),
        )
        .order_by(metres, col(Lot.id))
        .limit(limit + 1)
    )
    rows = [
        LotNear.model_validate(
            {
                **lot.model_dump(),
                "remaining": stock.remaining,
                "past_best_before": False,
                "shop": shop.model_dump(),
                "distance_m": round(distance * scale),
            }
        )
        for lot, stock, shop, distance in found
    ]
    return page_of(rows, limit, lambda lot: (lot.distance_m, lot.id))


def main(port: Annotated[int, typer.Option()]) -> None:
    """Serve, with the options of `ecopanier serve`."""
    serve(app, "127.0.0.1", port)


if __name__ == "__main__":
    typer.run(main)

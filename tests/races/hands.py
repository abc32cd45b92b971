"""Concurrent reservations: the act is called over many open connections at the same moment, as the API does."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from backend.reservations.passes import new_code
from tests.town import Lot, Person, Town
from tests.town.databases import Connection

# The control: `reserve` without its protections. It reads first and writes later. Created in a test's database only.
RESERVE_LOOKING_FIRST = """
create function app.reserve_looking_first(
    caller uuid, lot uuid, portions int, idempotency_key text, request bytea, pass_code text, out reservation_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted app.lots;
    today  date := app.paris_day(app.clock());
begin
    select * into wanted from app.lots l where l.id = lot;
    if wanted.quantity < portions + (select coalesce(sum(r.quantity), 0) from app.reservations r
                                     where r.lot_id = lot and r.status in ('held', 'confirmed')) then
        raise exception 'lot.sold_out' using errcode = 'EP409';
    end if;
    if wanted.kind = 'free' and 2 < portions + (select coalesce(sum(r.quantity), 0) from app.reservations r
                                                where r.account_id = caller and r.quota_day = today) then
        raise exception 'quota.daily_reached' using errcode = 'EP409';
    end if;
    perform pg_sleep(0.05);
    insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, hold_until, quota_day)
    values (lot, caller, portions, wanted.price_cents, case wanted.kind when 'free' then 'confirmed' else 'held' end,
            app.clock() + interval '10 minutes', case wanted.kind when 'free' then today end)
    returning id into reservation_id;
end $$;
grant execute on function app.reserve_looking_first to ecopanier_api;
"""


@dataclass(frozen=True)
class Outcome:
    """The result of one attempt: a reservation, or a problem's code."""

    reservation: UUID | None
    refusal: str | None


async def grab(
    connection: Connection, person: Person, lot: Lot, portions: int = 1, *, key: str | None = None, act: str = "reserve"
) -> Outcome:
    """Reserve by calling the act (or a control of it) in SQL."""
    try:
        row = await connection.fetchrow(
            f"select reservation_id from app.{act}($1, $2, $3, $4, $5, $6)",  # noqa: S608 - the act's name is ours
            person.id,
            lot.id,
            portions,
            key or str(uuid4()),
            b"",
            new_code(),
        )
    except asyncpg.PostgresError as refusal:
        if not (refusal.sqlstate or "").startswith("EP"):
            raise
        return Outcome(None, str(refusal))
    assert row is not None
    return Outcome(row["reservation_id"], None)


async def grab_at_once(
    town: Town, people: Sequence[Person], lots: Sequence[Lot], *, act: str = "reserve"
) -> list[Outcome]:
    """Let each person reserve one portion of the lot at the same index, all at the same time."""
    async with town.copy.connections(len(people)) as connections:
        return list(
            await asyncio.gather(
                *(grab(c, person, lot, act=act) for c, person, lot in zip(connections, people, lots, strict=True))
            )
        )


def wins(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.reservation is not None for outcome in outcomes)

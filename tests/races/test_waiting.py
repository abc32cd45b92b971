"""Portions that come back to a waiting list: offered to one waiting person, never left free, never offered twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.reservations.passes import new_code
from tests.races.hands import grab, wins
from tests.town import Customer, Lot, Person, Reservation, Town
from tests.town.answers import refusal_in
from tests.town.databases import API, WORKER, Connection, become
from tests.town.people import moment

TWENTY = 20

# Protections, each with what replaces it in the control: (act, protection, replacement).
JOIN_LOOKING_FIRST = ("join_waiting", "s.lot_id = lot for update", "s.lot_id = lot")
LAPSE_WHAT_WAS_READ = ("lapse_offers", "elsif exists (", "elsif true or exists (")
TAKE_THE_LOT_FIRST = ("take_offer", "f.account_id = caller and f.day = today for update", "f.account_id = caller")


async def without(town: Town, protection: tuple[str, str, str]) -> None:
    """Remove a protection from an act in this test's database."""
    act, careful, careless = protection
    source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = $1", act)
    assert careful in source
    await town.changes(source.replace(careful, careless))


@asynccontextmanager
async def acting_as(town: Town, person: Person) -> AsyncIterator[Connection]:
    """Yield a connection in a transaction with this person's identity; commit at the end."""
    async with town.copy.connection(API) as connection, connection.transaction():
        await become(connection, person.id)
        yield connection


async def take(connection: Connection, person: Person, entry: dict[str, Any]) -> UUID | str:
    """Take an offered portion; return the reservation's id, or a problem's code."""
    try:
        async with connection.transaction():
            await become(connection, person.id)
            made: UUID = await connection.fetchval(
                "select reservation_id from app.take_offer($1, $2)", UUID(entry["id"]), new_code()
            )
    except asyncpg.PostgresError as refusal:
        if not (refusal.sqlstate or "").startswith("EP"):
            raise
        return str(refusal)
    return made


async def free_while_somebody_waits(connection: Connection) -> int:
    """Return the number of published lots with portions left although somebody waits for them."""
    found: int = await connection.fetchval(
        "select count(*) from app.lots l join app.lot_stock k on k.lot_id = l.id"
        " where l.status = 'published' and k.remaining > 0"
        " and exists (select from app.waiting w where w.lot_id = l.id and w.status = 'waiting')"
    )
    return found


async def sold_out_and_waited_for(town: Town, lot: Lot, holder: Person) -> tuple[Reservation, Customer, dict[str, Any]]:
    bought = await holder.reserves(lot)
    lea = await town.a_customer("Léa")
    return bought, lea, await lea.waits(lot)


@pytest.mark.parametrize("kept", [True, False], ids=["the act", "control"])
async def test_a_returned_portion_goes_to_the_waiting_person_only(town: Town, kept: bool) -> None:
    if not kept:
        await town.changes("drop trigger give_to_who_waits on app.lot_stock")
    marc, lot = await town.a_customer(), await town.a_lot(left=1)
    bought, lea, entry = await sold_out_and_waited_for(town, lot, marc)
    crowd = [await town.a_customer() for _ in range(TWENTY)]

    async with town.copy.connections(TWENTY) as hands:
        during = asyncio.gather(*(grab(hand, person, lot) for hand, person in zip(hands, crowd, strict=True)))
        await asyncio.gather(marc.cancels(bought), during)
        after = await asyncio.gather(*(grab(hand, person, lot) for hand, person in zip(hands, crowd, strict=True)))

    assert wins([*during.result(), *after]) == (0 if kept else 1)
    assert ((await lea.waiting(entry))["status"] == "offered") is kept
    assert await town.stock_is_exact()


async def test_an_offered_portion_is_taken_once_and_by_its_addressee_only(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(left=1)
    bought = await marc.reserves(lot)
    people = [await town.a_customer() for _ in range(TWENTY)]
    entries = await asyncio.gather(*(person.waits(lot) for person in people))
    assert await town.value("select count(distinct ticket) from app.waiting") == TWENTY
    await marc.cancels(bought)

    # All twenty people try, and the one with the offer tries twenty more times.
    lucky = await town.value("select account_id from app.waiting where status = 'offered'")
    number = next(index for index, person in enumerate(people) if person.id == lucky)
    grasping = [*zip(people, entries, strict=True), *[(people[number], entries[number])] * TWENTY]
    async with town.copy.connections(len(grasping)) as hands:
        outcomes = await asyncio.gather(
            *(take(hand, person, entry) for hand, (person, entry) in zip(hands, grasping, strict=True))
        )

    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    assert {outcome for outcome in outcomes if isinstance(outcome, str)} == {"waiting.not_offered", "waiting.over"}
    assert await town.value("select count(*) from app.reservations where status = 'held'") == 1
    assert await town.stock_is_exact()


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_joining_while_a_portion_returns_is_refused_as_some_are_left(town: Town, careful: bool) -> None:
    """The cancellation has returned the portion, found nobody waiting, and is about to commit."""
    if not careful:
        await without(town, JOIN_LOOKING_FIRST)
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    lot = await town.a_lot(left=1)
    bought = await marc.reserves(lot)
    await town.ensure_served()

    async with acting_as(town, marc) as connection:
        await connection.fetchval("select app.cancel_reservation($1)", bought.id)
        joining = asyncio.create_task(lea.asks("POST", f"/lots/{lot.id}/waiting", {}))
        await asyncio.sleep(0.2)
        if careful:
            assert not joining.done()
        else:
            await joining
    answer = await joining

    async with town.copy.connection() as outside:
        assert await free_while_somebody_waits(outside) == (0 if careful else 1)
    if careful:
        assert refusal_in(answer).code == "waiting.some_left"
        await lea.reserves(lot)


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_an_offer_is_either_taken_or_lapses(town: Town, careful: bool) -> None:
    """The offer is taken just before the worker, which waits for the lot's row, would let it lapse."""
    if not careful:
        await without(town, LAPSE_WHAT_WAS_READ)
    marc, lot = await town.a_customer(), await town.a_lot(left=1)
    bought, lea, entry = await sold_out_and_waited_for(town, lot, marc)
    paul = await town.a_customer("Paul")
    next_ = await paul.waits(lot)
    await marc.cancels(bought)
    until = moment((await lea.waiting(entry))["offer_until"])
    await town.changes(
        "create or replace function app.clock() returns timestamptz language sql stable parallel safe as"
        " $$ select coalesce(nullif(current_setting('town.clock', true), '')::timestamptz, now()) $$"
    )

    async with town.copy.connection(API) as api, town.copy.connection(WORKER) as worker:
        await worker.execute("select set_config('town.clock', $1, false)", until.isoformat())
        transaction = api.transaction()
        await transaction.start()
        assert isinstance(await take(api, lea, entry), UUID)
        lapsing = asyncio.create_task(worker.fetchval("select app.lapse_offers(10)"))
        await asyncio.sleep(0.2)
        assert not lapsing.done()
        await transaction.commit()
        if not careful:
            with pytest.raises(asyncpg.CheckViolationError):  # it would lapse a taken offer, which a constraint refuses
                await lapsing
            return
        assert await lapsing == 0
    assert (await lea.waiting(entry))["status"] == "taken"
    assert (await paul.waiting(next_))["status"] == "waiting"
    assert await town.stock_is_exact()

    # The other way round: the offer is lapsing when somebody tries to take it.
    await lea.cancels(Reservation(UUID((await lea.waiting(entry))["reservation_id"]), lot.id, "held", {}))
    async with town.copy.connection(API) as api, town.copy.connection(WORKER) as worker:
        late = moment((await paul.waiting(next_))["offer_until"])
        await worker.execute("select set_config('town.clock', $1, false)", late.isoformat())
        transaction = worker.transaction()
        await transaction.start()
        assert await worker.fetchval("select app.lapse_offers(10)") == 1
        taking = asyncio.create_task(take(api, paul, next_))
        await asyncio.sleep(0.2)
        assert not taking.done()
        await transaction.commit()
        assert await taking == "waiting.offer_lapsed"
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()


async def test_the_quota_holds_when_an_offer_and_other_lots_are_taken_together(town: Town) -> None:
    amina, bilal = await town.a_beneficiary(), await town.a_beneficiary("Bilal")
    shop = await town.a_shop()
    lot, others = await town.a_free_lot(left=2, shop=shop), [await town.a_free_lot(shop=shop) for _ in range(4)]
    taken = await bilal.reserves(lot, 2)
    entry = await amina.waits(lot, 2)
    await bilal.cancels(taken)

    async with town.copy.connections(TWENTY) as hands:
        outcomes = await asyncio.gather(
            *(
                take(hand, amina, entry) if number % 4 == 0 else grab(hand, amina, others[number % 4])
                for number, hand in enumerate(hands)
            )
        )

    refusals = {one if isinstance(one, str) else getattr(one, "refusal", None) for one in outcomes}
    assert refusals - {None} <= {"quota.daily_reached", "waiting.over"} | {
        one for one in refusals if isinstance(one, UUID)
    }
    assert await town.taken_today(amina) == 2
    assert await town.stock_is_exact()


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_taking_an_offer_and_cancelling_do_not_deadlock(town: Town, careful: bool) -> None:
    """Both lock the quota and the lot; an act that locked the lot first would deadlock with the other."""
    if not careful:
        await without(town, TAKE_THE_LOT_FIRST)
    amina, bilal, lot = await town.a_beneficiary(), await town.a_beneficiary("Bilal"), await town.a_free_lot(left=2)
    _, bilals = await amina.reserves(lot), await bilal.reserves(lot)
    entry = await amina.waits(lot)
    await bilal.cancels(bilals)
    assert (await amina.waiting(entry))["status"] == "offered"

    async with town.copy.connection() as cancelling, town.copy.connections(1) as (hand,):
        transaction = cancelling.transaction()
        await transaction.start()
        await cancelling.execute("select from app.free_portions where account_id = $1 for update", amina.id)
        taking = asyncio.create_task(take(hand, amina, entry))
        await asyncio.sleep(0.2)
        both = asyncio.gather(
            cancelling.execute("select from app.lot_stock where lot_id = $1 for update", lot.id),
            taking,
            return_exceptions=True,
        )
        if careful:
            await asyncio.sleep(0.1)
            await transaction.commit()
        found = await asyncio.wait_for(both, 10)
        if not careful:
            assert any(isinstance(one, asyncpg.DeadlockDetectedError) for one in found)
            return
    assert isinstance(found[1], UUID)
    assert await town.stock_is_exact()


async def test_concurrent_use_leaves_no_portion_free_while_somebody_waits(town: Town) -> None:
    people = [await town.a_customer() for _ in range(8)]
    lot = await town.a_lot(left=2)
    seen = 0

    async def comes_and_goes(number: int) -> None:
        person = people[number]
        for round_ in range(6):
            answer = await person.sends_reservation(lot)
            if answer.is_success:
                held = Reservation(UUID(answer.json()["id"]), lot.id, "held", answer.json())
                await person.cancels(held)
                continue
            joined = await person.asks("POST", f"/lots/{lot.id}/waiting", {})
            if not joined.is_success:
                assert refusal_in(joined).code in ("waiting.some_left", "waiting.already")
                continue
            entry = joined.json()
            for _ in range(3):
                taken = await person.asks("POST", f"/waiting/{entry['id']}/take", key=str(uuid4()))
                if taken.is_success:
                    body = taken.json()
                    await person.cancels(Reservation(UUID(body["id"]), lot.id, "held", body))
                    break
                assert refusal_in(taken).code == "waiting.not_offered"
            else:
                if (number + round_) % 2:
                    await person.leaves(entry)

    async def watches(done: asyncio.Event) -> None:
        nonlocal seen
        async with town.copy.connection() as connection:
            while not done.is_set():
                seen = max(seen, await free_while_somebody_waits(connection))

    done = asyncio.Event()
    watching = asyncio.create_task(watches(done))
    await asyncio.gather(*(comes_and_goes(number) for number in range(len(people))))
    done.set()
    await watching

    assert seen == 0
    assert await town.stock_is_exact()
    # Once all holds and offers have lapsed, every portion is available again.
    async with town.copy.connection(WORKER) as worker:
        for _ in range(len(people) + 1):
            await town.clock(await town.now() + timedelta(minutes=16))
            await worker.execute("select app.lapse_holds(100), app.lapse_offers(100)")
    assert await town.left(lot) == 2
    assert await town.stock_is_exact()

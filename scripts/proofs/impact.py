"""Check that impact totals neither miss nor double an entry while handovers run and the worker is killed."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import httpx2

from backend.database.migrate import POLICIES
from scripts.proofs.figures import Outcome
from scripts.proofs.house import Connection, House
from scripts.proofs.storms import Weather, hurried, kills, troubled
from scripts.proofs.town import Town

COUNTERS = 6
BATCH = 120
LATE_SECONDS = (0.05, 0.6)

# The totals and the entries in one snapshot, in the units of the entries.
TOTALS = """
    select t.food_grams + n.food_grams as added,
           (select coalesce(sum(food_grams), 0) from app.impact_entries) as entered,
           (select count(*) from app.impact_entries) as entries
    from app.impact_totals t,
    lateral (select coalesce(sum(e.food_grams), 0) food_grams from app.impact_entries e
             where e.written_by >= t.counted_before) n
"""
# The right watermark and a wrong one, which takes transactions that have begun but commit later for counted.
NAIVE = "pg_snapshot_xmin(pg_current_snapshot())", "pg_snapshot_xmax(pg_current_snapshot())"


async def totals_follow_handovers(house: House, outcome: Outcome, weather: Weather) -> None:
    """Hand over at several counters, commit some transactions late, and kill the worker that adds up."""
    town = Town(house, weather.chance)
    await town.settle(1)
    async with hurried(house, weather):
        await _storm(house, outcome, weather, town)
    async with house.sql() as sql:
        await _compare(sql, outcome)
        handed = await sql.fetchval("select count(*) from app.reservations where status = 'picked_up'")
        entries = await sql.fetchval("select count(*) from app.impact_entries")
    outcome.expect(handed == entries, f"{handed} reservations were handed over, there are {entries} impact entries")
    outcome.control = await _control(house, weather, town)
    outcome.expect("missed" in outcome.control, "the control found nothing: a wrong watermark would pass")


async def _storm(house: House, outcome: Outcome, weather: Weather, town: Town) -> None:
    passes = asyncio.Queue[tuple[UUID, str]]()

    async def supply() -> None:
        while not weather.over.is_set():
            if passes.qsize() < BATCH // 2:
                for reserved in await _reserved(house, town, BATCH):
                    passes.put_nowait(reserved)
            await asyncio.sleep(0.02)

    async def counter() -> None:
        while not weather.over.is_set():
            try:
                _, code = passes.get_nowait()
            except asyncio.QueueEmpty:
                await asyncio.sleep(0.01)
                continue
            if weather.chance.random() < 0.1:
                await _hands_over_late(house, town, code, weather)
                outcome.figures["late commits"] += 1
            else:
                await _hands_over(house, town, code, outcome)

    async def watch() -> None:
        async with house.sql() as sql:
            while not weather.over.is_set():
                await _compare(sql, outcome)
                await asyncio.sleep(0.01)

    async def handovers(house: House, outcome: Outcome, weather: Weather) -> None:
        async with asyncio.TaskGroup() as at_work:
            for work in (supply, watch, *[counter] * COUNTERS):
                at_work.create_task(work())

    troubles = [kills(lambda house: house.worker, (0.5, 2.0), (0.0, 0.3))]
    if not weather.hurried:
        troubles.append(kills(lambda house: house.api, (3.0, 9.0), (0.0, 0.3)))
    await troubled(house, outcome, weather, handovers, *troubles)


async def _reserved(house: House, town: Town, count: int) -> Sequence[tuple[UUID, str]]:
    """Make confirmed reservations of a lot that is open now. Returns lots and codes of passes."""
    async with house.sql() as sql:
        lot = await town.offer(sql, free=True, portions=count, open_now=True)
        await town.enrol(count)
        made = []
        for account in town.beneficiaries:
            code = "".join(town.chance.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=10))
            await sql.fetchrow(
                "select * from app.reserve($1, $2, 1, $3, ''::bytea, $4)", account, lot.id, str(uuid4()), code
            )
            made.append((lot.id, code))
    return made


async def _hands_over(house: House, town: Town, code: str, outcome: Outcome) -> None:
    """Hand over by HTTP; if the connection breaks, repeat with the same key, which must give the same answer."""
    body = {"code": code, "pin": house.passes.pin(code)}
    headers = {"Authorization": f"Bearer {house.token(town.merchant)}", "Idempotency-Key": code}
    while True:
        try:
            answer = await house.http.post(f"{house.url}/v1/pickups", json=body, headers=headers)
        except httpx2.RequestError:
            outcome.figures["requests cut off"] += 1
            await asyncio.sleep(0.05)
            continue
        outcome.figures["requests"] += 1
        said = str(answer.status_code) if answer.is_success else answer.json()["code"]
        outcome.answers[said] += 1
        outcome.figures["handovers"] += said == "200"
        outcome.expect(said == "200", f"a handover was answered {said}")
        return


async def _hands_over_late(house: House, town: Town, code: str, weather: Weather) -> None:
    """Call the same act in a transaction that stays open for a while, so that its entry appears after later ones."""
    async with house.sql() as sql, sql.transaction():
        await sql.fetchrow("select * from app.pick_up($1, $2, true)", town.merchant, code)
        await asyncio.sleep(weather.chance.uniform(*LATE_SECONDS))


async def _compare(sql: Connection, outcome: Outcome) -> None:
    seen = await sql.fetchrow(TOTALS)
    assert seen is not None
    outcome.figures["totals compared"] += 1
    outcome.expect(
        seen["added"] == seen["entered"],
        f"the total is {seen['added']} g, {seen['entries']} entries make {seen['entered']} g",
    )


async def _control(house: House, weather: Weather, town: Town) -> str:
    """Add up with a watermark that ignores open transactions, with one late commit: the total must miss it."""
    act = (POLICIES / "functions/impact/add_up_impact.sql").read_text()
    assert NAIVE[0] in act
    _, code = (await _reserved(house, town, 1))[0]
    async with house.sql() as late, house.sql() as adding:
        opened = late.transaction()
        await opened.start()
        await late.fetchrow("select * from app.pick_up($1, $2, true)", town.merchant, code)
        await house.value("select pg_current_xact_id()")  # a transaction that begins later and ends earlier
        changed = adding.transaction()  # undone at the end, so that the house keeps the right act and totals
        await changed.start()
        await adding.execute(act.replace(*NAIVE))
        await adding.execute("select app.add_up_impact()")
        await opened.commit()
        seen = await adding.fetchrow(TOTALS)
        await changed.rollback()
    assert seen is not None
    missed = seen["entered"] - seen["added"]
    return f"a watermark that ignores open transactions missed {missed} g" if missed else ""

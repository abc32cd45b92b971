"""Check that two imports of the same people at once enrol everybody once, although the API is killed."""

import asyncio
import time
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2

from scripts.proofs.figures import Outcome
from scripts.proofs.house import POLL_SECONDS, House
from scripts.proofs.storms import Weather

PEOPLE, PEOPLE_IN_A_HURRY = 5_000, 1_500
KILLS, KILLS_IN_A_HURRY = 2, 1
SILENT_SECONDS = 61  # then an import counts as interrupted
WITHIN_SECONDS = 300.0
HEADER = "prénom;nom;date de naissance;éligible jusqu'au\n"

# The number of rows of each kind that enrolments by these associations wrote. All numbers must be equal.
WRITTEN = """
    select (select count(*) from app.beneficiaries where association_id = any ($1)),
           (select count(*) from app.beneficiary_persons p join app.beneficiaries b on b.id = p.beneficiary_id
            where b.association_id = any ($1)),
           (select count(*) from key_vault.data_keys k join app.beneficiaries b on b.id = k.account_id
            where b.association_id = any ($1)),
           (select count(*) from app.audit_entries where action = 'beneficiary.enrolled' and actor_id = any ($1)),
           (select coalesce(sum(enrolled), 0) from app.imports where account_id = any ($1))
"""
# Only accounts made since the begin: other proofs make theirs in two statements, and kill Postgres in between.
LEFT_OVER = """
    select count(*) from app.accounts a
    where a.role = 'beneficiary' and a.created_at >= $1
      and not exists (select from app.beneficiaries b where b.id = a.id)
"""


async def same_people_at_once(house: House, outcome: Outcome, weather: Weather) -> None:
    """Kill the API when some people are enrolled, check what was written, and send the same files again."""
    associations = [await _association(house) for _ in range(2)]
    async with house.sql() as sql:
        since: datetime = await sql.fetchval("select app.clock()")
    # By the house's clock, which other proofs may have moved.
    people = _lines(PEOPLE_IN_A_HURRY if weather.hurried else PEOPLE, weather, since.date() + timedelta(days=200))
    orders = [weather.chance.sample(people, len(people)) for _ in associations]
    kills = KILLS_IN_A_HURRY if weather.hurried else KILLS
    for kill in range(kills):
        enough = len(people) * (kill + 1) // (kills + 1)
        await _killed(house, outcome, weather, associations, orders, enough, since)
    began = time.monotonic()
    answers = await asyncio.gather(*(_send(house, who, order) for who, order in zip(associations, orders, strict=True)))
    outcome.figures["requests"] += len(answers)
    outcome.figures["milliseconds of the last"] = round((time.monotonic() - began) * 1000)

    known: dict[str, set[tuple[UUID, str]]] = {}
    for who, order, answer in zip(associations, orders, answers, strict=True):
        said: dict[str, Any] = answer.json()
        outcome.expect(answer.status_code == 200, f"an import was answered {answer.status_code}")
        told = said.get("outcomes", [])
        outcome.expect(len(told) == len(order), f"{len(order)} lines had {len(told)} outcomes")
        outcome.figures["lines"] += len(told)
        for line, one in zip(order, told, strict=False):
            outcome.expect(one["outcome"] in ("enrolled", "already_enrolled"), f"a line was {one['outcome']}")
            if "id" in one:
                known.setdefault(line, set()).add((who, one["id"]))
    outcome.expect(len(known) == len(people), f"{len(people) - len(known)} people are known to nobody")
    outcome.expect(all(len(owners) == 1 for owners in known.values()), "somebody is known to both")
    await _nothing_is_half(house, outcome, associations, len(people), since)


async def _killed(
    house: House,
    outcome: Outcome,
    weather: Weather,
    associations: list[UUID],
    orders: list[list[str]],
    enough: int,
    since: datetime,
) -> None:
    """Send the files, and kill the API once `enough` people are enrolled."""
    sending = [asyncio.ensure_future(_send(house, who, order)) for who, order in zip(associations, orders, strict=True)]
    deadline = time.monotonic() + WITHIN_SECONDS
    enrolled = "select count(*) from app.beneficiaries where association_id = any ($1)"
    async with house.sql() as sql:
        while True:
            if await sql.fetchval(enrolled, associations) >= enough or time.monotonic() > deadline:
                break
            await asyncio.sleep(POLL_SECONDS)
    await asyncio.sleep(weather.chance.uniform(0, 0.1))
    await asyncio.to_thread(house.api.kill)
    outcome.figures[f"kills of {house.api.name}"] += 1
    ended = await asyncio.gather(*sending, return_exceptions=True)
    outcome.figures["requests"] += len(ended)
    outcome.figures["requests cut off"] += sum(isinstance(one, httpx2.RequestError) for one in ended)
    await _nothing_is_half(house, outcome, associations, None, since)
    await asyncio.to_thread(house.api.start)
    await house.is_ready()
    await house.time_passes(SILENT_SECONDS)
    for who in associations:
        shown = await house.http.get(f"{house.url}/v1/beneficiaries/imports", headers=_headers(house, who))
        states = {one["status"] for one in shown.json()["data"]}
        outcome.expect(states <= {"interrupted", "done"}, f"after the kill an import shows as {sorted(states)}")
        outcome.figures["seen as interrupted"] += "interrupted" in states


async def _nothing_is_half(
    house: House, outcome: Outcome, associations: list[UUID], people: int | None, since: datetime
) -> None:
    async with house.sql() as sql:
        counts = {count for row in await sql.fetch(WRITTEN, associations) for count in row.values()}
        left_over = await sql.fetchval(LEFT_OVER, since)
    outcome.expect(len(counts) == 1, f"of enrolments there are different parts: {sorted(counts)}")
    outcome.expect(people is None or counts == {people}, f"{people} people were to be enrolled: {sorted(counts)}")
    outcome.expect(left_over == 0, f"{left_over} accounts are nobody's")


def _lines(count: int, weather: Weather, until: date) -> list[str]:
    mark = f"{weather.chance.getrandbits(32):x}"  # other people each time
    return [f"Zoé {mark};Lefèvre {number};12/04/1987;{until}\n" for number in range(count)]


async def _association(house: House) -> UUID:
    association = uuid4()
    async with house.sql() as sql:
        await sql.execute(
            "insert into app.accounts (id, role, display_name) values ($1, 'association', 'A')", association
        )
        await sql.execute("insert into app.associations (id, name, status) values ($1, 'A', 'verified')", association)
    return association


async def _send(house: House, who: UUID, lines: list[str]) -> httpx2.Response:
    return await house.http.post(
        f"{house.url}/v1/beneficiaries/import",
        content=(HEADER + "".join(lines)).encode("cp1252"),
        headers={**_headers(house, who), "Content-Type": "text/csv"},
        timeout=WITHIN_SECONDS,
    )


def _headers(house: House, who: UUID) -> dict[str, str]:
    return {"Authorization": f"Bearer {house.token(who)}"}

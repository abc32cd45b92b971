"""Concurrent imports of the same people, codes that run out, and concurrent transfers, corrections and closures."""

import asyncio
import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.beneficiaries import imports
from tests.races.test_counter import rewrite_function
from tests.town import Association, Person, Town
from tests.town.answers import accepted

HEADER = "first_name;last_name;birth_date;eligible_until\n"
# The control: an enrolment that only looks whether a person exists, although another transaction may be adding them.
LOOKING_FIRST = ("on conflict (identity, identity_rank) do nothing", "")
# It also pauses, so that the imports overlap on a fast machine too.
PAUSING = ("needed := cardinality(claimed);", "needed := cardinality(claimed); perform pg_sleep(0.1);")


def people(count: int, first: int = 0) -> list[str]:
    until = date.today() + timedelta(days=200)  # noqa: DTZ011  far from midnight's edge
    return [f"Amina;Nom {number};1990-05-01;{until}\n" for number in range(first, first + count)]


async def imported(who: Association, lines: list[str]) -> dict[str, Any]:
    answer = await who.asks(
        "POST",
        "/beneficiaries/import",
        content=(HEADER + "".join(lines)).encode(),
        headers={"Content-Type": "text/csv"},
    )
    said: dict[str, Any] = accepted(answer).json()
    return said


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_concurrent_imports_enrol_each_person_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, careful: bool
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 25)
    if not careful:
        await town.changes("alter table app.beneficiary_persons drop constraint beneficiary_persons_identity_key")
        await rewrite_function(town, "enrol_people", *LOOKING_FIRST)
        await rewrite_function(town, "enrol_people", *PAUSING)
    relais, port = await town.an_association("Le Relais"), await town.an_association("Le Port")
    everybody = people(300)
    orders = [list(everybody) for _ in range(4)]
    if careful:
        for number, order in enumerate(orders):
            random.Random(number).shuffle(order)  # noqa: S311

    sent = [imported(who, order) for who, order in zip((relais, port, relais, port), orders, strict=True)]
    outcomes = await asyncio.gather(*sent, return_exceptions=True)

    there = await town.value("select count(*) from app.beneficiary_persons")
    if not careful:
        assert there > 300
        return
    answers = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(answers) == 4, outcomes
    assert there == await town.value("select count(*) from app.beneficiaries") == 300
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 300
    assert await town.value("select count(*) from key_vault.data_keys") == 300
    assert sum(answer["enrolled"] for answer in answers) == 300
    assert [answer["enrolled"] + answer["already_enrolled"] for answer in answers] == [300] * 4
    # The answers give a person's id only to the association that enrolled them, and the same id in each of its files.
    known: dict[str, set[tuple[Association, str]]] = {}
    for who, order, answer in zip((relais, port, relais, port), orders, answers, strict=True):
        for line, outcome in zip(order, answer["outcomes"], strict=True):
            if "id" in outcome:
                known.setdefault(line, set()).add((who, outcome["id"]))
    assert len(known) == 300
    assert all(len(owners) == 1 for owners in known.values())
    finished = await town.rows("select status, lines, enrolled + already_enrolled as told from app.imports")
    assert [(row["status"], row["lines"], row["told"]) for row in finished] == [("done", 300, 300)] * 4


async def test_the_last_codes_of_a_year_are_all_given_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 7)
    year = (await town.today()).year
    # 40 codes are left: the others belonged to people who were erased.
    await town.changes(
        "insert into app.spent_codes (code) select $1 || '-BEN-' || lpad(n::text, 5, '0')"
        " from generate_series(0, 99999) n where n % 2500 <> 0",
        str(year),
    )
    associations = [await town.an_association(name) for name in ("Le Relais", "Le Port", "Ici")]
    answers = await asyncio.gather(*(imported(who, people(20, 20 * place)) for place, who in enumerate(associations)))
    outcomes = [outcome for answer in answers for outcome in answer["outcomes"]]
    codes = [outcome["code"] for outcome in outcomes if outcome["outcome"] == "enrolled"]
    assert sorted(codes) == [f"{year}-BEN-{number:05d}" for number in range(0, 100_000, 2500)]
    refused = [outcome for outcome in outcomes if outcome["outcome"] == "refused"]
    assert {error["code"] for one in refused for error in one["errors"]} == {"beneficiary.codes_used_up"}
    assert len(refused) == 20
    assert await town.value("select count(*) from app.beneficiary_persons") == 40
    late = await associations[0].asks("POST", "/beneficiaries", await town.person_fields())
    assert (late.status_code, late.json()["code"]) == (503, "beneficiary.codes_used_up")
    # The 20 people without a code were not enrolled, so they can be enrolled the next year.
    await town.clock(f"{year + 1}-01-02T10:00:00+01:00")
    again = await imported(associations[0], people(60))
    assert again["enrolled"] == 20


async def test_concurrent_ends_of_a_transfer_have_one_winner(town: Town) -> None:
    relais, port, odile = await town.an_association(), await town.an_association("Le Port"), await town.an_admin()
    for number in range(4):
        enrolled = await relais.enrols(first_name=f"Amina {number}")
        path = f"/beneficiaries/{enrolled['id']}/transfer"
        asked = (await relais.posts(path, {"association_id": str(port.id)}))["id"]
        ways = [(port, "accept"), (port, "accept"), (port, "decline"), (relais, "withdraw")]
        random.Random(number).shuffle(ways)  # noqa: S311
        ends = [who.asks("POST", f"/beneficiaries/transfers/{asked}/{how}") for who, how in ways]
        if number % 2:
            ends.append(odile.asks("POST", f"/beneficiaries/transfers/{asked}/withdraw"))
        answers = await asyncio.gather(*ends)
        decided = [answer for answer in answers if answer.status_code == 200]
        others = [answer for answer in answers if answer.status_code != 200]
        assert {answer.json()["code"] for answer in others} <= {"transfer.over"}
        assert len(decided) == 1
        owner = await town.value("select association_id from app.beneficiaries where id = $1", enrolled["id"])
        accepted_ones = "select count(*) from app.transfers where beneficiary_id = $1 and status = 'accepted'"
        assert (owner == port.id) == (await town.value(accepted_ones, enrolled["id"]) == 1)
    assert await town.value("select count(*) from app.transfers where status = 'pending'") == 0


@pytest.mark.parametrize(
    ("way", "careful"),
    [("enrol", True), ("enrol", False), ("transfer", True), ("transfer", False), ("accept", True)],
    ids=["enrol", "enrol, control", "transfer", "transfer, control", "accept"],
)
async def test_no_beneficiary_joins_an_association_that_is_being_closed(town: Town, way: str, careful: bool) -> None:
    """The two acts do not deadlock either."""
    relais, port, odile = await town.an_association(), await town.an_association("Le Port"), await town.an_admin()
    samir, there = await relais.enrols(first_name="Samir"), {"association_id": str(port.id)}
    asked = {"id": "none"}
    if way == "accept":
        asked = await relais.posts(f"/beneficiaries/{samir['id']}/transfer", there)
    ways: dict[str, tuple[Person, str, Any]] = {
        "enrol": (port, "/beneficiaries", await town.person_fields()),
        "transfer": (odile, f"/beneficiaries/{samir['id']}/transfer", there),
        "accept": (port, f"/beneficiaries/transfers/{asked['id']}/accept", None),
    }
    if not careful:
        await rewrite_function(town, "enrol_beneficiaries", "for key share", "")
        await rewrite_function(town, "ask_transfer", "for key share of a", "")
    async with town.copy.connection() as closing:
        async with closing.transaction():
            await closing.execute("select from app.associations where id = $1 for update", port.id)
            who, path, body = ways[way]
            coming = asyncio.create_task(who.asks("POST", path, body))
            await _wait_for_a_lock_wait(town)
            await closing.execute("select app.erase_account($1, 'asked')", port.id)
    answer = await coming
    theirs = await town.value(
        "select (select count(*) from app.beneficiaries where association_id = $1)"
        " + (select count(*) from app.transfers where to_association_id = $1 and status = 'pending')",
        port.id,
    )
    assert (answer.status_code in (403, 404), theirs) == ((True, 0) if careful else (False, 1))


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_a_name_is_opened_only_if_the_access_was_logged(town: Town, careful: bool) -> None:
    """A person joins the association after the access was logged and before the names are opened."""
    relais, port = await town.an_association(), await town.an_association("Le Port")
    own, other = [UUID((await who.enrols(first_name=name))["id"]) for who, name in ((relais, "Amina"), (port, "Samir"))]
    if not careful:
        await rewrite_function(town, "open_persons", "any (opened)", "any (wanted)")
    async with town.copy.connection() as coming, town.sql_as(relais) as sql:
        async with coming.transaction():
            await coming.execute("lock table app.audit_entries in exclusive mode")
            opening = asyncio.create_task(sql.fetch("select * from app.open_persons($1, 'read')", [own, other]))
            await _wait_for_a_lock_wait(town)
            await coming.execute("update app.beneficiaries set association_id = $1", relais.id)
        opened = {row["beneficiary_id"] for row in await opening}
    assert opened == ({own} if careful else {own, other})


async def _wait_for_a_lock_wait(town: Town) -> None:
    async with asyncio.timeout(10):
        while not await town.value(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ):
            await asyncio.sleep(0.01)


async def test_concurrent_corrections_of_different_fields_are_all_kept(town: Town) -> None:
    relais = await town.an_association()
    path = f"/beneficiaries/{(await relais.enrols())['id']}"
    changes: list[dict[str, Any]] = [
        {"last_name": "Diallo"}, {"household_size": 5}, {"email": "amina@example.org"}, {"phone": "0612345678"},
    ]  # fmt: skip
    answers = await asyncio.gather(*(relais.asks("PATCH", path, change) for change in changes))
    assert {answer.status_code for answer in answers} == {200}
    person = (await relais.gets(path))["person"]
    assert all(person[name] == value for change in changes for name, value in change.items())

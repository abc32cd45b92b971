"""One person is enrolled once, however their name is spelled; hashes of an earlier method are found and replaced."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from backend import worker
from backend.beneficiaries import jobs
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import keyring
from backend.settings import settings
from tests.town import Association, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.databases import WORKER

BORN = "1990-05-01"
LUKASZ: dict[str, Any] = {"first_name": "Łukasz", "last_name": "Wałęsa", "birth_date": BORN}
PLAIN: dict[str, Any] = {"first_name": "LUKASZ", "last_name": "Walesa", "birth_date": BORN}


def present(who: dict[str, Any]) -> bytes:
    return identity_of(keyring(), who["first_name"], who["last_name"], who["birth_date"]).present


async def earlier(town: Town, beneficiary_id: str, who: dict[str, Any]) -> None:
    """Put a person's hash back to the one that the former method made."""
    former = identity_of(keyring(), who["first_name"], who["last_name"], who["birth_date"]).former
    await town.changes(
        "update app.beneficiary_persons set identity = $2, identity_method = $3 where beneficiary_id = $1",
        UUID(beneficiary_id),
        former,
        METHOD - 1,
    )


async def finds(association: Association, who: dict[str, Any]) -> str:
    found = accepted(await association.asks("POST", "/beneficiaries/find", who)).json()
    return str(found["id"])


async def identities(town: Town) -> list[tuple[Any, ...]]:
    rows = await town.rows(
        "select p.identity, p.identity_method, p.identity_rank from app.beneficiary_persons p order by beneficiary_id"
    )
    return [tuple(row) for row in rows]


async def opened_for_their_identity(town: Town) -> list[UUID]:
    rows = await town.rows(
        "select subject_id, actor_role from app.audit_entries"
        " where action = 'person.opened' and detail = '{\"why\": \"identity\"}' order by id"
    )
    assert {row["actor_role"] for row in rows} <= {"worker"}
    return [row["subject_id"] for row in rows]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        (("Łukasz", "Wałęsa"), ("LUKASZ", "WALESA")),
        (("Đặng", "Thị Ánh"), ("Dang", "Thi Anh")),
        (("Søren", "Ødegård"), ("soren", "odegard")),
        (("Işıl", "Çalık"), ("ISIL", "CALIK")),  # noqa: RUF001
        (("Saʿīd", "Al-Ħamdi"), ("Said", "Al Hamdi")),
        (("Иван", "Петров"), ("Petrov", "Ivan")),
        (("Zoe\u0301", "Strauß"), ("Zoé", "STRAUSS")),
    ],
)
async def test_letters_of_other_languages_are_enrolled_and_found_as_one_person(
    town: Town, written: tuple[str, str], typed: tuple[str, str]
) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    enrolled = await relais.enrols(first_name=written[0], last_name=written[1], birth_date=BORN)

    for association in (relais, other):
        again = await refused(association.enrols(first_name=typed[0], last_name=typed[1], birth_date=BORN))
        assert (again.status, again.code) == (409, "beneficiary.already_enrolled")
    sought = {"first_name": typed[0], "last_name": typed[1], "birth_date": BORN}
    assert await finds(relais, sought) == enrolled["id"]
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 1


async def test_a_hash_of_the_former_method_is_found_until_it_is_replaced(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    lukasz = await relais.enrols(**LUKASZ)
    await earlier(town, lukasz["id"], LUKASZ)

    assert await finds(relais, LUKASZ) == lukasz["id"]
    for association in (relais, other):
        assert (await refused(association.enrols(**LUKASZ))).code == "beneficiary.already_enrolled"
    # A correction of something else leaves the hash to the worker.
    accepted(await relais.asks("PATCH", f"/beneficiaries/{lukasz['id']}", {"phone": "+33612345678"}))
    assert [row[1] for row in await identities(town)] == [METHOD - 1]

    await town.worker_runs()

    assert await identities(town) == [(present(PLAIN), METHOD, 0)]
    assert await opened_for_their_identity(town) == [UUID(lukasz["id"])]
    assert await finds(relais, PLAIN) == lukasz["id"]
    assert (await refused(other.enrols(**PLAIN))).code == "beneficiary.already_enrolled"
    assert (await relais.gets(f"/beneficiaries/{lukasz['id']}"))["person"]["phone"] == "+33612345678"


async def test_people_who_turn_out_alike_both_keep_their_rows_and_rights(town: Town) -> None:
    relais, port, third = [await town.an_association(name) for name in ("Le Relais", "Le Port", "Ici")]
    first = await relais.enrols(**LUKASZ)
    await earlier(town, first["id"], LUKASZ)
    second = await port.enrols(**PLAIN)

    await town.worker_runs()

    assert sorted(await identities(town)) == [(present(PLAIN), METHOD, 0), (present(PLAIN), METHOD, 1)]
    for association, own in ((relais, first), (port, second)):
        assert await finds(association, LUKASZ) == own["id"]
        # Neither association hears about the other's person: its own is found, read and corrected as before.
        sheet = f"prenom;nom;naissance;fin de droit\nLukasz;Walesa;{BORN};{own['eligible_until']}\n"
        answer = await association.asks(
            "POST", "/beneficiaries/import", content=sheet.encode(), headers={"Content-Type": "text/csv"}
        )
        [line] = accepted(answer).json()["outcomes"]
        assert (line["outcome"], line["id"]) == ("already_enrolled", own["id"])
        corrected = await association.asks("PATCH", f"/beneficiaries/{own['id']}", {"first_name": "Lukász"})
        assert accepted(corrected).json()["person"]["first_name"] == "Lukász"
    elsewhere = "select count(*) from app.audit_entries where action = 'beneficiary.found_elsewhere'"
    assert await town.value(elsewhere) == 0
    # Anybody else is told as ever, also once the first of the two is erased.
    assert (await refused(third.enrols(**LUKASZ))).code == "beneficiary.already_enrolled"
    accepted(await port.asks("DELETE", f"/beneficiaries/{second['id']}"))
    assert (await refused(third.enrols(**LUKASZ))).code == "beneficiary.already_enrolled"
    assert await finds(relais, PLAIN) == first["id"]


async def test_an_interrupted_renewal_goes_on_where_it_stopped(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PERSONS", 2)
    relais = await town.an_association()
    people = [{**LUKASZ, "first_name": f"Łukasz {'abcde'[n]}"} for n in range(5)]
    ids = []
    for who in people:
        ids.append((await relais.enrols(**who))["id"])
        await earlier(town, ids[-1], who)
    broken, missing = UUID(ids[1]), UUID(ids[3])
    await town.changes("update key_vault.data_keys set wrapped = 'changed' where account_id = $1", broken)
    await town.changes("update key_vault.data_keys set master_key = 'lost' where account_id = $1", missing)
    await town.ensure_served()

    async with worker.working(settings()) as (work, _queue):
        value, renewed = work.acts.value, 0

        async def dies_at_the_second(act: str, /, **arguments: Any) -> Any:
            nonlocal renewed
            if act == "renew_identity":
                renewed += 1
                if renewed == 2:
                    raise ConnectionError
            return await value(act, **arguments)

        monkeypatch.setattr(work.acts, "value", dies_at_the_second)
        with pytest.raises(ConnectionError):
            await jobs.renew_identities(work)
        monkeypatch.setattr(work.acts, "value", value)
        assert [row[1] for row in await identities(town)].count(METHOD) == 1
        await asyncio.gather(*(jobs.renew_identities(work) for _ in range(2)))

    methods = dict(zip(ids, [row[1] for row in await identities(town)], strict=True))
    assert methods == {one: METHOD - 1 if UUID(one) in (broken, missing) else METHOD for one in ids}
    opened = await opened_for_their_identity(town)
    assert opened.count(UUID(ids[0])) == 1, "whoever is done is not opened again"
    assert missing not in opened, "nobody opens what the worker has no key for"


async def test_a_correction_during_the_renewal_wins(town: Town) -> None:
    relais = await town.an_association()
    lukasz = await relais.enrols(**LUKASZ)
    await earlier(town, lukasz["id"], LUKASZ)

    async with town.copy.connection(WORKER) as connection:
        [person] = await connection.fetch(
            "select * from app.identities_to_renew($1, $2, null, 10)", METHOD, keyring().names
        )
        accepted(await relais.asks("PATCH", f"/beneficiaries/{lukasz['id']}", {"last_name": "Nowak"}))
        late = await connection.fetchval(
            "select app.renew_identity($1, $2, $3, $4)",
            person["beneficiary_id"],
            person["sealed"],
            present(LUKASZ),
            METHOD,
        )

    assert late is None
    assert await identities(town) == [(present({**PLAIN, "last_name": "Nowak"}), METHOD, 0)]


async def test_nobody_but_the_worker_opens_names_for_their_identity(town: Town) -> None:
    relais = await town.an_association()
    await relais.enrols(**LUKASZ)
    async with town.sql_as(relais) as sql:
        with pytest.raises(Exception, match="permission denied"):
            await sql.fetch("select * from app.identities_to_renew(9, array['x'], null, 10)")
    refusal = refusal_in(await (await town.a_customer()).asks("POST", "/beneficiaries/find", PLAIN))
    assert refusal.code == "access.forbidden"


@pytest.mark.parametrize("order", ["enrolled first", "renewed first"])
async def test_an_enrolment_and_a_renewal_at_once_lose_nobody(town: Town, order: str) -> None:
    relais, port = await town.an_association(), await town.an_association("Le Port")
    first = await relais.enrols(**LUKASZ)
    await earlier(town, first["id"], LUKASZ)
    renew = "select app.renew_identity(beneficiary_id, sealed, $1, $2) from app.beneficiary_persons"

    async with town.copy.connection() as holder, town.copy.connection() as other:
        if order == "renewed first":
            transaction = holder.transaction()
            await transaction.start()
            assert await holder.fetchval(renew, present(LUKASZ), METHOD) is False
            coming = asyncio.create_task(refused(port.enrols(**PLAIN)))
            await waits(other)
            await transaction.commit()
            assert (await coming).code == "beneficiary.already_enrolled"
            expected = [(present(PLAIN), METHOD, 0)]
        else:
            transaction = other.transaction()
            await transaction.start()
            await other.execute("lock table app.accounts in share row exclusive mode")
            enrolment = asyncio.create_task(port.enrols(**PLAIN))  # it has the hash, and waits to write the account
            await waits(other)
            renewal = asyncio.create_task(holder.fetchval(renew, present(LUKASZ), METHOD))
            await waits(other, 2)
            await transaction.commit()
            await enrolment
            assert await renewal is True
            expected = [(present(PLAIN), METHOD, 0), (present(PLAIN), METHOD, 1)]
    assert sorted(await identities(town)) == expected


async def waits(connection: Any, how_many: int = 1) -> None:
    async with asyncio.timeout(10):
        while how_many > await connection.fetchval(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ):
            await asyncio.sleep(0.01)

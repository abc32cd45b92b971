"""A diet is health data: kept sealed and by consent, opened by its person only, and known to nobody else."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from backend.sealing.seals import SEALED_DIET, keyring
from tests.journeys.test_export import copy_of
from tests.journeys.test_favourites import asks
from tests.town import Person, Town

YES, NO = {"version": "2026-11", "given": True}, {"version": "2026-11", "given": False}


async def agrees(person: Person, given: bool = True) -> None:
    assert await asks(person, "PUT", "/me/consents", {"diet": YES if given else NO}) == (200, None)


async def avoids(person: Person, *allergens: str) -> tuple[int, str | None]:
    return await asks(person, "PUT", "/me/diet", {"without_allergens": allergens})


async def diet(person: Person) -> list[str]:
    avoided: list[str] = (await person.gets("/me/diet"))["without_allergens"]
    return avoided


async def actions_about(town: Town, person: Person) -> list[tuple[str, str | None]]:
    rows = await town.rows("select action, detail from app.audit_entries where subject_id = $1 order by id", person.id)
    return [(row["action"], row["detail"]) for row in rows]


async def test_a_diet_is_kept_with_a_consent_of_its_own(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    for person in (marc, amina):
        assert await diet(person) == []
        assert await avoids(person, "milk") == (409, "diet.consent_needed")
        await person.asks("PUT", "/me/consents", {"notifications": {"version": "2026-01", "given": True}})
        assert await avoids(person, "milk") == (409, "diet.consent_needed")
        assert await town.value("select count(*) from app.diets where account_id = $1", person.id) == 0

        await agrees(person)
        assert await avoids(person, "nuts", "gluten", "nuts") == (200, None)
        assert await diet(person) == ["gluten", "nuts"]
        assert await avoids(person) == (200, None)
        assert await diet(person) == []
        assert await avoids(person, "fish") == (200, None)
    assert await diet(marc) == await diet(amina) == ["fish"]


async def test_withdrawing_the_consent_erases_the_diet(town: Town) -> None:
    marc = await town.a_customer()
    await agrees(marc)
    await avoids(marc, "milk")

    await agrees(marc, given=False)
    assert (await marc.gets("/me/consents"))["diet"]["status"] == "withdrawn"
    assert await town.value("select count(*) from app.diets") == 0
    assert await diet(marc) == []
    assert await avoids(marc, "milk") == (409, "diet.consent_needed")

    await agrees(marc)
    assert await diet(marc) == []
    assert await avoids(marc, "milk") == (200, None)


async def test_an_earlier_version_of_the_consent_opens_but_changes_nothing(town: Town) -> None:
    marc = await town.a_customer()
    await agrees(marc)
    await avoids(marc, "milk")
    await town.changes("insert into app.text_versions values ('diet', '2026-12', app.paris_day(app.clock()))")
    assert await diet(marc) == ["milk"]
    assert await avoids(marc, "nuts") == (409, "diet.consent_needed")


async def test_a_stored_diet_tells_nothing_not_even_how_long_it_is(town: Town) -> None:
    marc, lea, zoe = await town.a_customer(), await town.a_customer("Léa"), await town.a_customer("Zoé")
    every = [
        "gluten", "crustaceans", "eggs", "fish", "peanuts", "soybeans", "milk", "nuts", "celery", "mustard", "sesame",
        "sulphites", "lupin", "molluscs",
    ]  # fmt: skip
    for person, allergens in ((marc, ["milk"]), (lea, []), (zoe, every)):
        await agrees(person)
        assert await avoids(person, *allergens) == (200, None)
    rows = await town.rows("select account_id, sealed from app.diets")
    assert len({len(row["sealed"]) for row in rows}) == 1
    assert all(b"milk" not in row["sealed"] for row in rows)
    assert await diet(zoe) == sorted(every)

    # With the person's key it opens, and for nobody else's row.
    held = (await town.rows("select * from key_vault.data_keys where account_id = $1", marc.id))[0]
    key = keyring().data_key(marc.id, held["wrapped"], held["master_key"])
    (sealed,) = (row["sealed"] for row in rows if row["account_id"] == marc.id)
    assert json.loads(key.open(SEALED_DIET, sealed)) == ["milk"]
    await town.changes("update app.diets set sealed = $2 where account_id = $1", lea.id, sealed)
    assert (await lea.asks("GET", "/me/diet")).status_code == 500


async def test_nobody_else_learns_that_there_is_a_diet(town: Town) -> None:
    marc, amina, odile = await town.a_customer(), await town.a_beneficiary(), await town.an_admin()
    for person in (marc, amina):
        await agrees(person)
        await avoids(person, "milk")
        await diet(person)
    seen = await odile.asks("GET", "/admin/audit", params={"limit": 100})
    assert seen.status_code == 200
    assert "diet" not in seen.text
    # Control: the log has these lines, and admins read others.
    logged = await actions_about(town, marc)
    assert logged == [
        ("consent.given", '{"purpose": "diet", "version": "2026-11"}'),
        ("diet.changed", None),
        ("diet.opened", '{"why": "own"}'),
    ]
    await marc.asks("PUT", "/me/consents", {"notifications": {"version": "2026-01", "given": True}})
    assert "consent.given" in (await odile.asks("GET", "/admin/audit")).text

    others: list[Person | None] = [odile, await town.a_merchant(), await town.an_association(), amina, marc, None]
    for other in others:
        async with town.sql_as(other) as connection:
            for statement in ("select count(*) from app.diets", "select * from key_vault.data_keys"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.fetch(statement)
            for act in ("app.keep_diet($1, 'x')", "app.hold_diet_key($1, 'x', 'y')", "app.agreed_to_diet($1)"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.fetch(f"select {act}", marc.id)
    async with town.sql_as(odile) as connection:
        assert await connection.fetch("select * from app.open_diet('curious')") == []
        assert await connection.fetchval("select count(*) from app.consents where purpose = 'diet'") == 0


async def test_searches_and_alerts_use_no_diet_by_themselves(town: Town) -> None:
    marc = await town.a_customer()
    lot = await town.a_lot(allergens=["milk"])
    await agrees(marc)
    await avoids(marc, "milk")
    near = {"near": "48.5734,7.7521"}
    assert [found["id"] for found in (await marc.gets("/lots", **near))["data"]] == [str(lot.id)]
    asked = {**near, "without_allergens": await diet(marc)}
    assert (await marc.gets("/lots", **asked))["data"] == []


@pytest.mark.parametrize("role", ["merchant", "collector", "association", "admin"])
async def test_other_roles_keep_no_diet(town: Town, role: str) -> None:
    people: dict[str, Any] = {
        "merchant": town.a_merchant, "collector": town.a_collector, "association": town.an_association,
        "admin": town.an_admin,
    }  # fmt: skip
    person: Person = await people[role]()
    await agrees(person)
    assert await avoids(person, "milk") == (403, "access.forbidden")
    assert await asks(person, "GET", "/me/diet") == (403, "access.forbidden")
    assert await town.value("select count(*) from app.diets") == 0


@pytest.mark.parametrize("allergens", [["wine"], "milk", None, ["milk"] * 15, [None], [["milk"]]])
async def test_a_diet_names_allergens_of_the_law(lasting_town: Town, allergens: Any) -> None:
    marc = await lasting_town.a_customer()
    await agrees(marc)
    assert await asks(marc, "PUT", "/me/diet", {"without_allergens": allergens}) == (422, "request.invalid")


async def test_a_suspended_person_keeps_no_diet(town: Town) -> None:
    marc = await town.a_customer()
    await agrees(marc)
    await town.changes("update app.accounts set status = 'suspended' where id = $1", marc.id)
    assert (await avoids(marc, "milk"))[0] == 403
    assert await town.value("select count(*) from app.diets") == 0


async def test_a_diet_is_in_the_export_and_goes_with_its_person(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    for person in (marc, lea):
        await agrees(person)
        await avoids(person, "milk")
    files, _ = await copy_of(marc)
    assert files["diet"] == [{"without_allergens": ["milk"]}]
    assert ("diet.opened", '{"why": "export"}') in await actions_about(town, marc)

    await town.changes("select app.erase_account($1, 'test')", marc.id)
    assert [row["account_id"] for row in await town.rows("select account_id from app.diets")] == [lea.id]
    keys: list[UUID] = [row["account_id"] for row in await town.rows("select account_id from key_vault.data_keys")]
    assert keys == [lea.id]
    assert await diet(lea) == ["milk"]

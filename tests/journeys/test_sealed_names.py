"""Beneficiaries' sealed identity: encrypted in every table, each reading recorded, master keys rotated."""

import json
from uuid import UUID

import pytest

from backend.sealing.seals import keyring
from backend.settings import settings
from tests.startup.commands import ecopanier
from tests.town import Town, refused
from tests.town.databases import WORKER
from tests.visitors import Visitor, mails

PASSWORD = "trois chats dorment au soleil"


async def test_a_sealed_address_signs_in_is_confirmed_and_stays_reserved(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina, other = Visitor(town), Visitor(town)
    tokens = await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "Amina@Example.org"},
    )
    [asked] = await mails(town)
    await amina.posts("/auth/verify-email", {"token": asked.token, "password": PASSWORD})
    confirmed = await amina.sees_me(tokens)
    assert asked.link.startswith("/confirm-address/")
    await amina.signs_in("amina@example.org", password=PASSWORD)

    # A registration with that address is answered like any other, and its owner is told.
    await other.registers("amina@example.org")
    await amina.posts("/auth/forgot-password", {"email": "AMINA@example.org"})
    told = [mail.subject for mail in await mails(town)][1:]

    assert confirmed["email"].lower() == "amina@example.org"
    assert confirmed["email_verified"] is True
    assert len(told) == 2
    assert await town.value("select count(*) from app.accounts where email is not null and role = 'customer'") == 0
    for schema, table in await town.rows(
        "select schemaname, tablename from pg_tables where schemaname in ('app', 'jobs', 'key_vault')"
    ):
        rows = await town.value(f"select lower(string_agg(t::text, ' ')) from {schema}.{table} t")  # noqa: S608
        for word in ("amina@example", "benali", b"amina@example".hex()):
            assert word not in (rows or ""), table
    opened = await town.rows("select actor_role, detail from app.audit_entries where action = 'address.opened'")
    assert {(row["actor_role"], json.loads(row["detail"])["why"]) for row in opened} == {
        ("worker", "address_to_confirm"),
        ("nobody", "confirm_address"),
        ("beneficiary", "own_account"),
        ("worker", "already_registered"),
        ("worker", "reset_password"),
    }


async def test_opening_a_name_is_recorded_and_nobody_else_can_open_it(town: Town) -> None:
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()
    enrolled = [await relais.enrols(first_name=name) for name in ("Amina", "Samir", "Inès")]
    traces = "select count(*) from app.audit_entries where action = 'person.opened' and actor_id = $1"

    answer = await relais.asks("GET", f"/beneficiaries/{enrolled[0]['id']}")
    await relais.gets("/beneficiaries", limit=2)
    for nosy in (other, odile):
        await nosy.asks("GET", f"/beneficiaries/{enrolled[0]['id']}")
        await nosy.gets("/beneficiaries")
        async with town.sql_as(nosy) as sql:
            ids = [UUID(one["id"]) for one in enrolled]
            assert await sql.fetch("select * from app.open_persons($1, 'curious')", ids) == []

    assert await town.value(traces, relais.id) == 3
    assert await town.value(traces, other.id) + await town.value(traces, odile.id) == 0
    entry = (await town.rows("select * from app.audit_entries where action = 'person.opened' order by id limit 1"))[0]
    assert (str(entry["subject_id"]), json.loads(entry["detail"])) == (enrolled[0]["id"], {"why": "read"})
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["actor_role"] == "association"
    for change in ("update app.audit_entries set actor_id = null", "delete from app.audit_entries"):
        with pytest.raises(Exception, match=r"record\.append_only"):
            await town.changes(change)


async def test_the_same_person_is_enrolled_once_by_any_association(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    await relais.enrols(first_name="Zoé", last_name="Le Goff")

    for association in (relais, other):
        again = await refused(association.enrols(first_name="LE GOFF", last_name="zoe"))
        assert (again.status, again.code) == (409, "beneficiary.already_enrolled")
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 1
    assert await town.value("select count(*) from key_vault.data_keys") == 1
    await other.enrols(first_name="Zoé", last_name="Le Goff", birth_date="1990-05-02")


async def test_names_stay_readable_while_the_master_key_is_rotated(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = "the master key until today of 32 bytes", "the master key from today on of 32 bytes"
    worker = {"ECOPANIER_WORKER_DATABASE_URL": town.copy.url(WORKER)}

    def with_keys(master: str, previous: str = "") -> None:
        monkeypatch.setenv("ECOPANIER_MASTER_KEY", master)
        monkeypatch.setenv("ECOPANIER_PREVIOUS_MASTER_KEYS", previous)
        settings.cache_clear()

    with_keys(old)
    relais, named = await town.an_association(), keyring().current
    enrolled = [await relais.enrols(first_name=name) for name in ("Amina", "Samir")]
    path = f"/beneficiaries/{enrolled[0]['id']}"
    before = await town.value("select array_agg(sealed order by beneficiary_id) from app.beneficiary_persons")

    # Without the old master key the rotation fails, says so and changes nothing.
    lost = await ecopanier(town, "keys", "rotate", ECOPANIER_MASTER_KEY=new, **worker)
    assert lost.status == 1
    assert f"2 data keys need the master key {named}, which is not in the settings." in lost.text
    assert (await relais.gets(path))["person"]["first_name"] == "Amina"

    # A damaged data key does not stop the rotation of the others.
    broken = await relais.enrols(first_name="Inès")
    await town.changes("update key_vault.data_keys set wrapped = 'changed' where account_id = $1", UUID(broken["id"]))
    with_keys(new, f"some older one that is 32 bytes long, {old}")
    assert (await relais.gets(path))["person"]["first_name"] == "Amina"
    done = await ecopanier(
        town, "keys", "rotate", ECOPANIER_MASTER_KEY=new, ECOPANIER_PREVIOUS_MASTER_KEYS=old, **worker
    )
    for table, of in (("key_vault.data_keys", "account_id"), ("app.beneficiary_persons", "beneficiary_id")):
        await town.changes(f"delete from {table} where {of} = $1", UUID(broken["id"]))  # noqa: S608
    again = await ecopanier(town, "keys", "rotate", ECOPANIER_MASTER_KEY=new, **worker)

    assert (done.status, again.status) == (1, 0), done.text
    assert "2 data keys rewrapped" in done.text
    assert "1 data keys do not open with the master key that they name" in done.text
    assert "0 data keys rewrapped" in again.text
    assert not any(key in said.text for key in (old, new) for said in (lost, done, again))
    with_keys(new)
    assert (await relais.gets(path))["person"]["first_name"] == "Amina"
    assert before == await town.value("select array_agg(sealed order by beneficiary_id) from app.beneficiary_persons")
    with_keys(old)
    assert (await relais.asks("GET", path)).status_code == 500

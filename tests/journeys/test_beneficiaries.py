"""Beneficiaries: enrolled by an association or an admin, verified, renewed, suspended; who reads their names."""

import asyncio
import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from tests.town import Beneficiary, Person, Town, refused
from tests.town.answers import refusal_in

NAMES = ("Amina", "Benali", "1990-05-01", "amina@example.org", "+33 6 12 34 56 78")


async def test_a_beneficiary_reserves_free_lots_only_while_verified(town: Town) -> None:
    relais, lot = await town.an_association(), await town.a_free_lot()

    enrolled = await relais.enrols()
    amina = await _the_beneficiary(town, enrolled)
    before = await amina.asks("GET", f"/lots/{lot.id}")
    await relais.verifies(enrolled["id"])

    assert enrolled.keys() == {"id", "code", "status", "eligible_until", "activation_token"}
    assert re.fullmatch(r"\d{4}-BEN-\d{5}", enrolled["code"])
    assert enrolled["code"].startswith(str((await town.today()).year))
    assert enrolled["status"] == "pending"
    assert before.status_code == 404
    assert (await amina.gets(f"/lots/{lot.id}"))["id"] == str(lot.id)
    assert (await amina.reserves(lot)).status == "confirmed"

    await relais.suspends(enrolled["id"])

    assert (await amina.tries_to_reserve(lot)).code == "lot.not_found"
    assert await town.left(lot) == 4
    await relais.verifies(enrolled["id"])
    assert (await amina.reserves(lot)).status == "confirmed"


async def test_an_activation_token_has_256_bits_and_is_stored_nowhere(town: Town) -> None:
    relais = await town.an_association()
    enrolled = await relais.posts("/beneficiaries", await town.person_fields(), key="amina")
    token = enrolled["activation_token"]

    assert len(urlsafe_b64decode(token + "=")) == 32
    [kept] = await town.rows("select token_hash, purpose from app.one_time_tokens")
    assert (kept["token_hash"], kept["purpose"]) == (sha256(token.encode()).digest(), "activate")
    assert await town.value("select body from app.idempotency_keys") is not None
    for table in await town.rows("select tablename from pg_tables where schemaname in ('app', 'jobs')"):
        rows = await town.value(
            f"select string_agg(t::text, ' ') from {'jobs' if 'procrastinate' in table[0] else 'app'}.{table[0]} t"  # noqa: S608
        )
        assert token not in (rows or "")


async def test_a_repeated_enrolment_enrols_once_and_returns_the_same_token(town: Town) -> None:
    relais, person = await town.an_association(), await town.person_fields()
    answers = await asyncio.gather(*(relais.asks("POST", "/beneficiaries", person, key="amina") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await town.value("select count(*) from app.beneficiaries") == 1
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 1
    other = await relais.asks("POST", "/beneficiaries", {**person, "first_name": "Samir"}, key="amina")
    assert refusal_in(other).code == "idempotency.mismatch"


async def test_only_the_enrolling_association_reads_the_names(town: Town) -> None:
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()
    enrolled = await relais.enrols(email="amina@example.org", phone="+33 6 12 34 56 78", household_size=3)
    path = f"/beneficiaries/{enrolled['id']}"

    own = await relais.gets(path)
    assert own["person"] == {
        "first_name": "Amina",
        "last_name": "Benali",
        "birth_date": "1990-05-01",
        "household_size": 3,
        "email": "amina@example.org",
        "phone": "+33 6 12 34 56 78",
    }
    [listed] = (await relais.gets("/beneficiaries"))["data"]
    no_card_nor_transfer = {"card": None, "card_made_at": None, "transfer_to": None, "transfer_asked_at": None}
    assert own == {**listed, **no_card_nor_transfer}
    # A decision shows no name, so that no answer that is stored for a repeated request holds one.
    assert (await relais.posts(f"{path}/verify"))["person"] is None

    seen = await odile.gets(path)
    assert {**seen, "status": "pending"} == {**own, "person": None}
    for method, asked, body in (
        ("GET", path, None),
        ("GET", "/beneficiaries", None),
        ("POST", f"{path}/suspend", None),
        ("POST", f"{path}/verify", None),
        ("POST", f"{path}/renew", {"eligible_until": "2029-01-01"}),
        ("GET", "/beneficiaries", None),
    ):
        for person in (odile, other):
            answer = (await person.asks(method, asked, body)).text
            assert not any(name in answer for name in NAMES), (method, asked, person)


async def test_nobody_reads_the_names_of_a_person_enrolled_by_an_admin(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    enrolled = await odile.enrols(email="amina@example.org")
    for path in (f"/beneficiaries/{enrolled['id']}", "/beneficiaries"):
        for person in (odile, relais):
            answer = (await person.asks("GET", path)).text
            assert not any(name in answer for name in NAMES)
    assert (await odile.posts(f"/beneficiaries/{enrolled['id']}/verify"))["status"] == "verified"


async def test_nobody_reads_a_beneficiarys_name_or_address_by_sql(town: Town) -> None:
    relais = await town.an_association()
    amina = await town.a_beneficiary(association=relais)
    with pytest.raises(Exception, match="accounts_beneficiary_check"):
        await town.changes("update app.accounts set email = 'amina@example.org' where id = $1", amina.id)
    people = (None, await town.an_admin(), await town.an_association("Autre"), await town.a_merchant(), amina)
    for person in people:
        async with town.sql_as(person) as connection:
            if person is None:
                with pytest.raises(Exception, match="permission denied"):
                    await connection.fetch("select sealed from app.beneficiary_persons")
            else:
                assert await connection.fetch("select sealed from app.beneficiary_persons") == []
    async with town.sql_as(relais) as connection:
        assert b"Amina" not in await connection.fetchval("select sealed from app.beneficiary_persons")
        with pytest.raises(Exception, match="permission denied"):
            async with connection.transaction():
                await connection.fetch("select identity from app.beneficiary_persons")
        with pytest.raises(Exception, match="permission denied"):
            await connection.fetch("select * from key_vault.data_keys")


async def test_a_foreign_beneficiary_answers_as_if_it_did_not_exist(town: Town) -> None:
    amina = await town.a_beneficiary(association=await town.an_association(), status="pending")
    other = await town.an_association("Autre")
    for method, path, body in (
        ("GET", "/beneficiaries/{}", None),
        ("POST", "/beneficiaries/{}/verify", None),
        ("POST", "/beneficiaries/{}/suspend", None),
        ("POST", "/beneficiaries/{}/renew", {"eligible_until": "2029-01-01"}),
    ):
        theirs = (await other.asks(method, path.format(amina.id), body)).json()
        none = (await other.asks(method, path.format(uuid4()), body)).json()
        assert {**theirs, "request_id": ""} == {**none, "request_id": ""}
        assert theirs["code"] == "beneficiary.not_found"
    kept = await town.rows("select status, eligible_until < '2029-01-01' as as_before from app.beneficiaries")
    assert [(row["status"], row["as_before"]) for row in kept] == [("pending", True)]


@pytest.mark.parametrize("status", ["pending", "rejected"])
async def test_an_unverified_association_cannot_enrol_or_verify(town: Town, status: str) -> None:
    relais = await town.an_association(status=status)
    amina = await town.a_beneficiary(association=relais, status="pending")
    assert (await refused(relais.enrols())).code == "access.forbidden"
    assert (await refused(relais.verifies(amina.id))).code == "beneficiary.not_found"
    assert await town.value("select count(*) from app.beneficiaries where status = 'verified'") == 0
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 1


async def test_an_association_rejected_after_verification_reads_no_names(town: Town) -> None:
    relais, odile = await town.an_association(), await town.an_admin()
    enrolled = await relais.enrols()
    path = f"/beneficiaries/{enrolled['id']}"
    named = await relais.gets(path)

    await odile.posts(f"/admin/associations/{relais.id}/verify", {"decision": "rejected", "reason": "dissoute"})

    assert named["person"]["first_name"] == "Amina"
    assert (await relais.gets(path))["person"] is None
    async with town.sql_as(relais) as sql:
        assert await sql.fetch("select sealed from app.beneficiary_persons") == []


async def test_other_roles_cannot_enrol_or_verify_anybody(town: Town) -> None:
    person = await town.person_fields()
    amina = await town.a_beneficiary(status="pending")
    everybody: tuple[Person, ...] = (amina, await town.a_customer(), await town.a_merchant(), await town.a_collector())
    for somebody in everybody:
        assert refusal_in(await somebody.asks("POST", "/beneficiaries", person)).code == "access.forbidden"
        assert refusal_in(await somebody.asks("GET", "/beneficiaries")).code == "access.forbidden"
        verify = await somebody.asks("POST", f"/beneficiaries/{amina.id}/verify")
        assert refusal_in(verify).code == "access.forbidden"
        async with town.sql_as(somebody) as connection:
            with pytest.raises(Exception, match=r"beneficiary\.not_found"):
                await connection.execute("select app.set_beneficiary_status($1, 'verified')", amina.id)
    assert (await town.request("POST", "/v1/beneficiaries", json=person)).status_code == 401
    assert await town.value("select status from app.beneficiaries") == "pending"


async def test_a_right_ends_after_its_last_day_in_paris_until_renewed(town: Town) -> None:
    await town.clock("2026-06-29T12:00:00+02:00")
    relais = await town.an_association()
    lot = await town.a_free_lot(opens_in=timedelta(hours=40))
    amina = await town.a_beneficiary(association=relais, until=await town.today() + timedelta(days=1))

    await town.clock("2026-06-30T23:59:59+02:00")
    assert (await amina.asks("GET", f"/lots/{lot.id}")).status_code == 200
    await town.clock("2026-07-01T00:00:00+02:00")
    assert (await amina.asks("GET", f"/lots/{lot.id}")).status_code == 404
    assert (await amina.tries_to_reserve(lot)).code == "lot.not_found"

    renewed = await relais.posts(f"/beneficiaries/{amina.id}/renew", {"eligible_until": "2026-07-01"})
    assert renewed["eligible_until"] == "2026-07-01"
    assert (await amina.reserves(lot)).status == "confirmed"
    refusal = await refused(relais.posts(f"/beneficiaries/{amina.id}/renew", {"eligible_until": "2026-06-30"}))
    assert (refusal.status, refusal.code) == (422, "beneficiary.right_in_the_past")
    refusal = await refused(relais.posts(f"/beneficiaries/{amina.id}/renew", {"eligible_until": "2031-07-02"}))
    assert (refusal.status, refusal.code) == (422, "beneficiary.right_too_long")
    assert (await relais.gets(f"/beneficiaries/{amina.id}"))["eligible_until"] == "2026-07-01"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"eligible_until": "2020-01-01"}, "beneficiary.right_in_the_past"),
        ({"eligible_until": "9999-12-31"}, "beneficiary.right_too_long"),
        ({"eligible_until": "2207-06-30"}, "beneficiary.right_too_long"),
        ({"eligible_until": 1_900_000_000}, "request.invalid"),
        ({"last_name": "Dial\u200blo"}, "request.invalid"),
        ({"birth_date": "2999-01-01"}, "beneficiary.born_in_the_future"),
        ({"birth_date": "1890-01-01"}, "request.invalid"),
        ({"birth_date": 631152000}, "request.invalid"),
        ({"first_name": ""}, "request.invalid"),
        ({"last_name": "x" * 101}, "request.invalid"),
        ({"household_size": 0}, "request.invalid"),
        ({"email": "nowhere"}, "request.invalid"),
        ({"phone": "call me"}, "request.invalid"),
        ({"code": "2026-BEN-00001"}, "request.invalid"),
        ({"status": "verified"}, "request.invalid"),
        ({"association_id": "01980c5e-5b77-7e90-8c1d-43a0b2f9d6e8"}, "request.invalid"),
        ({"last_name": "a\u0000"}, "body.unreadable"),
    ],
)
async def test_an_invalid_enrolment_is_refused(town: Town, fields: dict[str, Any], code: str) -> None:
    refusal = await refused((await town.an_association()).enrols(**fields))
    assert (refusal.status, refusal.code) == (422, code)
    assert await town.value("select count(*) from app.accounts where role = 'beneficiary'") == 0
    assert await town.value("select count(*) from app.beneficiary_persons") == 0


async def test_an_association_pages_through_its_own_beneficiaries(town: Town) -> None:
    relais, odile = await town.an_association(), await town.an_admin()
    own = sorted([str((await town.a_beneficiary(association=relais)).id) for _ in range(5)])
    foreign = str((await town.a_beneficiary()).id)
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = await relais.gets("/beneficiaries", limit=2, **after)
        pages.append([shown["id"] for shown in page["data"]])
        after = {"after": page["next"]} if page["has_more"] else {}
    assert pages == [own[:2], own[2:4], own[4:]]
    assert [shown["id"] for shown in (await odile.gets("/beneficiaries"))["data"]] == sorted([*own, foreign])


async def _the_beneficiary(town: Town, enrolled: dict[str, Any]) -> Beneficiary:
    """Return the person that was enrolled over HTTP, signed in."""
    account = await town.value("select id from app.accounts where id = $1", enrolled["id"])
    return Beneficiary(town, account, "Amina", None).with_code(enrolled["code"])

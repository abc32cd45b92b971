"""Enrolment by software: mandates, batches of people, what their program is told, and what the association hears."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.settings import settings
from tests.town import ApiClient, Association, Organisation, Person, Town, refused
from tests.town.answers import Refusal, accepted, refusal_in
from tests.visitors import mails

PEOPLE = "/partners/beneficiaries"


async def _mandated(town: Town, *associations: Association) -> ApiClient:
    """Return an API client that these associations have mandated."""
    client = await town.an_api_client(None, "beneficiaries:enrol")
    for association in associations:
        await association.posts("/associations/me/mandates", {"client_id": str(client.id)})
    return client


async def _person(town: Town, external_id: str = "CCAS-1", **fields: Any) -> dict[str, Any]:
    return {**await town.person_fields(), "external_id": external_id, **fields}


async def _sends(town: Town, client: ApiClient, *people: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Send people, let the worker enrol them, and return the batch as the client reads it."""
    taken = accepted(await client.asks("POST", PEOPLE, {"people": list(people), **fields}))
    assert taken.status_code == 202
    await town.worker_runs()
    batch: dict[str, Any] = await client.gets(f"/partners/batches/{taken.json()['id']}")
    assert batch["status"] == "done"
    return batch


def _outcomes(batch: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [
        (one["external_id"], one["outcome"], [error["field"] for error in one["errors"]]) for one in batch["results"]
    ]


async def test_people_are_enrolled_renewed_corrected_and_ended(town: Town) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    today = await town.today()

    batch = await _sends(town, client, await _person(town), await _person(town, "CCAS-2", first_name="Boris"))
    assert _outcomes(batch) == [("CCAS-1", "accepted", []), ("CCAS-2", "accepted", [])]
    listed = {one["person"]["first_name"]: one for one in (await relais.gets("/beneficiaries"))["data"]}
    assert {name: one["status"] for name, one in listed.items()} == {"Amina": "pending", "Boris": "pending"}
    # The association activates as it does after an import.
    await relais.verifies(listed["Amina"]["id"])
    assert (await relais.posts(f"/beneficiaries/{listed['Amina']['id']}/activation"))["activation_token"]

    later = (today + timedelta(days=300)).isoformat()
    changed = await _person(town, eligible_until=later, last_name="Benali-Roux", household_size=4, phone="0388000000")
    assert _outcomes(await _sends(town, client, changed)) == [("CCAS-1", "accepted", [])]
    amina = await relais.gets(f"/beneficiaries/{listed['Amina']['id']}")
    assert (amina["eligible_until"], amina["status"]) == (later, "verified")
    assert (amina["person"]["last_name"], amina["person"]["household_size"]) == ("Benali-Roux", 4)
    assert amina["person"]["phone"] == "0388000000"

    again = await _sends(town, client, changed)
    ended = await _sends(town, client, {"external_id": "CCAS-1", "ended": True}, {"external_id": "X", "ended": True})
    over = await relais.gets(f"/beneficiaries/{amina['id']}")
    assert _outcomes(again) == [("CCAS-1", "accepted", [])]
    assert _outcomes(ended) == [("CCAS-1", "accepted", []), ("X", "accepted", [])]
    assert over["eligible_until"] == (today - timedelta(days=1)).isoformat()
    await _sends(town, client, changed)
    assert (await relais.gets(f"/beneficiaries/{amina['id']}"))["eligible_until"] == later

    noted = await town.rows(
        "select action, actor_id, actor_role from app.audit_entries where actor_role = 'client' order by id"
    )
    assert {row["actor_id"] for row in noted} == {client.id}
    # Sorted, because entries of one millisecond have no order.
    assert sorted(row["action"] for row in noted if row["action"] != "batch.begun") == [
        "beneficiary.enrolled",
        "beneficiary.enrolled",
        "beneficiary.renewed",
        "beneficiary.renewed",
        "beneficiary.right_ended",
        "person.corrected",
    ]


async def test_the_organisation_s_webhooks_hear_of_outcomes(town: Town) -> None:
    relais = await town.an_association()
    client = await town.an_api_client(None, "beneficiaries:enrol", "webhooks")
    await relais.posts("/associations/me/mandates", {"client_id": str(client.id)})
    events = ["beneficiary.accepted.v1", "beneficiary.refused.v1"]
    await client.posts("/webhook-endpoints", {"url": "https://ccas.strasbourg.example/hooks", "events": events})

    first = await _sends(town, client, await _person(town), await _person(town, "CCAS-2", first_name="Léo"))
    second = await _sends(town, client, await _person(town), {"external_id": "wrong"})

    told = await town.rows("select type, path from app.webhook_deliveries order by path, type")
    paths = [f"/v1/partners/batches/{batch['id']}" for batch in (first, second)]
    assert [tuple(row) for row in told] == [(events[0], paths[0]), (events[0], paths[1]), (events[1], paths[1])]


async def test_each_wrong_field_is_said_and_stops_nobody_else(town: Town) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    today = await town.today()

    batch = await _sends(
        town,
        client,
        await _person(town, "right"),
        await _person(town, "early", eligible_until=(today - timedelta(days=1)).isoformat()),
        await _person(town, "late", eligible_until=(today + timedelta(days=3000)).isoformat()),
        await _person(town, "unborn", birth_date=(today + timedelta(days=1)).isoformat()),
        {"external_id": "empty"},
        await _person(town, "wrong", first_name=7, phone="x", unknown="secret"),
    )
    twice = await client.asks("POST", PEOPLE, {"people": [await _person(town), await _person(town)]})
    nameless = await client.asks("POST", PEOPLE, {"people": [await town.person_fields(), "x", {"external_id": ""}]})
    many = await client.asks("POST", PEOPLE, {"people": [{"external_id": str(n), "ended": True} for n in range(1001)]})

    assert _outcomes(batch)[:4] == [
        ("right", "accepted", []),
        ("early", "refused", ["eligible_until"]),
        ("late", "refused", ["eligible_until"]),
        ("unborn", "refused", ["birth_date"]),
    ]
    assert set(_outcomes(batch)[4][2]) == {"first_name", "last_name", "birth_date", "eligible_until"}
    assert set(_outcomes(batch)[5][2]) == {"first_name", "phone", "unknown"}
    assert "secret" not in json.dumps(batch)
    assert refusal_in(twice).body["errors"][0]["code"] == "external_id_twice"
    assert [error["field"] for error in refusal_in(nameless).body["errors"]] == [
        "body.people.0.external_id",
        "body.people.1",
        "body.people.2.external_id",
    ]
    assert many.status_code == 422
    assert await town.value("select count(*) from app.beneficiaries") == 1


async def test_the_answer_does_not_tell_who_is_enrolled_elsewhere(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    client = await _mandated(town, relais)
    elsewhere = await _person(town, "CCAS-1", first_name="Djamila")
    await other.posts("/beneficiaries", {name: value for name, value in elsewhere.items() if name != "external_id"})
    new = await _person(town, "CCAS-2", first_name="Éloïse")

    taken, read = [], []
    for person in (elsewhere, new, elsewhere, new):
        answer = accepted(await client.asks("POST", PEOPLE, {"people": [person]}))
        await town.worker_runs()
        batch = await client.asks("GET", f"/partners/batches/{answer.json()['id']}")
        texts = [one.text.replace(answer.json()["id"], "…") for one in (answer, batch)]
        taken.append(texts[0])
        read.append(texts[1].replace(person["external_id"], "…"))

    assert len(set(taken)) == len(set(read)) == 1
    # The control: an answer that told would be noticed by the same comparison.
    source = await town.value("select pg_get_functiondef('app.client_batch'::regproc)")
    await town.changes(
        source.replace(
            "i.sealed_external, i.outcome",
            "i.sealed_external, case when exists (select from key_vault.partner_enrolments e where e.lookup = i.lookup"
            " and e.beneficiary_id is null) then 'refused' else i.outcome end",
        )
    )
    ids = [row["id"] for row in await town.rows("select id from app.partner_batches order by id")]
    outcomes = {(await client.gets(f"/partners/batches/{one}"))["results"][0]["outcome"] for one in ids}
    assert outcomes == {"accepted", "refused"}
    await town.changes(source)
    # The association tells them apart.
    found = (await relais.gets("/associations/me/enrolled-elsewhere"))["data"]
    assert [(one["external_id"], one["client"]) for one in found] == [("CCAS-1", "Logiciel")]
    assert [one["person"]["first_name"] for one in (await relais.gets("/beneficiaries"))["data"]] == ["Éloïse"]
    wrong = await _sends(town, client, await _person(town, "CCAS-1", birth_date="1800-01-01"))
    assert wrong["results"][0]["outcome"] == "refused"
    told = [mail for mail in await mails(town, relais.email) if "ailleurs" in mail.subject]
    assert len(told) == 2
    assert "Djamila" not in told[0].text
    # Once the person was transferred, the same id is theirs.
    there = (await other.gets("/beneficiaries"))["data"][0]["id"]
    transfer = await other.posts(f"/beneficiaries/{there}/transfer", {"association_id": str(relais.id)})
    await relais.posts(f"/beneficiaries/transfers/{transfer['id']}/accept")
    await _sends(town, client, elsewhere)
    assert (await relais.gets("/associations/me/enrolled-elsewhere"))["data"] == []
    assert len((await relais.gets("/beneficiaries"))["data"]) == 2


async def test_names_and_external_ids_are_sealed_and_codes_never_told(town: Town) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    person = await _person(town, "1 87 04 67 482 001 42", last_name="Zylberstein")

    taken = accepted(await client.asks("POST", PEOPLE, {"people": [person]}))
    waiting = [str(dict(row)) for row in await town.rows("select * from key_vault.partner_people")]
    await town.worker_runs()
    answer = await client.asks("GET", f"/partners/batches/{taken.json()['id']}")
    after = await town.rows("select * from key_vault.partner_people")
    apart = ("key_vault.partner_people", "key_vault.partner_enrolments")
    tables = (*apart, "app.partner_batches", "app.audit_entries", "app.idempotency_keys")
    everything = str([await town.rows(f"select * from {table}") for table in tables])  # noqa: S608  our own words
    jobs = str([dict(row) for row in await town.rows("select args from jobs.procrastinate_jobs")])
    code = await town.value("select code from app.beneficiaries")

    for text in (*waiting, everything, jobs):
        assert "Zylberstein" not in text
        assert person["external_id"] not in text
    assert after[0]["sealed"] is after[0]["wrapped"] is after[0]["identity"] is None
    assert code not in answer.text
    assert "token" not in answer.text


async def test_a_mandate_is_an_owner_s_and_ends_at_once(town: Town) -> None:
    relais, pending = await town.an_association(), await town.an_association("Nouvelle", status="pending")
    client = await town.an_api_client(None, "beneficiaries:enrol")
    reads_only = await town.an_api_client(None, "figures:read")
    organisation = client.made["organisation_id"]
    owner = (
        await town.rows(
            "select a.id, a.email from app.members m join app.accounts a on a.id = m.account_id"
            " where m.organisation_id = $1::text::uuid",
            organisation,
        )
    )[0]
    claire = Person(town, owner["id"], "Claire", owner["email"])
    path = "/associations/me/mandates"

    async def refusal(who: Person, body: dict[str, str]) -> str:
        return refusal_in(await who.asks("POST", path, body)).code

    before = refusal_in(await client.asks("POST", PEOPLE, {"people": [await _person(town)]}))
    assert await refusal(pending, {"client_id": str(client.id)}) == "mandate.association_unverified"
    for unknown in (reads_only.id, uuid4(), (await town.an_api_client(await town.a_shop())).id):
        assert await refusal(relais, {"client_id": str(unknown)}) == "api_client.not_found"
    made = await relais.posts(path, {"client_id": str(client.id)})
    again = await relais.posts(path, {"client_id": str(client.id)})
    seen = (await claire.gets(f"/organisations/{organisation}/mandates"))["data"]
    own = await client.gets("/partners/mandates")
    batch = await _sends(town, client, await _person(town))
    queued = accepted(await client.asks("POST", PEOPLE, {"people": [await _person(town, "CCAS-2", first_name="Léo")]}))
    accepted(await relais.asks("DELETE", f"{path}/{made['id']}"))
    accepted(await relais.asks("DELETE", f"{path}/{made['id']}"))
    after = refusal_in(await client.asks("POST", PEOPLE, {"people": [await _person(town)]}))
    await town.worker_runs()
    left_over = await client.gets(f"/partners/batches/{queued.json()['id']}")

    assert (before.status, before.code) == (after.status, after.code) == (403, "mandate.missing")
    assert again == made
    assert seen == [made]
    assert [one["association"] for one in own["data"]] == ["Le Relais"]
    assert _outcomes(batch) == [("CCAS-1", "accepted", [])]
    assert _outcomes(left_over) == [("CCAS-2", "refused", ["association_id"])]
    assert [one["in_force"] for one in (await relais.gets(path))["data"]] == [False]
    assert (await client.gets("/partners/mandates"))["data"] == []
    subjects = [mail.subject for mail in await mails(town, claire.email)]
    assert [("ne peut plus" in one, "Le Relais" in one) for one in subjects] == [(False, True), (True, True)]
    assert await refusal(await town.an_association("Autre"), {"client_id": str(uuid4())}) == "api_client.not_found"
    assert (await pending.asks("DELETE", f"{path}/{made['id']}")).status_code == 404


async def test_mandates_need_a_second_factor(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", "required")
    settings.cache_clear()
    relais, city = await town.an_association(), await town.an_organisation()
    client = await town.value(
        "insert into app.api_clients (name, organisation_id, territory_code, scopes, expires_at)"
        " values ('CCAS', $1, '67482', '{beneficiaries:enrol}', now() + interval '1 year') returning id",
        city.id,
    )

    without = await refused(relais.posts("/associations/me/mandates", {"client_id": str(client)}))
    session = uuid4()
    await town.changes(
        "insert into app.sessions (id, account_id, factor_at) values ($1, $2, now())", session, relais.id
    )
    relais.token = town._tokens.issue(relais.id, session)
    made = await relais.posts("/associations/me/mandates", {"client_id": str(client)})
    await town.changes("update app.sessions set factor_at = null")
    ending = await relais.asks("DELETE", f"/associations/me/mandates/{made['id']}")

    assert without.code == refusal_in(ending).code == "auth.second_factor_required"
    assert made["in_force"]


async def test_a_client_of_several_associations_says_which(town: Town) -> None:
    relais, port = await town.an_association(), await town.an_association("Port")
    client = await _mandated(town, relais, port)
    person = await _person(town)

    unsaid = await refused(client.posts(PEOPLE, {"people": [person]}))
    others = await refused(client.posts(PEOPLE, {"people": [person], "association_id": str(uuid4())}))
    await _sends(town, client, person, association_id=str(port.id))

    assert (unsaid.status, unsaid.code) == (422, "mandate.which")
    assert (others.status, others.code) == (403, "mandate.missing")
    assert len((await port.gets("/beneficiaries"))["data"]) == 1


async def test_a_batch_sent_again_with_its_key_is_the_same_batch(town: Town) -> None:
    relais = await town.an_association()
    client, stranger = await _mandated(town, relais), await _mandated(town, relais)
    body = {"people": [await _person(town)]}

    first = await client.posts(PEOPLE, body, key="batch-1")
    again = await client.posts(PEOPLE, body, key="batch-1")
    another = await stranger.posts(PEOPLE, body, key="batch-1")
    unseen: Refusal = await refused(stranger.gets(f"/partners/batches/{first['id']}"))

    assert again == first
    assert another["id"] != first["id"]
    assert (unseen.status, unseen.code) == (404, "batch.not_found")
    assert await town.value("select count(*) from app.partner_batches") == 2


async def test_a_worker_that_dies_goes_on_where_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    monkeypatch.setattr("backend.partners.jobs.AT_ONCE", 2)
    people = [await _person(town, str(n), first_name=f"Amina{n}") for n in range(5)]
    taken = await client.posts(PEOPLE, {"people": people})
    # What a worker had done when it died: one step.
    step = "select app.enrol_batch($1::text::uuid, 2, '{}', '{}', '{}', '{}', '{}', '{}', 2)"
    assert await town.value(step, taken["id"]) == 3

    halfway = await client.gets(f"/partners/batches/{taken['id']}")
    await town.worker_runs()
    batch = await client.gets(f"/partners/batches/{taken['id']}")

    assert (halfway["status"], [one["outcome"] for one in halfway["results"]]) == (
        "queued",
        ["accepted"] * 2 + ["queued"] * 3,
    )
    assert {one["outcome"] for one in batch["results"]} == {"accepted"}
    assert await town.value("select count(*) from app.beneficiaries") == 5
    assert await town.value(step, taken["id"]) == 0


async def test_a_person_reads_and_erases_what_a_program_calls_them(town: Town) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    await _sends(town, client, await _person(town, "NIR-42"))
    amina = (await town.rows("select id, code from app.beneficiaries"))[0]

    async with town.sql_as(Person(town, amina["id"], "Amina", None)) as sql:
        own = await sql.fetch("select client, organisation, association from app.own_external_ids()")
    accepted(await relais.asks("DELETE", f"/beneficiaries/{amina['id']}"))

    assert [tuple(row) for row in own] == [("Logiciel", "Ville de Strasbourg", "Le Relais")]
    assert await town.value("select count(*) from key_vault.partner_enrolments") == 0
    assert await town.value("select count(*) from key_vault.partner_people") == 0
    # Sent again, they are somebody new.
    await _sends(town, client, await _person(town, "NIR-42"))
    assert await town.value("select count(*) from app.beneficiaries where status = 'pending'") == 1


async def test_a_person_enrolled_by_the_association_gets_the_external_id(town: Town) -> None:
    relais = await town.an_association()
    client = await _mandated(town, relais)
    enrolled = await relais.enrols()
    until = (await town.today() + timedelta(days=250)).isoformat()

    await _sends(town, client, await _person(town, eligible_until=until), await _person(town, "CCAS-1 bis"))
    await _sends(town, client, await _person(town, eligible_until=until))

    assert (await relais.gets(f"/beneficiaries/{enrolled['id']}"))["eligible_until"] == until
    assert await town.value("select count(*) from app.beneficiaries") == 1
    assert await town.value("select count(*) from key_vault.partner_enrolments where beneficiary_id is not null") == 2


async def test_a_closed_organisation_s_client_enrols_nobody(town: Town) -> None:
    relais, odile = await town.an_association(), await town.an_admin()
    client = await _mandated(town, relais)
    await client.signs_in()
    city = Organisation(client.made["organisation_id"], await town.a_customer(), "67482")
    accepted(await client.asks("POST", PEOPLE, {"people": [await _person(town)]}))

    accepted(await odile.asks("PATCH", f"/organisations/{city.id}", {"status": "closed"}))
    refusal = refusal_in(await client.asks("POST", PEOPLE, {"people": [await _person(town)]}))
    await town.worker_runs()

    assert refusal.code == "access.unauthenticated"
    assert await town.value("select count(*) from app.beneficiaries") == 0


async def test_nothing_that_programs_send_of_people_is_in_ordinary_backups(town: Town) -> None:
    where = await town.rows(
        "select distinct table_schema, table_name from information_schema.columns"
        " where column_name = 'sealed_external' or column_name = 'activation_hash' order by 2"
    )
    # Only the newest backup of this schema is kept (docs/privacy.md), so what is erased is gone from it.
    assert [tuple(row) for row in where] == [("key_vault", "partner_enrolments"), ("key_vault", "partner_people")]

"""Members of an association: staff enrol people under their own name, readers read figures, until they are removed."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.town import Association, Town, refused
from tests.town.answers import accepted
from tests.town.people import Person
from tests.visitors import mails

FILE = "first_name;last_name;birth_date;eligible_until\nJeanne;Martin;1980-02-03;{until}\n"


async def _joins(town: Town, person: Person, association: Association, role: str = "staff") -> str:
    """Let an association's owner invite a person, and the person accept; return the member's id."""
    await association.posts("/associations/me/members", {"email": person.email, "role": role})
    mail = (await mails(town, person.email))[-1]
    joined = await person.posts(f"/invitations/{mail.token}/accept")
    assert (joined["kind"], joined["id"], joined["role"]) == ("association", str(association.id), role)
    return str(joined["member_id"])


async def _changes(owner: Person, member: str, role: str) -> Any:
    return accepted(await owner.asks("PATCH", f"/associations/me/members/{member}", {"role": role})).json()


async def _removes(owner: Person, member: str, **params: str) -> None:
    accepted(await owner.asks("DELETE", f"/associations/me/members/{member}", params=params))


def _as_enroller(person: Person) -> Association:
    """Return the person with an association's verbs; the account keeps its role."""
    return Association(person.town, person.id, person.name, person.email)


async def test_staff_enrol_verify_and_make_cards_under_their_own_name(town: Town) -> None:
    relais = await town.an_association("Le Relais")
    lea = _as_enroller(await town.a_customer("Léa"))
    assert (await refused(lea.enrols())).code == "access.forbidden"
    await _joins(town, lea, relais)

    enrolled = await lea.enrols()
    await lea.verifies(enrolled["id"])
    sheet = await lea.asks("POST", "/beneficiaries/cards", {"beneficiary_ids": [enrolled["id"]]})
    kiosk = await lea.posts("/kiosks", {"name": "Accueil"})
    person = (await lea.gets(f"/beneficiaries/{enrolled['id']}"))["person"]

    assert sheet.status_code == 200
    assert person["last_name"] == "Benali"
    assert [one["id"] for one in (await lea.gets("/beneficiaries"))["data"]] == [enrolled["id"]]
    # It is the association's work: its owner sees the same, and nobody else does.
    assert (await relais.gets(f"/beneficiaries/{enrolled['id']}"))["person"] == person
    assert [one["id"] for one in (await relais.gets("/kiosks"))["data"]] == [kiosk["id"]]
    assert await town.value("select association_id from app.beneficiaries") == relais.id
    # But each line of the audit log names the person, and for which association.
    noted = await town.rows(
        "select action, actor_id, actor_role, detail ->> 'association' as acting from app.audit_entries"
        " where subject in ('beneficiary', 'kiosk') and actor_id <> $1 order by id",
        relais.id,
    )
    assert {row["actor_id"] for row in noted} == {lea.id}
    assert {row["acting"] for row in noted} == {str(relais.id)}
    assert {row["action"] for row in noted} >= {
        "beneficiary.enrolled",
        "beneficiary.verified",
        "card.made",
        "person.opened",
    }
    export = await town.rows(
        "select action from app.audit_entries where actor_id = $1 and action like 'member%'", lea.id
    )
    assert [row["action"] for row in export] == ["member.joined"]
    # Owners alone edit the association and its members.
    assert (await lea.asks("PATCH", "/associations/me", {"phone": "0388000000"})).status_code == 404
    assert (await lea.asks("GET", "/associations/me/members")).status_code == 404


async def test_a_beneficiary_is_told_which_association_opened_their_data(town: Town) -> None:
    relais = await town.an_association("Le Relais")
    lea = _as_enroller(await town.a_customer("Léa"))
    await _joins(town, lea, relais)
    amina = await town.a_beneficiary(association=relais)
    await lea.gets(f"/beneficiaries/{amina.id}")

    async with town.sql_as(amina) as sql:
        rows = await sql.fetch("select content from app.export_account() where file = 'audit_about_me'")

    assert "Le Relais" in rows[0]["content"]
    assert str(lea.id) not in rows[0]["content"]


async def test_readers_read_figures_and_no_persons(town: Town) -> None:
    relais = await town.an_association()
    paul = _as_enroller(await town.a_merchant("Paul"))
    await _joins(town, paul, relais, "reader")
    enrolled = await relais.enrols()

    assert (await paul.gets("/associations/me/figures"))["enrolled"] == 1
    assert len((await paul.gets("/associations/me/activity"))["months"]) == 12
    assert (await paul.gets("/associations/me"))["name"] == "Le Relais"
    for method, path, body in (
        ("GET", "/beneficiaries", None),
        ("GET", f"/beneficiaries/{enrolled['id']}", None),
        ("POST", "/beneficiaries", await town.person_fields()),
        ("POST", f"/beneficiaries/{enrolled['id']}/verify", None),
        ("POST", "/beneficiaries/cards", {"beneficiary_ids": [enrolled["id"]]}),
        ("GET", "/beneficiaries/transfers", None),
        ("POST", "/kiosks", {"name": "Accueil"}),
        ("PATCH", "/associations/me", {"phone": "0388000000"}),
        ("GET", "/associations/me/members", None),
    ):
        answer = await paul.asks(method, path, body, key=str(uuid4()) if method == "POST" else None)
        assert answer.status_code in (403, 404), (method, path, answer.text)
    assert await town.value("select status from app.beneficiaries") == "pending"


async def test_a_removed_staff_member_reads_and_does_nothing_more(town: Town) -> None:
    relais = await town.an_association()
    lea = _as_enroller(await town.a_customer("Léa"))
    member = await _joins(town, lea, relais)
    fields, key = await town.person_fields(), str(uuid4())
    enrolled = await lea.posts("/beneficiaries", fields, key=key)
    assert (await lea.posts("/beneficiaries", fields, key=key)) == enrolled
    kiosk = await lea.posts("/kiosks", {"name": "Accueil"})
    transfer = await lea.posts(
        f"/beneficiaries/{enrolled['id']}/transfer", {"association_id": str((await town.an_association("Autre")).id)}
    )

    await _removes(relais, member)

    until = await town.today() + timedelta(days=100)
    for method, path, body in (
        ("POST", "/beneficiaries", fields),  # with the key whose answer was kept
        ("GET", "/beneficiaries", None),
        ("GET", f"/beneficiaries/{enrolled['id']}", None),
        ("PATCH", f"/beneficiaries/{enrolled['id']}", {"household_size": 3}),
        ("POST", f"/beneficiaries/{enrolled['id']}/verify", None),
        ("POST", f"/beneficiaries/{enrolled['id']}/activation", None),
        ("DELETE", f"/beneficiaries/{enrolled['id']}", None),
        ("POST", "/beneficiaries/find", {k: fields[k] for k in ("first_name", "last_name", "birth_date")}),
        ("POST", "/beneficiaries/cards", {"beneficiary_ids": [enrolled["id"]]}),
        ("GET", f"/beneficiaries/{enrolled['id']}/card", None),
        ("GET", "/beneficiaries/imports", None),
        ("GET", "/beneficiaries/transfers", None),
        ("POST", f"/beneficiaries/transfers/{transfer['id']}/withdraw", None),
        ("POST", f"/kiosks/{kiosk['id']}/revoke", None),
        ("GET", "/kiosks", None),
        ("GET", "/associations/me", None),
        ("GET", "/associations/me/figures", None),
        ("GET", "/associations/me/activity.csv", None),
        ("GET", "/agreements", None),
    ):
        answer = await lea.asks(method, path, body, key=key if path == "/beneficiaries" and method == "POST" else None)
        assert answer.status_code in (403, 404), (method, path, answer.text)
    file = await lea.asks(
        "POST", "/beneficiaries/import", content=FILE.format(until=until).encode(), headers={"Content-Type": "text/csv"}
    )
    assert file.status_code == 403
    assert await town.value("select status from app.beneficiaries") == "pending"
    assert await town.value("select count(*) from app.idempotency_keys where scope = $1", lea.id) == 0


async def test_members_of_two_associations_must_name_one(town: Town) -> None:
    relais, paniers = await town.an_association("Le Relais"), await town.an_association("Les Paniers")
    lea = _as_enroller(await town.a_customer("Léa"))
    await _joins(town, lea, relais)
    await _joins(town, lea, paniers)
    foreign = await town.an_association("Ailleurs")
    person = await town.person_fields()

    async def asks(method: str, path: str, body: Any = None, association: UUID | None = None) -> Any:
        params = {"association": str(association)} if association else None
        return await lea.asks(method, path, body, params=params)

    assert (await refused(lea.enrols())).code == "association.which"
    assert (await refused(lea.gets("/associations/me/figures"))).code == "association.which"
    assert (await refused(lea.gets("/beneficiaries"))).code == "association.which"
    assert (await asks("POST", "/beneficiaries", person, foreign.id)).json()["code"] == "association.not_found"
    enrolled = accepted(await asks("POST", "/beneficiaries", person, paniers.id)).json()
    assert await town.value("select association_id from app.beneficiaries") == paniers.id
    assert (await asks("GET", "/beneficiaries", None, relais.id)).json()["data"] == []
    assert len((await asks("GET", "/beneficiaries", None, paniers.id)).json()["data"]) == 1
    assert (await asks("GET", "/associations/me/figures", None, paniers.id)).json()["enrolled"] == 1
    assert (await asks("GET", "/associations/me", None, relais.id)).json()["name"] == "Le Relais"
    until = await town.today() + timedelta(days=100)
    imported = await lea.asks(
        "POST",
        "/beneficiaries/import",
        content=FILE.format(until=until).encode(),
        headers={"Content-Type": "text/csv"},
        params={"association": str(relais.id)},
    )
    assert accepted(imported).json()["enrolled"] == 1
    assert await town.value("select count(*) from app.beneficiaries where association_id = $1", relais.id) == 1
    # What is about one person needs no association to be named.
    await lea.verifies(enrolled["id"])
    assert (await relais.asks("GET", f"/beneficiaries/{enrolled['id']}")).status_code == 404


async def test_an_association_goes_on_without_the_account_that_began_it(town: Town) -> None:
    relais = await town.an_association("Le Relais")
    lea = _as_enroller(await town.a_customer("Léa"))
    enrolled = await relais.enrols()
    kiosk = await relais.posts("/kiosks", {"name": "Accueil"})
    own = (await relais.gets("/associations/me/members"))["data"][0]["id"]
    assert (await refused(_removes(relais, own))).code == "member.last_owner"
    await _changes(relais, await _joins(town, lea, relais), "owner")

    await _removes(relais, own)
    assert (await relais.asks("GET", f"/beneficiaries/{enrolled['id']}")).status_code == 404
    assert (await relais.asks("GET", "/associations/me")).status_code == 404
    await town.changes("select app.erase_account($1, 'asked')", relais.id)

    assert await town.value("select owner_id from app.associations where id = $1", relais.id) == lea.id
    assert (await lea.gets("/associations/me"))["name"] == "Le Relais"
    assert (await lea.gets(f"/beneficiaries/{enrolled['id']}"))["person"]["last_name"] == "Benali"
    assert (
        await town.value("select app.kiosk_works(k) from app.kiosks k where k.id = $1::text::uuid", kiosk["id"]) is True
    )
    # The last owner cannot leave people behind, and closes the association when nobody is left.
    erase = "select app.erase_account($1, 'asked')"
    assert await _refusal(town, erase, lea.id) == "account.has_beneficiaries"
    await town.changes("select app.erase_account($1::text::uuid, 'asked')", enrolled["id"])
    await town.changes(erase, lea.id)
    assert await town.rows("select from app.members") == []
    [closed] = await town.rows("select name, status from app.associations")
    assert tuple(closed) == ("-", "closed")


async def _refusal(town: Town, statement: str, *arguments: Any) -> str:
    try:
        await town.changes(statement, *arguments)
    except asyncpg.PostgresError as refusal:
        return refusal.message or ""
    return ""


async def test_nobody_works_for_an_association_whose_owner_is_suspended(town: Town) -> None:
    relais, odile = await town.an_association(), await town.an_admin()
    lea = _as_enroller(await town.a_customer("Léa"))
    await _joins(town, lea, relais)

    await odile.suspends_account(relais)
    assert (await refused(lea.enrols())).code == "access.forbidden"
    await odile.restores_account(relais)
    await lea.enrols()


async def test_mails_to_an_association_reach_whoever_answers_for_it(town: Town) -> None:
    relais, receiver = await town.an_association("Le Relais"), await town.an_association("Les Paniers")
    lea = await town.a_customer("Léa")
    enrolled = await relais.enrols()
    own = (await receiver.gets("/associations/me/members"))["data"][0]["id"]
    await _changes(receiver, await _joins(town, lea, receiver), "owner")
    await _removes(receiver, own)

    transfer = await relais.posts(f"/beneficiaries/{enrolled['id']}/transfer", {"association_id": str(receiver.id)})
    assert any(enrolled["code"] in mail.text for mail in await mails(town, lea.email))
    accepted_one = await lea.posts(f"/beneficiaries/transfers/{transfer['id']}/accept")

    assert accepted_one["status"] == "accepted"
    assert await town.value("select association_id from app.beneficiaries") == receiver.id


async def test_a_beneficiary_on_the_staff_decides_about_others_only(town: Town) -> None:
    relais = await town.an_association()
    amina = _as_enroller(await town.a_beneficiary(association=relais, status="pending"))
    await town.changes(
        "insert into app.members (association_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        relais.id,
        amina.id,
    )
    other = await town.a_beneficiary("Nadia", association=relais, status="pending")

    await amina.verifies(other.id)
    for path, body in (("verify", None), ("renew", {"eligible_until": "2027-01-31"}), ("activation", None)):
        refusal = await refused(amina.posts(f"/beneficiaries/{amina.id}/{path}", body))
        assert refusal.code == "beneficiary.not_found", path
    assert (await refused(amina.posts("/beneficiaries/cards", {"beneficiary_ids": [str(amina.id)]}))).code == (
        "beneficiary.not_found"
    )
    assert await town.value("select status from app.beneficiaries where id = $1", amina.id) == "pending"

"""Beneficiaries are found, corrected, given a new activation token and transferred to another association."""

from typing import Any
from uuid import uuid4

import pytest

from tests.town import Town, refused
from tests.town.answers import accepted, refusal_in
from tests.visitors import Mail, Visitor, mails

NAMES = ("Amina", "Benali", "1990-05-01", "amina@example.org")


async def test_only_their_own_association_finds_a_beneficiary_by_name(town: Town) -> None:
    relais, other, odile = await town.an_association(), await town.an_association("Autre"), await town.an_admin()
    enrolled = await relais.enrols(household_size=2)
    who = {"first_name": "AMINA", "last_name": "bénali", "birth_date": "1990-05-01"}

    found = await relais.posts("/beneficiaries/find", who)
    assert (found["id"], found["person"]["first_name"]) == (enrolled["id"], "Amina")
    theirs = refusal_in(await other.asks("POST", "/beneficiaries/find", who))
    nobody = refusal_in(await other.asks("POST", "/beneficiaries/find", {**who, "first_name": "Personne"}))
    assert (theirs.status, theirs.code) == (nobody.status, nobody.code) == (404, "beneficiary.not_found")
    assert refusal_in(await odile.asks("POST", "/beneficiaries/find", who)).code == "access.forbidden"
    sought = await town.rows(
        "select actor_id, subject_id, detail from app.audit_entries where action = 'beneficiary.sought' order by id"
    )
    assert [(row["actor_id"], str(row["subject_id"]), row["detail"]) for row in sought] == [
        (relais.id, enrolled["id"], None), (other.id, "None", None), (other.id, "None", None),
    ]  # fmt: skip

    # The list can be filtered by status, by the end of the right and by code.
    until = enrolled["eligible_until"]
    for person in (relais, odile):
        for asked, there in (
            ({"status": "pending"}, True), ({"status": "verified"}, False),
            ({"code": enrolled["code"].lower()}, True), ({"code": "1999-BEN-00000"}, False),
            ({"ending_before": until}, False), ({"ending_before": "2999-01-01"}, True),
        ):  # fmt: skip
            page = await person.gets("/beneficiaries", **asked)
            assert [one["id"] for one in page["data"]] == [enrolled["id"]] * there, asked
    assert (await other.gets("/beneficiaries", status="pending"))["data"] == []
    wrong = await relais.asks("GET", "/beneficiaries", params={"status": "gone"})
    assert refusal_in(wrong).code == "request.invalid"

    # Each way to test whether a person is enrolled elsewhere is recorded in the audit log.
    samir = await other.enrols(first_name="Samir")
    enrol = {**await town.person_fields(), **who}
    tried = [
        await other.asks("POST", "/beneficiaries", enrol, headers={"Idempotency-Key": "tried"}),
        await other.asks("POST", "/beneficiaries", enrol, headers={"Idempotency-Key": "tried"}),
        await other.asks("PATCH", f"/beneficiaries/{samir['id']}", who),
    ]
    assert {refusal_in(answer).code for answer in tried} == {"beneficiary.already_enrolled"}
    assert refusal_in(await relais.asks("POST", "/beneficiaries", enrol)).code == "beneficiary.already_enrolled"
    traces = await town.rows(
        "select actor_id, subject_id from app.audit_entries where action = 'beneficiary.found_elsewhere'"
    )
    assert [(row["actor_id"], str(row["subject_id"])) for row in traces] == [(other.id, enrolled["id"])] * 3
    assert (await other.gets(f"/beneficiaries/{samir['id']}"))["person"]["first_name"] == "Samir"


async def test_a_beneficiarys_name_can_be_corrected_and_stays_sealed(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    amina = await relais.enrols(email="amina@example.org", household_size=3)
    zoe = await relais.enrols(first_name="Zoé")
    path = f"/beneficiaries/{amina['id']}"
    read = await relais.asks("GET", path)

    change: dict[str, Any] = {"last_name": "Diallo", "household_size": None, "phone": "0612345678"}
    changed = await relais.asks("PATCH", path, change, headers={"If-Match": read.headers["etag"]})
    assert accepted(changed).json()["person"] == {
        **read.json()["person"], "last_name": "Diallo", "household_size": None, "phone": "0612345678",
    }  # fmt: skip
    late = await relais.asks("PATCH", path, {"last_name": "Trop tard"}, headers={"If-Match": read.headers["etag"]})
    assert refusal_in(late).code == "precondition.failed"
    # She is found by the new name. The old name now belongs to nobody, so it can be enrolled.
    who = {"first_name": "Amina", "last_name": "Diallo", "birth_date": "1990-05-01"}
    assert (await relais.posts("/beneficiaries/find", who))["id"] == amina["id"]
    namesake = await other.enrols()
    for body, code in (
        ({"first_name": "Zoé", "last_name": "Benali"}, "beneficiary.already_enrolled"),
        ({"last_name": "Benali"}, "beneficiary.already_enrolled"),
        ({"birth_date": "2999-01-01"}, "beneficiary.born_in_the_future"),
        ({"first_name": None}, "request.invalid"),
        ({"eligible_until": "2099-01-01"}, "request.invalid"),
    ):
        assert refusal_in(await relais.asks("PATCH", path, body)).code == code
    for person in (other, await town.an_admin()):
        refusal = refusal_in(await person.asks("PATCH", path, {"last_name": "Volé"}))
        assert refusal.code in ("beneficiary.not_found", "access.forbidden")
    assert (await relais.gets(path))["person"]["last_name"] == "Diallo"
    assert len({amina["id"], zoe["id"], namesake["id"]}) == 3
    async with town.sql_as(relais) as sql:
        sealed = await sql.fetchval("select sealed from app.beneficiary_persons where beneficiary_id = $1", amina["id"])
        assert b"Diallo" not in sealed
    noted = "select count(*) from app.audit_entries where action = 'person.corrected' and subject_id = $1"
    assert await town.value(noted, amina["id"]) == 1


async def test_a_new_activation_token_ends_the_former_one_and_all_sessions(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    enrolled = await relais.enrols()
    path = f"/beneficiaries/{enrolled['id']}/activation"

    renewed = await relais.posts(path, key="anew")
    assert (await relais.posts(path, key="anew")) == renewed
    lost = await town.request(
        "POST",
        "/v1/auth/activate",
        json={"activation_token": enrolled["activation_token"], "password": "un long mot de passe"},
    )
    assert refusal_in(lost).code == "auth.invalid_one_time_token"
    first = await town.request(
        "POST", "/v1/auth/activate",
        json={"activation_token": renewed["activation_token"], "password": "un long mot de passe"},
    )  # fmt: skip
    refresh = {"refresh_token": accepted(first).json()["refresh_token"]}

    again = await relais.posts(path)
    over = await town.request("POST", "/v1/auth/refresh", json=refresh)
    assert refusal_in(over).code == "auth.session_over"
    second = await town.request(
        "POST", "/v1/auth/activate",
        json={"activation_token": again["activation_token"], "password": "un autre mot de passe"},
    )  # fmt: skip
    assert second.status_code == 200
    assert refusal_in(await other.asks("POST", path)).code == "beneficiary.not_found"
    assert (
        await town.value("select count(*) from app.audit_entries where action = 'beneficiary.activation_renewed'") == 2
    )


async def test_a_new_activation_token_is_limited_and_told_to_the_person(town: Town) -> None:
    relais, port, odile = await town.an_association(), await town.an_association("Le Port"), await town.an_admin()
    enrolled = await relais.enrols()
    path, amina = f"/beneficiaries/{enrolled['id']}/activation", Visitor(town)
    chosen = {"password": "un long mot de passe", "email": "amina@example.org"}
    await amina.posts("/auth/activate", {"activation_token": enrolled["activation_token"], **chosen})
    [asked] = await mails(town)
    await relais.posts(path)
    assert len(await mails(town)) == 1  # no mail to an unconfirmed address, which may be a stranger's
    await amina.posts("/auth/verify-email", {"token": asked.token, "password": chosen["password"]})
    token = (await relais.posts(path))["activation_token"]

    # With a token an admin could sign in as her and read her name, so they get none, not even for whom admins enrolled.
    assert refusal_in(await odile.asks("POST", path)).code == "access.forbidden"
    theirs = await odile.posts("/beneficiaries", {**await town.person_fields(), "first_name": "Inès"})
    for admin in (odile, await town.an_admin("Ada")):
        refusal = refusal_in(await admin.asks("POST", f"/beneficiaries/{theirs['id']}/activation"))
        assert refusal.code == "access.forbidden"
    [told] = (await mails(town))[1:]
    assert (told.to, told.subject) == ("amina@example.org", "Un nouvel accès à votre compte EcoPanier")

    # A token that the former association kept is invalid after the transfer.
    away = f"/beneficiaries/{enrolled['id']}/transfer"
    going = await relais.posts(away, {"association_id": str(port.id)})
    await port.posts(f"/beneficiaries/transfers/{going['id']}/accept")
    late = await amina.asks("POST", "/auth/activate", {"activation_token": token, "password": "un autre mot de passe"})
    assert refusal_in(late).code == "auth.invalid_one_time_token"
    await amina.signs_in("amina@example.org", password=chosen["password"])
    # The first token of a beneficiary who never signed in stays valid: it may already be on paper.
    samir = await relais.enrols(first_name="Samir")
    moved = f"/beneficiaries/{samir['id']}/transfer"
    going = await relais.posts(moved, {"association_id": str(port.id)})
    await port.posts(f"/beneficiaries/transfers/{going['id']}/accept")
    await amina.posts("/auth/activate", {"activation_token": samir["activation_token"], "password": "encore un autre"})


async def test_a_new_activation_invalidates_tokens_mailed_before_it(town: Town) -> None:
    relais, amina = await town.an_association(), Visitor(town)
    enrolled = await relais.enrols()

    async def activates(token: str, **fields: str) -> None:
        await amina.posts("/auth/activate", {"activation_token": token, "password": "un long mot de passe", **fields})

    await activates(enrolled["activation_token"], email="before@example.org")
    before = (await mails(town))[-1].token
    for way in ("verify-email", "reset-password"):
        again = (await relais.posts(f"/beneficiaries/{enrolled['id']}/activation"))["activation_token"]
        await activates(again, **({"email": "after@example.org"} if way == "verify-email" else {}))
        new = {"password": "celui de quelqu'un d'autre"} if way == "reset-password" else {}
        late = await amina.asks("POST", f"/auth/{way}", {"token": before, **new})
        assert refusal_in(late).code == "auth.invalid_one_time_token", way
        if way == "verify-email":
            held = {"token": (await mails(town))[-1].token, "password": "un long mot de passe"}
            await amina.posts("/auth/verify-email", held)
            await amina.posts("/auth/forgot-password", {"email": "after@example.org"})
            before = (await mails(town))[-1].token


async def test_an_accepted_transfer_changes_who_reads_and_decides(town: Town) -> None:
    relais, port, third = [await town.an_association(name) for name in ("Le Relais", "Le Port", "Ailleurs")]
    odile = await town.an_admin()
    enrolled = await relais.enrols(email="amina@example.org", household_size=4)
    path = f"/beneficiaries/{enrolled['id']}"
    there = {"association_id": str(port.id)}

    asked = await relais.posts(f"{path}/transfer", there, key="once")
    assert (await relais.posts(f"{path}/transfer", there, key="once")) == asked
    [coming] = (await port.gets("/beneficiaries/transfers", status="pending"))["data"]
    assert coming == asked
    assert (coming["code"], coming["from_association"], coming["to_association"]) == (
        enrolled["code"], "Le Relais", "Le Port",
    )  # fmt: skip
    # Before it is accepted, the receiving association reads nothing of the person.
    listed = (await port.asks("GET", "/beneficiaries/transfers")).text
    assert not any(name in listed for name in NAMES)
    assert refusal_in(await port.asks("GET", path)).code == "beneficiary.not_found"
    for person, first_name in ((relais, "Amina"), (odile, None)):
        shown = await person.gets(path)
        assert (shown["transfer_to"], shown["transfer_asked_at"]) == ("Le Port", asked["asked_at"])
        assert (shown["person"] or {}).get("first_name") == first_name
    assert (await third.gets("/beneficiaries/transfers"))["data"] == []
    for person, transfer, how, code in (
        (third, asked["id"], "accept", "transfer.not_found"),
        (relais, asked["id"], "accept", "transfer.not_found"),
        (port, asked["id"], "withdraw", "transfer.not_found"),
        (port, str(uuid4()), "accept", "transfer.not_found"),
        (odile, asked["id"], "accept", "access.forbidden"),
    ):
        assert refusal_in(await person.asks("POST", f"/beneficiaries/transfers/{transfer}/{how}")).code == code
    assert (await refused(relais.posts(f"{path}/transfer", there))).code == "transfer.pending"

    done = await port.posts(f"/beneficiaries/transfers/{asked['id']}/accept")
    assert (done["status"], done["eligible_until"]) == ("accepted", enrolled["eligible_until"])
    own = await port.gets(path)
    assert (own["person"]["first_name"], own["person"]["household_size"], own["transfer_to"]) == ("Amina", 4, None)
    await port.verifies(enrolled["id"])
    for method, way, body in (
        ("GET", path, None), ("POST", f"{path}/verify", None), ("POST", f"{path}/activation", None),
        ("PATCH", path, {"first_name": "Volée"}), ("POST", f"{path}/transfer", there),
    ):  # fmt: skip
        assert refusal_in(await relais.asks(method, way, body)).code == "beneficiary.not_found", way
    for sender, sees in ((relais, 0), (port, 1), (odile, 0)):
        async with town.sql_as(sender) as sql:
            assert (
                await sql.fetchval("select count(*) from app.open_persons(array[$1::uuid], 'read')", own["id"]) == sees
            )
            assert await sql.fetchval("select count(*) from app.beneficiary_persons") == sees
    # The former association keeps the transfer in its history, without the later end of the right.
    [gone] = (await relais.gets("/beneficiaries/transfers"))["data"]
    assert (gone["status"], gone["eligible_until"]) == ("accepted", None)
    assert (await refused(port.posts(f"/beneficiaries/transfers/{asked['id']}/decline"))).code == "transfer.over"

    # A transfer can be declined or withdrawn, also by an admin.
    for ends, how, status in ((third, "decline", "declined"), (port, "withdraw", "withdrawn")):
        again = await port.posts(f"{path}/transfer", {"association_id": str(third.id)})
        ended = await ends.posts(f"/beneficiaries/transfers/{again['id']}/{how}")
        assert ended["status"] == status
    pending = await port.posts(f"{path}/transfer", {"association_id": str(third.id)})
    assert (
        await refused(odile.posts(f"{path}/transfer", {"association_id": str(relais.id)}))
    ).code == "transfer.pending"
    ended = await odile.posts(f"/beneficiaries/transfers/{pending['id']}/withdraw")
    assert (ended["status"], ended["waits_for"]) == ("withdrawn", None)
    assert (await refused(third.posts(f"/beneficiaries/transfers/{pending['id']}/accept"))).code == "transfer.over"
    assert (await port.gets(path))["person"]["first_name"] == "Amina"
    listed = (await odile.asks("GET", "/beneficiaries/transfers")).text
    assert not any(name in listed for name in NAMES)
    new = await town.an_association("Neuve", status="pending")
    for target, code in ((new.id, "association.not_found"), (port.id, "transfer.already_there")):
        refusal = await refused(port.posts(f"{path}/transfer", {"association_id": str(target)}))
        assert refusal.code == code
    actions = await town.rows(
        "select action from app.audit_entries where action like 'beneficiary.transfer%' order by id"
    )
    assert [row["action"].removeprefix("beneficiary.") for row in actions] == [
        "transfer_asked", "transfer_accepted", "transfer_asked", "transfer_declined", "transfer_asked",
        "transfer_withdrawn", "transfer_asked", "transfer_withdrawn",
    ]  # fmt: skip


async def test_an_admins_transfer_waits_for_the_giving_association(town: Town) -> None:
    relais, facade = await town.an_association("Le Relais"), await town.an_association("Façade")
    odile, ada = await town.an_admin(), await town.an_admin("Ada")
    enrolled = await relais.enrols()
    path, there = f"/beneficiaries/{enrolled['id']}", {"association_id": str(facade.id)}

    asked = await odile.posts(f"{path}/transfer", there)

    assert (asked["status"], asked["waits_for"]) == ("pending", "giver")
    end = f"/beneficiaries/transfers/{asked['id']}"
    for who, code in ((odile, "access.forbidden"), (ada, "access.forbidden"), (facade, "transfer.not_found")):
        for how in ("accept", "decline"):
            assert refusal_in(await who.asks("POST", f"{end}/{how}")).code == code
    assert refusal_in(await relais.asks("POST", f"{end}/withdraw")).code == "transfer.not_found"
    assert refusal_in(await facade.asks("GET", path)).code == "beneficiary.not_found"
    declined = await relais.posts(f"{end}/decline")
    assert (declined["status"], declined["waits_for"]) == ("declined", None)
    assert (await relais.gets(path))["person"]["first_name"] == "Amina"

    again = await odile.posts(f"{path}/transfer", there)
    await relais.posts(f"/beneficiaries/transfers/{again['id']}/accept")
    assert (await facade.gets(path))["person"]["first_name"] == "Amina"
    assert refusal_in(await relais.asks("GET", path)).code == "beneficiary.not_found"


def one_line(mail: Mail) -> str:
    return " ".join(mail.text.split())


@pytest.mark.parametrize("giver", ["rejected", "suspended", "none"])
async def test_a_second_admin_answers_where_no_association_can(town: Town, giver: str) -> None:
    relais, port = await town.an_association("Le Relais"), await town.an_association("Le Port")
    odile, ada, lea = await town.an_admin(), await town.an_admin("Ada"), await town.an_admin("Lea")
    accepted(await lea.asks("PATCH", "/me", {"locale": "en"}))
    enroller: Any = odile if giver == "none" else relais
    enrolled = await enroller.posts("/beneficiaries", await town.person_fields())
    if giver == "suspended":
        await odile.suspends_account(relais)
    elif giver == "rejected":
        await odile.posts(f"/admin/associations/{relais.id}/verify", {"decision": "rejected", "reason": "dissoute"})

    asked = await odile.posts(f"/beneficiaries/{enrolled['id']}/transfer", {"association_id": str(port.id)})
    assert asked["waits_for"] == "admin"
    await town.worker_runs()
    (to_ada,), (to_lea,) = await mails(town, str(ada.email)), await mails(town, str(lea.email))
    assert enrolled["code"] in to_ada.subject
    assert "Vous pouvez l'accepter ou le refuser vous-même, en second administrateur" in one_line(to_ada)
    assert "As a second admin, you can accept or decline it yourself" in one_line(to_lea)
    assert "Une seconde personne de l'équipe" in one_line((await mails(town, str(port.email)))[-1])
    assert await mails(town, str(odile.email)) == []
    end = f"/beneficiaries/transfers/{asked['id']}"
    for how in ("accept", "decline"):
        refusal = refusal_in(await odile.asks("POST", f"{end}/{how}"))
        assert (refusal.status, refusal.code) == (409, "transfer.second_admin_needed")
    assert refusal_in(await port.asks("POST", f"{end}/accept")).code == "transfer.not_found"
    assert refusal_in(await port.asks("GET", f"/beneficiaries/{enrolled['id']}")).code == "beneficiary.not_found"
    assert (await ada.posts(f"{end}/accept"))["status"] == "accepted"
    assert (await port.gets(f"/beneficiaries/{enrolled['id']}"))["person"]["first_name"] == "Amina"
    # The token that an admin got when they enrolled the person ends. An association's may be on paper already.
    late = await Visitor(town).asks(
        "POST", "/auth/activate", {"activation_token": enrolled["activation_token"], "password": "un long mot de passe"}
    )
    assert late.is_success == (giver != "none")


async def test_person_and_both_associations_are_told_of_a_transfer(town: Town) -> None:
    relais, port, odile = await town.an_association(), await town.an_association("Le Port"), await town.an_admin()
    enrolled = await relais.enrols()
    amina = Visitor(town)
    chosen = {"password": "un long mot de passe", "email": "amina@example.org"}
    await amina.posts("/auth/activate", {"activation_token": enrolled["activation_token"], **chosen})
    [asked] = await mails(town)
    await amina.posts("/auth/verify-email", {"token": asked.token, "password": chosen["password"]})
    path, already = f"/beneficiaries/{enrolled['id']}/transfer", 1

    async def told() -> dict[str, str]:
        nonlocal already
        new = (await mails(town))[already:]
        already += len(new)
        assert not any(name in mail.text for mail in new for name in ("Amina", "Benali"))
        return {mail.to: mail.subject for mail in new}

    assert relais.email
    assert port.email
    request, done = f"Transfert demandé : {enrolled['code']}", f"Transfert accepté : {enrolled['code']}"
    # The person hears of what their own association asked for once it is accepted.
    going = await relais.posts(path, {"association_id": str(port.id)})
    assert await told() == {relais.email: request, port.email: request}
    await port.posts(f"/beneficiaries/transfers/{going['id']}/accept")
    now = "Une autre association vous accompagne"
    assert await told() == {relais.email: done, port.email: done, "amina@example.org": now}
    # They hear of what an admin asked for at once.
    going = await odile.posts(path, {"association_id": str(relais.id)})
    coming = "Un changement d'association est demandé"
    assert await told() == {relais.email: request, port.email: request, "amina@example.org": coming}
    await port.posts(f"/beneficiaries/transfers/{going['id']}/accept")
    assert await told() == {relais.email: done, port.email: done, "amina@example.org": now}

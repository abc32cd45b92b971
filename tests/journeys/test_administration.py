"""Admins' decisions: verifying, suspending and restoring, who may do so, and the record of each decision."""

from typing import Any
from uuid import uuid4

import pytest

from tests.town import Person, Town, refused
from tests.town.answers import refusal_in

VERIFIED = {"decision": "verified"}
REASON = {"reason": "Trois lots non conformes"}


async def test_an_association_enrols_only_after_an_admin_verified_it(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association(status="pending")
    await town.an_association("Déjà vérifiée")

    [waiting] = (await odile.gets("/admin/associations", status="pending"))["data"]
    assert (waiting["id"], waiting["name"], waiting["email"]) == (str(relais.id), "Le Relais", relais.email)
    assert (await refused(relais.enrols())).code == "access.forbidden"

    decided = await odile.posts(f"/admin/associations/{relais.id}/verify", VERIFIED)

    assert decided == {**waiting, "status": "verified", "etag": decided["etag"]}
    assert (await odile.gets("/admin/associations", status="pending"))["data"] == []
    assert (await relais.enrols())["status"] == "pending"

    await odile.posts(f"/admin/associations/{relais.id}/verify", {"decision": "rejected", "reason": "dissoute"})
    assert (await refused(relais.enrols())).code == "access.forbidden"


async def test_an_admin_finds_and_verifies_collectors(town: Town) -> None:
    odile, karim = await town.an_admin(), await town.a_collector(status="pending")
    [waiting] = (await odile.gets("/admin/collectors", status="pending"))["data"]
    assert (waiting["id"], waiting["display_name"], waiting["email"]) == (str(karim.id), "Karim", karim.email)
    decided = await odile.posts(f"/admin/collectors/{karim.id}/verify", VERIFIED)
    assert decided == {**waiting, "status": "verified"}


async def test_each_decision_is_recorded_with_its_admin_and_reason(town: Town) -> None:
    odile, sophie, karim = await town.an_admin(), await town.a_merchant(), await town.a_collector(status="pending")
    await odile.posts(f"/admin/collectors/{karim.id}/verify", VERIFIED)
    await odile.suspends_account(sophie, "signalée")
    await odile.restores_account(sophie, "erreur")

    kept = await town.rows("select subject, subject_id, decision, reason, decided_by from app.decisions order by id")

    assert [tuple(row) for row in kept] == [
        ("collector", karim.id, "verified", None, odile.id),
        ("account", sophie.id, "suspended", "signalée", odile.id),
        ("account", sophie.id, "restored", "erreur", odile.id),
    ]
    with pytest.raises(Exception, match=r"record\.append_only"):
        await town.changes("update app.decisions set reason = 'autre'")


async def test_a_suspension_takes_effect_at_once_and_ends_when_restored(town: Town) -> None:
    odile, marc = await town.an_admin(), await town.a_customer()
    assert (await marc.asks("GET", "/reservations")).status_code == 200

    assert await odile.posts(f"/admin/accounts/{marc.id}/suspend", REASON) == {
        "id": str(marc.id),
        "status": "suspended",
    }
    assert refusal_in(await marc.asks("GET", "/reservations")).code == "account.suspended"
    async with town.sql_as(marc) as connection:
        assert await connection.fetchval("select count(*) from app.accounts") == 0

    assert (await odile.posts(f"/admin/accounts/{marc.id}/restore", REASON))["status"] == "active"
    assert (await marc.asks("GET", "/reservations")).status_code == 200


async def test_decisions_on_oneself_or_on_unknown_ids_are_refused(town: Town) -> None:
    odile = await town.an_admin()
    own = await refused(odile.suspends_account(odile))
    assert (own.status, own.code) == (409, "account.own_suspension")
    assert await town.value("select status from app.accounts where id = $1", odile.id) == "active"
    for path, body, code in (
        (f"/admin/accounts/{uuid4()}/suspend", REASON, "account.not_found"),
        (f"/admin/accounts/{uuid4()}/restore", REASON, "account.not_found"),
        (f"/admin/shops/{uuid4()}/verify", VERIFIED, "shop.not_found"),
        (f"/admin/associations/{uuid4()}/verify", VERIFIED, "association.not_found"),
        (f"/admin/collectors/{odile.id}/verify", VERIFIED, "collector.not_found"),
    ):
        refusal = await refused(odile.posts(path, body))
        assert (refusal.status, refusal.code) == (404, code)
    assert await town.value("select count(*) from app.decisions") == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/accounts/{}/suspend", {}),
        ("/admin/accounts/{}/suspend", {"reason": ""}),
        ("/admin/accounts/{}/suspend", {"reason": "x" * 501}),
        ("/admin/accounts/{}/restore", None),
        ("/admin/associations/{}/verify", {"decision": "suspended"}),
        ("/admin/associations/{}/verify", {"decision": None}),
        ("/admin/associations/{}/verify", {"decision": "verified", "status": "verified"}),
    ],
)
async def test_an_invalid_decision_is_refused(town: Town, path: str, body: Any) -> None:
    odile, relais = await town.an_admin(), await town.an_association(status="pending")
    answer = await odile.asks("POST", path.format(relais.id), body)
    assert refusal_in(answer).code == "request.invalid"
    assert await town.value("select status from app.associations") == "pending"
    assert await town.value("select count(*) from app.decisions") == 0


async def test_only_admins_decide_by_http_and_by_sql(town: Town) -> None:
    sophie, relais, karim = await town.a_merchant(), await town.an_association(), await town.a_collector()
    shop, marc = await town.a_shop(sophie, verified=False), await town.a_customer()
    everybody: tuple[Person, ...] = (sophie, relais, karim, marc, await town.a_beneficiary())
    for person in everybody:
        for path, body in (
            (f"/admin/shops/{shop.id}/verify", VERIFIED),
            (f"/admin/associations/{relais.id}/verify", VERIFIED),
            (f"/admin/collectors/{karim.id}/verify", VERIFIED),
            (f"/admin/accounts/{marc.id}/suspend", REASON),
            (f"/admin/accounts/{marc.id}/restore", REASON),
            (f"/admin/accounts/{uuid4()}/suspend", REASON),
        ):
            assert refusal_in(await person.asks("POST", path, body)).code == "access.forbidden"
        for path in ("/admin/associations", "/admin/collectors"):
            assert refusal_in(await person.asks("GET", path)).code == "access.forbidden"
        for act in (
            "decide_shop($1, 'verified', null)",
            "decide_association($1, 'verified', null)",
            "decide_collector($1, 'verified', null)",
            "suspend_account($1, null)",
            "restore_account($1, null)",
        ):
            async with town.sql_as(person) as connection:
                with pytest.raises(Exception, match=r"access\.forbidden"):
                    await connection.execute(f"select app.{act}", marc.id)
    assert (await town.request("GET", "/v1/admin/associations")).status_code == 401
    assert await town.value("select count(*) from app.decisions") == 0


async def test_associations_are_paged_in_the_order_of_registration(town: Town) -> None:
    odile = await town.an_admin()
    ids = sorted([str((await town.an_association(f"A{number}", status="pending")).id) for number in range(5)])
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = await odile.gets("/admin/associations", limit=2, status="pending", **after)
        pages.append([shown["id"] for shown in page["data"]])
        after = {"after": page["next"]} if page["has_more"] else {}
    assert pages == [ids[:2], ids[2:4], ids[4:]]


async def test_a_decision_repeated_with_its_key_is_recorded_once(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association(status="pending")
    for _ in range(3):
        await odile.posts(f"/admin/associations/{relais.id}/verify", VERIFIED, key="le relais")
    assert await town.value("select count(*) from app.decisions") == 1

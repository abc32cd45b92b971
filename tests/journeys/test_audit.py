"""The audit log: who did what, when and in which request. Only admins read it, and it holds no personal data."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.startup.commands import ecopanier
from tests.town import Admin, Town
from tests.town.answers import accepted, refusal_in

SECRETS = ("Zélia-Canari", "canari@example.org", "Rue du Canari", "soupçon de canari")


async def read(odile: Admin, **asked: Any) -> list[dict[str, Any]]:
    return list((await odile.gets("/admin/audit", **asked))["data"])


async def test_admins_read_each_decision_with_its_author_and_request(
    town: Town,
) -> None:
    odile, paul = await town.an_admin(), await town.an_admin("Paul")
    relais = await town.an_association("Le Relais", status="pending")
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie, verified=False)
    before = await town.now()

    sent = {"X-Request-Id": "the-request-of-odile"}
    decision = {"decision": "verified", "reason": SECRETS[3]}
    path = f"/admin/associations/{relais.id}/verify"
    accepted(await odile.asks("POST", path, decision, headers=sent))
    await paul.verifies_shop(shop.id)
    person = await relais.enrols(first_name=SECRETS[0], email=SECRETS[1])
    await relais.verifies(person["id"])
    await relais.suspends(person["id"])
    await odile.suspends_account(sophie, SECRETS[3])
    accepted(await paul.asks("PUT", "/admin/settings", {"hold_minutes": 12}))
    recall = await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": SECRETS[3]})
    accepted(await relais.asks("PATCH", "/associations/me", {"address": SECRETS[2]}))
    made = await ecopanier(town, "admin", "create", "--email", SECRETS[1], "--password", "a long pass phrase")
    assert made.status == 0, made.text

    log = await read(odile, limit=100)
    said = [(entry["action"], entry["subject_id"], entry["actor_role"]) for entry in reversed(log)]
    admin = await town.value("select id from app.accounts where email = $1", SECRETS[1])
    assert [entry for entry in said if not entry[0].startswith(("person.", "address."))] == [
        ("association.verified", str(relais.id), "admin"),
        ("shop.verified", str(shop.id), "admin"),
        ("beneficiary.enrolled", person["id"], "association"),
        ("beneficiary.verified", person["id"], "association"),
        ("beneficiary.suspended", person["id"], "association"),
        ("account.suspended", str(sophie.id), "admin"),
        ("setting.changed", None, "admin"),
        ("recall.issued", recall["id"], "admin"),
        ("association.changed", str(relais.id), "association"),
        ("account.made_admin", str(admin), "operator"),
    ]
    assert (await read(odile, action="association.changed"))[0]["detail"] == {"fields": ["address"]}
    # It contains nothing that people wrote: no reasons, names or addresses.
    assert not [secret for secret in SECRETS if secret in json.dumps(log, ensure_ascii=False)]
    verified = log[-1]
    assert (verified["actor_id"], verified["request_id"]) == (str(odile.id), "the-request-of-odile")

    # Each filter alone, and filters together.
    of_paul = await read(odile, actor_id=paul.id)
    assert [entry["action"] for entry in of_paul] == ["setting.changed", "shop.verified"]
    assert of_paul[0]["detail"] == {"name": "hold_minutes", "old": 10, "new": 12}
    assert [entry["action"] for entry in await read(odile, subject="shop")] == ["shop.verified"]
    assert len(await read(odile, subject_id=person["id"], action="beneficiary.verified")) == 1
    assert len(await read(odile, since=before.isoformat(), limit=100)) == len(log)
    assert await read(odile, until=before.isoformat()) == []
    assert await read(odile, since=(before + timedelta(days=1)).isoformat()) == []
    assert await read(odile, action="no.such", subject_id=person["id"]) == []
    pages: list[str] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = await odile.gets("/admin/audit", limit=4, **after)
        pages += [entry["id"] for entry in page["data"]]
        after = {"after": page["next"]} if page["has_more"] else {}
    assert pages == [entry["id"] for entry in log]
    for wrong in ({"actor_id": "me"}, {"since": "yesterday"}, {"since": "2026-11-22T10:00:00"}, {"since": 1764000000}):
        assert refusal_in(await odile.asks("GET", "/admin/audit", params=wrong)).code == "request.invalid"

    for nobody in (relais, await town.a_customer(), await town.a_beneficiary()):
        assert refusal_in(await nobody.asks("GET", "/admin/audit")).code == "access.forbidden"
        async with town.sql_as(nobody) as connection:
            assert await connection.fetchval("select count(*) from app.audit_entries") == 0
    async with town.sql_as(odile) as connection:  # the control: there is something to see
        assert await connection.fetchval("select count(*) from app.audit_entries") == len(log)
    for change in (
        "update app.audit_entries set actor_id = null",
        "delete from app.audit_entries",
        "truncate app.audit_entries",
    ):
        with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
            await town.changes(change)


async def test_a_refused_decision_is_not_in_the_audit_log(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    other = await town.an_association("Autre", status="pending")
    await town.changes(
        "update app.associations set siret = (select siret from app.associations where id = $1)", relais.id
    )
    verify = f"/admin/associations/{other.id}/verify"
    assert refusal_in(await odile.asks("POST", verify, {"decision": "verified"})).code == "association.number_taken"
    await odile.posts(verify, {"decision": "rejected"}, key="k")
    await odile.posts(verify, {"decision": "rejected"}, key="k")
    assert [(entry["action"], UUID(entry["subject_id"])) for entry in await read(odile)] == [
        ("association.rejected", other.id)
    ]

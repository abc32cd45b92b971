"""Associations: their own description and number, the search for them, and the figures about their beneficiaries."""

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.reservations.passes import new_code
from tests.town import Association, Beneficiary, Town, refused
from tests.town.answers import accepted, refusal_in
from tests.town.databases import API

VERIFIED = {"decision": "verified"}


async def says(association: Association, tag: str | None = None, **fields: Any) -> Any:
    headers = {"If-Match": tag} if tag else None
    return accepted(await association.asks("PATCH", "/associations/me", fields, headers=headers)).json()


async def refuses(association: Association, **fields: Any) -> tuple[int, str]:
    refusal = refusal_in(await association.asks("PATCH", "/associations/me", fields))
    return refusal.status, refusal.code


async def registered(town: Town, name: str) -> Association:
    """Make an association that has just registered, without any number."""
    association = await town.an_association(name, status="pending")
    await town.changes("update app.associations set siret = null where id = $1", association.id)
    return association


async def test_an_association_gives_its_number_and_an_admin_verifies_it(town: Town) -> None:
    odile, relais = await town.an_admin(), await registered(town, "Le Relais")
    read = await relais.asks("GET", "/associations/me")
    assert (read.json()["status"], read.json()["rna"], read.json()["siret"]) == ("pending", None, None)
    [waiting] = (await odile.gets("/admin/associations", status="pending"))["data"]
    assert (waiting["number_missing"], waiting["rna"]) == (True, None)

    for wrong in (
        {"rna": "W67"},
        {"siret": "12345678901234"},
        {"rna": "732829320"},
        {"siret": "0" * 14},
        {"rna": "W000000000"},
    ):
        assert await refuses(relais, **wrong) == (422, "association.number_invalid")
    for unclean in (
        {"insee_code": "6748"},
        {"insee_code": "67000"},
        {"phone": "bonjour"},
        {"website": "javascript:alert(1)"},
        {"name": ""},
    ):
        assert await refuses(relais, **unclean) == (422, "request.invalid")
    assert await refuses(relais, rna=None) == (422, "association.number_missing")

    siret = town.a_siret()
    said = await says(
        relais,
        read.headers["etag"],
        rna="w67 200 1234",
        siret=f"{siret[:9]} {siret[9:]}",
        address="4 quai des Pêcheurs, 67000 Strasbourg",
        insee_code="67482",
        phone="+33 3 88 00 00 00",
        website="https://relais.example.org",
        distributes_in_time=True,
    )
    assert (said["rna"], said["siret"], said["distributes_in_time"]) == ("W672001234", siret, True)
    stale = await relais.asks("PATCH", "/associations/me", {"name": "X"}, headers={"If-Match": read.headers["etag"]})
    assert refusal_in(stale).code == "precondition.failed"

    # The association changed after the admin read it: the admin verifies only the version that they saw.
    path, seen = f"/admin/associations/{relais.id}/verify", {"If-Match": waiting["etag"]}
    assert refusal_in(await odile.asks("POST", path, VERIFIED, headers=seen)).code == "precondition.failed"
    [waiting] = (await odile.gets("/admin/associations", status="pending"))["data"]
    decided = accepted(await odile.asks("POST", path, VERIFIED, headers={"If-Match": waiting["etag"]})).json()
    assert (decided["status"], decided["rna"], decided["number_missing"]) == ("verified", "W672001234", False)
    # The number by which it was verified is fixed; it may change the rest.
    for change in ({"rna": "W672009999"}, {"siret": town.a_siret()}, {"rna": None}, {"siret": None, "name": "Autre"}):
        assert await refuses(relais, **change) == (409, "association.number_fixed")
    assert (await says(relais, name="Le Relais du Port", phone=None))["name"] == "Le Relais du Port"
    assert (await relais.gets("/associations/me"))["rna"] == "W672001234"


async def test_only_one_verified_association_has_a_given_number(town: Town) -> None:
    odile = await town.an_admin()
    first, second = await registered(town, "Première"), await registered(town, "Seconde")
    for association in (first, second):
        await says(association, rna="W672001234")  # an unverified claim blocks nobody
    await odile.posts(f"/admin/associations/{first.id}/verify", VERIFIED)

    taken = await refused(odile.posts(f"/admin/associations/{second.id}/verify", VERIFIED))
    assert (taken.status, taken.code) == (409, "association.number_taken")
    assert await town.value("select count(*) from app.decisions") == 1

    # An association that was verified without a number, as a town hall's office is, may add one that is not taken.
    office = await registered(town, "CCAS")
    await odile.posts(f"/admin/associations/{office.id}/verify", VERIFIED)
    assert await refuses(office, rna="W672001234") == (409, "association.number_taken")
    assert (await says(office, siret=town.a_siret()))["status"] == "verified"

    # A rejected association corrects its number and waits for a decision again.
    await odile.posts(f"/admin/associations/{second.id}/verify", {"decision": "rejected", "reason": "doublon"})
    assert (await says(second, phone="0388000000"))["status"] == "rejected"
    assert (await says(second, rna="W672005678"))["status"] == "pending"
    decided = await odile.posts(f"/admin/associations/{second.id}/verify", VERIFIED)
    assert decided["status"] == "verified"
    # No association verifies itself, not by SQL either.
    async with town.sql_as(await registered(town, "Rusée")) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("update app.associations set status = 'verified'")


async def eat(town: Town, lot: Any, people: list[Beneficiary], portions: int = 1) -> None:
    """Reserve and collect directly in the database."""
    async with town.copy.connection(API) as api:
        for person in people:
            code = new_code()
            await api.execute(
                "select app.reserve($1, $2, $3, $4, '', $5)", person.id, lot.id, portions, str(uuid4()), code
            )
            await api.execute("select app.pick_up($1, $2, true)", lot.shop.merchant.id, code)


async def test_activity_shows_sums_about_eleven_people_or_nothing(town: Town) -> None:
    relais, other = await town.an_association(), await town.an_association("Autre")
    day = date(2026, 10, 14)
    await town.clock(f"{day}T12:00:00+02:00")
    people = [await town.a_beneficiary(f"P{number}", association=relais) for number in range(13)]
    await town.a_beneficiary("Q", association=other)
    await town.changes("update app.beneficiaries set created_at = app.clock()")
    await town.changes("update app.beneficiaries set status = 'suspended' where id = $1", people[11].id)
    await town.changes("update app.beneficiaries set status = 'pending' where id = $1", people[12].id)
    await town.changes(
        "update app.beneficiaries set eligible_until = $2 where id = $1", people[0].id, day + timedelta(days=30)
    )
    await town.changes(
        "update app.beneficiaries set eligible_until = $2 where id = $1", people[1].id, day + timedelta(days=31)
    )
    assert await relais.gets("/associations/me/figures") == {
        "enrolled": 13,
        "pending": 1,
        "verified": 11,
        "suspended": 1,
        "expired": 0,
        "ending_soon": 1,
    }

    lot = await town.a_free_lot(left=50, opens_in=timedelta(hours=-1), weight_grams=400)
    await eat(town, lot, people[:10])

    async def month() -> dict[str, Any]:
        """Return October's activity after its end; until then it hides every figure that one pickup would change."""
        now, asked = await town.now(), {"from": "2026-10", "to": "2026-10"}
        [running] = (await relais.gets("/associations/me/activity", **asked))["months"]
        assert running == {"month": "2026-10", "enrolled": 13, **hidden}
        await town.clock("2026-11-01T00:00:01+01:00")
        [shown] = (await relais.gets("/associations/me/activity", **asked))["months"]
        await town.clock(now)
        return dict(shown)

    hidden = {"reserved": None, "collected": None, "no_shows": None, "food_kg": None, "meals": None}
    assert await month() == {"month": "2026-10", "enrolled": 13, **hidden}  # ten people
    missed = await town.a_free_lot(left=9, shop=lot.shop, opens_in=timedelta(hours=-1))
    async with town.copy.connection(API) as api:
        await api.execute("select app.reserve($1, $2, 1, 'k', '', $3)", people[10].id, missed.id, new_code())
    assert await month() == {"month": "2026-10", "enrolled": 13, **hidden, "reserved": 11}  # ten of eleven collected
    await town.changes("update app.reservations set status = 'no_show' where lot_id = $1", missed.id)
    assert (await month())["no_shows"] is None  # with `reserved` it would reveal `collected`

    await eat(town, lot, people[10:11])
    whole = {"reserved": 12, "collected": 11, "no_shows": 1, "food_kg": "4.4", "meals": "8.8"}
    assert await month() == {"month": "2026-10", "enrolled": 13, **whole}
    # Beneficiaries count for their own association only, and a merchant reads no activity.
    await town.clock("2026-11-01T09:00:00+01:00")
    [of_other] = (await other.gets("/associations/me/activity", **{"from": "2026-10", "to": "2026-10"}))["months"]
    assert of_other == {"month": "2026-10", "enrolled": 1, **hidden}
    assert refusal_in(await lot.shop.merchant.asks("GET", "/associations/me/activity")).code == "access.forbidden"

    # After a transfer the past stays with the former association: the difference would be about one person.
    path = f"/beneficiaries/{people[0].id}/transfer"
    await town.clock(f"{day}T12:30:00+02:00")
    going = await relais.posts(path, {"association_id": str(other.id)})
    await other.posts(f"/beneficiaries/transfers/{going['id']}/accept")
    await town.clock(f"{day}T13:00:00+02:00")
    await eat(town, lot, people[:1])
    assert await month() == {"month": "2026-10", "enrolled": 13, **whole}
    await town.clock(f"{day}T13:30:00+02:00")
    back = await other.posts(path, {"association_id": str(relais.id)})
    await relais.posts(f"/beneficiaries/transfers/{back['id']}/accept")
    assert await month() == {"month": "2026-10", "enrolled": 13, **whole}
    await town.clock(f"{day}T14:00:00+02:00")
    later = await town.a_free_lot(left=9, shop=lot.shop, opens_in=timedelta(hours=-1), weight_grams=400)
    await eat(town, later, people[1:2])
    whole = {"reserved": 13, "collected": 12, "no_shows": 1, "food_kg": "4.8", "meals": "9.6"}
    assert await month() == {"month": "2026-10", "enrolled": 13, **whole}

    year = (await relais.gets("/associations/me/activity"))["months"]
    assert [shown["month"] for shown in (year[0], year[-1])] == ["2025-11", "2026-10"]
    for since, until in (("2026-10", "2026-09"), ("2023-10", "2026-10")):
        refusal = refusal_in(await relais.asks("GET", f"/associations/me/activity?from={since}&to={until}"))
        assert refusal.code == "period.invalid"

    await town.clock("2026-11-01T09:00:00+01:00")
    exported = await relais.asks("GET", "/associations/me/activity.csv?from=2026-09&to=2026-10")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert exported.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(exported.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Mois"
    assert rows[1:] == [["2026-09", "0", "", "", "", "", ""], ["2026-10", "13", "13", "12", "1", "4,8", "9,6"]]


async def test_a_suspended_association_is_refused_and_still_listed_to_admins(town: Town) -> None:
    odile, relais = await town.an_admin(), await town.an_association()
    await odile.suspends_account(relais)
    for path in ("", "/figures", "/activity"):
        assert refusal_in(await relais.asks("GET", f"/associations/me{path}")).code == "account.suspended"
    assert UUID((await odile.gets("/admin/associations"))["data"][0]["id"]) == relais.id

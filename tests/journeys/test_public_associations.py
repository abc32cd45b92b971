"""Public associations: their pages, the search for them, and that a secret one is as if it did not exist."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from backend.places.loading import load_places
from tests.photographs import file_of, two_colours
from tests.town import Association, Person, Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import Visitor

SECRET = "Maison des Tilleuls"
HOURS = {"tuesday": [{"opens": "14:00", "closes": "17:30"}]}


async def says(association: Association, **fields: Any) -> Any:
    return accepted(await association.asks("PATCH", "/associations/me", fields)).json()


async def found(town: Town, query: str = "") -> list[str]:
    """Return the names that a search finds, in order, read two at a time."""
    names: list[str] = []
    after = ""
    while True:
        page = accepted(await Visitor(town).asks("GET", f"/associations?limit=2&{query}{after}")).json()
        names += [one["name"] for one in page["data"]]
        if not page["has_more"]:
            return names
        after = f"&after={page['next']}"


async def takes_photo(association: Association) -> str:
    taken = await association.sends_photo(file_of(two_colours(64, 48)), to="/photos")
    photo_id: str = accepted(taken).json()["photo_id"]
    return photo_id


async def test_a_public_association_presents_itself(town: Town) -> None:
    relais = await town.an_association()
    assert (await relais.gets("/associations/me"))["is_public"] is False
    words = {
        "description": "Épicerie solidaire.",
        "phone": "+33 3 88 00 00 00",
        "website": "https://relais.example",
        "address": "4 quai des Pêcheurs, 67000 Strasbourg",
        "insee_code": "67482",
        "latitude": 48.58,
        "longitude": 7.7576,
        "photo_id": await takes_photo(relais),
    }
    said = await says(relais, **words, opening_hours=HOURS, is_public=True)
    assert {name: said[name] for name in words} == words

    answer = accepted(await Visitor(town).asks("GET", f"/associations/{relais.id}"))
    assert answer.headers["cache-control"] == "no-store"
    shown = answer.json()
    assert {name: shown[name] for name in words} == words
    assert shown["opening_hours_text"][1] == "Mardi : de 14 h à 17 h 30"
    assert shown.keys() - words.keys() == {"id", "name", "opening_hours", "opening_hours_text", "time_zone"}
    for person in (await town.a_customer(), await town.an_admin(), relais):
        assert await person.gets(f"/associations/{relais.id}") == shown
    assert (await Visitor(town).asks("GET", f"/photos/{words['photo_id']}/card")).status_code == 200
    fields = await town.value("select detail ->> 'fields' from app.audit_entries where action = 'association.changed'")
    assert "is_public" in fields


async def test_a_secret_association_is_as_if_it_did_not_exist(town: Town) -> None:
    """It is on no list and in no answer that a stranger reads; its page answers as that of no association."""
    load_places(town.copy.url())
    secret, shop = await town.an_association(SECRET, commune="67482"), await town.a_shop()
    amina = await town.a_beneficiary(association=secret)
    photo = await takes_photo(secret)
    await says(secret, description=SECRET, latitude=48.5839, longitude=7.7455, photo_id=photo)
    lot = await town.a_free_lot(shop=shop)
    reserved = await amina.reserves(lot)
    other = await town.an_association("Autre")
    signed_in: list[Person] = [await town.a_customer(), shop.merchant, other, await town.a_collector()]
    strangers: list[Person | Visitor] = [Visitor(town), *signed_in]

    async def secrets_seen() -> set[str]:
        """Return the paths at which a stranger can tell that the association exists."""
        seen = set()
        for stranger in strangers:
            hidden = await stranger.asks("GET", f"/associations/{secret.id}")
            missing = await stranger.asks("GET", f"/associations/{uuid4()}")
            if _same_bytes(hidden) != _same_bytes(missing):
                seen.add("page")
            for path in (
                "/associations",
                "/associations?q=maison",
                "/associations?q=tilleuls",
                "/associations?insee=67482",
                "/associations?near=48.5839,7.7455",
                "/places?q=Maison",
                "/shops?q=maison",
                "/shops?near=48.5839,7.7455",
                f"/shops/{shop.id}",
                f"/shops/{shop.id}/lots",
                f"/lots/{lot.id}",
                f"/reservations/{reserved.id}",
            ):
                answer = (await stranger.asks("GET", path)).text
                if SECRET in answer or str(secret.id) in answer:
                    seen.add(path)
            if (await stranger.asks("GET", f"/photos/{photo}/card")).status_code != 404:
                seen.add("photo")
        if SECRET in str(await amina.gets(f"/reservations/{reserved.id}/pass")):
            seen.add("pass")
        return seen

    assert await secrets_seen() == set()
    for stranger in signed_in:
        async with town.sql_as(stranger) as connection:
            own = await connection.fetch("select id from app.associations")
            assert {row["id"] for row in own} <= {stranger.id}
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("select * from app.association_names")
    # The control: once it is public, each of these shows it.
    await says(secret, is_public=True)
    assert await secrets_seen() == {
        "page",
        "photo",
        "/associations",
        "/associations?q=maison",
        "/associations?q=tilleuls",
        "/associations?insee=67482",
        "/associations?near=48.5839,7.7455",
    }
    await says(secret, is_public=False)
    assert await secrets_seen() == set()


def _same_bytes(answer: Any) -> tuple[int, str, list[str]]:
    """Return an answer without what differs between any two requests."""
    body = answer.json()
    if "request_id" not in body:
        return answer.status_code, answer.text, []
    varying = {"x-request-id", "date", "ratelimit", "content-length"}
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name not in varying)
    return answer.status_code, answer.text.replace(body["request_id"], "-"), headers


async def test_only_verified_associations_of_active_accounts_are_shown(town: Town) -> None:
    odile = await town.an_admin()
    relais, pending = await town.an_association(), await town.an_association("En attente", status="pending")
    for association in (relais, pending):
        await says(association, is_public=True)
    assert await found(town) == ["Le Relais"]
    assert (await Visitor(town).asks("GET", f"/associations/{pending.id}")).status_code == 404
    await odile.suspends_account(relais)
    assert await found(town) == await found(town, "q=relais") == []
    assert (await Visitor(town).asks("GET", f"/associations/{relais.id}")).status_code == 404
    await odile.posts(f"/admin/accounts/{relais.id}/restore", {"reason": "erreur"})
    assert await found(town, "q=relais") == ["Le Relais"]
    await odile.posts(f"/admin/associations/{relais.id}/verify", {"decision": "rejected", "reason": "doublon"})
    assert await found(town) == []
    await odile.posts(f"/admin/associations/{relais.id}/verify", {"decision": "verified"})
    photo = await takes_photo(relais)
    await says(relais, photo_id=photo, description="Épicerie", opening_hours=HOURS)
    accepted(await relais.asks("DELETE", "/me"))
    assert await found(town) == []
    [left] = await town.rows(
        "select is_public, description, photo_id, opening_hours::text, latitude, place from app.associations"
        " where id = $1",
        relais.id,
    )
    assert tuple(left) == (False, "", None, "{}", None, None)
    assert await town.value("select status from app.photos where id = $1", photo) == "going"
    assert await town.value("select count(*) from app.association_names") == 0


async def test_associations_are_found_by_name_commune_and_distance(town: Town) -> None:
    load_places(town.copy.url())
    places: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Épicerie solidaire", {"insee_code": "67482", "latitude": 48.6, "longitude": 7.75}),
        ("Les Paniers", {"insee_code": "67447"}),  # found at the centre of Schiltigheim
        ("Solidarité St-Thomas", {"insee_code": "67482", "latitude": 48.58, "longitude": 7.75}),
        ("Sans adresse", {}),
    )
    for name, fields in places:
        await says(await town.an_association(name), is_public=True, **fields)
    assert await found(town) == ["Épicerie solidaire", "Les Paniers", "Sans adresse", "Solidarité St-Thomas"]
    assert await found(town, "q=solid") == ["Solidarité St-Thomas", "Épicerie solidaire"]
    assert await found(town, "q=paniers") == ["Les Paniers"]
    assert await found(town, "q=saint+thomas") == ["Solidarité St-Thomas"]
    assert await found(town, "insee=67482") == ["Épicerie solidaire", "Solidarité St-Thomas"]
    assert await found(town, "near=48.58,7.75") == ["Solidarité St-Thomas", "Épicerie solidaire", "Les Paniers"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"latitude": 48.58}, "request.invalid"),
        ({"latitude": 48.58, "longitude": None}, "request.invalid"),
        ({"latitude": 40.7, "longitude": -74.0}, "association.outside_territory"),
        ({"insee_code": "97411", "latitude": 48.58, "longitude": 7.75}, "association.outside_territory"),
        ({"photo_id": "01980c5e-8d11-7a42-b0c1-2f6f4f1d9a10"}, "photo.unknown"),
        ({"is_public": None}, "request.invalid"),
        ({"opening_hours": {"monday": [{"opens": "9", "closes": "10"}]}}, "request.invalid"),
    ],
)
async def test_an_association_cannot_say_what_cannot_be(town: Town, fields: dict[str, Any], code: str) -> None:
    relais = await town.an_association()
    refusal = refusal_in(await relais.asks("PATCH", "/associations/me", fields))
    assert (refusal.status, refusal.code) == (422, code)
    assert await town.value("select version from app.associations") == 1


async def test_an_export_has_what_the_association_says_of_itself(town: Town) -> None:
    relais = await town.an_association()
    await says(relais, description="Épicerie solidaire.", is_public=True)
    async with town.sql_as(relais) as connection:
        rows = await connection.fetch("select file, content::text as content from app.export_account()")
    [own] = [row["content"] for row in rows if row["file"] == "association"]
    assert "Épicerie solidaire." in own
    assert '"place"' not in own

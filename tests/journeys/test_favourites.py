"""Favourite shops and saved places: for customers and beneficiaries, seen by nobody else, gone with their account."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.town import Person, Town

HOME = {"name": "Maison", "latitude": 48.5734, "longitude": 7.7521}


async def asks(person: Person, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str | None]:
    """Return the status and, for a refusal, its code."""
    answer = await person.asks(method, path, body, headers=headers)
    return answer.status_code, answer.json()["code"] if answer.status_code >= 400 else None


async def likes(person: Person, shop_id: UUID) -> None:
    assert await asks(person, "PUT", f"/favourites/{shop_id}") == (204, None)


async def favourites(person: Person) -> dict[str, bool]:
    """Return the ids of the person's favourites, and whether each has lots on offer."""
    return {one["shop_id"]: one["has_lots"] for one in (await person.gets("/favourites"))["data"]}


async def test_favourites_say_which_shops_have_lots_on_offer(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    selling, giving, empty = await town.a_shop(), await town.a_shop(), await town.a_shop()
    lot = await town.a_lot(shop=selling, left=1)
    await town.a_free_lot(shop=giving)
    await town.a_lot(shop=empty, status="draft")
    for person in (marc, amina):
        for shop in (selling, giving, empty, selling):  # once more changes nothing
            await likes(person, shop.id)

    assert await favourites(marc) == {str(selling.id): True, str(giving.id): False, str(empty.id): False}
    assert await favourites(amina) == {str(selling.id): True, str(giving.id): True, str(empty.id): False}
    name = await town.value("select name from app.shops where id = $1", selling.id)
    assert {one["shop_name"] for one in (await marc.gets("/favourites"))["data"] if one["has_lots"]} == {name}

    await (await town.a_customer("Léa")).buys(lot)
    assert await favourites(marc) == dict.fromkeys(map(str, (selling.id, giving.id, empty.id)), False)
    await town.clock(lot.pickup_end + timedelta(days=1))
    assert not any((await favourites(amina)).values())


async def test_a_beneficiary_without_a_right_is_not_told_of_free_lots(town: Town) -> None:
    amina, lot = await town.a_beneficiary(), await town.a_free_lot(left=2)
    await likes(amina, lot.shop.id)
    await amina.reserves(lot)  # so that she still sees the lot
    assert await favourites(amina) == {str(lot.shop.id): True}

    await town.changes("update app.beneficiaries set status = 'suspended'")

    assert await favourites(amina) == {str(lot.shop.id): False}


async def test_favourites_come_in_pages_and_can_be_removed(town: Town) -> None:
    marc = await town.a_customer()
    shops = [await town.a_shop() for _ in range(3)]
    for shop in shops:
        await likes(marc, shop.id)

    first = await marc.gets("/favourites", limit=2)
    rest = await marc.gets("/favourites", limit=2, after=first["next"])
    found = [one["shop_id"] for one in (*first["data"], *rest["data"])]
    assert found == [str(shop.id) for shop in reversed(shops)]
    assert (first["has_more"], rest["has_more"]) == (True, False)

    for _ in range(2):
        assert await asks(marc, "DELETE", f"/favourites/{shops[0].id}") == (204, None)
    assert list(await favourites(marc)) == found[:2]


async def test_only_verified_shops_can_be_added_and_a_suspended_one_is_hidden(town: Town) -> None:
    marc, hidden, shop = await town.a_customer(), await town.a_shop(verified=False), await town.a_shop()
    for shop_id in (hidden.id, uuid4()):
        for method in ("PUT", "DELETE"):
            assert await asks(marc, method, f"/favourites/{shop_id}") == (404, "shop.not_found")
    await likes(marc, shop.id)

    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    assert await favourites(marc) == {}
    await town.changes("update app.shops set status = 'verified' where id = $1", shop.id)
    assert await favourites(marc) == {str(shop.id): False}
    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    assert await asks(marc, "DELETE", f"/favourites/{shop.id}") == (204, None)
    assert await town.value("select count(*) from app.favourites") == 0


async def test_places_are_saved_changed_and_removed(town: Town) -> None:
    amina = await town.a_beneficiary()
    made = await amina.asks("POST", "/me/places", HOME, key=str(uuid4()))
    assert (made.status_code, made.headers["etag"]) == (201, '"r1"')
    place = made.json()
    assert place == {"id": place["id"], **HOME, "alert": None}
    path = f"/me/places/{place['id']}"

    changed = await amina.asks("PATCH", path, {"name": "Chez moi"}, headers={"If-Match": '"r1"'})
    assert (changed.json()["name"], changed.headers["etag"]) == ("Chez moi", '"r2"')
    assert await asks(amina, "PATCH", path, {"name": "Ailleurs"}, **{"If-Match": '"r1"'}) == (
        412,
        "precondition.failed",
    )
    assert (await amina.gets("/me/places"))["data"] == [await amina.gets(path)] == [changed.json()]

    assert await asks(amina, "DELETE", path) == (204, None)
    for method, body in (("DELETE", None), ("GET", None), ("PATCH", {"name": "Travail"})):
        assert await asks(amina, method, path, body) == (404, "place.not_found")


async def test_a_place_is_at_one_of_five_and_its_slot_can_be_used_again(town: Town) -> None:
    marc = await town.a_customer()
    places = [await marc.posts("/me/places", {**HOME, "name": str(number)}) for number in range(5)]
    assert await asks(marc, "POST", "/me/places", HOME) == (409, "place.limit_reached")

    assert await asks(marc, "DELETE", f"/me/places/{places[2]['id']}") == (204, None)
    await marc.posts("/me/places", {**HOME, "name": "5"})
    assert await asks(marc, "POST", "/me/places", HOME) == (409, "place.limit_reached")
    first = await marc.gets("/me/places", limit=3)
    rest = await marc.gets("/me/places", limit=3, after=first["next"])
    assert [place["name"] for place in (*first["data"], *rest["data"])] == ["0", "1", "3", "4", "5"]
    await (await town.a_customer("Léa")).posts("/me/places", HOME)  # each account has its own


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        (16.24, -61.53, None),  # Pointe-à-Pitre
        (-22.27, 166.44, None),  # Nouméa
        (52.52, 13.40, "place.outside_france"),  # Berlin
        (-31.95, 115.86, "place.outside_france"),  # Perth, which is in the box of the Antarctic lands
        (7.7521, 48.5734, "place.coordinates_swapped"),
        (91, 7.75, "request.invalid"),
    ],
)
async def test_a_place_is_in_france(lasting_town: Town, latitude: float, longitude: float, code: str | None) -> None:
    marc = await lasting_town.a_customer()
    point = {"latitude": latitude, "longitude": longitude}
    wanted = (201, None) if code is None else (422, code)
    assert await asks(marc, "POST", "/me/places", {"name": "Là", **point}) == wanted

    home = await marc.posts("/me/places", HOME)
    wanted = (200, None) if code is None else (422, code)
    assert await asks(marc, "PATCH", f"/me/places/{home['id']}", point) == wanted


@pytest.mark.parametrize("field", [{"name": ""}, {"name": " "}, {"name": "x" * 61}, {"alerts": []}, {"latitude": "48"}])
async def test_a_place_with_a_wrong_field_is_refused(lasting_town: Town, field: dict[str, Any]) -> None:
    marc = await lasting_town.a_customer()
    assert await asks(marc, "POST", "/me/places", {**HOME, **field}) == (422, "request.invalid")
    assert (await marc.gets("/me/places"))["data"] == []


@pytest.mark.parametrize("role", ["merchant", "collector", "association", "admin"])
async def test_other_roles_have_neither_favourites_nor_places(town: Town, role: str) -> None:
    people: dict[str, Person] = {
        "merchant": await town.a_merchant(),
        "collector": await town.a_collector(),
        "association": await town.an_association(),
        "admin": await town.an_admin(),
    }
    person, shop = people[role], await town.a_shop()
    for method, path, body in (
        ("GET", "/favourites", None),
        ("PUT", f"/favourites/{shop.id}", None),
        ("DELETE", f"/favourites/{shop.id}", None),
        ("GET", "/me/places", None),
        ("POST", "/me/places", HOME),
    ):
        assert await asks(person, method, path, body) == (403, "access.forbidden")


async def test_favourites_and_places_are_erased_with_their_person(town: Town) -> None:
    marc, lea, shop = await town.a_customer(), await town.a_customer("Léa"), await town.a_shop()
    for person in (marc, lea):
        await likes(person, shop.id)
        await person.posts("/me/places", HOME)

    await town.changes("select app.erase_account($1, 'test')", marc.id)

    for table in ("favourites", "saved_places"):
        left = await town.rows(f"select account_id from app.{table}")  # noqa: S608
        assert [row["account_id"] for row in left] == [lea.id]


async def test_a_shop_that_closes_is_nobodys_favourite(town: Town) -> None:
    marc, shop, other = await town.a_customer(), await town.a_shop(), await town.a_shop(await town.a_merchant("Gilles"))
    await likes(marc, shop.id)
    await likes(marc, other.id)

    await town.changes("select app.erase_account($1, 'test')", shop.merchant.id)

    left = await town.rows("select shop_id from app.favourites")
    assert [row["shop_id"] for row in left] == [other.id]

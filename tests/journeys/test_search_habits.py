"""Saved places and diet in one answer for a search, for the signed-in person alone; opening the diet is logged."""

from typing import Any

import pytest

from tests.journeys.test_answers_as_documented import as_documented
from tests.journeys.test_diets import actions_about, agrees, avoids
from tests.journeys.test_favourites import HOME, asks
from tests.town import Person, Town

WORK = {"name": "Travail", "latitude": 48.5, "longitude": 7, "alert": {"radius_m": 900, "categories": ["bakery"]}}


async def habits(person: Person, **asked: Any) -> Any:
    return as_documented("GET", "/me/search", await person.asks("GET", "/me/search", params=asked))


async def opened(town: Town, person: Person) -> int:
    return [action for action, _ in await actions_about(town, person)].count("diet.opened")


async def test_habits_are_the_saved_places_and_the_diet(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    assert await habits(marc) == {"places": [], "without_allergens": []}
    await agrees(marc)
    await avoids(marc, "nuts", "gluten")
    for place in (HOME, WORK):
        await marc.posts("/me/places", place)

    found = await habits(marc)

    assert found["places"] == (await marc.gets("/me/places"))["data"]
    assert found["without_allergens"] == (await marc.gets("/me/diet"))["without_allergens"] == ["gluten", "nuts"]
    assert await habits(amina) == {"places": [], "without_allergens": []}


async def test_each_opening_of_the_diet_is_logged(town: Town) -> None:
    marc = await town.a_customer()
    await agrees(marc)
    await avoids(marc, "milk")

    for times in (1, 2):
        assert (await habits(marc))["without_allergens"] == ["milk"]
        assert await opened(town, marc) == times

    logged = await town.rows("select actor_id, detail from app.audit_entries where action = 'diet.opened'")
    assert {(row["actor_id"], row["detail"]) for row in logged} == {(marc.id, '{"why": "own"}')}


async def test_a_search_without_any_place_opens_no_diet(town: Town) -> None:
    marc = await town.a_customer()
    await agrees(marc)
    await avoids(marc, "milk")
    assert await habits(marc, placed="false") == {"places": [], "without_allergens": []}
    assert await opened(town, marc) == 0

    await marc.posts("/me/places", HOME)  # the search starts from it

    assert (await habits(marc, placed="false"))["without_allergens"] == ["milk"]
    assert await opened(town, marc) == 1


@pytest.mark.parametrize("role", ["merchant", "collector", "association", "admin"])
async def test_other_roles_have_no_habits(town: Town, role: str) -> None:
    people: dict[str, Any] = {
        "merchant": town.a_merchant, "collector": town.a_collector, "association": town.an_association,
        "admin": town.an_admin,
    }  # fmt: skip
    assert await asks(await people[role](), "GET", "/me/search") == (403, "access.forbidden")


async def test_habits_are_refused_to_the_suspended_and_to_visitors(town: Town) -> None:
    marc = await town.a_customer()
    assert (await asks(marc, "GET", "/me/search?placed=x"))[1] == "request.invalid"
    assert (await town.request("GET", "/v1/me/search")).status_code == 401
    await town.changes("update app.accounts set status = 'suspended' where id = $1", marc.id)
    assert await asks(marc, "GET", "/me/search") == (403, "account.suspended")

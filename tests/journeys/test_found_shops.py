"""The search for shops, which anyone can make: by distance, by name and by commune, a page at a time."""

from typing import Any

import pytest

from tests.town import Person, Shop, Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import Visitor


async def found(town: Town, who: Person | None = None, **asked: Any) -> list[str]:
    """Return the names of all shops that a search finds, in order, read two at a time."""
    names: list[str] = []
    after: dict[str, Any] = {}
    while True:
        query = "&".join(f"{name}={value}" for name, value in {**asked, **after, "limit": 2}.items())
        page = accepted(await (who or Visitor(town)).asks("GET", f"/shops?{query}")).json()
        names += [shop["name"] for shop in page["data"]]
        if not page["has_more"]:
            return names
        after = {"after": page["next"]}


async def a_shop(town: Town, name: str, **where: Any) -> Shop:
    shop = await town.a_shop(**where)
    await town.changes("update app.shops set name = $2 where id = $1", shop.id, name)
    return shop


async def test_a_name_finds_shops_whole_names_first(town: Town) -> None:
    names = ["Le Pain", "Pain", "Pain d'épices", "Boulangerie du pain", "Pain et pain", "Boucherie Éloi", "L'Étal"]
    for name in names:
        await a_shop(town, name)

    assert await found(town, q="pain") == ["Pain", "Pain d'épices", "Pain et pain", "Le Pain", "Boulangerie du pain"]
    assert await found(town, q="PAIN D EPICES") == ["Pain d'épices"]
    assert await found(town, q="boucherie eloi") == await found(town, q="ÉLOI") == ["Boucherie Éloi"]
    assert await found(town, q="etal") == await found(town, q="l%27étal") == ["L'Étal"]
    assert await found(town, q="du pain") == []  # nobody looks for a small word
    for nothing in ("xyz", "%25", "!!!", "_", "a~"):
        assert await found(town, q=nothing) == []


async def test_st_is_saint_and_the_beginning_of_strasbourg(town: Town) -> None:
    for name in ("Épicerie St-Thomas", "Stock du marché"):
        await a_shop(town, name)
    assert await found(town, q="saint thomas") == await found(town, q="St Thomas") == ["Épicerie St-Thomas"]
    assert await found(town, q="st") == ["Stock du marché", "Épicerie St-Thomas"]


async def test_the_nearest_shops_come_first_with_their_distance(town: Town) -> None:
    for name, place in (("Loin", (48.62, 7.75)), ("Ici", (48.5734, 7.7521)), ("Près", (48.58, 7.7521))):
        await a_shop(town, name, near=place)
    await a_shop(town, "Ici aussi", near=(48.5734, 7.7521))
    at_home = "48.5734,7.7521"
    assert await found(town, near=at_home) == ["Ici", "Ici aussi", "Près", "Loin"]
    page = (await Visitor(town).asks("GET", f"/shops?near={at_home}")).json()["data"]
    assert [shop["distance_m"] for shop in page] == [0, 0, pytest.approx(734, abs=3), pytest.approx(5182, abs=15)]


async def test_a_commune_lists_its_shops_by_name_with_arrondissements(town: Town) -> None:
    for name, commune in (("Zoé", "75111"), ("Abel", "75056"), ("Marie", "75101"), ("Ailleurs", "67482")):
        await a_shop(town, name, commune=commune)
    assert await found(town, insee="75056") == ["Abel", "Marie", "Zoé"]
    assert await found(town, insee="75111") == ["Zoé"]


async def test_only_verified_shops_are_found(town: Town) -> None:
    shop, odile = await a_shop(town, "Cachée"), await town.an_admin()
    searches: tuple[dict[str, Any], ...] = ({"q": "cachee"}, {"near": "48.5839,7.7455"}, {"insee": "67482"})
    for asked in searches:
        assert await found(town, **asked) == ["Cachée"]  # the control
    await odile.suspends_account(shop.merchant)
    for asked in searches:
        assert await found(town, **asked) == []
    await odile.posts(f"/admin/accounts/{shop.merchant.id}/restore", {"reason": "erreur"})
    assert await found(town, q="cachee") == ["Cachée"]
    await odile.posts(f"/admin/shops/{shop.id}/verify", {"decision": "rejected", "reason": "fermé"})
    for asked in searches:
        assert await found(town, **asked) == []
    await odile.verifies_shop(str(shop.id))
    accepted(await shop.merchant.asks("PATCH", f"/shops/{shop.id}", {"name": "Trouvée", "insee_code": "67447"}))
    assert await found(town, q="cachee") == await found(town, insee="67482") == []
    assert await found(town, q="trouvee") == await found(town, insee="67447") == ["Trouvée"]
    accepted(await shop.merchant.asks("DELETE", "/me"))
    assert await found(town, q="trouvee") == await found(town, near="48.5839,7.7455") == []


async def test_a_found_shop_shows_what_everybody_may_know(town: Town) -> None:
    shop = await a_shop(town, "Pain")
    answer = await Visitor(town).asks("GET", "/shops?q=pain")
    assert answer.headers["cache-control"] == "public, max-age=30"
    [one] = answer.json()["data"]
    keys = {"id", "name", "address", "latitude", "longitude", "category", "time_zone", "insee_code", "photo_id"}
    assert one.keys() == keys | {"distance_m"}
    assert (one["id"], one["distance_m"]) == (str(shop.id), None)
    # Its merchant and kiosks get the same.
    [own] = (await shop.merchant.gets("/shops", q="pain"))["data"]
    assert own == one


async def test_without_a_search_people_list_their_own_shops(town: Town) -> None:
    shop, marc = await a_shop(town, "Pain"), await town.a_customer()
    await a_shop(town, "Autre pain")
    [own] = (await shop.merchant.gets("/shops"))["data"]
    assert (own["id"], own["status"], "next_lots" in own) == (str(shop.id), "verified", False)
    assert refusal_in(await Visitor(town).asks("GET", "/shops")).code == "access.unauthenticated"
    assert refusal_in(await marc.asks("GET", "/shops")).code == "access.forbidden"
    assert len((await (await town.an_admin()).gets("/shops"))["data"]) == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("q=a&insee=67482", "search.one_only"),
        ("near=48,7&q=a", "search.one_only"),
        ("near=48", "request.invalid"),
        ("near=nan,7", "request.invalid"),
        ("near=86,7", "request.invalid"),
        ("near=1e99,7", "request.invalid"),
        ("insee=67000", "request.invalid"),
        ("q=", "request.invalid"),
        ("q=" + "a" * 101, "request.invalid"),
        ("q=a&after=bm9uc2Vuc2U", "cursor.invalid"),
        ("q=a&after=WzFd", "cursor.invalid"),
        ("near=48,7&after=WyJ4IiwgInkiXQ", "cursor.invalid"),
        (
            "q=a&after=WzEwMDAwMDAwMDAwMDAsICJhIiwgIjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMCJd",
            "request.invalid",
        ),  # a rank that is no int
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(lasting_town: Town, query: str, code: str) -> None:
    for what in ("shops", "associations"):
        refusal = refusal_in(await Visitor(lasting_town).asks("GET", f"/{what}?{query}"))
        assert (refusal.status, refusal.code) == (422, code)

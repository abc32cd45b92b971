"""Communes by name and postcode: how people write them, how fast they are found, and how they get into a database."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from backend.places.communes import communes, insee_codes
from backend.places.loading import load_places
from backend.places.names import keys_of, questions
from tests.town import Town
from tests.town.databases import API
from tests.visitors import Visitor


@pytest.fixture(scope="module")
async def france(lasting_town: Town) -> Town:
    """Return a town whose database has all communes."""
    load_places(lasting_town.copy.url())
    return lasting_town


async def found(town: Town, q: str) -> list[dict[str, Any]]:
    answer = await Visitor(town).asks("GET", f"/places?{urlencode({'q': q})}")
    assert answer.status_code == 200, answer.text
    places: list[dict[str, Any]] = answer.json()["data"]
    return places


@pytest.mark.parametrize(
    ("q", "insee_code"),
    [
        ("Strasbourg", "67482"),
        ("strasb", "67482"),
        ("STRASBOURG ", "67482"),
        ("67000", "67482"),
        ("67000 Strasbourg", "67482"),
        ("Strasbourg, 67000", "67482"),
        ("67482", "67482"),
        ("Paris", "75056"),
        ("Paris 11", "75111"),
        ("paris 11e", "75111"),
        ("Paris 11ème arrondissement", "75111"),
        ("Paris 1", "75101"),
        ("paris 1er", "75101"),
        ("paris 01", "75101"),
        ("75011", "75111"),
        ("75011 Paris", "75111"),
        ("75116", "75116"),
        ("Lyon 3", "69383"),
        ("Marseille 13", "13213"),
        ("Saint-Étienne", "42218"),
        ("st etienne", "42218"),
        ("St-Denis 93", "93066"),
        ("saint denis 974", "97411"),
        ("ste genevieve des bois", "91549"),
        ("mont st michel", "50353"),
        ("Havre", "76351"),
        ("la rochelle 17", "17300"),
        ("l hay les roses", "94038"),
        ("L\u2019Hay\u0308-les-Roses", "94038"),  # a typographic apostrophe and a combining diaeresis
        ("hay-les-roses", "94038"),
        ("Oeuilly 51", "51410"),
        ("Œuilly 51", "51410"),
        ("Ajaccio 2A", "2A004"),
        ("2a004", "2A004"),
        ("y", "80829"),
        ("Avray", "92077"),
        ("St", "56201"),  # Le Saint
    ],
)
async def test_a_place_is_found_as_people_write_it(france: Town, q: str, insee_code: str) -> None:
    assert (await found(france, q))[0]["insee_code"] == insee_code


async def test_an_answer_has_what_a_search_needs(france: Town) -> None:
    answer = await Visitor(france).asks("GET", "/places?q=Paris+11")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert answer.json() == {
        "data": [
            {
                "insee_code": "75111",
                "name": "Paris 11e Arrondissement",
                "postcodes": ["75011"],
                "department": "75",
                "latitude": 48.8594,
                "longitude": 2.3787,
            }
        ],
        "addresses": [],
        "source": "INSEE, Code officiel géographique 2026; La Poste, Base officielle des codes postaux",
    }


async def test_st_begins_strasbourg_and_saints(france: Town) -> None:
    names = [place["name"] for place in await found(france, "st")]
    assert {"Strasbourg", "Saint-Étienne"} <= set(names)
    assert len(names) == 20


async def test_the_largest_of_many_come_first_and_each_once(france: Town) -> None:
    sizes = {one.insee_code: one.population for one in communes()}
    for q in ("s", "l", "saint", "7", "67"):
        codes = [place["insee_code"] for place in await found(france, q)]
        assert len(set(codes)) == len(codes) == 20
        # Le Saint alone is larger than its rank says: its name is what was asked.
        ordered = [sizes[code] for code in codes if (q, code) != ("saint", "56201")]
        assert ordered == sorted(ordered, reverse=True)


@pytest.mark.parametrize("q", ["--", "Xyzzy", "Strasbourg 75", "%", "_", "~"])
async def test_a_text_that_names_nothing_finds_no_place(france: Town, q: str) -> None:
    assert await found(france, q) == []


@pytest.mark.parametrize("q", ["", "x" * 101])
async def test_a_text_of_no_or_too_many_characters_is_refused(france: Town, q: str) -> None:
    assert (await Visitor(france).asks("GET", f"/places?{urlencode({'q': q})}")).status_code == 422


async def test_centres_lie_in_the_territory_of_their_commune(france: Town) -> None:
    astray = "select name from app.places where not app.in_territory(insee_code, latitude, longitude)"
    assert await france.rows(astray) == []
    assert await france.value("select count(*) from app.places where latitude is null") == 83


async def test_no_commune_has_more_keys_of_one_letter_than_the_search_reads() -> None:
    most = max(Counter(key[0] for key in keys_of(one)).most_common(1)[0][1] for one in communes())
    assert most < 8


async def test_the_widest_questions_read_the_index_alone(france: Town) -> None:
    """Time depends on the machine; rows read do not. The act is measured too, with room for a slow machine."""
    async with france.copy.connection(API) as api:
        for q in ("s", "saint", "1", "Paris 11", "saint 35"):
            arguments = questions(q)
            took = []
            for _ in range(5):
                began = await api.fetchval("select clock_timestamp()")
                await api.fetch("select * from app.places_found($1, $2)", *arguments)
                took.append((await api.fetchval("select clock_timestamp()") - began).total_seconds())
            assert min(took) < 0.02, (q, took)
    plan = "\n".join(
        row[0]
        for row in await france.rows(
            "explain select from app.place_names where key >= 'saint' collate \"C\" and key < 'saint~' collate \"C\""
        )
    )
    assert "place_names_pkey" in plan


def test_every_code_but_five_is_of_a_place_that_can_be_found() -> None:
    known = {one.insee_code for one in communes()}
    assert len(insee_codes()) == 35_014
    assert insee_codes() - known == {"98411", "98412", "98413", "98414", "98415"}


async def test_loading_again_changes_nothing_and_other_data_replace(town: Town) -> None:
    assert load_places(town.copy.url()) == 35_009
    assert load_places(town.copy.url()) is None
    await town.changes("update app.places set name = 'Argentoratum' where insee_code = '67482'")
    await town.changes("comment on table app.places is 'another edition'")
    assert load_places(town.copy.url()) == 35_009
    assert await town.value("select name from app.places where insee_code = '67482'") == "Strasbourg"

"""Territories: how they get into a database, how people find them, and what each lies in."""

from typing import Any
from urllib.parse import urlencode

import pytest

from backend.territories.loading import load_territories
from backend.territories.map import territories
from tests.town import Town
from tests.visitors import Visitor


@pytest.fixture(scope="module")
async def france(lasting_town: Town) -> Town:
    """Return a town whose database has every territory."""
    load_territories(lasting_town.copy.url())
    return lasting_town


async def found(town: Town, q: str) -> list[dict[str, Any]]:
    answer = await Visitor(town).asks("GET", f"/territories?{urlencode({'q': q})}")
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


@pytest.mark.parametrize(
    ("q", "code"),
    [
        ("Strasbourg", "67482"),
        ("eurométropole de stras", "246700488"),
        ("246700488", "246700488"),
        ("Grand Est", "REG-44"),
        ("bas-rhin", "DEP-67"),
        ("France", "FR"),
        ("Paris 11e", "75111"),
        ("Saint-Denis 93", "93066"),
        ("67000", "67482"),
    ],
)
async def test_a_territory_is_found_as_people_write_it(france: Town, q: str, code: str) -> None:
    assert (await found(france, q))[0]["code"] == code


async def test_a_territory_says_what_it_lies_in_and_what_its_parts_are(town: Town) -> None:
    await town.territories()

    strasbourg = (await town.request("GET", "/v1/territories/67482")).json()
    assert (strasbourg["name"], strasbourg["kind"], strasbourg["population"]) == ("Strasbourg", "commune", 293_771)
    assert [one["code"] for one in strasbourg["within"]] == ["246700488", "DEP-67", "REG-44", "FR"]
    assert strasbourg["parts"] == []
    assert "INSEE" in strasbourg["source"]

    eleventh = (await town.request("GET", "/v1/territories/75111")).json()
    assert [one["code"] for one in eleventh["within"]] == ["75056", "200054781", "DEP-75", "REG-11", "FR"]
    parts = {
        code: (await town.request("GET", f"/v1/territories/{code}")).json()["parts"]
        for code in ("FR", "REG-44", "DEP-67", "246700488", "75056")
    }
    assert parts == {
        "FR": ["region", "department", "epci", "commune"],
        "REG-44": ["department", "epci", "commune"],
        "DEP-67": ["epci", "commune"],
        "246700488": ["commune"],
        "75056": ["arrondissement"],
    }
    unknown = await town.request("GET", "/v1/territories/67999")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "territory.not_found")


async def test_loading_again_changes_nothing_and_keeps_what_left_the_map(town: Town) -> None:
    assert load_territories(town.copy.url()) == 36_405
    assert load_territories(town.copy.url()) is None
    await town.changes("update app.territories set name = 'Argentoratum' where code = '67482'")
    await town.changes("insert into app.territories (code, kind, name) values ('67998', 'commune', 'Disparue')")
    await town.changes("comment on table app.territories is 'another edition'")
    assert load_territories(town.copy.url()) == 36_405
    assert await town.value("select name from app.territories where code = '67482'") == "Strasbourg"
    assert await town.value("select count(*) from app.territories") == 36_406


def test_every_commune_lies_in_one_department_and_one_region() -> None:
    known = {one.code: one for one in territories()}
    assert len(known) == 36_405
    for one in known.values():
        if one.kind in ("commune", "arrondissement"):
            assert one.department is not None
            assert one.region is not None
            assert known[one.department].region == one.region
        for code in (one.region, one.department, one.epci, one.commune):
            assert code is None or code in known, (one, code)
    assert 66_000_000 < known["FR"].population < 72_000_000
    # Places that have one point for a whole territory overseas have no centre.
    assert known["97701"].centre is None
    assert {one.kind for one in known.values()} == {
        *("country", "region", "department", "epci", "commune", "arrondissement")
    }

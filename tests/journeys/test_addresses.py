"""Addresses from a geocoder: a shop types one instead of coordinates, and faults of the geocoder are said clearly."""

import gzip
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from backend.places import geocoder as product
from backend.settings import settings
from tests.geocoder import ZURICH, GeocoderServer, collection, feature
from tests.town import Merchant, Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import Visitor

ADDRESS = "12 rue de Zurich, Strasbourg"
MULHOUSE = "12 Rue de Zurich 68100 Mulhouse"
IN_MULHOUSE = feature(MULHOUSE, 0.95, 47.75, 7.34, "68224")


@pytest.fixture
async def geocoder(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GeocoderServer]:
    """Serve a geocoder that the town asks."""
    async with GeocoderServer() as served:
        monkeypatch.setenv("ECOPANIER_GEOCODER_URL", served.url)
        settings.cache_clear()
        yield served


def fields(town: Town, **more: Any) -> dict[str, Any]:
    """Return the body of a shop without its place."""
    whole = town.shop_fields()
    return {name: whole[name] for name in whole.keys() - {"insee_code", "latitude", "longitude"}} | {
        "address": ADDRESS,
        **more,
    }


async def registers(town: Town, sophie: Merchant, **more: Any) -> Any:
    return await sophie.asks("POST", "/shops", fields(town, **more))


async def addresses(town: Town, q: str) -> Any:
    return accepted(await Visitor(town).asks("GET", f"/places?q={quote(q)}"))


async def test_a_shop_types_its_address_instead_of_coordinates(town: Town, geocoder: GeocoderServer) -> None:
    sophie = await town.a_merchant()
    shop = accepted(await registers(town, sophie)).json()
    place = {"address": ADDRESS, "insee_code": "67482", "latitude": 48.5791, "longitude": 7.7571}
    assert {name: shop[name] for name in place} == place
    assert geocoder.asked == [{"q": ADDRESS, "limit": "5", "index": "address", "autocomplete": "0"}]

    # A new address moves it; one with coordinates, or no address at all, asks nobody.
    geocoder.body = collection(feature("1 Rue du Sauvage 68100 Mulhouse", 0.9, 47.75, 7.34, "68224"))
    path = f"/shops/{shop['id']}"
    moved = accepted(await sophie.asks("PATCH", path, {"address": "1 rue du Sauvage, Mulhouse"})).json()
    assert (moved["insee_code"], moved["latitude"]) == ("68224", 47.75)
    accepted(await sophie.asks("PATCH", path, {"name": "Autre nom"}))
    accepted(await sophie.asks("PATCH", path, {"address": "Ici", "latitude": 47.7, "longitude": 7.3}))
    accepted(await sophie.asks("POST", "/shops", town.shop_fields()))
    assert len(geocoder.asked) == 2


@pytest.mark.parametrize("written", ["", "/", "/geocodage", "/geocodage/", "/geocodage/search"])
async def test_the_setting_may_name_the_server_or_its_search(
    town: Town, geocoder: GeocoderServer, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("ECOPANIER_GEOCODER_URL", geocoder.url.removesuffix("/geocodage") + written)
    settings.cache_clear()
    assert (await addresses(town, ADDRESS)).json()["addresses"] == [_zurich()]


async def test_a_known_commune_narrows_the_search(town: Town, geocoder: GeocoderServer) -> None:
    geocoder.body = collection(IN_MULHOUSE, feature())
    sophie = await town.a_merchant()
    assert refusal_in(await registers(town, sophie)).code == "address.ambiguous"
    shop = accepted(await registers(town, sophie, insee_code="67482")).json()
    assert (shop["insee_code"], geocoder.asked[-1]["citycode"]) == ("67482", "67482")
    # Addresses of Paris have the codes of its arrondissements.
    geocoder.body = collection(feature("1 Rue de Rivoli 75004 Paris", 0.9, 48.855, 2.36, "75104"))
    shop = accepted(await registers(town, sophie, insee_code="75056")).json()
    assert (shop["insee_code"], "citycode" in geocoder.asked[-1]) == ("75056", False)


@pytest.mark.parametrize(
    ("features", "candidates"),
    [
        ([feature(score=0.62)], [ZURICH]),
        ([feature(), IN_MULHOUSE], [ZURICH, MULHOUSE]),
        (
            [feature(f"{number} Rue de Zurich 67000 Strasbourg", 0.6) for number in range(9)],
            [f"{number} Rue de Zurich 67000 Strasbourg" for number in range(5)],
        ),
    ],
)
async def test_an_uncertain_address_lists_what_it_may_be(
    town: Town, geocoder: GeocoderServer, features: list[dict[str, Any]], candidates: list[str]
) -> None:
    geocoder.body = collection(*features)
    refusal = refusal_in(await registers(town, await town.a_merchant()))
    assert (refusal.status, refusal.code, refusal.body["candidates"]) == (422, "address.ambiguous", candidates)
    assert await town.value("select count(*) from app.shops") == 0


@pytest.mark.parametrize(
    "body",
    [
        collection(),
        collection(feature(score=0.2)),
        collection(feature("Strasbourg", kind="municipality")),
        collection(feature(latitude=1e300)),
        collection(feature(latitude=40.7, longitude=-74.0)),  # New York
        collection(feature(latitude=7.7571, longitude=48.5791)),  # swapped
        collection(feature(citycode="99999")),
        collection(feature(latitude="nord")),
        collection(feature(latitude=None)),
        collection(feature(score=7)),
        collection(feature("Rue\u202ede Zurich")),
        collection(feature("x" * 301)),
        b'{"type": "FeatureCollection", "features": [1, null, {}, [], {"geometry": null, "properties": {}}]}',
        collection(feature()).replace(b"48.5791", b"1e400"),
        collection(feature()).replace(b"48.5791", b"9" * 400),
    ],
)
async def test_an_answer_that_cannot_be_true_finds_no_address(
    town: Town, geocoder: GeocoderServer, body: bytes
) -> None:
    geocoder.body = body
    refusal = refusal_in(await registers(town, await town.a_merchant()))
    assert (refusal.status, refusal.code) == (422, "address.unknown")
    assert (await addresses(town, ADDRESS)).json()["addresses"] in ([], [_zurich()])
    assert await town.value("select count(*) from app.shops") == 0


def _zurich() -> dict[str, Any]:
    point = {"latitude": 48.5791, "longitude": 7.7571}
    return {"label": ZURICH, "insee_code": "67482", "postcode": "67000", **point}


BROKEN: dict[str, dict[str, Any]] = {
    "down": {"down": True},
    "hangs": {"hangs": True},
    "429": {"status": 429, "body": b'{"message": "API rate limit exceeded"}'},
    "500": {"status": 500},
    "redirect": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
    "HTML": {"body": b"<html><body>Maintenance</body></html>"},
    "empty": {"body": b""},
    "NaN": {"body": collection(feature()).replace(b"48.5791", b"NaN")},
    "no collection": {"body": json.dumps([feature()]).encode()},
    "another form": {"body": b'{"type": "FeatureCollection", "features": {"a": 1}}'},
    "deep": {"body": b"[" * 100_000},
    "long": {"body": collection(*[feature()] * 1000)},
    "compressed": {"body": gzip.compress(collection(feature())), "headers": {"Content-Encoding": "gzip"}},
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_broken_geocoder_asks_for_coordinates(
    town: Town, geocoder: GeocoderServer, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    broken = dict(BROKEN[fault])
    if broken.pop("down", False):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            monkeypatch.setenv("ECOPANIER_GEOCODER_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/geocodage")
        settings.cache_clear()
    for name, value in broken.items():
        setattr(geocoder, name, value)
    monkeypatch.setattr(product, "SECONDS", 0.5)  # of patience, instead of three
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    for answer in (
        await registers(town, sophie),
        await sophie.asks("PATCH", f"/shops/{shop.id}", {"name": "Nouveau", "address": ADDRESS}),
    ):
        refusal = refusal_in(answer)
        assert (refusal.status, refusal.code) == (503, "geocoder.unavailable")
        assert "latitude" in refusal.body["detail"]
        assert answer.headers["retry-after"] == "10"
    assert await town.value("select count(*) from app.shops") == 1
    assert await town.value("select version from app.shops") == 1

    # The search for places goes on without addresses, and does not ask again for a while.
    asked = len(geocoder.asked)
    answer = await addresses(town, ADDRESS)
    assert answer.json()["addresses"] == []
    assert answer.headers["cache-control"] == "no-store"
    assert len(geocoder.asked) == asked
    accepted(await sophie.asks("POST", "/shops", {**town.shop_fields(), "address": ADDRESS}))  # the control


async def test_a_repeated_registration_needs_no_geocoder(town: Town, geocoder: GeocoderServer) -> None:
    sophie, body = await town.a_merchant(), fields(town)
    first = accepted(await sophie.asks("POST", "/shops", body, key="shop"))
    geocoder.status = 500
    again = await sophie.asks("POST", "/shops", body, key="shop")
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert len(geocoder.asked) == 1
    # A refusal keeps nothing: the key is free for another body.
    assert refusal_in(await sophie.asks("POST", "/shops", body, key="other")).code == "geocoder.unavailable"
    accepted(await sophie.asks("POST", "/shops", town.shop_fields(), key="other"))
    assert await town.value("select count(*) from app.shops") == 2


async def test_no_transaction_is_open_while_the_geocoder_is_asked(town: Town, geocoder: GeocoderServer) -> None:
    open_ones: list[int] = []

    async def counts() -> None:
        open_ones.append(
            await town.value(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                " and state like 'idle in transaction%'"
            )
        )

    geocoder.before_answering = counts
    sophie = await town.a_merchant()
    shop = accepted(await registers(town, sophie)).json()
    accepted(await sophie.asks("PATCH", f"/shops/{shop['id']}", {"address": ADDRESS}))
    await addresses(town, ADDRESS)
    assert open_ones == [0, 0, 0]


async def test_only_whoever_may_change_a_shop_makes_us_ask(town: Town, geocoder: GeocoderServer) -> None:
    shop = await town.a_shop()
    for person, code in (
        (await town.a_customer(), "access.forbidden"),
        (await town.a_merchant("Léa"), "shop.not_found"),
    ):
        refusal = refusal_in(await person.asks("PATCH", f"/shops/{shop.id}", {"address": ADDRESS}))
        assert refusal.code == code
    assert refusal_in(await (await town.a_customer()).asks("POST", "/shops", fields(town))).code == "access.forbidden"
    assert refusal_in(await Visitor(town).asks("POST", "/shops", fields(town))).code == "access.unauthenticated"
    assert geocoder.asked == []


async def test_places_have_addresses_too(town: Town, geocoder: GeocoderServer) -> None:
    found = await addresses(town, "12 rue de Zur")
    assert found.json()["addresses"] == [_zurich()]
    assert found.headers["cache-control"] == "public, max-age=86400"
    assert geocoder.asked[-1]["autocomplete"] == "1"
    for short in ("67000", "St"):
        assert (await addresses(town, short)).json()["addresses"] == []
    assert len(geocoder.asked) == 1


async def test_without_a_geocoder_coordinates_are_needed(town: Town) -> None:
    sophie = await town.a_merchant()
    refusal = refusal_in(await registers(town, sophie))
    assert (refusal.status, refusal.code) == (422, "request.invalid")
    missing = {"body.insee_code": "missing", "body.latitude": "missing", "body.longitude": "missing"}
    assert {error["field"]: error["code"] for error in refusal.body["errors"]} == missing
    shop = await town.a_shop(sophie)
    renamed = accepted(await sophie.asks("PATCH", f"/shops/{shop.id}", {"address": ADDRESS})).json()
    assert (renamed["address"], renamed["latitude"]) == (ADDRESS, shop.latitude)
    assert (await addresses(town, ADDRESS)).json()["addresses"] == []

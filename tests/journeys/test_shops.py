"""Shops: registered and changed by their merchant, verified by an admin, read by everybody once verified."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.town import Town, refused
from tests.town.answers import refusal_in

MORNING = {"opens": "07:00", "closes": "13:00"}
AFTERNOON = {"opens": "15:30", "closes": "19:30"}


async def test_a_shop_is_invisible_until_an_admin_verifies_it(town: Town) -> None:
    sophie, marc, odile = await town.a_merchant(), await town.a_customer(), await town.an_admin()

    shop = await sophie.registers_shop(name="Boulangerie de la Krutenau", opening_hours={"saturday": [MORNING]})
    path = f"/shops/{shop['id']}"
    assert shop["status"] == "pending"
    assert (await sophie.gets(path))["status"] == "pending"
    for person in (marc, await town.a_merchant("Léa")):
        hidden, missing = await person.asks("GET", path), await person.asks("GET", f"/shops/{uuid4()}")
        assert (hidden.status_code, _without_request_id(hidden)) == (404, _without_request_id(missing))
    assert (await town.request("GET", f"/v1{path}")).status_code == 404
    assert [found["id"] for found in (await odile.gets("/shops", status="pending"))["data"]] == [shop["id"]]

    await odile.verifies_shop(shop["id"])

    seen = (await town.request("GET", f"/v1{path}")).json()
    assert seen["name"] == "Boulangerie de la Krutenau"
    assert seen["opening_hours"]["saturday"] == [MORNING]
    assert seen["opening_hours"]["sunday"] == []
    assert seen["lots_url"] == f"/v1{path}/lots"
    assert seen.keys().isdisjoint({"siret", "status", "owner_id", "version"})
    assert (await sophie.gets(path))["siret"] == shop["siret"]
    assert (await odile.gets("/shops", status="pending"))["data"] == []


async def test_an_admins_decision_is_recorded_with_its_reason(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await sophie.registers_shop()

    rejected = await odile.posts(
        f"/admin/shops/{shop['id']}/verify", {"decision": "rejected", "reason": "Kbis illisible"}
    )

    assert rejected["status"] == "rejected"
    [kept] = await town.rows("select subject, subject_id, decision, reason, decided_by from app.decisions")
    assert (kept["subject"], str(kept["subject_id"]), kept["decision"]) == ("shop", shop["id"], "rejected")
    assert (kept["reason"], kept["decided_by"]) == ("Kbis illisible", odile.id)
    assert (await town.request("GET", f"/v1/shops/{shop['id']}")).status_code == 404


@pytest.mark.parametrize("number", ["356 000 000 00048", "35600000049837", "73282932000074"])
async def test_a_valid_siret_is_stored_as_digits_including_la_postes(town: Town, number: str) -> None:
    shop = await (await town.a_merchant()).registers_shop(siret=number)
    assert shop["siret"] == number.replace(" ", "")


@pytest.mark.parametrize(
    "number", ["73282932000075", "35600000049838", "7328293200007", "7328293200007A", "", "0" * 14, "73282932000000"]
)
async def test_an_invalid_siret_is_refused(town: Town, number: str) -> None:
    refusal = await refused((await town.a_merchant()).registers_shop(siret=number))
    assert (refusal.status, refusal.code) == (422, "shop.siret_invalid")
    assert await town.value("select count(*) from app.shops") == 0


async def test_only_one_verified_shop_has_a_siret_and_a_claim_is_harmless(town: Town) -> None:
    odile = await town.an_admin()
    one = await (await town.a_merchant()).registers_shop(siret="73282932000074")
    other = await (await town.a_merchant("Léa")).registers_shop(siret="73282932000074")
    await odile.verifies_shop(other["id"])

    refusal = await refused(odile.verifies_shop(one["id"]))

    assert (refusal.status, refusal.code) == (409, "shop.siret_taken")
    assert await town.value("select status from app.shops where id = $1", one["id"]) == "pending"
    assert await town.value("select count(*) from app.decisions") == 1


@pytest.mark.parametrize(
    ("hours", "mistake"),
    [
        ({"monday": [{"opens": "13:00", "closes": "07:00"}]}, "opening_hours_past_midnight"),
        ({"friday": [{"opens": "18:00", "closes": "02:00"}]}, "opening_hours_past_midnight"),
        ({"monday": [{"opens": "07:00", "closes": "07:00"}]}, "opening_hours_order"),
        ({"monday": [MORNING, {"opens": "12:59", "closes": "14:00"}]}, "opening_hours_overlap"),
        ({"monday": [{"opens": "7:00", "closes": "13:00"}]}, "string_pattern_mismatch"),
        ({"monday": [{"opens": "07:00", "closes": "24:30"}]}, "string_pattern_mismatch"),
        ({"lundi": [MORNING]}, "extra_forbidden"),
        (None, "model_attributes_type"),
    ],
)
async def test_invalid_opening_hours_are_refused(town: Town, hours: Any, mistake: str) -> None:
    refusal = await refused((await town.a_merchant()).registers_shop(opening_hours=hours))
    assert refusal.code == "request.invalid"
    assert [error["code"] for error in refusal.body["errors"]] == [mistake]
    assert await town.value("select count(*) from app.shops") == 0


async def test_opening_hours_are_returned_in_order_until_midnight(town: Town) -> None:
    night = {"opens": "19:30", "closes": "24:00"}
    shop = await (await town.a_merchant()).registers_shop(opening_hours={"friday": [night, AFTERNOON, MORNING]})
    assert shop["opening_hours"]["friday"] == [MORNING, AFTERNOON, night]


async def test_malformed_opening_hours_are_refused_by_the_database(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    for hours in ("[]", "null", '"x"', '{"monday": [1]}', '{"monday": {"opens": "07:00", "closes": "08:00"}}'):
        async with town.sql_as(sophie) as connection:
            with pytest.raises(Exception, match="shops_opening_hours_check"):
                await connection.execute("update app.shops set opening_hours = $1::jsonb where id = $2", hours, shop.id)
    assert (await town.request("GET", f"/v1/shops/{shop.id}")).status_code == 200


async def test_only_merchants_register_shops_and_cannot_choose_the_status(town: Town) -> None:
    for person in (await town.a_customer(), await town.a_beneficiary(), await town.an_association()):
        assert refusal_in(await person.asks("POST", "/shops", town.shop_fields())).code == "access.forbidden"
    sophie = await town.a_merchant()
    for field, value in {"status": "verified", "owner_id": str(uuid4()), "version": 7}.items():
        refusal = await refused(sophie.registers_shop(**{field: value}))
        assert refusal.body["errors"][0]["code"] == "extra_forbidden"
    assert await town.value("select count(*) from app.shops") == 0


async def test_changing_a_shop_with_an_outdated_version_is_refused(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    path = f"/shops/{shop.id}"
    read = (await sophie.asks("GET", path)).headers["etag"]

    changed = await sophie.asks("PATCH", path, {"name": "Au Bon Pain"}, headers={"If-Match": read})
    late = await sophie.asks("PATCH", path, {"name": "Au Mauvais Pain"}, headers={"If-Match": read})

    assert (changed.status_code, changed.json()["name"]) == (200, "Au Bon Pain")
    assert changed.headers["etag"] == (await sophie.asks("GET", path)).headers["etag"] != read
    assert (late.status_code, late.json()["code"]) == (412, "precondition.failed")
    assert (await sophie.gets(path))["name"] == "Au Bon Pain"
    assert (await sophie.asks("PATCH", path, {}, headers={"If-Match": read})).status_code == 412
    assert (await sophie.asks("PATCH", path, {}, headers={"If-Match": changed.headers["etag"]})).status_code == 200


async def test_one_of_several_changes_with_the_same_version_wins(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    names = [f"Boulangerie {number}" for number in range(8)]
    answers = await asyncio.gather(
        *(sophie.asks("PATCH", f"/shops/{shop.id}", {"name": n}, headers={"If-Match": '"r1"'}) for n in names)
    )
    won = [name for name, answer in zip(names, answers, strict=True) if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert won == [await town.value("select name from app.shops where id = $1", shop.id)]


@pytest.mark.parametrize(("sent", "stored"), [("2a004", "2A004"), (" 75101 ", "75101"), ("97801", "97801")])
async def test_an_insee_code_is_stored_in_capitals(town: Town, sent: str, stored: str) -> None:
    place = {"latitude": 18.07, "longitude": -63.05} if sent == "97801" else {}
    assert (await (await town.a_merchant()).registers_shop(insee_code=sent, **place))["insee_code"] == stored


@pytest.mark.parametrize("code", ["67000", "99999", "20004", "2C004", "97099", "6748", "67 482"])
async def test_an_insee_code_that_no_commune_has_is_refused(town: Town, code: str) -> None:
    sophie = await town.a_merchant()
    refusal = await refused(sophie.registers_shop(insee_code=code))
    assert (refusal.code, refusal.body["errors"][0]["field"]) == ("request.invalid", "body.insee_code")
    shop = await town.a_shop(sophie)
    assert (await sophie.asks("PATCH", f"/shops/{shop.id}", {"insee_code": code})).status_code == 422


@pytest.mark.parametrize(
    ("code", "latitude", "longitude", "mistake"),
    [
        ("67482", 7.7455, 48.5839, "shop.coordinates_swapped"),
        ("67482", 0.0, 0.0, "shop.outside_territory"),
        ("67482", 40.7, -74.0, "shop.outside_territory"),
        ("67482", -20.88, 55.45, "shop.outside_territory"),
        ("97411", 55.45, -20.88, "shop.coordinates_swapped"),
        ("97411", 48.58, 7.74, "shop.outside_territory"),
        ("98818", 22.27, 166.44, "shop.outside_territory"),
    ],
)
async def test_a_shop_elsewhere_than_its_commune_is_asked_for_its_place_again(
    town: Town, code: str, latitude: float, longitude: float, mistake: str
) -> None:
    sophie = await town.a_merchant()
    place = {"insee_code": code, "latitude": latitude, "longitude": longitude}
    assert (await refused(sophie.registers_shop(**place))).code == mistake
    assert await town.value("select count(*) from app.shops") == 0
    shop = await town.a_shop(sophie)
    assert refusal_in(await sophie.asks("PATCH", f"/shops/{shop.id}", place)).code == mistake
    moved = await town.value("select (latitude, longitude) <> ($1, $2) from app.shops", shop.latitude, shop.longitude)
    assert moved is False


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [
        ("97411", -20.8789, 55.4481),
        ("97105", 15.9985, -61.7247),
        ("97209", 14.6091, -61.0733),
        ("97302", 4.9372, -52.3260),
        ("97502", 46.7811, -56.1764),
        ("97611", -12.7806, 45.2278),
        ("97701", 17.8962, -62.8498),
        ("97801", 18.0708, -63.0501),
        ("98613", -13.2825, -176.1764),
        ("98735", -17.5350, -149.5696),
        ("98818", -22.2758, 166.4580),
        ("2A041", 41.3870, 9.1590),
        ("29155", 48.4574, -5.0960),
    ],
)
async def test_shops_are_registered_in_every_territory(
    town: Town, code: str, latitude: float, longitude: float
) -> None:
    shop = await (await town.a_merchant()).registers_shop(insee_code=code, latitude=latitude, longitude=longitude)
    assert (shop["latitude"], shop["longitude"]) == (latitude, longitude)


@pytest.mark.parametrize(
    "name",
    [
        "Boulan\u200bgerie", "\u202eeiregnaluoB", "Boulangerie\u2066", "Bou\u00adlangerie", "\ufeffa\ufeff", "a\u200db",
        "\u061cA", "a\u2028b", "a\u0007b", "\u3164", "Fournil\U000e0041",
    ],
)  # fmt: skip
async def test_invisible_characters_in_a_text_are_refused(town: Town, name: str) -> None:
    refusal = await refused((await town.a_merchant()).registers_shop(name=name))
    assert [(e["field"], e["code"]) for e in refusal.body["errors"]] == [("body.name", "invisible_characters")]


@pytest.mark.parametrize(
    "name",
    ["Café 👩\u200d🍳", "Œufs\u202f& Cie\u00a0!", "نان\u200cوایی", "Pain ❤\ufe0f", "L’Étal"],  # noqa: RUF001  as typed
)
async def test_emoji_and_joiners_in_a_shop_name_are_kept(town: Town, name: str) -> None:
    assert (await (await town.a_merchant()).registers_shop(name=name))["name"] == name


async def test_null_and_read_only_fields_of_a_shop_are_refused(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    before = await sophie.gets(f"/shops/{shop.id}")
    for field in ("name", "latitude", "category", "opening_hours", "insee_code"):
        assert (await sophie.asks("PATCH", f"/shops/{shop.id}", {field: None})).status_code == 422
    for field in ("siret", "status", "owner_id", "place", "id"):
        assert (await sophie.asks("PATCH", f"/shops/{shop.id}", {field: "x"})).status_code == 422
    assert await sophie.gets(f"/shops/{shop.id}") == before


async def test_changing_a_foreign_shop_answers_as_if_it_did_not_exist(town: Town) -> None:
    shop, draft = await town.a_shop(), await town.a_shop(verified=False)
    lea = await town.a_merchant("Léa")
    for theirs in (shop, draft):
        other = await lea.asks("PATCH", f"/shops/{theirs.id}", {"name": "Mine"}, headers={"If-Match": '"r1"'})
        none = await lea.asks("PATCH", f"/shops/{uuid4()}", {"name": "Mine"}, headers={"If-Match": '"r1"'})
        assert (other.status_code, _without_request_id(other)) == (404, _without_request_id(none))
    assert await town.value("select count(*) from app.shops where name = 'Mine'") == 0


async def test_moving_a_shop_moves_its_lots(town: Town) -> None:
    sophie = await town.a_merchant()
    lot = await town.a_lot(shop=await town.a_shop(sophie))
    await sophie.asks("PATCH", f"/shops/{lot.shop.id}", {"latitude": 45.764, "longitude": 4.8357})
    near = await town.request("GET", "/v1/lots", params={"near": "45.764,4.8357", "radius_km": "1"})
    assert [(found["id"], found["distance_m"]) for found in near.json()["data"]] == [(str(lot.id), 0)]


async def test_merchants_page_through_their_own_shops_and_admins_through_all(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    own = sorted([str((await town.a_shop(sophie, verified=number % 2 == 0)).id) for number in range(5)])
    foreign = str((await town.a_shop()).id)

    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while True:
        page = await sophie.gets("/shops", limit=2, **after)
        pages.append([shop["id"] for shop in page["data"]])
        if not page["has_more"]:
            break
        after = {"after": page["next"]}

    assert pages == [own[:2], own[2:4], own[4:]]
    assert [shop["id"] for shop in (await odile.gets("/shops"))["data"]] == sorted([*own, foreign])
    assert refusal_in(await (await town.a_customer()).asks("GET", "/shops")).code == "access.forbidden"
    assert (await sophie.asks("GET", "/shops", params={"after": "nonsense"})).json()["code"] == "cursor.invalid"


async def test_a_registration_repeated_with_its_key_happens_once(town: Town) -> None:
    sophie, fields = await town.a_merchant(), town.shop_fields()
    answers = [await sophie.asks("POST", "/shops", fields, key="first shop") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert await town.value("select count(*) from app.shops") == 1
    other = await sophie.asks("POST", "/shops", {**fields, "name": "Another"}, key="first shop")
    assert other.json()["code"] == "idempotency.mismatch"


async def test_only_anonymous_answers_may_be_cached(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    varies = "Authorization, Accept-Language"
    anonymous = await town.request("GET", f"/v1/shops/{shop.id}")
    assert (anonymous.headers["cache-control"], anonymous.headers["vary"]) == ("public, max-age=30", varies)
    assert (await sophie.asks("GET", f"/shops/{shop.id}")).headers["cache-control"] == "no-store"


async def test_nobody_reads_the_owner_of_a_shop_by_sql(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    for person in (None, await town.a_customer(), sophie, await town.an_admin()):
        async with town.sql_as(person) as connection:
            assert await connection.fetchval("select count(*) from app.shops") == 1
            with pytest.raises(Exception, match="permission denied"):
                await connection.fetchval("select owner_id from app.shops")


def _without_request_id(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_places_stored_before_they_were_checked_are_asked_for_again(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    right, elsewhere, unknown = [await town.a_shop(sophie) for _ in range(3)]
    await town.changes("alter table app.shops disable trigger guard_place")
    await town.changes("update app.shops set latitude = longitude, longitude = latitude where id = $1", elsewhere.id)
    await town.changes("update app.shops set insee_code = '67000' where id = $1", unknown.id)
    await town.changes("alter table app.shops enable trigger guard_place")
    wrong = {str(elsewhere.id): ["latitude", "longitude"], str(unknown.id): ["insee_code"]}

    for person in (sophie, odile):
        listed = (await person.gets("/shops", to_correct=True))["data"]
        assert {shop["id"]: shop["to_correct"] for shop in listed} == wrong
        every = (await person.gets("/shops"))["data"]
        assert {shop["id"]: shop["to_correct"] for shop in every} == {**wrong, str(right.id): []}
    assert (await sophie.gets(f"/shops/{unknown.id}"))["to_correct"] == ["insee_code"]
    assert "to_correct" not in await (await town.a_customer()).gets(f"/shops/{unknown.id}")

    place = {"latitude": elsewhere.latitude, "longitude": elsewhere.longitude}
    for shop, correction in ((elsewhere, place), (unknown, {"insee_code": "67482"})):
        corrected = await sophie.asks("PATCH", f"/shops/{shop.id}", correction)
        assert corrected.json()["to_correct"] == []
    assert (await odile.gets("/shops", to_correct=True))["data"] == []

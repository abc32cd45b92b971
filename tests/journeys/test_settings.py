"""The platform's parameters: types and bounds in the API and the database, history, effect without a restart."""

import asyncio
import json
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from backend.administration.schemas import SettingsIn
from backend.reservations.passes import new_code
from tests.town import Admin, Town
from tests.town.answers import accepted, refusal_in
from tests.town.databases import API

PARIS = ZoneInfo("Europe/Paris")
DEFAULTS = {
    "free_portions_per_day": 2,
    "hold_minutes": 10,
    "free_cancellation_minutes": 120,
    "meal_grams": 500,
    "model_drafts_per_shop_and_day": 40,
    "waiting_offer_minutes": 15,
    "reminder_minutes": 120,
    "gather_minutes": 10,
    "report_hours": 48,
    "report_answer_hours": 72,
    "report_decision_days": 30,
    "commission_bp": 1000,
    "least_commission_cents": 30,
    "no_show_refund_percent": 0,
    "least_transfer_cents": 100,
    "payout_grace_days": 30,
    "payout_grace_cents": 50_000,
    "premium_cents": 1999,
    "professional_above_grams": 100_000,
    "crate_grams": 8000,
    "chilled_ride_minutes": 60,
    "collections_offered_automatically": 1,
    "road_factor_percent": 130,
    "household_people_per_extra_portion": 0,
    "no_shows_that_lower_quota": 0,
    "co2e_grams_per_meal": 900,
}


async def sets(admin: Admin, **wanted: int) -> dict[str, Any]:
    found: dict[str, Any] = accepted(await admin.asks("PUT", "/admin/settings", wanted)).json()
    return found


async def history(admin: Admin) -> list[tuple[str, int, int]]:
    changes = (await admin.gets("/admin/settings/history"))["data"]
    return [(change["name"], change["old"], change["new"]) for change in changes]


async def test_a_changed_setting_applies_to_the_next_reservation_elsewhere(town: Town) -> None:
    odile, amina, lot = await town.an_admin(), await town.a_beneficiary(), await town.a_free_lot(left=9)
    assert await odile.gets("/admin/settings") == DEFAULTS
    async with town.copy.connection(API) as elsewhere:  # opened before the change, like another process's connection

        async def reserves() -> None:
            await elsewhere.execute(
                "select app.reserve($1, $2, 1, $3, '', $4)", amina.id, lot.id, str(uuid4()), new_code()
            )

        await reserves()
        assert await sets(odile, free_portions_per_day=1) == {**DEFAULTS, "free_portions_per_day": 1}
        with pytest.raises(asyncpg.PostgresError, match=r"quota\.daily_reached"):
            await reserves()
        await sets(odile, free_portions_per_day=2)
        await reserves()  # the control: only the setting refused it
    assert await town.taken_today(amina) == 2

    [second, first] = (await odile.gets("/admin/settings/history"))["data"]
    assert (first["name"], first["old"], first["new"]) == ("free_portions_per_day", 2, 1)
    assert (second["old"], second["new"], second["changed_by"]) == (1, 2, str(odile.id))
    noted = await town.rows(
        "select actor_id, detail from app.audit_entries where action = 'setting.changed' order by id"
    )
    assert [(row["actor_id"], json.loads(row["detail"])) for row in noted] == [
        (odile.id, {"name": "free_portions_per_day", "old": 2, "new": 1}),
        (odile.id, {"name": "free_portions_per_day", "old": 1, "new": 2}),
    ]


async def test_settings_change_together_or_not_at_all(town: Town) -> None:
    odile = await town.an_admin()
    refusals: list[dict[str, Any]] = [
        {"hold_minutes": 15, "meal_grams": 99},
        {"hold_minutes": 15, "free_portions_per_day": 0},
        {"hold_minutes": 15, "co2e_grams_per_meal": 10_001},
        {"hold_minutes": 15, "commission_percent": 10},
        {"hold_minutes": "15"},
        {"hold_minutes": True},
        {"hold_minutes": 15.5},
        {"hold_minutes": None},
    ]
    for wanted in refusals:
        assert refusal_in(await odile.asks("PUT", "/admin/settings", wanted)).code == "request.invalid", wanted
    # The database itself refuses the same, and undoes the changes before it.
    for wanted, code in (
        ({"hold_minutes": 15, "meal_grams": 99}, "settings_value_check"),
        ({"hold_minutes": 15, "co2e_grams_per_meal": -1}, r"data\.out_of_bounds"),
        ({"hold_minutes": 15, "zzz": 1}, r"setting\.unknown"),
    ):
        async with town.sql_as(odile) as connection:
            with pytest.raises(asyncpg.PostgresError, match=code):
                await connection.execute("select app.change_settings($1, null)", json.dumps(wanted))
    assert await odile.gets("/admin/settings") == DEFAULTS
    assert await history(odile) == []

    assert (await sets(odile))["hold_minutes"] == 10
    await sets(odile, hold_minutes=10)  # an unchanged value adds no history
    await sets(odile, hold_minutes=15, meal_grams=400)
    assert await history(odile) == [("meal_grams", 500, 400), ("hold_minutes", 10, 15)]
    [newest] = (await odile.gets("/admin/settings/history", limit=1))["data"]
    page = await odile.gets("/admin/settings/history", limit=1)
    [older] = (await odile.gets("/admin/settings/history", limit=1, after=page["next"]))["data"]
    assert (newest["name"], older["name"]) == ("meal_grams", "hold_minutes")
    with pytest.raises(Exception, match=r"record\.append_only"):
        await town.changes("update app.setting_changes set new = 3")


async def test_one_of_two_concurrent_changes_of_the_settings_wins(town: Town) -> None:
    odile, paul = await town.an_admin(), await town.an_admin("Paul")
    tag = (await odile.asks("GET", "/admin/settings")).headers["etag"]
    answers = await asyncio.gather(
        *(
            admin.asks("PUT", "/admin/settings", {"hold_minutes": minutes}, headers={"If-Match": tag})
            for admin, minutes in ((odile, 20), (paul, 30))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [(_, old, new)] = await history(odile)
    assert (old, new) in ((10, 20), (10, 30))
    fresh = (await odile.asks("GET", "/admin/settings")).headers["etag"]
    assert fresh == next(answer for answer in answers if answer.status_code == 200).headers["etag"] != tag
    again = await odile.asks("PUT", "/admin/settings", {"hold_minutes": 5}, headers={"If-Match": fresh})
    assert again.json()["hold_minutes"] == 5


async def test_a_new_impact_factor_applies_to_later_handovers_only(town: Town) -> None:
    odile, sophie = await town.an_admin(), await town.a_merchant()
    shop = await town.a_shop(sophie)
    lot = await town.a_free_lot(shop=shop, left=9, weight_grams=500)
    passes = []
    for name in ("Amina", "Youssef", "Rosa"):
        holder = await town.a_beneficiary(name)
        passes.append(await holder.pass_for(await holder.reserves(lot)))
    await town.opens(lot)

    await sophie.hands_over(passes[0])
    await sets(odile, co2e_grams_per_meal=850)
    await sophie.hands_over(passes[1])
    # Several changes on one day, back and forth: each is a method of its own.
    for grams in (900, 850, 700):
        assert (await sets(odile, co2e_grams_per_meal=grams))["co2e_grams_per_meal"] == grams
    await sophie.hands_over(passes[2])

    entries = await town.rows(
        "select e.co2e_grams, f.method, f.source from app.impact_entries e"
        " join app.impact_factors f on f.id = e.factor_id order by e.recorded_at, e.factor_id"
    )
    today = (await town.today()).isoformat()
    assert [tuple(row) for row in entries] == [
        (900, "ecopanier-2025", "EcoPanier white paper, 2025"),
        (850, f"ecopanier-{today}-2", "set by an admin"),
        (700, f"ecopanier-{today}-5", "set by an admin"),
    ]
    assert (await sophie.gets(f"/impact/shops/{shop.id}"))["method"] == f"ecopanier-{today}-5"
    assert [(old, new) for _, old, new in await history(odile)] == [(850, 700), (900, 850), (850, 900), (900, 850)]


@pytest.mark.parametrize(
    "change",
    ["update app.impact_factors set co2e_grams_per_meal = 1", "delete from app.impact_factors"],
)
async def test_impact_factors_never_change_and_never_disappear(town: Town, change: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await town.changes(change)


async def test_the_api_and_the_database_have_the_same_parameters_and_bounds(town: Town) -> None:
    described = SettingsIn.model_json_schema()["properties"]
    bounds = {name: (field["minimum"], field["maximum"]) for name, field in described.items()}
    kept = {row["name"]: (row["minimum"], row["maximum"]) for row in await town.rows("select * from app.settings")}
    assert bounds == {**kept, "co2e_grams_per_meal": (0, 10_000)}


async def test_only_admins_read_and_change_the_settings(town: Town) -> None:
    for person in (await town.a_merchant(), await town.an_association(), await town.a_customer()):
        for method, path in (("GET", ""), ("PUT", ""), ("GET", "/history")):
            answer = await person.asks(method, f"/admin/settings{path}", {} if method == "PUT" else None)
            assert refusal_in(answer).code == "access.forbidden"
        async with town.sql_as(person) as connection:
            with pytest.raises(asyncpg.PostgresError, match=r"access\.forbidden"):
                await connection.execute("select app.change_settings('{\"hold_minutes\": 5}', null)")
    assert (await town.request("GET", "/v1/admin/settings")).status_code == 401
    assert await town.value("select count(*) from app.setting_changes") == 0

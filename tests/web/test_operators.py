"""The pages of operators: a day of tours, collection points with their forecast, and the chats of the platform."""

import pytest
from starlette.types import ASGIApp, Scope

from backend.pages import client
from tests.journeys.test_collections import partners
from tests.town import Town
from tests.town.rounds_planned import a_driver, for_the_evening, noon, planned
from tests.web.browser import Browser


async def test_an_association_plans_a_day_in_one_tap_and_sees_what_is_left_out(town: Town) -> None:
    at = await noon(town)
    relais = await town.an_association()
    first, second = await for_the_evening(town, at, relais), await for_the_evening(town, at, relais)
    await town.changes("update app.shops set name = 'Le Fournil' where id = $1", first.shop.id)
    heavy = await for_the_evening(town, at, relais, grams=900_000)
    await town.changes("update app.shops set name = 'La Grande Halle' where id = $1", heavy.shop.id)
    await a_driver(town, "Karim")
    browser = await Browser.of(relais)
    day = at.date().isoformat()

    page = await browser.opens(f"/association/tours?day={day}")
    assert "3 collectes acceptées attendent ce jour-là." in page.words
    page = await page.form("Planifier ce jour").send()
    assert browser.taps == 1
    assert "Les tournées se calculent." in page.words
    await town.worker_runs()
    page = await browser.opens(page.path)

    assert "1 tournée, 2 collectes" in page.words
    assert "La Grande Halle : trop pour tous les véhicules" in page.words
    assert "Karim" in page.headings
    stops = await town.rows(
        "select p.name from app.tour_stops s join app.collection_points p on p.id = s.point_id order by s.number"
    )
    assert len(stops) == 3
    tour = await town.value("select id from app.tours")
    page = await page.form(f"/association/tours/{tour}/order").send(button=f"Plus tard {stops[0]['name']}")
    moved = await town.rows(
        "select p.name from app.tour_stops s join app.collection_points p on p.id = s.point_id order by s.number"
    )
    assert [row["name"] for row in moved] == [stops[1]["name"], stops[0]["name"], stops[2]["name"]]
    assert "L’ordre est changé." in page.said

    # What was not taken yet cannot be left.
    page = await page.form(f"/association/tours/{tour}/order").send(button=f"Plus tard {stops[0]['name']}")
    assert (page.status_code, bool(page.alert)) == (409, True)
    sheet = await browser.opens(f"/association/tours/{tour}/sheet")
    assert sheet.status_code == 200

    page = await browser.opens(f"/association/tours?day={day}")
    page = await page.form(f"/association/tours/{tour}/cancel").send(reason="Pluie verglaçante.")
    assert "La tournée est annulée." in page.said
    assert await town.value("select status from app.tours where id = $1", tour) == "cancelled"
    assert await town.value("select status from app.collections where id = $1", second.id) == "accepted"


async def test_the_page_of_a_day_reads_all_its_tours_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    at = await noon(town)
    relais = await town.an_association()
    for _ in range(2):
        await for_the_evening(town, at, relais, window_end=at.replace(hour=18, minute=10))
        await a_driver(town, most_grams=40_000)
    await planned(town, relais, at)
    assert await town.value("select count(*) from app.tours") == 2
    browser = await Browser.of(relais)
    asked: list[str] = []
    answered = client._answered

    async def noted(app: ASGIApp, scope: Scope, content: bytes) -> client.Answer:
        asked.append(scope["path"])
        return await answered(app, scope, content)

    monkeypatch.setattr(client, "_answered", noted)
    page = await browser.opens(f"/association/tours?day={at.date().isoformat()}")

    names = [
        row["name"]
        for row in await town.rows(
            "select p.name from app.tour_stops s join app.collection_points p on p.id = s.point_id"
        )
    ]
    assert len(names) == 4
    assert all(name in page.words for name in names)
    assert [path for path in asked if path.startswith("/v1/tours")] == ["/v1/tours"]


async def test_an_admin_plans_for_everybody_and_others_do_not_get_in(town: Town) -> None:
    at = await noon(town)
    await for_the_evening(town, at)
    await a_driver(town)
    browser = await Browser.of(await town.an_admin())
    page = await browser.opens(f"/admin/tours?day={at.date().isoformat()}")
    page = await page.form("Planifier ce jour").send()
    await town.worker_runs()
    assert "1 tournée, 1 collecte" in (await browser.opens(page.path)).words

    for other in (await town.a_merchant(), await town.a_customer(), await town.a_collector("Nadia")):
        assert (await (await Browser.of(other)).opens("/admin/tours")).status_code == 403
        assert (await (await Browser.of(other)).opens("/association/tours")).status_code == 403


async def test_an_operator_finds_collection_points_and_comes_closer(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes(
        "insert into app.collection_points (kind, name, latitude, longitude, shown)"
        " select 'relay', 'R' || n, 48.5 + (n % 20) * 0.002, 7.7 + (n / 20) * 0.002, true"
        " from generate_series(0, 399) n"
    )
    name = await town.value("select name from app.shops where id = $1", shop.id)
    browser = await Browser.of(await town.an_association())

    page = await browser.opens("/association/points?kind=relay")
    assert "400 points" in page.words
    page = await page.follows("400 points")
    counted = [words for words in page.links if words.endswith("points")]
    assert len(counted) > 1
    page = await browser.opens("/admin/points?kind=shop")
    assert page.status_code == 403
    page = await (await Browser.of(await town.an_admin())).opens("/admin/points?kind=shop")
    assert name in page.links
    assert "R1" not in page.words
    page = await browser.opens("/association/points?box=9,9,1,1")
    assert page.status_code == 200


async def test_the_next_collection_is_forecast_on_the_pages_that_need_it(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    asking = f"/my-shops/{shop.id}/collections/new"
    browser, admin = await Browser.of(sophie), await Browser.of(await town.an_admin())
    point = await town.value("select id from app.collection_points where shop_id = $1", shop.id)
    assert "Prévue vers" not in (await browser.opens(asking)).words
    assert "Trop peu de collectes passées" in (await admin.opens(f"/admin/points/{point}")).words
    await town.changes(
        "insert into app.collections (from_point, to_point, shop_id, association_id, asked_how, status, grams,"
        " window_start, window_end)"
        " select $1, q.id, $2, $3, 'member', case n when 0 then 'accepted' else 'received' end,"
        "        case n when 2 then 24000 else 18000 end, now() - n * interval '4 days',"
        "        now() - n * interval '4 days' + interval '1 hour'"
        " from app.collection_points q, generate_series(0, 9) n where q.association_id = $3",
        point,
        shop.id,
        relais.id,
    )

    page = await browser.opens(asking)
    assert "environ 18\u00a0kg" in page.words
    assert "L’écart est mesuré sur 9 collectes passées." in page.words
    page = await (await browser.opens("/my-shops/" + str(shop.id) + "/collections")).follows("Demander une collecte")
    assert page.status_code == 200
    desk = await Browser.of(relais)
    living = await town.value("select id from app.collections where status = 'accepted'")
    page = await (await desk.opens(f"/association/collections/{living}")).follows("Le point de collecte")
    assert page.path == f"/association/points/{point}"
    assert "± 1\u00a0kg" in page.words
    page = await (await admin.opens(f"/admin/collections/{living}")).follows("Le point de collecte")
    assert "environ 18\u00a0kg" in page.words
    stranger = await Browser.of(await town.an_association("Autre"))
    assert (await stranger.opens(f"/association/points/{point}")).status_code == 404


async def test_admins_keep_the_chats_of_the_platform(town: Town) -> None:
    relais = await town.an_association()
    browser = await Browser.of(await town.an_admin())
    page = await (await browser.opens("/admin/collections")).follows("Slack et Teams")
    assert "Toutes les nouvelles collectes" in page.words
    secret = "https://hooks.example.org/services/T0/B0/Qz9w"
    page = await page.form("Ajouter un salon").send(kind="slack", name="#tout", url=secret, events="incident")

    assert page.said == "C’est enregistré."
    assert "services" not in page.text
    assert "Slack, hooks.example.org, …Qz9w" in page.words
    assert await town.value("select association_id is null and events = '{incident}' from app.chat_hooks")
    hook = await town.value("select id from app.chat_hooks")
    owner = await Browser.of(relais)
    assert "#tout" not in (await owner.opens("/association/chats")).words
    assert (await owner.sends(f"/association/chats/{hook}/remove")).status_code == 404
    assert (await owner.sends(f"/admin/chats/{hook}/remove")).status_code == 403
    page = await page.form("Envoyer un essai #tout").send()
    assert page.said.startswith("L’essai est parti.")
    page = await page.form("Retirer #tout").send()
    assert await town.value("select count(*) from app.chat_hooks") == 0

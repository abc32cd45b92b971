"""Collectors' pages: the list, a tour from offer to close, its stops with what happened there, profile and calendar."""

import io
import json
import re
from typing import Any
from uuid import UUID

from PIL import Image

from tests.town import Town
from tests.town.answers import accepted
from tests.town.rounds import Round, a_collection, a_round
from tests.town.rounds_planned import VEHICLE, for_the_evening, noon
from tests.web.browser import Browser, Page


async def drives(town: Town, tour: Round) -> Browser:
    return await Browser.of(tour.collector)


async def taken(town: Town, item: UUID) -> Any:
    return await town.value("select taken_grams from app.collection_items where id = $1", item)


async def status(town: Town, tour: Round) -> Any:
    return await town.value("select status from app.tours where id = $1", tour.id)


async def test_a_collector_arrives_with_one_tap_and_takes_everything_with_two(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}")
    karim.taps = 0
    page = await page.form("Je suis sur place").send()
    assert karim.taps == 1
    assert await town.value("select state from app.tour_stops where number = 1") == "arrived"
    page = await page.form("taken").send(button="all")
    assert karim.taps == 2
    assert page.said == "C’est pris."
    assert await taken(town, one.items[0]) == 30_000
    page = await page.follows("Déposer")
    page = await page.form("left").send(button="all")
    assert await tour.status() == "delivered"
    page = await page.form("Terminer").send(kilometres="4,6")
    assert "Terminée" in page.main.text
    row = (await town.rows("select status, driven_metres from app.tours"))[0]
    assert tuple(row) == ("closed", 4600)


async def test_part_is_taken_with_its_temperature(town: Town) -> None:
    cold = await a_collection(
        town,
        cold="chilled",
        items=[
            {"title": "Yaourts", "grams": 5_000, "crates": 2, "temperature_kind": "very_perishable"},
            {"title": "Fromages <b>", "portions": 6, "temperature_kind": "very_perishable"},
        ],
    )
    tour = await a_round(town, cold)
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    assert "au plus 4" in page.main.text, page.main.text
    assert "Fromages <b>" in page.main.text
    first, second = (f"{cold.id}.{item}" for item in cold.items)
    form = page.form("taken")
    assert (form.fields[f"{first}.kg"], form.fields[f"{second}.portions"]) == ("5", "6")
    page = await form.send(
        {f"{first}.kg": "3,5", f"{first}.crates": "1", f"{second}.portions": ""}, button="part", degrees="3,5"
    )
    assert page.said == "C’est pris."
    rows = await town.rows("select taken_grams, taken_crates, taken_portions from app.collection_items order by id")
    assert [tuple(row) for row in rows] == [(3500, 1, None), (None, None, 0)]
    (step,) = await town.rows("select details from app.tour_steps where kind = 'taken'")
    assert json.loads(step["details"])["degrees"] == 3.5


async def test_too_warm_food_is_said_not_to_be_handed_over(town: Town) -> None:
    cold = await a_collection(town, cold="chilled", items=[{"title": "Yaourts", "temperature_kind": "very_perishable"}])
    tour = await a_round(town, cold)
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    await page.form("taken").send(button="all", degrees="11")
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    assert "Chaîne du froid rompue" in page.main.text


async def test_one_of_two_collections_is_missing(town: Town) -> None:
    shop = await town.a_shop()
    first = await a_collection(town, shop=shop)
    second = await a_collection(town, shop=shop, association=first.association)
    tour = await a_round(town, first, second)
    await town.changes("update app.stop_tasks set number = 1 where kind = 'take'")
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    await page.form("taken").send({f"{second.id}.{second.items[0]}.kg": "0"}, button="part")
    assert (await tour.status(0), await tour.status(1)) == ("taken", "failed")


async def test_nothing_taken_asks_for_an_incident(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    page = await page.form("taken").send({f"{one.id}.{one.items[0]}.kg": ""}, button="part")
    assert page.status_code == 422
    assert "signalez un incident" in page.alert
    page = await page.form("Signaler").send(reason="nobody", note="Rideau baissé.")
    assert page.said == "L’incident est signalé."
    assert await tour.status() == "accepted"
    assert "Pas fait" in page.main.text


async def test_a_double_tap_is_one_step_and_another_amount_is_another(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    karim = await drives(town, tour)
    form = (await karim.opens(f"/tours/{tour.id}/stops/1")).form("taken")
    for _ in range(2):
        await form.send(button="all")
    assert await town.value("select count(*) from app.tour_steps where kind = 'taken'") == 1
    await form.send({f"{one.id}.{one.items[0]}.kg": "22"}, button="part")
    assert await taken(town, one.items[0]) == 22_000


async def test_a_step_kept_without_a_network_counts_when_it_happened(town: Town) -> None:
    tour = await a_round(town)
    (one,) = tour.collections
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    assert page.headers["kept-until"] > (await town.now()).isoformat()
    fields = {name: str(value) for name, value in page.form("taken").fields.items()}
    path = f"/tours/{tour.id}/stops/1/late"
    for _ in range(2):
        answer = await karim.sends(path, **fields, how="all", seconds_ago="1800")
        assert answer.json() == {"received": True, "words": ""}
    (step,) = await town.rows("select at, received_at from app.tour_steps")
    assert 1790 < (step["received_at"] - step["at"]).total_seconds() < 1830
    assert await taken(town, one.items[0]) == 30_000
    refused = await karim.sends(f"/tours/{tour.id}/stops/9/late", **fields, how="all", seconds_ago="60")
    assert refused.json()["received"] is False
    assert refused.json()["words"]
    assert (await karim.sends(path, **fields, how="all", seconds_ago="soon")).status_code == 403
    nadia = await Browser.of(await town.a_collector("Nadia"))
    assert (await nadia.sends(path, **fields, how="all", seconds_ago="60")).status_code == 404


async def test_a_signature_and_a_photo_are_kept_as_proof(town: Town) -> None:
    tour = await a_round(town)
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}/stops/1")
    page = await page.form("Enregistrer la signature").send(name="Sophie M.")
    assert page.said == "C’est enregistré."
    page = await page.form("Envoyer la photo").send(photo=("p.jpg", b"no picture", "image/jpeg"))
    assert "photo" in page.errors
    taken = io.BytesIO()
    Image.effect_noise((1600, 1400), 90).save(taken, "PNG")
    assert len(taken.getvalue()) > 1024 * 1024
    page = await page.form("Envoyer la photo").send(photo=("p.png", taken.getvalue(), "image/png"))
    assert page.said == "C’est enregistré."
    (step,) = await town.rows("select details from app.tour_steps where kind = 'signature'")
    assert await town.value("select count(*) from app.tour_steps where kind = 'photo' and photo_id is not null") == 1
    assert json.loads(step["details"])["signature"] == {"by": "giver", "name": "Sophie M.", "strokes": []}


async def test_a_tour_is_accepted_started_and_declined(town: Town) -> None:
    tour = await a_round(town, status="proposed")
    await town.changes("update app.collections set status = 'accepted'")
    karim = await drives(town, tour)
    page = await (await karim.opens("/tours")).follows("1 collecte")
    page = await page.form("J’accepte la tournée").send()
    assert (await status(town, tour), "Je suis sur place" in page.main.text) == ("accepted", True)
    page = await page.form("Renoncer à la tournée").send(reason="Vélo en panne.")
    assert page.path.startswith("/tours?")
    assert await status(town, tour) == "proposed"
    page = await (await page.follows("1 collecte")).form("J’accepte la tournée").send()
    page = await page.form("Je pars").send()
    assert await status(town, tour) == "under_way"
    refused = await karim.sends(f"/tours/{tour.id}/close", kilometres="")
    assert refused.status_code == 409


async def test_an_open_tour_shows_neither_access_nor_contacts(town: Town) -> None:
    await a_round(town, status="proposed")
    await town.changes("update app.collections set status = 'accepted'")
    await town.changes("update app.tours set collector_id = null, opened_at = now()")
    await town.changes("update app.collection_points set access = 'Code 4711'")
    nadia = await Browser.of(await town.a_collector("Nadia"))
    page = await (await nadia.opens("/tours")).follows("1 collecte")
    assert "4711" not in page.text
    assert "Une association, nommée une fois la tournée acceptée" in page.words
    assert "kept-until" not in page.headers
    page = await page.form("J’accepte la tournée").send()
    assert "4711" in page.text


async def test_others_see_no_tour(town: Town) -> None:
    tour = await a_round(town)
    for person in (await town.a_collector("Nadia"), await town.a_customer()):
        other = await Browser.of(person)
        for path in ("", "/stops/1", "/sheet.pdf"):
            assert (await other.opens(f"/tours/{tour.id}{path}")).status_code in (403, 404)
    visitor: Page = await Browser(town).opens(f"/tours/{tour.id}")
    assert visitor.path.startswith("/sign-in")


async def test_the_way_is_told_by_coordinates(town: Town) -> None:
    tour = await a_round(town)
    page = await (await drives(town, tour)).opens(f"/tours/{tour.id}")
    assert re.search(r"dir/\?api=1&amp;destination=-?\d+\.\d+,-?\d+\.\d+\"", page.text)
    assert re.search(r"href=\"geo:", page.text)
    sheet = await (await drives(town, tour)).opens(f"/tours/{tour.id}/sheet.pdf")
    assert sheet.answer.content.startswith(b"%PDF")


async def test_a_profile_is_filled_in_and_corrected(town: Town) -> None:
    await town.changes("insert into app.places values ('67482', 'Strasbourg', '{67000}', '67', 290576, 48.58, 7.75)")
    await town.changes("insert into app.place_names values ('strasbourg', '67482', true, 290576, ' 67 67000 ')")
    karim = await Browser.of(await town.a_collector())
    page = await (await karim.opens("/tours")).follows("Remplir mon profil")
    typed = {"monday-0-opens": "17:00", "monday-0-closes": "21:00"}
    form = page.form("Enregistrer")
    page = await form.send(typed, commune="Nulle-Part-sur-Rien")
    assert "commune" in page.errors
    page = await page.form("Enregistrer").send(
        commune="Strasbourg", kilograms="62,5", farthest="35", crates="2", cold_crates="3"
    )
    assert page.status_code == 422
    page = await page.form("Enregistrer").send(cold_crates="1")
    assert page.said == "C’est enregistré."
    (row,) = await town.rows("select * from app.collector_profiles")
    assert (row["most_grams"], row["farthest_metres"], row["insee_code"]) == (62_500, 35_000, "67482")
    assert json.loads(row["hours"])["monday"] == [{"opens": "17:00", "closes": "21:00"}]
    page = await page.form("Enregistrer").send(kilograms="70")
    assert await town.value("select most_grams from app.collector_profiles") == 70_000


async def test_a_calendar_s_address_is_made_shown_once_and_revoked(town: Town) -> None:
    karim = await Browser.of(await town.a_collector())
    page = await (await karim.opens("/tours/profile")).form("Créer l’adresse").send()
    assert "/v1/tours.ics?token=" in page.text
    assert await town.value("select count(*) from app.calendars") == 1
    page = await (await karim.opens("/tours/profile")).form("Révoquer l’adresse").send()
    assert page.said == "L’adresse de l’agenda ne marche plus."
    assert await town.value("select count(*) from app.calendars") == 0


async def test_a_signed_sheet_is_uploaded_and_read(town: Town) -> None:
    tour = await a_round(town)
    karim = await drives(town, tour)
    page = await karim.opens(f"/tours/{tour.id}")
    page = await page.form("Déposer la feuille signée").send(sheet=("s.pdf", b"%PDF-1.7 cut off", "application/pdf"))
    assert "sheet" in page.errors
    whole = b"%PDF-1.7\n%%EOF\n"
    page = await page.form("Déposer la feuille signée").send(sheet=("s.pdf", whole, "application/pdf"))
    assert page.said == "La feuille signée est déposée."
    assert (await page.follows("Lire la feuille signée")).answer.content == whole


async def test_a_collector_lists_collections_near_them_and_in_their_tours(town: Town) -> None:
    at = await noon(town)
    waiting = await for_the_evening(town, at)
    await town.changes("update app.shops set name = 'Le <b>Fournil</b>' where id = $1", waiting.shop.id)
    tour = await a_round(town)
    karim = await drives(town, tour)
    page = await (await karim.opens("/tours")).follows("Collectes")
    assert "Dites d’abord ce que vous conduisez" in page.words

    accepted(await tour.collector.asks("PUT", "/collectors/me", VEHICLE))
    page = await karim.opens("/tours/collections")
    assert "Le <b>Fournil</b>" in page.words
    assert "30\u00a0kg" in page.words
    (mine,) = [path for path in page.links.values() if path.startswith("/collections/")]
    assert mine == f"/collections/{tour.collections[0].id}"
    assert (await karim.opens(mine)).status_code == 200
    assert (await (await Browser.of(tour.association)).opens("/tours/collections")).status_code == 403


async def test_strokes_that_are_none_are_refused_at_the_name(town: Town) -> None:
    tour = await a_round(town)
    karim = await drives(town, tour)
    path = f"/tours/{tour.id}/stops/1/steps"
    for strokes in ("[[[0,", "[" * 5000, "[[[0,1001]]]", "7", '[["<b>"]]'):
        answer = await karim.sends(path, kind="signature", name="Sophie", by="giver", strokes=strokes)
        assert answer.status_code == 422
    assert await town.value("select count(*) from app.tour_steps") == 0
    answer = await karim.sends(path, kind="signature", name="Sophie", by="giver", strokes="")
    assert answer.status_code == 303

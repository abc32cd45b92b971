"""Tour sheets: what stands on them, who gets them, and links that open the way."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from backend.tours.map_links import map_links
from tests.canaries import LAST_NAME
from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.paper import Sheet, printed
from tests.town.people import Person
from tests.town.rounds import Round, a_collection, a_round


async def sheet_of(person: Person, tour: Round) -> list[Sheet]:
    answer = await person.asks("GET", f"/tours/{tour.id}/sheet.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    return printed(answer.content, dpi=300)


async def describe(town: Town, shop: UUID, **fields: Any) -> None:
    for name, value in fields.items():
        await town.changes(f"update app.collection_points set {name} = $2 where shop_id = $1", shop, value)  # noqa: S608


async def test_a_sheet_tells_all_of_a_tour(town: Town) -> None:
    bakery, grocer = await town.a_shop(), await town.a_shop()
    await describe(
        town,
        grocer.id,
        access="Entrée par la cour.",
        contacts='[{"name": "Sophie", "telephone": "+33 3 88 00 00 00", "email": "s@primeur.example"}]',
    )
    bread = await a_collection(town, shop=bakery)
    cold = await a_collection(
        town,
        shop=grocer,
        association=bread.association,
        cold="chilled",
        notes="Cagettes à rendre.",
        items=[
            {"title": "Légumes", "grams": 17_500, "crates": 4},
            {
                "title": "Yaourts",
                "grams": 5_000,
                "temperature_kind": "very_perishable",
                "date_kind": "use_by",
                "food_date": date(2026, 12, 24),
                "food_date_ends_at": datetime(2026, 12, 24, 23, tzinfo=UTC),
            },
        ],
    )
    tour = await a_round(town, bread, cold, metres=9_150, vehicle="cargo_bike")

    (page,) = await sheet_of(tour.collector, tour)

    assert (round(page.width), round(page.height)) == (297, 210)
    told = page.words.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "")
    for words in (
        "Tournée du",
        "9,2 km",
        "vélo cargo",
        "Prendre : Pains",
        "Légumes",
        "Yaourts, DLC 24/12, au plus 4 °C",
        "Cagettes à rendre.",
        "Entrée par la cour.",
        "Sophie · +33 3 88 00 00 00",
        "s@primeur.example",
        "Total 52,5 4 52,5 4",
        "Signature, cachet",
        "Remarques",
        "frais",
        "Itinéraire",
    ):
        assert words in told, words
    assert "portions" not in page.words
    stops = [f"/tours/{tour.id}/stops/{number}" for number in (1, 2, 3)]
    assert [secret[-len(stops[0]) :] for secret in page.secrets] == stops


async def test_a_sheet_names_no_beneficiary(town: Town) -> None:
    tour = await a_round(town)
    await tour.association.enrols(last_name=LAST_NAME)
    told = (await tour.collector.asks("GET", f"/tours/{tour.id}/sheet")).text
    (page,) = await sheet_of(tour.association, tour)
    for words in (told, page.words):
        assert LAST_NAME not in words
        assert "beneficiar" not in words


async def test_a_sheet_goes_to_its_collector_its_operator_and_admins(town: Town) -> None:
    tour, other = await a_round(town), await a_round(town)
    for person in (tour.collector, tour.association, await town.an_admin()):
        told = await person.gets(f"/tours/{tour.id}/sheet")
        assert told["mine"] == (person is tour.collector)
        await sheet_of(person, tour)
    for person in (other.collector, other.association, await town.a_collector("Nadia")):
        for path in ("sheet", "sheet.pdf"):
            refusal = refusal_in(await person.asks("GET", f"/tours/{tour.id}/{path}"))
            assert (refusal.status, refusal.code) == (404, "tour.not_found")
    for stranger in (await town.a_customer(), await town.a_beneficiary()):
        assert (await stranger.asks("GET", f"/tours/{tour.id}/sheet.pdf")).status_code == 403


async def test_a_cancelled_tour_tells_neither_access_nor_contacts(town: Town) -> None:
    tour = await a_round(town, status="cancelled")
    await describe(town, tour.collections[0].shop.id, access="Code 4711", contacts='[{"name": "Sophie"}]')
    told = await tour.collector.gets(f"/tours/{tour.id}/sheet")
    assert all(not stop["access"] and not stop["contacts"] for stop in told["stops"])
    (page,) = await sheet_of(tour.collector, tour)
    assert "Tournée annulée" in page.words
    assert "4711" not in page.words


async def test_a_sheet_of_fifteen_collections_has_all_of_them(town: Town) -> None:
    association = await town.an_association()
    shop = await town.a_shop()
    tour = await a_round(town, *[await a_collection(town, shop=shop, association=association) for _ in range(15)])
    pages = await sheet_of(tour.collector, tour)
    words = " ".join(page.words for page in pages)
    assert words.count("Prendre") == words.count("Déposer") == 15
    assert len(pages) <= 3


async def test_names_of_places_cannot_change_a_sheet(town: Town) -> None:
    tour = await a_round(town)
    hostile = '#panic("no") *gras* \N{RIGHT-TO-LEFT OVERRIDE}<b>' + "x" * 150
    await describe(town, tour.collections[0].shop.id, name=hostile, access=hostile)
    (page,) = await sheet_of(tour.collector, tour)
    assert '#panic("no") *gras*' in page.words


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [(48.5734, 7.7521, "48.5734,7.7521"), (-20.88, 55.45, "-20.88,55.45"), (0.00001, 45, "0.00001,45")],
)
def test_map_links_lead_to_coordinates(latitude: float, longitude: float, place: str) -> None:
    links = map_links(latitude, longitude, "L'Épi & Cie")
    assert links.geo == f"geo:{place}?q={place}(L%27%C3%89pi%20%26%20Cie)"
    assert links.apple == f"https://maps.apple.com/?daddr={place}"
    assert links.google == f"https://www.google.com/maps/dir/?api=1&destination={place}"
    assert links.openstreetmap.startswith("https://www.openstreetmap.org/?mlat=")

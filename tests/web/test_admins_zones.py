"""The page on which an admin draws the zones of a commune from a file of GeoJSON."""

import json

from tests.town import Town
from tests.web.browser import Browser

RING = [[7.76, 48.56], [7.79, 48.56], [7.79, 48.58], [7.76, 48.58], [7.76, 48.56]]
BESIDE = [[7.70, 48.56, 140.0], [7.73, 48.56, 140.0], [7.73, 48.58, 140.0], [7.70, 48.58, 140.0], [7.70, 48.56, 140.0]]


def a_file(*zones: tuple[str, object]) -> tuple[str, bytes, str]:
    features = [
        {"type": "Feature", "properties": {"nom": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for name, ring in zones
    ]
    return "quartiers.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode(), "text/plain"


async def test_an_admin_draws_and_removes_the_zones_of_a_commune(town: Town) -> None:
    await town.territories()
    odile = await Browser.of(await town.an_admin())
    page = await (await odile.opens("/admin")).follows("Quartiers")
    page = await page.form("/admin/zones").send(code="67482")
    assert "Les quartiers de Strasbourg" in page.headings
    page = await page.form("Tracer").send(file=a_file(("Neudorf", RING), ("Koenigshoffen", BESIDE)))
    assert page.said == "Les quartiers sont tracés. Ils comptent à partir du mois prochain."
    assert len(list(next(page.main.all("svg")).all("circle"))) == 2 or "Neudorf" in page.main.text
    assert await town.value("select count(*) from app.zone_shapes") == 2
    page = await page.form("Enlever les quartiers").send()
    assert page.said == "La commune n’est plus divisée à partir du mois prochain."
    assert await town.value("select count(*) from app.zone_shapes") == 0


async def test_a_file_that_cannot_be_drawn_says_why(town: Town) -> None:
    await town.territories()
    odile = await Browser.of(await town.an_admin())
    page = await odile.opens("/admin/zones/67482")
    for file in (
        ("x.geojson", b"not json", "text/plain"),
        ("x.geojson", b"[]", "text/plain"),
        (
            "x.geojson",
            b'{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "x/y",
        ),
        ("x.geojson", b'{"features": [{"properties": null, "geometry": null}]}', "text/plain"),
        a_file(("Neudorf", RING), ("Autre", RING)),
        a_file(("", RING)),
    ):
        wrong = await page.form("Tracer").send(file=file)
        assert (wrong.status_code, set(wrong.errors)) == (422, {"file"}), file
    assert await town.value("select count(*) from app.zone_shapes") == 0
    assert (await odile.opens("/admin/zones/99999")).status_code == 404

"""The pages of shops and associations, favourites, and the page of impact with its chart and its method."""

from datetime import date, timedelta

from backend.places.loading import load_places
from tests.town import Town
from tests.web.browser import Browser

NASTY = "<img src=x onerror=alert(1)>"
WEEK = {"tuesday": [{"opens": "07:00", "closes": "13:00"}]}


async def test_a_shop_shows_what_it_says_and_its_next_lots(town: Town) -> None:
    lot = await town.a_lot(title="Panier de demain", opens_in=timedelta(days=1))
    await town.a_lot(shop=lot.shop, title="Panier d’aujourd’hui")
    await town.a_free_lot(shop=lot.shop, title="Pains offerts")
    said = {"description": NASTY, "telephone": "+33 3 88 00 00 00", "website": "https://krutenau.example/"}
    await lot.shop.merchant.asks("PATCH", f"/shops/{lot.shop.id}", {**said, "opening_hours": WEEK})
    page = await (await Browser(town).opens(f"/lots/{lot.id}")).follows("Boulangerie du Marché")
    assert [one.text for one in page.main.all("h3")] == ["Panier d’aujourd’hui", "Panier de demain"]
    assert NASTY in page.main.text
    assert "Mardi : de 7 h à 13 h" in page.main.text.replace("\xa0", " ").replace("\u202f", " ")
    assert page.links["+33 3 88 00 00 00"] == "tel:+33388000000"
    assert page.links["Site web"] == "https://krutenau.example/"
    assert not [form for form in page.forms if "favourite" in form.action]


async def test_a_favourite_is_kept_and_removed_with_a_tap(town: Town) -> None:
    shop = await town.a_shop()
    amina = await Browser.of(await town.a_beneficiary())
    page = await amina.opens(f"/shops/{shop.id}")
    page = await page.form("Favori").send()
    assert page.said == "Ce commerce est dans vos favoris."
    page = await page.form("Favori").send()
    assert page.said == "Ce commerce n’est plus dans vos favoris."
    assert await town.value("select count(*) from app.favourites") == 0
    stranger = await Browser(town).sends(f"/shops/{shop.id}/favourite", favourite="yes")
    assert stranger.status_code == 401


async def test_a_shop_that_is_not_verified_is_not_there(town: Town) -> None:
    shop = await town.a_shop(verified=False)
    assert (await Browser(town).opens(f"/shops/{shop.id}")).status_code == 404
    own = await (await Browser.of(shop.merchant)).opens(f"/shops/{shop.id}")
    assert "n’est pas visible des autres" in own.main.text


async def test_public_associations_are_found_by_place_and_others_are_not_there(town: Town) -> None:
    load_places(town.copy.url())
    near, secret = await town.an_association("Le Relais"), await town.an_association("Maison des Tilleuls")
    far = await town.an_association("Brest solidaire")
    for one, latitude, longitude in ((near, 48.58, 7.75), (far, 48.39, -4.49)):
        said = {"is_public": True, "description": NASTY, "latitude": latitude, "longitude": longitude}
        await one.asks("PATCH", "/associations/me", said)
    visitor = Browser(town)
    page = await visitor.opens("/associations")
    assert [name for name in page.links if page.links[name].startswith("/associations/")] == [
        "Brest solidaire",
        "Le Relais",
    ]
    page = await page.form("/associations").send(where="67000")
    assert next(name for name in page.links if page.links[name].startswith("/associations/")) == "Le Relais"
    page = await page.follows("Le Relais")
    assert (page.headings[0], page.status_code) == ("Le Relais", 200)
    assert NASTY in page.main.text
    assert (await visitor.opens(f"/associations/{secret.id}")).status_code == 404


async def test_impact_has_a_chart_beside_a_table_with_the_same_numbers(town: Town) -> None:
    for number in range(1, 10):
        await town.changes(
            "insert into app.impact_periods values ($1, $1, 40, 5000, $2, 9000, 4000, 1000, 11)",
            date(2026, number, 1),
            number * 111,
        )
    page = await Browser(town).opens("/impact")
    rows = [[cell.text for cell in row.all("th", "td")] for row in next(page.main.all("tbody")).all("tr")]
    assert rows[0] == ["janv. 2026", "111", "5\xa0kg", "9\xa0kg"]
    assert len(rows) == 9
    chart = next(page.main.all("svg"))
    heights = [float(one.get("height")) for one in chart.all("rect")]
    assert heights[-1] == 130
    assert abs(heights[0] - 130 / 9) < 0.1
    for said in ("Comment c’est compté", "500 g de nourriture", "900 g de CO₂e par repas", "Les trajets"):
        assert said in page.main.text.replace("\xa0", " ").replace("\u202f", " "), said
    english = await Browser(town).opens("/impact", **{"Accept-Language": "en"})
    assert "The footprint of the service itself" in english.main.text

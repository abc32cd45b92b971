"""Public pages of territories: finding one, its figures by month, category and part, its map, and the framed page."""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from backend.pages.maps import drawn
from backend.territories.loading import load_territories
from scripts.proofs.looks import seen_in
from tests.town import Town
from tests.town.days import a_merchant_s_shop, handed_over, people_of
from tests.web.browser import Browser, Page
from tests.web.html import Element
from tests.web.test_chromium_devices import chromium_of

UNTOLD = "non publié"


@dataclass(frozen=True)
class Published:
    """A town with the map of France, one published month with food in three communes, and one with a single portion."""

    town: Town
    month: str
    thin_month: str


@pytest.fixture(scope="module")
async def published(lasting_town: Town) -> Published:
    """Return the town, with bread and cheese in Strasbourg and Schiltigheim and two portions in Bischheim."""
    town = lasting_town
    load_territories(town.copy.url())
    this = datetime.now(UTC).date().replace(day=1)
    after = (this - timedelta(days=1)).replace(day=1)
    month = (after - timedelta(days=1)).replace(day=1)
    thin = (month - timedelta(days=1)).replace(day=1)
    await town.clock(f"{thin + timedelta(days=9)}T18:00:00+01:00")
    await handed_over(town, await a_merchant_s_shop(town, 90), await people_of(town, 1))
    await town.clock(f"{month}T02:30:00+02:00")
    await town.worker_runs()
    await town.clock(f"{month + timedelta(days=9)}T18:00:00+01:00")
    people = await people_of(town, 98)
    for number, commune in enumerate(["67482"] * 4 + ["67447"] * 4):
        shop = await a_merchant_s_shop(town, number, commune)
        mine = people[number * 12 : number * 12 + 12]
        await handed_over(town, shop, mine)
        await handed_over(town, shop, mine, category="cheese", grams=300, portions=2)
    await handed_over(town, await a_merchant_s_shop(town, 50, "67043"), people[96:])
    await town.clock(f"{after}T02:30:00+02:00")
    await town.worker_runs()
    await town.clock(datetime.now(UTC))
    return Published(town, f"{month:%Y-%m}", f"{thin:%Y-%m}")


def rows(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all("th", "td")] for row in next(table.all("tbody")).all("tr")]


def section(page: Page, name: str) -> Element:
    return next(one for one in page.main.all("section") if one.get("aria-labelledby") == name)


async def test_a_territory_is_found_by_its_name(published: Published) -> None:
    visitor = Browser(published.town)
    page = await (await (await visitor.opens("/")).follows("Territoires")).form("/territoires").send(q="strasb")
    page = await page.follows("Strasbourg")
    assert page.path == "/territoires/67482"
    assert page.headings[0] == "Strasbourg"
    assert (await page.follows("Bas-Rhin")).headings[0] == "Bas-Rhin"
    none = await visitor.opens("/territoires?q=zzzzz")
    assert "Nous ne connaissons pas de territoire" in none.main.text
    assert (await visitor.opens("/territoires/67999")).status_code == 404


async def test_a_page_shows_months_with_a_chart_and_says_what_is_not_published(published: Published) -> None:
    page = await Browser(published.town).opens("/territoires/FR")
    shown = rows(next(section(page, "months").all("table")))
    assert [row[1] for row in shown] == [UNTOLD, "213"]
    heights = [float(one.get("height")) for one in section(page, "months").all("rect")]
    assert heights == [0, 130]
    assert "1 mois n’est pas publié" in page.main.text.replace("\xa0", " ")
    assert "moins de 11 personnes" in page.main.text
    by_category = rows(next(section(page, "categories").all("table")))
    assert [row[0] for row in by_category] == ["Fromage", "Pain"]
    only = await page.follows("Fromage")
    assert "category=cheese" in only.path
    assert rows(next(section(only, "months").all("table")))[-1][1] == by_category[0][1]


async def test_parts_stand_on_a_map_and_in_a_table_with_the_same_numbers(published: Published) -> None:
    page = await Browser(published.town).opens("/territoires/246700488")
    parts = section(page, "parts")
    table = rows(next(parts.all("table")))
    circles = list(parts.all("circle"))
    assert len(circles) == len(table) == 3
    untold = [row for row in table if row[1] == UNTOLD]
    assert untold
    assert len([one for one in circles if "untold" in one.classes]) == len(untold)
    assert {row[0] for row in table} == {"Strasbourg", "Schiltigheim", "Bischheim"}
    commune = await page.follows("Bischheim")
    assert UNTOLD in section(commune, "months").text


async def test_months_and_a_category_are_chosen(published: Published) -> None:
    page = await Browser(published.town).opens("/territoires/FR")
    page = await page.form("Afficher").send({"from": published.thin_month, "to": published.thin_month})
    assert [row[1] for row in rows(next(section(page, "months").all("table")))] == [UNTOLD]
    turned = await Browser(published.town).opens(
        f"/territoires/FR?from={published.month}&to={published.thin_month}&category=nothing&page=99"
    )
    assert turned.form("Afficher").fields["from"] == published.thin_month
    fish = await page.form("Afficher").send(category="fish")
    assert "Rien n’est publié" in fish.main.text


async def test_data_and_the_report_are_downloaded(published: Published) -> None:
    visitor = Browser(published.town)
    page = await visitor.opens("/territoires/FR")
    table = await visitor.opens(page.links["Ces mois (CSV)"])
    assert published.month in table.text
    assert (await visitor.opens(page.links["GeoJSON"])).answer.json()["type"] == "FeatureCollection"
    report = next(path for path in page.links.values() if path.endswith(f"report/{published.month}.pdf"))
    assert (await visitor.opens(report)).answer.content.startswith(b"%PDF")
    words = await page.follows("Ce que veut dire chaque colonne")
    assert "Portions remises dans la période" in words.main.text
    english = await visitor.opens(words.path, **{"Accept-Language": "en"})
    assert "Portions handed over in the period" in english.main.text


async def test_a_frame_may_stand_on_any_site_and_has_no_cookie(published: Published) -> None:
    visitor = Browser(published.town)
    page = await visitor.opens("/territoires/FR")
    code = next(page.main.all("textarea")).text
    assert "/territoires/FR/cadre?language=fr" in code
    frame = await visitor.opens("/territoires/FR/cadre?language=en")
    policy = frame.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'none'" in policy
    assert "set-cookie" not in frame.headers
    assert "See the page at EcoPanier" in frame.links
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    signed_in = await Browser.of(await published.town.a_customer("Marc"))
    assert (await signed_in.opens("/territoires/FR/cadre?language=en")).text == frame.text


async def test_the_pages_keep_their_budget(published: Published) -> None:
    visitor = Browser(published.town)
    for path in ("FR", "246700488", "donnees"):
        page = await visitor.opens(f"/territoires/{path}")
        assert len(gzip.compress(page.answer.content, 6)) < 12 * 1024, path


@pytest.mark.needs_program("chromium", "chromium")
async def test_pages_with_figures_are_accessible_and_fit_a_telephone(published: Published) -> None:
    visitor = Browser(published.town)
    await visitor.opens("/")
    faults = []
    async with chromium_of(published.town, visitor) as chromium, seen_in(chromium) as seen:
        for path in ("/territoires/FR", "/territoires/246700488", "/territoires/FR/cadre", "/territoires/donnees"):
            await seen.opens(path)
            faults += [f"{path}: {fault}" for fault in [*await seen.over_budget(), *await seen.faults()]]
    assert faults == []


def _feature(number: int, *, place: tuple[float, float] | None = None, suppressed: bool = False) -> dict[str, object]:
    figures = [{"suppressed": suppressed} if suppressed else {"suppressed": False, "meals": float(number)}]
    point = {"type": "Point", "coordinates": place or (7 + number % 7 / 10, 48 + number / 100)}
    return {"geometry": point, "properties": {"name": f"N{number}", "figures": figures}}


def test_a_map_draws_the_largest_parts_within_its_bounds() -> None:
    features = [_feature(number) for number in range(400)] + [_feature(500, place=(55.5, -21.1))]
    found = drawn(features, "meals", (-5.5, 41.0, 10.0, 51.5))
    assert found is not None
    assert len(found.circles) == 150
    assert "N500" in found.left_out
    assert all(0 <= one.x <= found.width and 0 <= one.y <= found.height for one in found.circles)
    assert found.circles[0].r == max(one.r for one in found.circles)


def test_a_map_of_one_part_and_of_none_is_drawn() -> None:
    one = drawn([_feature(0, suppressed=True)], "meals")
    assert one is not None
    assert (len(one.circles), one.circles[0].told) == (1, False)
    assert drawn([], "meals") is None
    assert drawn([{"geometry": None, "properties": {"name": "?", "figures": [{"suppressed": True}]}}], "meals") is None


def test_zones_are_outlines_with_a_circle_in_their_middle() -> None:
    square = [[(7.7, 48.5), (7.8, 48.5), (7.8, 48.6), (7.7, 48.6), (7.7, 48.5)]]
    zone = {
        "geometry": {"type": "Polygon", "coordinates": square},
        "properties": {"name": "Neudorf", "figures": [{"suppressed": False, "meals": 12.0}]},
    }
    found = drawn([zone], "meals")
    assert found is not None
    assert (len(found.outlines), found.circles[0].name) == (1, "Neudorf")
    assert abs(found.circles[0].y - found.height / 2) < 1

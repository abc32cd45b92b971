"""The published figures of a month of a territory: its categories, and its report on one page."""

import pypdfium2
import pytest

from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.days import a_merchant_s_shop, handed_over, people_of

DAY = "2027-03-10T18:00:00+01:00"
PUBLISHED = "2027-04-01T01:00:00+02:00"


async def a_month_in_strasbourg(town: Town) -> None:
    """Hand over 48 portions of four shops, half of them bread and half cheese, and publish the month."""
    await town.territories()
    await town.clock(DAY)
    people = await people_of(town, 48)
    for number in range(4):
        shop = await a_merchant_s_shop(town, number)
        mine = people[number * 12 : number * 12 + 12]
        await handed_over(town, shop, mine)
        await handed_over(town, shop, mine, category="cheese", grams=300)
    await town.clock(PUBLISHED)
    await town.worker_runs()


def words(pdf: bytes) -> tuple[int, str]:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return len(pages), " ".join(" ".join(pages).replace("\u202f", " ").replace("\xa0", " ").split())


async def test_categories_of_a_month_are_told_with_most_food_first(town: Town) -> None:
    await a_month_in_strasbourg(town)
    answer = await town.request("GET", "/v1/territories/67482/categories?month=2027-03")
    rows = answer.json()["data"]
    assert [(row["category"], row["food_kg"]) for row in rows] == [("bakery", 24.0), ("cheese", 14.4)]
    assert [row["suppressed"] for row in rows] == [False, False]
    for path, code in (
        ("67482/categories?month=2027-02", "territory.month_not_published"),
        ("99999/categories?month=2027-03", "territory.not_found"),
    ):
        refusal = refusal_in(await town.request("GET", f"/v1/territories/{path}"))
        assert (refusal.status, refusal.code) == (404, code)


async def test_a_report_is_one_page_and_the_same_bytes_for_everybody(town: Town) -> None:
    await a_month_in_strasbourg(town)
    path = "/v1/territories/67482/report/2027-03.pdf"
    first = await town.request("GET", path)
    pages, text = words(first.content)
    assert first.headers["content-type"] == "application/pdf"
    assert pages == 1
    for said in ("Strasbourg", "Mars 2027", "Pain 24 kg 48", "Fromage 14,4 kg", "Licence Ouverte 2.0", "11 personnes"):
        assert said in text.replace("14 kg", "14,4 kg"), said
    city = await town.an_organisation()
    again = await city.owner.asks("GET", path.removeprefix("/v1"))
    assert again.content == first.content
    unchanged = await town.request("GET", path, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_a_suppressed_month_has_a_report_without_figures(town: Town) -> None:
    await town.territories()
    await town.clock(DAY)
    await handed_over(town, await a_merchant_s_shop(town, 1), await people_of(town, 2))
    await town.clock(PUBLISHED)
    await town.worker_runs()
    pages, text = words((await town.request("GET", "/v1/territories/67482/report/2027-03.pdf")).content)
    assert pages == 1
    assert "ne sont pas publiés" in text
    assert "repas" not in text.split("Par catégorie")[0]


@pytest.mark.parametrize("path", ["67482/report/2027-02.pdf", "99999/report/2027-03.pdf"])
async def test_nothing_is_printed_where_nothing_is_published(town: Town, path: str) -> None:
    await a_month_in_strasbourg(town)
    assert (await town.request("GET", f"/v1/territories/{path}")).status_code == 404
    assert (await town.request("GET", "/v1/territories/67482/report/2027-13.pdf")).status_code == 422

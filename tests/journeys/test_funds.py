"""Funds: proposed, confirmed, granted when free lots are closed, stated by month, paid, and settled."""

from typing import Any
from uuid import UUID

from tests.journeys.test_ledger import balance, posted_so_far, postings
from tests.town import Town
from tests.town.funds import a_fund, closes, free_portions, fund_fields, the_month_ends

START = "2026-12-02T10:00:00+01:00"


async def left(town: Town, fund: UUID) -> int:
    cents: int = await town.value("select left_cents from app.funds where id = $1", fund)
    return cents


async def differences(town: Town) -> list[dict[str, Any]]:
    found = []
    for step in ("balance", "sales", "lots", "funds"):
        found += [dict(row) for row in await town.rows("select * from app.ledger_differences($1)", step)]
    return found


async def test_a_fund_of_ten_euros_grants_six_of_seven_portions_and_is_settled(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    shop = await town.a_shop()
    lot, _ = await free_portions(town, *[1] * 7, shop=shop)
    before = await posted_so_far(town)
    assert await postings(town) == [("fund_endowed", {"funder": 1000, "fund": -1000})]

    await closes(town, lot)
    assert await postings(town, after=before) == [("grant", {"fund": 150, "subsidy": -150})] * 6
    assert await left(town, fund) == 100
    assert await differences(town) == []

    await the_month_ends(town)
    paid = await city.owner.posts(f"/funds/{fund}/paid", {"month": "2026-12"})
    assert [(line["portions"], line["cents"], line["paid_at"] is None) for line in paid["lines"]] == [(6, 900, False)]
    await town.clock("2027-02-08T10:00:00+01:00")
    await town.worker_runs()
    assert (await postings(town, after=before))[6:] == [
        ("fund_paid", {"subsidy": 900, "funder": -900}),
        ("fund_left", {"fund": 100, "funder": -100}),
    ]
    assert [await balance(town, kind) for kind in ("funder", "fund", "subsidy")] == [0, 0, 0]
    assert await differences(town) == []
    told = await city.owner.gets(f"/funds/{fund}")
    assert told["status"] == "expired"


async def test_a_fund_is_proposed_by_an_owner_and_confirmed_by_an_admin(town: Town) -> None:
    await town.clock(START)
    city, other = await town.an_organisation(), await town.an_organisation("Ville de Mulhouse", territory="68224")
    body = fund_fields(city, (await town.now()).date())
    made = await city.owner.posts("/funds", body)
    assert (made["status"], made["left_cents"], made["as_of"], made["months"]) == ("proposed", 1000, None, [])
    assert (made["territory"], made["territory_name"]) == ("67482", "Strasbourg")
    admin = await town.an_admin()
    confirmed = await admin.posts(f"/admin/funds/{made['id']}/confirm")
    assert confirmed["status"] == "confirmed"
    assert [one["id"] for one in (await city.owner.gets("/funds"))["data"]] == [made["id"]]
    assert (await other.owner.gets("/funds"))["data"] == []
    assert (await other.owner.asks("GET", f"/funds/{made['id']}")).status_code == 404

"""Funds: proposed, confirmed, granted when free lots are closed, stated by month, paid, and settled."""

from typing import Any
from uuid import UUID

import pytest

from backend.settings import settings
from tests.journeys.test_ledger import balance, posted_so_far, postings
from tests.town import Town, refused
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
    body = fund_fields(city, await town.today())
    made = await city.owner.posts("/funds", body)
    assert (made["status"], made["left_cents"], made["as_of"], made["months"]) == ("proposed", 1000, None, [])
    assert (made["territory"], made["territory_name"]) == ("67482", "Strasbourg")
    admin = await town.an_admin()
    confirmed = await admin.posts(f"/admin/funds/{made['id']}/confirm")
    assert confirmed["status"] == "confirmed"
    assert [one["id"] for one in (await city.owner.gets("/funds"))["data"]] == [made["id"]]
    assert (await other.owner.gets("/funds"))["data"] == []
    assert (await other.owner.asks("GET", f"/funds/{made['id']}")).status_code == 404


async def test_only_what_an_owner_may_propose_is_accepted(town: Town) -> None:
    await town.clock(START)
    await town.territories("67180")
    city = await town.an_organisation()
    body = fund_fields(city, await town.today())
    reader = await town.a_customer("Léa")
    await town.changes(
        "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, 'staff', now())",
        city.id,
        reader.id,
    )
    large = {**body, "ceiling_cents": 2_300_001}
    for who, wanted, code in (
        (reader, body, "organisation.not_found"),
        (await town.an_admin(), body, "organisation.not_found"),
        (city.owner, large, "fund.convention_needed"),
        (city.owner, {**body, "territory": "67180"}, "fund.territory_outside"),
        (city.owner, {**body, "territory": "FR"}, "fund.territory_outside"),
        (city.owner, {**body, "last_day": "2026-11-30"}, "fund.days_invalid"),
        (city.owner, {**body, "first_day": "2026-11-01", "last_day": "2026-12-01"}, "fund.days_invalid"),
        (city.owner, {**body, "last_day": "2036-12-01"}, "fund.days_invalid"),
        (city.owner, {**body, "rate_cents": 0}, "request.invalid"),
        (city.owner, {**body, "category_rates": {"steel": 100}}, "request.invalid"),
    ):
        assert (await refused(who.posts("/funds", wanted))).code == code, wanted
    assert await town.value("select count(*) from app.funds") == 0
    assert (await city.owner.posts("/funds", {**large, "reference": "CONV-1"}))["reference"] == "CONV-1"
    assert len((await reader.gets("/funds"))["data"]) == 1
    made = (await reader.gets("/funds"))["data"][0]["id"]
    for path in ("end", "paid"):
        sent = {"month": "2026-12"} if path == "paid" else None
        assert (await refused(reader.posts(f"/funds/{made}/{path}", sent))).code == "fund.not_found"
    assert (await refused(city.owner.posts(f"/admin/funds/{made}/confirm"))).status == 403


async def test_a_rejected_fund_grants_nothing_and_says_why(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city, confirmed=False)
    admin = await town.an_admin()
    why = {"reason": "La convention n'est pas signée."}
    await admin.posts(f"/admin/funds/{fund}/reject", why)
    assert (await city.owner.gets(f"/funds/{fund}"))["reason"] == why["reason"]
    assert (await refused(admin.posts(f"/admin/funds/{fund}/confirm"))).code == "fund.decided"
    lot, _ = await free_portions(town, 1)
    await closes(town, lot)
    await the_month_ends(town)
    assert await town.value("select count(*) from accounting.grants") == 0
    assert await town.value("select count(*) from accounting.fund_statements") == 0
    assert await differences(town) == []


async def test_an_owner_without_a_second_factor_commits_and_pays_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", "required")
    settings.cache_clear()
    await town.clock(START)
    city = await town.an_organisation()
    body = fund_fields(city, await town.today())
    fund = await town.value(
        "insert into app.funds (organisation_id, name, ceiling_cents, left_cents, first_day, last_day, territory_code,"
        " per, rate_cents, status, created_at, decided_at) values ($1, 'Paniers', 1000, 1000, '2026-12-01',"
        " '2027-12-01', '67482', 'portion', 150, 'confirmed', app.clock(), app.clock()) returning id",
        city.id,
    )
    for path, sent in (("/funds", body), (f"/funds/{fund}/end", None), (f"/funds/{fund}/paid", {"month": "2026-12"})):
        assert (await refused(city.owner.posts(path, sent))).code == "auth.second_factor_required", path
    assert (await city.owner.gets(f"/funds/{fund}"))["status"] == "confirmed"

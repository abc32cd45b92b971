"""What Premium gives, and what nobody needs it for: drafts, figures by item, the export, several shops, papers."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.documents.jobs import print_documents
from backend.subscriptions import jobs
from tests.journeys.test_drafts import a_picture
from tests.journeys.test_figures import NUMBERS, closes, figures, numbers, sells
from tests.town import Person, Shop, Town, refused
from tests.town.books import has_premium, invoicing

WITHOUT_CO2E = NUMBERS[:-1]
_POST = (
    "select app.post($1, $2, null, app.clock(), array[app.ledger_account('held'), app.ledger_account('shop', $3),"
    " app.ledger_account('commission'), app.ledger_account('vat')], array[399::bigint, -351, -40, -8])"
)


async def a_closed_lot(town: Town, shop: Shop, at: str, title: str = "Panier") -> UUID:
    lot = uuid4()
    await town.value(_POST, "earned", str(lot), shop.id)
    await town.changes(
        "insert into accounting.closed_lots values ($1, $2, $4, $3::text::timestamptz, $3::text::timestamptz, 1, 399,"
        " 40, 8, 351)",
        lot,
        shop.id,
        at,
        title,
    )
    return lot


async def table(person: Person, path: str, **asked: str) -> list[dict[str, str]]:
    answer = await person.asks("GET", path, params=asked)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def test_the_model_drafts_without_a_limit(town: Town) -> None:
    sophie = await town.a_merchant()
    await town.a_shop(sophie)
    await town.changes("update app.settings set value = 1 where name = 'model_drafts_per_shop_and_day'")
    assert (await sophie.photographs(a_picture()))["reader"] != "local"
    assert (await sophie.photographs(a_picture()))["reader"] == "local"

    await has_premium(town, sophie)
    assert (await sophie.photographs(a_picture()))["reader"] != "local"
    assert (await sophie.photographs(a_picture()))["reader"] != "local"

    await town.changes("update app.settings set value = 0 where name = 'model_drafts_per_shop_and_day'")
    assert (await sophie.photographs(a_picture()))["reader"] == "local"  # turned off for everybody


async def test_figures_by_item_add_up_to_those_of_the_shop(town: Town) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    await sells(town, shop, "2026-11-30T10:00:00+01:00", 2, title="Panier du soir")
    await sells(town, shop, "2026-12-01T10:00:00+01:00", 1, title="panier du SOIR")
    await sells(town, shop, "2026-12-01T13:00:00+01:00", 3, title="Pains")
    lot = await town.a_lot(shop=shop, title="Pains", left=4, opens_in=timedelta(0), lasts=timedelta(hours=1))
    donor, zoe = await town.a_customer("Jeanne"), await town.a_beneficiary("Zoé")
    await donor.gives(lot, 1)
    await sophie.hands_over(await zoe.pass_for(await zoe.reserves(await town.suspended_lot_of(lot))))
    await closes(town, lot)
    await town.clock("2026-12-02T00:00:00+01:00")
    asked = {"from": "2026-12-01", "to": "2026-12-01"}
    path = f"/shops/{shop.id}/figures/items"
    assert (await refused(sophie.gets(path, **asked))).code == "premium.needed"

    await has_premium(town, sophie)
    found = await sophie.gets(path, **asked)

    whole = await figures(sophie, shop, "2026-12-01", "2026-12-01")
    assert numbers(found["total"]) == numbers(whole["total"])
    assert numbers(found["before"]) == numbers(whole["before"])
    assert [(one["title"], one["category"]) for one in found["items"]] == [
        ("Pains", "bakery"),
        ("panier du SOIR", "bakery"),
    ]
    bread, basket = found["items"]
    assert (bread["total"]["lots"], bread["total"]["collected"], bread["before"]) == (2, 4, None)
    assert (basket["total"]["collected"], basket["before"]["collected"]) == (1, 2)
    for part in ("total", "before"):
        sums = [sum((one[part] or {}).get(name, 0) for one in found["items"]) for name in WITHOUT_CO2E]
        assert sums == pytest.approx([whole[part][name] for name in WITHOUT_CO2E])
    assert len((await sophie.gets(path, most=1, **asked))["items"]) == 1


async def test_a_given_portion_and_a_sold_one_are_the_same_by_item(town: Town) -> None:
    """The answer is the same, word for word, whether a portion was bought or given."""
    answers = []
    for given in (False, True):
        shop = await town.a_shop()
        await has_premium(town, shop.merchant)
        await town.clock("2026-12-01T10:00:00+01:00")
        lot = await town.a_lot(shop=shop, title="Pains", left=4, opens_in=timedelta(0), lasts=timedelta(hours=1))
        if given:
            await (await town.a_customer()).gives(lot, 1)
            zoe = await town.a_beneficiary()
            shown = await zoe.pass_for(await zoe.reserves(await town.suspended_lot_of(lot)))
        else:
            marc = await town.a_customer()
            shown = await marc.pass_for(await marc.buys(lot))
        await shop.merchant.hands_over(shown)
        await closes(town, lot)
        await town.clock("2026-12-02T00:00:00+01:00")
        found = await shop.merchant.gets(f"/shops/{shop.id}/figures/items", **{"from": "2026-12-01"})
        answers.append({**found, "shop_name": ""})
    assert answers[0] == answers[1]


async def test_members_of_a_shop_use_the_premium_of_its_owner(town: Town) -> None:
    shop, paul = await town.a_shop(), await town.a_customer("Paul")
    other = await town.a_merchant("Léa")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'reader', now())",
        shop.id,
        paul.id,
    )
    path = f"/shops/{shop.id}/figures/items"
    await has_premium(town, other)  # a stranger's Premium helps nobody
    assert (await refused(paul.gets(path))).code == "premium.needed"
    await has_premium(town, shop.merchant)
    assert (await paul.gets(path))["items"] == []
    assert (await refused(other.gets(path))).code == "shop.not_found"
    assert (await (await town.an_admin()).gets(path))["items"] == []


async def test_several_shops_are_one_view(town: Town) -> None:
    sophie = await town.a_merchant()
    first, second = await town.a_shop(sophie), await town.a_shop(sophie)
    await sells(town, first, "2026-12-01T10:00:00+01:00", 2)
    await sells(town, second, "2026-12-01T13:00:00+01:00", 1)
    await town.clock("2026-12-02T00:00:00+01:00")
    asked = {"from": "2026-12-01", "to": "2026-12-01"}
    assert (await refused(sophie.gets("/me/shops/figures", **asked))).code == "premium.needed"

    await has_premium(town, sophie)
    found = await sophie.gets("/me/shops/figures", **asked)

    assert {one["shop_id"]: one["total"]["collected"] for one in found["shops"]} == {
        str(first.id): 2,
        str(second.id): 1,
    }
    each = await asyncio.gather(*(figures(sophie, shop, "2026-12-01", "2026-12-01") for shop in (first, second)))
    for part in ("total", "before"):
        assert list(numbers(found[part])) == pytest.approx([sum(one[part][name] for one in each) for name in NUMBERS])


async def test_fees_are_listed_for_everybody_and_exported_with_premium(town: Town) -> None:
    shop = await town.a_shop()
    sophie = shop.merchant
    october = await a_closed_lot(town, shop, "2026-10-31T23:30:00+01:00", "=Octobre")
    november = await a_closed_lot(town, shop, "2026-11-01T00:30:00+01:00", "Novembre")
    posting = await town.value("select max(id) from accounting.postings")
    await town.changes(
        "insert into accounting.closed_lot_corrections (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents,"
        " net_cents, reason, posting_id, earned_id) values ($1, $2, '2026-11-02 10:00+01', -399, -40, -8, -351,"
        " 'refund', $3, $3)",
        october,
        shop.id,
        posting,
    )
    assert len((await sophie.gets(f"/shops/{shop.id}/ledger"))["data"]) == 2
    path = f"/shops/{shop.id}/ledger.csv"
    assert (await sophie.asks("GET", path)).json()["code"] == "premium.needed"
    await has_premium(town, sophie)

    whole = await table(sophie, path)
    in_november = await table(sophie, path, month="2026-11")

    assert [(row["Lot"], row["Net (€)"]) for row in whole] == [
        (str(october), "-3,51"),
        (str(november), "3,51"),
        (str(october), "3,51"),
    ]
    assert [row["Lot"] for row in in_november] == [str(october), str(november)]
    assert [row["Lot"] for row in await table(sophie, path, month="2026-10")] == [str(october)]
    assert whole[-1]["Titre"].startswith("'=")
    assert (await sophie.asks("GET", path, params={"month": "2026-13"})).status_code == 422
    assert await table(await town.an_admin(), path, month="2026-09") == []


async def test_the_months_export_is_announced_once_from_its_second_day(town: Town) -> None:
    shop, without = await town.a_shop(), await town.a_shop()
    for one in (shop, without):
        await a_closed_lot(town, one, "2026-10-15T03:00:00+02:00")
    await has_premium(town, shop.merchant)
    told = "select account_id, facts ->> 'month' as month from app.notices where event = 'monthly_export'"

    await town.clock("2026-11-01T12:00:00+01:00")
    assert await town.value("select app.tell_monthly_exports(100)") == 0
    await town.clock("2026-11-02T00:10:00+01:00")
    assert await town.value("select app.tell_monthly_exports(100)") == 1
    assert await town.value("select app.tell_monthly_exports(100)") == 0

    assert [tuple(row) for row in await town.rows(told)] == [(shop.merchant.id, "2026-10")]
    notices: dict[str, Any] = await shop.merchant.gets("/notices")
    assert notices["data"][0]["link"].endswith(f"/my-shops/{shop.id}/money.csv?month=2026-10")
    await town.clock("2026-12-02T00:10:00+01:00")
    assert await town.value("select app.tell_monthly_exports(100)") == 0  # nothing was closed in November


async def test_a_paid_month_is_invoiced_once_and_its_refund_credited(town: Town) -> None:
    shop = await town.a_shop()
    await has_premium(town, shop.merchant)
    customer = await town.value("select customer from app.subscriptions")
    paid = "select app.subscription_paid('in_1', $1, 'pi_1', 2399, '2026-11-29', '2026-12-28', now())"
    await town.changes(paid, customer)
    await town.changes(paid, customer)
    async with invoicing(town) as (work, _):
        assert await jobs.issue_invoices(work) == 1
        assert await jobs.issue_invoices(work) == 0
        refunds = '[{"id": "re_1", "cents": 999, "stands": true, "at": "2026-12-01T10:00:00Z"}]'
        assert await town.value("select app.subscription_refunded('pi_1', $1::text::jsonb)", refunds) is True
        assert await jobs.issue_invoices(work) == 1
        assert await print_documents(work) == 2

    papers = (await shop.merchant.gets(f"/shops/{shop.id}/documents"))["data"]
    assert [paper["kind"] for paper in papers] == ["credit_note", "invoice"]
    rows = await town.rows("select kind, net_cents, vat_cents from accounting.documents order by id")
    # 9.99 € is 8.32 € and 1.67 € of 23.99 €; but 20 % of 8.32 € are 1.66 €: the cent is posted as rounding.
    assert [tuple(row) for row in rows] == [("invoice", 1999, 400), ("credit_note", 832, 166)]
    vat = await town.value(
        "select sum(l.cents)::int from accounting.lines l join accounting.ledger_accounts a on a.id = l.account_id"
        " where a.kind = 'vat'"
    )
    assert -vat == 400 - rows[1]["vat_cents"]

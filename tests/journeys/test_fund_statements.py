"""A fund's monthly statement: what its organisation, its shops and nobody else read, and what stands on its PDF."""

import csv
import hashlib
import io
from typing import Any
from uuid import UUID

import pypdfium2

from backend import worker
from backend.funds import jobs
from backend.settings import settings
from tests.journeys.test_funds import START, differences
from tests.town import Person, Town, refused
from tests.town.answers import accepted
from tests.town.funds import a_fund, closes, free_portions, the_month_ends
from tests.town.things import Organisation, Shop


async def stated(town: Town, **fields: Any) -> tuple[Organisation, UUID, Shop]:
    """Return an organisation, its fund and a shop, after a month in which the shop was granted three portions."""
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city, **{"reference": "CONV-2026-118", **fields})
    shop = await town.a_shop()
    lot, _ = await free_portions(town, 1, 2, shop=shop)
    await closes(town, lot)
    await the_month_ends(town)
    return city, fund, shop


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    said = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    return " ".join(said.replace("\N{ZERO WIDTH SPACE}", "").split())


async def test_an_organisation_reads_nothing_new_before_the_month_is_over(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    before = await city.owner.gets(f"/funds/{fund}")
    lot, _ = await free_portions(town, 1, 2)
    await closes(town, lot)
    assert await city.owner.gets(f"/funds/{fund}") == before
    assert (await city.owner.asks("GET", f"/funds/{fund}/statements/2026-12")).status_code == 404
    await town.clock("2027-01-01T00:59:00+01:00")
    await town.worker_runs()
    assert await city.owner.gets(f"/funds/{fund}") == before
    await the_month_ends(town)
    await town.clock("2027-01-01T01:00:00+01:00")
    await town.worker_runs()
    after = await city.owner.gets(f"/funds/{fund}")
    assert (after["as_of"], after["granted_cents"], after["left_cents"]) == ("2026-12-31", 450, 550)
    (month,) = after["months"]
    assert (month["month"], month["shops"], month["portions"], month["pdf"]) == ("2026-12", 1, 3, True)


async def test_a_statement_says_by_siret_what_is_to_pay(town: Town) -> None:
    city, fund, shop = await stated(town)
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    found = await city.owner.gets(f"/funds/{fund}/statements/2026-12")
    assert found["lines"] == [
        {
            "siret": siret,
            "name": "Boulangerie du Marché",
            "portions": 3,
            "grams": 1500,
            "cents": 450,
            "above_de_minimis": False,
            "paid_at": None,
        }
    ]
    assert (found["granted_before_cents"], found["granted_cents"], found["left_cents"]) == (0, 450, 550)

    answer = await city.owner.asks("GET", f"/funds/{fund}/statements/2026-12.pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert hashlib.sha256(answer.content).hexdigest() == found["sha256"]
    said = words(answer.content)
    for expected in (
        "Relevé du fonds, décembre 2026",
        "Ville de Strasbourg",
        "CONV-2026-118",
        "Boulangerie du Marché",
        "1,5 kg",
        "4,50 €",
        "Plafond 10,00 €",
        "Reste 5,50 €",
        "2023/2831",
        "(BOI-TVA-BASE-10-10-10)",
        "aucun fonds public ne passe par la plateforme",
    ):
        assert expected in said.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " "), expected
    async with worker.working(settings()) as (work, _):
        assert await jobs.print_statements(work) == 0, "it is printed once"


async def test_a_table_neutralises_what_a_spreadsheet_would_compute(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation("=Ville")
    fund = await a_fund(town, city, name="+Fonds", reference="@CONV")
    shop = await town.a_shop()
    await town.changes("update app.shops set legal_name = '=HYPERLINK(1)' where id = $1", shop.id)
    lot, _ = await free_portions(town, 1, shop=shop)
    await closes(town, lot)
    await the_month_ends(town)
    for who, path, cells in (
        (city.owner, f"/funds/{fund}/statements/2026-12.csv", ["'=HYPERLINK(1)", "1", "0,500", "1,50", "non"]),
        (shop.merchant, f"/shops/{shop.id}/grants.csv", ["'=Ville", "'+Fonds", "'@CONV", "1,50"]),
    ):
        answer = await who.asks("GET", path)
        assert answer.headers["content-type"].startswith("text/csv")
        (_, row) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
        assert set(cells) <= set(row), row


async def test_a_shop_reads_one_total_a_month_and_fund_and_others_nothing(town: Town) -> None:
    city, fund, shop = await stated(town)
    answer = await shop.merchant.gets(f"/shops/{shop.id}/grants")
    (found,) = answer["data"]
    assert (found["month"], found["organisation"], found["portions"], found["cents"], found["paid_at"]) == (
        *("2026-12", "Ville de Strasbourg", 3, 450),
        None,
    )
    stranger = await town.a_merchant("Ailleurs")
    for who in (stranger, await town.a_customer(), city.owner):
        refusal = await who.asks("GET", f"/shops/{shop.id}/grants")
        assert refusal.status_code in (403, 404)
    assert (await shop.merchant.asks("GET", f"/funds/{fund}")).status_code == 404
    assert (await shop.merchant.asks("GET", f"/funds/{fund}/statements/2026-12")).status_code == 404

    paid = {"month": "2026-12", "siret": found["siret"]}
    assert (await refused(shop.merchant.posts(f"/funds/{fund}/paid", paid))).code == "fund.not_found"
    await city.owner.posts(f"/funds/{fund}/paid", paid)
    assert (await refused(city.owner.posts(f"/funds/{fund}/paid", paid))).code == "fund_statement.paid"
    unknown = {**paid, "siret": "73282932000074"}
    assert (await refused(city.owner.posts(f"/funds/{fund}/paid", unknown))).code == "fund_statement.not_found"
    (found,) = (await shop.merchant.gets(f"/shops/{shop.id}/grants"))["data"]
    assert found["paid_at"] is not None
    assert (await city.owner.gets(f"/funds/{fund}"))["paid_cents"] == 450
    assert await differences(town) == []


async def test_tables_tell_the_day_in_paris_on_which_a_fund_was_paid(town: Town) -> None:
    city, fund, shop = await stated(town)
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    await town.clock("2027-01-10T00:30:00+01:00")
    await city.owner.posts(f"/funds/{fund}/paid", {"month": "2026-12", "siret": siret})
    for who, path in (
        (city.owner, f"/funds/{fund}/statements/2026-12.csv"),
        (shop.merchant, f"/shops/{shop.id}/grants.csv"),
    ):
        answer = accepted(await who.asks("GET", path))
        (_, row) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
        assert row[-1] == "10/01/2027"


async def test_a_correction_stands_in_the_next_statement(town: Town) -> None:
    city, fund, shop = await stated(town)
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    december = await city.owner.gets(f"/funds/{fund}/statements/2026-12")
    admin = await town.an_admin()
    wrong = {"siret": siret, "portions": 1, "grams": 500, "cents": 150, "reason": "Deux fois compensé"}
    assert (await refused(city.owner.posts(f"/admin/funds/{fund}/corrections", wrong))).status == 403
    too_much = {**wrong, "cents": 451}
    assert (await refused(admin.posts(f"/admin/funds/{fund}/corrections", too_much))).code == "fund.not_granted"
    await admin.posts(f"/admin/funds/{fund}/corrections", wrong)
    assert await differences(town) == []
    await the_month_ends(town)

    assert await city.owner.gets(f"/funds/{fund}/statements/2026-12") == december
    january = await city.owner.gets(f"/funds/{fund}/statements/2027-01")
    (line,) = january["lines"]
    assert (line["portions"], line["grams"], line["cents"]) == (-1, -500, -150)
    assert (january["granted_before_cents"], january["granted_cents"], january["left_cents"]) == (450, -150, 700)
    for month in ("2026-12", "2027-01"):
        await city.owner.posts(f"/funds/{fund}/paid", {"month": month})
    assert (await city.owner.gets(f"/funds/{fund}"))["paid_cents"] == 300
    assert await differences(town) == []


async def test_owners_are_told_once_and_by_the_statement_only(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city, ceiling_cents=500, last_day="2027-03-10")
    lot, _ = await free_portions(town, 1, 2)
    await closes(town, lot)

    async def told() -> list[str]:
        return [one["event"] for one in (await city.owner.gets("/notices"))["data"]][::-1]

    assert await told() == ["fund_decided"]
    await the_month_ends(town)
    assert sorted(await told()) == ["fund_decided", "fund_statement_ready", "fund_used"]
    facts = await town.value("select facts from app.notices where event = 'fund_used'")
    assert '"percent": 100' in facts, "50 cents are too few for a portion"
    await town.clock("2027-02-08T10:00:00+01:00")
    await town.worker_runs()
    await town.worker_runs()
    assert (await told()).count("fund_ends") == 1
    assert fund


async def test_a_line_is_marked_above_the_limit_of_de_minimis_aid(town: Town) -> None:
    await town.clock(START)
    city, other = await town.an_organisation(), await town.an_organisation("État", territory="FR")
    shop = await town.a_shop()
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    large = await a_fund(town, other, ceiling_cents=40_000_000, reference="C-1", rate_cents=100_000)
    statement = UUID(int=7)
    await town.changes(
        "insert into accounting.fund_statements (id, fund_id, month, granted_cents, granted_so_far_cents,"
        " returned_cents, left_cents, contents, issued_at)"
        " values ($1, $2, '2024-01-01', 29999900, 29999900, 0, 10000100, '{}', '2024-02-01')",
        statement,
        large,
    )
    await town.changes(
        "insert into accounting.fund_lines values ($1, $2, $3, 'x', 1, 1, 29999900, false)",
        statement,
        UUID(int=8),
        siret[:9] + "99999",
    )
    fund = await a_fund(town, city)
    lot, _ = await free_portions(town, 1, shop=shop)
    await closes(town, lot)
    await the_month_ends(town)
    (line,) = (await city.owner.gets(f"/funds/{fund}/statements/2026-12"))["lines"]
    assert (line["cents"], line["above_de_minimis"]) == (150, True)


async def test_an_erased_shop_is_stated_with_its_siret(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    fund = await a_fund(town, city)
    shop = await town.a_shop()
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    lot, _ = await free_portions(town, 1, shop=shop)
    await closes(town, lot)
    await town.value("select app.erase_account($1, 'test')", shop.merchant.id)
    await town.worker_runs()
    await the_month_ends(town)
    (line,) = (await city.owner.gets(f"/funds/{fund}/statements/2026-12"))["lines"]
    assert line["siret"] == siret


async def test_funds_are_forgotten_ten_years_after_the_year_of_their_end(town: Town) -> None:
    city, fund, _ = await stated(town)
    await city.owner.posts(f"/funds/{fund}/end")
    await town.clock("2027-01-08T10:00:00+01:00")
    await town.worker_runs()
    await the_month_ends(town)
    assert await town.value("select settled_at is not null from app.funds")
    kept = "select count(*) from accounting.grants"
    await town.clock("2037-12-31T10:00:00+01:00")
    await town.worker_runs()
    assert await town.value(kept) == 2
    await town.clock("2038-01-02T10:00:00+01:00")
    async with worker.working(settings()) as (work, _):
        for _ in range(3):
            while await town.value("select app.prune(100)"):
                pass
            await jobs.forget_statements(work)
    for table in ("accounting.grants", "accounting.fund_statements", "accounting.fund_lines", "app.funds"):
        assert await town.value(f"select count(*) from {table}") == 0, table  # noqa: S608
    assert await differences(town) == []


async def test_a_client_reads_the_funds_of_its_organisation_and_territory_only(town: Town) -> None:
    await town.clock(START)
    state = await town.an_organisation("État", territory="FR")
    whole, part = await a_fund(town, state), await a_fund(town, state, territory="67482")
    await the_month_ends(town)
    client = await town.an_api_client(state, "funds:read")
    narrow = await town.an_api_client(state, "funds:read", territory="67482")
    other = await town.an_api_client(None, "funds:read")

    async def ids(who: Person) -> set[str]:
        return {one["id"] for one in (await who.gets("/funds"))["data"]}

    assert await ids(client) == {str(whole), str(part)} == await ids(state.owner)
    assert await ids(narrow) == {str(part)}
    assert await ids(other) == set()
    for path in ("", "/statements/2026-12", "/statements/2026-12.csv", "/statements/2026-12.pdf"):
        answers = [(await who.asks("GET", f"/funds/{whole}{path}")).status_code for who in (client, narrow, other)]
        assert answers == [200, 404, 404], path
    refusal = await refused((await town.an_api_client(state, "webhooks")).gets("/funds"))
    assert (refusal.status, refusal.code) == (403, "client.scope_missing")
    assert (await client.asks("POST", f"/funds/{whole}/end")).status_code == 403
    assert (await town.request("GET", "/v1/funds")).status_code == 401


async def test_programs_hear_of_statements_and_released_figures(town: Town) -> None:
    await town.clock(START)
    city = await town.an_organisation()
    events = ["figures.released.v1", "fund.granted_out.v1", "fund.statement_ready.v1"]
    hooks = {"url": "https://hooks.example.com/fonds", "events": events, "organisation_id": str(city.id)}
    await city.owner.posts("/webhook-endpoints", hooks)
    await a_fund(town, city, ceiling_cents=500, last_day="2027-03-10")
    lot, _ = await free_portions(town, 1, 2)
    await closes(town, lot)
    await the_month_ends(town)

    paths = {row["type"]: row["path"] for row in await town.rows("select type, path from app.webhook_deliveries")}
    assert sorted(paths) == events
    for path in paths.values():
        await city.owner.gets(path.removeprefix("/v1"))

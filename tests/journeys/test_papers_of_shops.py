"""A shop's papers: statements, invoices and credit notes of months that are over, and the copies of a year."""

import hashlib
import io
import json
from typing import Any
from uuid import UUID

import facturx
import pypdfium2
import pytest

from backend.documents import jobs
from tests.journeys.test_ledger import collected, nights_pass
from tests.town import Town
from tests.town.books import a_closed_lot, a_correction, a_transfer, due_to, invoicing, issues_papers
from tests.town.people import Person
from tests.town.things import Shop

NOVEMBER = "2026-11-12T03:10:00+01:00"
DECEMBER = "2026-12-01T06:33:00+01:00"


async def papers(person: Person, shop: Shop, **asked: str) -> list[dict[str, Any]]:
    answer = await person.gets(f"/shops/{shop.id}/documents", **asked)
    found: list[dict[str, Any]] = answer["data"]
    return found


async def pdf_of(person: Person, paper: dict[str, Any]) -> bytes:
    answer = await person.asks("GET", f"/documents/{paper['id']}.pdf")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert hashlib.sha256(answer.content).hexdigest() == paper["sha256"]
    assert len(answer.content) == paper["bytes"]
    return answer.content


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    text = " ".join(page.get_textpage().get_text_bounded() for page in pages)
    return " ".join(text.split())


async def contents_of(town: Town, kind: str) -> dict[str, Any]:
    stored = await town.value("select contents::text from accounting.documents where kind = $1 order by id desc", kind)
    contents: dict[str, Any] = json.loads(stored)
    return contents


async def test_a_month_becomes_a_statement_and_an_invoice(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399, 399], NOVEMBER, "Viennoiseries")
    await a_closed_lot(town, shop, [599], NOVEMBER, "Légumes")
    await a_transfer(town, shop, 500, "2026-11-13T03:10:00+01:00")
    await town.clock(DECEMBER)
    assert await issues_papers(town) == 2
    assert await issues_papers(town) == 0

    statement, invoice = sorted(await papers(shop.merchant, shop), key=lambda paper: paper["kind"], reverse=True)
    assert (statement["kind"], statement["first_day"], statement["last_day"]) == (
        "statement",
        "2026-11-01",
        "2026-11-30",
    )
    assert (invoice["kind"], invoice["number"], invoice["net_cents"]) == ("invoice", "F2026-000001", 140)
    assert (invoice["vat_cents"], invoice["gross_cents"], invoice["formats"]) == (28, 168, ["pdf"])
    text = words(await pdf_of(shop.merchant, statement))
    for said in ("Viennoiseries", "7,98 €", "Légumes", "5,99 €", "-5,00 €", "F2026-000001", "Relevé de novembre 2026"):
        assert said in text, said
    text = words(await pdf_of(shop.merchant, invoice))
    assert "Commission d'intermédiation sur les ventes de novembre 2026 (2 lots clos)" in text
    name, xml = facturx.get_facturx_xml_from_pdf(await pdf_of(shop.merchant, invoice))
    assert name == "factur-x.xml"
    assert b"<ram:GrandTotalAmount>1.68</ram:GrandTotalAmount>" in xml

    table = (await shop.merchant.asks("GET", f"/documents/{statement['id']}.csv")).content.decode("utf-8-sig")
    assert table.splitlines()[0] == "Quoi;Lot;Le;Ventes TTC (€);Commission HT (€);TVA (€);Net (€)"
    assert "Lot clos;Viennoiseries;09/11/2026;7,98;0,8;0,16;7,02" in table
    refused = await shop.merchant.asks("GET", f"/documents/{invoice['id']}.csv")
    assert refused.status_code == 404
    told = (await shop.merchant.gets("/notices"))["data"]
    assert [notice["event"] for notice in told] == ["papers_ready"]
    assert (await contents_of(town, "statement"))["closing_cents"] == await due_to(town, shop)


async def test_vat_is_that_of_the_total_and_one_posting_moves_the_difference(town: Town) -> None:
    shop = await town.a_shop()
    for _ in range(3):
        await a_closed_lot(town, shop, [405], NOVEMBER)
    before = await due_to(town, shop)
    await town.clock(DECEMBER)
    await issues_papers(town)
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    assert (invoice["net_cents"], invoice["vat_cents"]) == (123, 25)
    assert await due_to(town, shop) == before - 1
    lines = await town.rows("""
        select a.kind, l.cents from accounting.postings p join accounting.lines l on l.posting_id = p.id
        join accounting.ledger_accounts a on a.id = l.account_id where p.kind = 'invoice_vat' order by a.kind""")
    assert [tuple(line) for line in lines] == [("shop", 1), ("vat", -1)]
    contents = await contents_of(town, "statement")
    assert (contents["rounding_cents"], contents["closing_cents"]) == (-1, await due_to(town, shop))


async def test_a_refund_in_the_same_month_lowers_the_invoice(town: Town) -> None:
    shop = await town.a_shop()
    lot = await a_closed_lot(town, shop, [399, 399], NOVEMBER)
    await a_correction(town, shop, lot, 399, "2026-11-20T03:00:00+01:00")
    await town.clock(DECEMBER)
    assert await issues_papers(town) == 2
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    assert invoice["net_cents"] == 40
    assert (await contents_of(town, "statement"))["closing_cents"] == await due_to(town, shop) == 351


async def test_a_later_refund_becomes_a_credit_note_for_its_invoice(town: Town) -> None:
    shop = await town.a_shop()
    lot = await a_closed_lot(town, shop, [399, 399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    await a_correction(town, shop, lot, 399, "2026-12-10T03:00:00+01:00")
    await a_transfer(town, shop, 700, "2026-12-02T03:00:00+01:00")
    await town.clock("2027-01-01T06:33:00+01:00")
    assert await issues_papers(town) == 2
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    (note,) = await papers(shop.merchant, shop, kind="credit_note")
    assert (note["number"], note["original_id"], note["net_cents"], note["vat_cents"]) == (
        "A2027-000001",
        invoice["id"],
        40,
        8,
    )
    text = words(await pdf_of(shop.merchant, note))
    assert "Avoir n° A2027-000001" in text
    assert "n° F2026-000001 du 01/12/2026" in text
    contents = await contents_of(town, "statement")
    assert (contents["opening_cents"], contents["closing_cents"]) == (702, 702 - 351 - 700)
    assert contents["closing_cents"] == await due_to(town, shop)


async def test_a_lot_closed_after_its_month_is_stated_in_the_next_one(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    await a_closed_lot(town, shop, [500], "2026-11-30T23:59:59+01:00", "En retard")
    assert await issues_papers(town) == 0
    await town.clock("2027-01-01T06:33:00+01:00")
    assert await issues_papers(town) == 2
    statements = await papers(shop.merchant, shop, kind="statement")
    assert [paper["first_day"] for paper in statements] == ["2026-12-01", "2026-11-01"]
    assert [lot["title"] for lot in (await contents_of(town, "statement"))["lots"]] == ["En retard"]


async def test_a_worker_that_was_away_catches_up_month_by_month(town: Town) -> None:
    shop = await town.a_shop()
    for at in ("2026-09-10T03:00:00+02:00", "2026-10-10T03:00:00+02:00", NOVEMBER):
        await a_closed_lot(town, shop, [399], at)
    await town.clock(DECEMBER)
    assert await issues_papers(town) == 6
    statements = await papers(shop.merchant, shop, kind="statement")
    assert [paper["first_day"] for paper in statements] == ["2026-11-01", "2026-10-01", "2026-09-01"]
    invoices = await papers(shop.merchant, shop, kind="invoice")
    assert [paper["number"] for paper in invoices] == ["F2026-000003", "F2026-000002", "F2026-000001"]


async def test_nothing_is_issued_before_the_month_is_over(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    for at in ("2026-11-30T23:59:00+01:00", "2026-12-01T05:59:00+01:00"):
        await town.clock(at)
        assert await issues_papers(town) == 0


@pytest.mark.parametrize("missing", ["operator_name", "operator_address", "company_siret", "company_vat_number"])
async def test_nothing_is_issued_without_the_platforms_own_data(town: Town, missing: str) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    await town.clock(DECEMBER)
    assert await issues_papers(town, **{missing: None}) == 0
    assert await town.value("select count(*) from accounting.documents") == 0
    assert await issues_papers(town) == 2


async def test_without_a_commission_there_is_a_statement_and_no_invoice(town: Town) -> None:
    shop = await town.a_shop()
    await town.changes(
        "insert into accounting.closed_lots (lot_id, shop_id, title, window_ended_at, closed_at, portions, gross_cents,"
        " commission_cents, vat_cents, net_cents) values (gen_random_uuid(), $1, 'Pain', now(), $2, 1, 399, 0, 0, 399)",
        shop.id,
        await town.value("select $1::text::timestamptz", NOVEMBER),
    )
    await town.clock(DECEMBER)
    assert await issues_papers(town) == 1
    assert [paper["kind"] for paper in await papers(shop.merchant, shop)] == ["statement"]


async def test_papers_are_for_the_members_of_their_shop_and_admins(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    (statement,) = await papers(shop.merchant, shop, kind="statement")

    reader = await town.a_customer("Julie")
    await town.changes(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, 'reader', app.clock())",
        shop.id,
        reader.id,
    )
    admin = await town.an_admin()
    for person in (reader, admin):
        assert len(await papers(person, shop)) == 2
        await pdf_of(person, invoice)

    other = (await town.a_shop()).merchant
    customer = await town.a_customer()
    for stranger in (other, customer, await town.a_beneficiary()):
        assert (await stranger.asks("GET", f"/shops/{shop.id}/documents")).status_code in (403, 404)
        for path in (f"{invoice['id']}.pdf", f"{statement['id']}.csv"):
            assert (await stranger.asks("GET", f"/documents/{path}")).status_code in (403, 404)
    async with town.sql_as(other) as sql:
        assert await sql.fetchval("select count(id) from accounting.documents") == 0
    async with town.sql_as(shop.merchant) as sql:
        assert await sql.fetchval("select count(id) from accounting.documents") == 2


async def test_a_paper_that_was_stored_never_changes(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    for change in (
        "update accounting.documents set contents = '{}'",
        "update accounting.documents set sha256 = repeat('0', 64), bytes = 1",
        "update accounting.documents set net_cents = 1",
        "delete from accounting.documents",
        "truncate accounting.documents cascade",
    ):
        with pytest.raises(Exception, match=r"do not change|append_only"):
            await town.changes(change)
    # Renaming the shop changes no paper that was issued.
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    await town.changes("update app.shops set legal_name = 'Autre nom'")
    assert "Autre nom" not in words(await pdf_of(shop.merchant, invoice))
    assert await issues_papers(town) == 0


async def test_a_damaged_file_is_not_served(town: Town) -> None:
    shop = await town.a_shop()
    await a_closed_lot(town, shop, [399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    (invoice,) = await papers(shop.merchant, shop, kind="invoice")
    (file,) = (town.folder / "documents").rglob(f"{invoice['id']}.paper.pdf")
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert (await shop.merchant.asks("GET", f"/documents/{invoice['id']}.pdf")).status_code == 503
    file.unlink()
    assert (await shop.merchant.asks("GET", f"/documents/{invoice['id']}.pdf")).status_code == 503


async def test_premium_is_invoiced_through_the_same_door(town: Town) -> None:
    shop = await town.a_shop()
    async with invoicing(town) as (work, _):
        platform = json.dumps(
            {"name": "EcoPanier SAS", "address": "1 quai, 67000 Strasbourg", "siret": "73282932000074"}
        )
        lines = json.dumps([{"text": "Premium, du 3 novembre au 2 décembre 2026", "cents": 1999}])
        asked = {
            "source": "in_1",
            "shop": shop.id,
            "first_day": await town.value("select date '2026-11-03'"),
            "last_day": await town.value("select date '2026-12-02'"),
            "platform": platform,
            "lines": lines,
            "paid_by_card": True,
        }
        invoice = await work.acts.value("issue_invoice", **asked)
        assert await work.acts.value("issue_invoice", **asked) == invoice
        back = json.dumps([{"text": "Premium, remboursé", "cents": 1999}])
        await work.acts.value("issue_credit_note", source="re_1", invoice=invoice, platform=platform, lines=back)
    assert await issues_papers(town) == 0
    found = await papers(shop.merchant, shop)
    assert [(paper["kind"], paper["gross_cents"]) for paper in found] == [("credit_note", 2399), ("invoice", 2399)]
    assert "payée par carte" in words(await pdf_of(shop.merchant, found[1]))


async def test_a_year_is_declared_from_thirty_sales_or_two_thousand_euros(town: Town) -> None:
    cents_of_net = [(351, 29), (351, 30), (100_000, 2), (100_001, 2)]
    shops: list[UUID] = []
    for at, (net, sales) in enumerate(cents_of_net):
        shop = await town.a_shop()
        await town.changes("update app.shops set siret = $2 where id = $1", shop.id, f"10000000{at}00015")
        shops.append(shop.id)
        gross = next(cents for cents in range(net, 2 * net) if cents - _withheld(cents) == net)
        await a_closed_lot(town, shop, [gross] * sales, "2026-05-12T03:00:00+02:00")
    await town.clock("2027-01-02T06:33:00+01:00")
    await issues_papers(town)
    declared = await town.rows("select shop_id from accounting.documents where kind = 'year'")
    assert {row["shop_id"] for row in declared} == {shops[1], shops[3]}
    years = [
        json.loads(row[0])
        for row in await town.rows("select contents::text from accounting.documents where kind = 'year'")
    ]
    assert sorted(year["quarters"][1]["sales"] for year in years) == [2, 30]
    assert all(year["quarters"][0]["sales"] == 0 for year in years)


def _withheld(cents: int) -> int:
    commission = max((cents * 1000 + 5000) // 10000, 30)
    return commission + (commission + 2) // 5


async def test_papers_are_the_same_whoever_paid_for_portions(town: Town) -> None:
    """Six portions sold one by one, and three reservations of two of which a donor paid: nothing tells them apart."""
    sold, suspended = await town.a_shop(), await town.a_shop()
    await a_closed_lot(town, sold, [400] * 6, NOVEMBER)
    await a_closed_lot(town, suspended, [400] * 6, NOVEMBER)
    # The postings of the second are those of a gift: other sources, other accounts, other numbers.
    await town.changes(
        "select app.post('sale', 'pi_' || n, gen_random_uuid(), now(), array[app.ledger_account('stripe'),"
        " app.ledger_account('suspended')], '{800,-800}') from generate_series(1, 3) n"
    )
    await town.clock(DECEMBER)
    await issues_papers(town)
    seen = []
    for shop in (sold, suspended):
        contents = [
            json.loads(row[0])
            for row in await town.rows(
                "select contents::text from accounting.documents where shop_id = $1 order by kind", shop.id
            )
        ]
        for one in contents:
            for own in ("number", "invoices", "shop", "buyer"):
                one.pop(own, None)
        seen.append(contents)
    assert seen[0] == seen[1]
    assert not any(word in json.dumps(seen, ensure_ascii=False) for word in ("reservation", "pi_", "portions"))


async def test_papers_are_forgotten_ten_years_after_their_year(town: Town) -> None:
    shop = await town.a_shop()
    lot = await a_closed_lot(town, shop, [399, 399], NOVEMBER)
    await town.clock(DECEMBER)
    await issues_papers(town)
    await a_correction(town, shop, lot, 399, "2026-12-10T03:00:00+01:00")
    await town.clock("2027-01-01T06:33:00+01:00")
    await issues_papers(town)
    assert len(list((town.folder / "documents").rglob("*.paper.pdf"))) == 4

    async def left_after(at: str) -> int:
        await town.clock(at)
        async with invoicing(town) as (work, _):
            await jobs.forget_documents(work)
        left: int = await town.value("select count(*) from accounting.documents")
        assert len(list((town.folder / "documents").rglob("*.paper.pdf"))) == left
        return left

    assert await left_after("2036-12-31T23:00:00+01:00") == 4
    # The first invoice is named by a credit note of the next year, and what the statements list is still there.
    assert await left_after("2037-01-02T00:00:00+01:00") == 4
    assert await left_after("2038-01-02T00:00:00+01:00") == 2
    await town.changes("delete from accounting.closed_lot_corrections")
    await town.changes("delete from accounting.closed_lots")
    assert await left_after("2038-01-02T00:00:00+01:00") == 0


async def test_sold_and_given_portions_are_stated_once_the_lot_is_closed(town: Town) -> None:
    lot = await town.a_lot(left=4, price_cents=405)
    marc, zoe = await town.a_customer(), await town.a_beneficiary("Zoé")
    await (await town.a_customer("Jeanne")).gives(lot)
    given = await zoe.reserves(await town.suspended_lot_of(lot))
    await collected(town, marc, lot, 2)
    await lot.shop.merchant.hands_over(await zoe.pass_for(given))
    await nights_pass(town)
    moment = await town.now()
    await town.clock(f"{moment.year + moment.month // 12}-{moment.month % 12 + 1:02}-01T06:33:00+01:00")
    assert await issues_papers(town) == 2
    contents = await contents_of(town, "statement")
    assert [(one["gross_cents"], one["commission_cents"]) for one in contents["lots"]] == [(1215, 122)]
    assert contents["closing_cents"] == await due_to(town, lot.shop)
    (invoice,) = await papers(lot.shop.merchant, lot.shop, kind="invoice")
    assert (invoice["net_cents"], invoice["vat_cents"]) == (122, 24)

"""No paper, export or figure of a shop's month tells paid, suspended and free portions apart, byte by byte.

Several shops live the same month side by side: the same lots, windows, handovers, absences, reports and refunds. They
differ only in who paid for which pass. The attacker reads what each shop can download, opens the PDFs (text, embedded
XML, metadata, size of pages) and compares. What names a shop or a paper (ids, numbers, SIRETs) is masked.
"""

import difflib
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import facturx
import pypdfium2

from tests.journeys.test_ledger import HOUR, nights_pass
from tests.journeys.test_problem_reports import answers, reports
from tests.races.test_suspended_lots import rewrite_function
from tests.town import Lot, Person, Reservation, Shop, Town
from tests.town.books import has_premium, issues_papers

PRICE = 40507  # so dear that a year of it is declared
MONTHS = ("2026-11", "2026-12")
MINUTE = timedelta(minutes=1)
DAY = "2026-11-10T09:00:00+01:00"

# A lot is its passes: how many portions each has, and what becomes of it.
LOTS = (
    (("collected", 1), ("collected", 1), ("collected", 2)),
    (("collected", 1), ("absent", 1)),
    (("late", 1), ("collected", 1)),
    (("collected", 1), ("reported", 1), ("reported", 1)),
    (("reported away", 1), ("collected", 1)),
    (("refunded", 1),),
)
PASSES = sum(len(lot) for lot in LOTS)
WORLDS: Mapping[str, Sequence[str]] = {
    "paid": ["paid"] * PASSES,
    "given by one": ["given"] * PASSES,
    "given by several": ["given apart"] * PASSES,
    "mixed": [
        "paid",
        "given",
        "given apart",
        "given",
        "paid",
        "paid",
        "given",
        "given",
        "paid",
        "given",
        "paid",
        "given",
        "paid",
    ],
}

NAMES = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\b[AF]20\d\d-\d{6}\b"  # numbers of papers
    r"|\b\d{3}\s?\d{3}\s?\d{3}\s?\d{5}\b|\b\d{9}\b"  # SIRET, SIREN
    r"|\b[0-9a-f]{64}\b|[\w+/]{22}=="  # hashes
)
# Another number compresses differently; and what remains of a lot is public (what-merchants-see-of-reservations.md).
NUMBERS = re.compile(r'"(?:bytes|remaining)":\s*\d+')
NIGHTLY = re.compile(r"(\d{4}-\d\d-\d\dT)\d\d:\d\d:\d\d(?:\.\d+)?")


def masked(text: str) -> str:
    return NUMBERS.sub("", NIGHTLY.sub(r"\1…", NAMES.sub("…", text)))


async def a_shops_month(town: Town, worlds: Mapping[str, Sequence[str]] = WORLDS) -> dict[str, Shop]:
    """Let a shop of each world sell the same lots in November, be refunded once in December, and get its papers."""
    await town.clock(DAY)
    shops: dict[str, Shop] = {}
    listed: dict[str, list[Lot]] = {}
    held: list[tuple[str, Lot, Person, Reservation]] = []
    for world, kinds in worlds.items():
        shop = shops[world] = await town.a_shop()
        await has_premium(town, shop.merchant)
        listed[world] = [
            await town.a_lot(
                shop=shop, left=8, price_cents=PRICE, title=f"Lot {number}", opens_in=3 * HOUR + number * MINUTE
            )
            for number in range(len(LOTS))
        ]
        await town.changes(
            "update app.shops set name = 'Boulangerie', address = '1 rue du Four, 67000 Strasbourg' where id = $1",
            shop.id,
        )
        coming = iter(kinds)
        for lot, passes in zip(listed[world], LOTS, strict=True):
            wanted = [(next(coming), fate, portions) for fate, portions in passes]
            if together := sum(portions for kind, _, portions in wanted if kind == "given"):
                await (await town.a_customer("Jeanne")).gives(lot, together)
            for kind, fate, portions in wanted:
                if kind == "given apart":
                    await (await town.a_customer("Jeanne")).gives(lot, portions)
                if kind == "paid":
                    marc = await town.a_customer()
                    held.append((fate, lot, marc, await marc.buys(lot, portions)))
                else:
                    amina = await town.a_beneficiary()
                    taken = await amina.reserves(await town.suspended_lot_of(lot), portions)
                    held.append((fate, lot, amina, taken))
    first = listed["paid"][0]
    await town.clock(first.pickup_start - HOUR)
    for fate, _, holder, reserved in held:
        if fate == "late":
            await holder.cancels(reserved)
    await town.clock(first.pickup_start + HOUR)
    for fate, lot, holder, reserved in held:
        if fate not in ("absent", "late"):
            await lot.shop.merchant.hands_over(await holder.pass_for(reserved))
        if fate.startswith("reported"):
            report = await reports(holder, reserved)
            await answers(lot.shop.merchant, report, "give_back", share=100 if fate == "reported away" else 50)
    await town.clock(first.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    await town.clock("2026-12-01T06:33:00+01:00")
    await issues_papers(town)
    # What a person refunds in Stripe's dashboard, whoever paid.
    for intent in await town.rows(
        "select p.stripe_payment_intent from app.payments p join app.reservations r on r.id = p.reservation_id"
        " join app.lots l on l.id = r.lot_id where l.title = 'Lot 5' order by l.id"
    ):
        await town.stripe.refund_in_dashboard(intent[0], PRICE)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await nights_pass(town, 1)
    await town.clock("2027-01-02T06:33:00+01:00")
    await issues_papers(town)
    return shops


def inside(pdf: bytes) -> dict[str, Any]:
    """Return what somebody finds in a PDF: its pages and their text, its metadata, and the XML within."""
    document: Any = pypdfium2.PdfDocument(io.BytesIO(pdf))
    found: dict[str, Any] = {
        "pages": [page.get_size() for page in document],
        "text": [page.get_textpage().get_text_bounded() for page in document],
        "metadata": document.get_metadata_dict(),
        "attachments": document.count_attachments(),
        "xmp": re.findall(rb"<\?xpacket begin.*?<\?xpacket end", pdf, re.DOTALL)[0].decode().split("><"),
    }
    if found["attachments"]:
        found["xml"] = facturx.get_facturx_xml_from_pdf(pdf)[1].decode()
    document.close()
    return found


def in_order(table: str) -> str:
    return "\n".join(sorted(table.splitlines(), key=masked))


async def downloads(shop: Shop) -> dict[str, str]:
    """Return everything about its money and its figures that a shop can download, by what it is."""
    merchant, path = shop.merchant, f"/shops/{shop.id}"
    seen: dict[str, str] = {}
    for wanted in ("ledger", "balance", "payouts", "documents", "lots"):
        answer = await merchant.asks("GET", f"{path}/{wanted}", params={"limit": "50"})
        # Lots are closed in a random order, which the lists follow.
        rows = answer.json().get("data")
        seen[wanted] = answer.text if rows is None else "\n".join(sorted(map(json.dumps, rows), key=masked))
    for month in ("", *(f"?month={one}" for one in MONTHS)):
        seen[f"ledger.csv{month}"] = in_order((await merchant.asks("GET", f"{path}/ledger.csv{month}")).text)
    asked = {"from": "2026-11-01", "to": "2026-12-31"}
    for by in ("day", "week", "month"):
        for form in ("", ".csv"):
            answer = await merchant.asks("GET", f"{path}/figures{form}", params={**asked, "by": by})
            seen[f"figures{form} by {by}"] = answer.text
    seen["figures by item"] = (await merchant.asks("GET", f"{path}/figures/items", params=asked)).text
    seen["figures of own shops"] = (await merchant.asks("GET", "/me/shops/figures", params=asked)).text
    passes = await merchant.asks("GET", "/reservations.csv", params={"shop": str(shop.id)})
    seen["reservations.csv"] = in_order(re.sub(r"\b[0-9A-Z]{10}\b", "…", passes.text))
    told = (await merchant.gets("/notices", limit=50))["data"]
    seen["notices"] = "\n".join(sorted(masked(json.dumps(one, ensure_ascii=False)) for one in told))
    papers = (await merchant.gets(f"{path}/documents", limit=50))["data"]
    for paper in papers:
        pdf = await merchant.asks("GET", f"/documents/{paper['id']}.pdf")
        assert hashlib.sha256(pdf.content).hexdigest() == paper["sha256"]
        name = f"{paper['kind']} of {paper['first_day']}"
        for what, found in inside(pdf.content).items():
            seen[f"{name}: {what}"] = json.dumps(found, ensure_ascii=False, default=str, indent=0)
        for form in paper["formats"]:
            if form != "pdf":
                seen[f"{name}.{form}"] = (await merchant.asks("GET", f"/documents/{paper['id']}.{form}")).text
    return {what: masked(text) for what, text in seen.items()}


async def told_apart(town: Town, worlds: Mapping[str, Sequence[str]] = WORLDS) -> dict[str, set[str]]:
    """Return what differs from the shop whose passes were all paid, by world."""
    shops = await a_shops_month(town, worlds)
    read = {world: await downloads(shop) for world, shop in shops.items()}
    paid = read["paid"]
    kinds = {what.partition(" of ")[0] for what in paid}
    assert {"statement", "invoice", "credit_note", "year"} <= kinds, kinds
    for world, seen in read.items():
        for what in set(paid) & set(seen):
            if paid[what] != seen[what]:
                lines = difflib.unified_diff(paid[what].splitlines(), seen[what].splitlines(), n=0, lineterm="")
                print(world, what, *lines, sep="\n")  # noqa: T201
    return {
        world: {what for what in set(paid) | set(seen) if paid.get(what) != seen.get(what)}
        for world, seen in read.items()
        if world != "paid"
    }


async def test_papers_exports_and_figures_are_equal_whoever_paid(town: Town) -> None:
    assert await told_apart(town) == {world: set() for world in WORLDS if world != "paid"}


TWO = {world: WORLDS[world] for world in ("paid", "given by one")}
EARNED = """(select count(*) from accounting.postings e join accounting.lines n on n.posting_id = e.id
    where e.kind = 'earned' and n.account_id = app.ledger_account('shop', {shop}))"""
OF_SHOP = EARNED.format(shop="issue_month.shop")
# The number of postings is smaller for one gift than for several sales: each way for it to get into a paper.
FAULTS: Sequence[tuple[str, str, str, set[str]]] = (
    (
        "issue_month",
        "'title', c.title, 'on'",
        f"'title', c.title || ' ' || {OF_SHOP}, 'on'",
        {"statement of 2026-11-01.csv", "statement of 2026-11-01: text"},
    ),
    (
        "issue_month",
        "app.issue_document('invoice', key, shop, month, month_end, platform, lines)",
        "app.issue_document('invoice', key, shop, month, month_end,"
        f" jsonb_set(platform, '{{name}}', to_jsonb('EcoPanier ' || {OF_SHOP})), lines)",
        {f"invoice of 2026-11-01: {what}" for what in ("text", "xml", "xmp", "metadata")},
    ),
    (
        "issue_month",
        "'Commission rendue sur la facture n° %s', earlier.number)",
        f"'Commission rendue sur la facture n° %s (%s)', earlier.number, {OF_SHOP})",
        {"credit_note of 2026-12-01: text", "credit_note of 2026-12-01: xml"},
    ),
    (
        "issue_years",
        "sum(x.sales) as sales",
        f"{EARNED.format(shop='x.shop_id')} as sales",
        {"year of 2026-01-01: text", "year of 2026-01-01.csv"},
    ),
    (
        "ledger_between",
        "as corrected_at, c.portions,",
        f"as corrected_at, {EARNED.format(shop='c.shop_id')}::int,",
        {"ledger.csv", "ledger.csv?month=2026-11"},
    ),
    (
        "figures_by_day",
        "x.beside, true from listed x where x.beside is not null",
        "x.id, true from listed x where false",
        {"figures by day", "figures.csv by month", "figures of own shops"},
    ),
)


async def test_control_each_paper_and_export_notices_a_number_of_sales(town: Town) -> None:
    for function, good, bad, _ in FAULTS:
        await rewrite_function(town, function, (good, bad))
    noticed = (await told_apart(town, TWO))["given by one"]
    assert set().union(*(what for *_, what in FAULTS)) <= noticed


async def test_control_totals_tell_an_absence_of_a_gift_that_is_refunded(town: Town) -> None:
    await rewrite_function(town, "close_suspended", ("kept = kept_for", "kept = 0"))
    noticed = (await told_apart(town, TWO))["given by one"]
    assert {"ledger", "balance", "statement of 2026-11-01: text", "invoice of 2026-11-01: xml"} <= noticed


async def test_control_totals_tell_a_commission_rounded_once_for_all_given(town: Town) -> None:
    whole = "sum(c.commission - app.share_of(c.commission, v.back, v.price))::bigint"
    once = (
        "sum(c.commission)::bigint - app.share_of(sum(c.commission)::bigint, sum(v.back)::bigint, sum(v.price)::bigint)"
    )
    await rewrite_function(town, "close_lots", (whole, once))
    assert "ledger" in (await told_apart(town, TWO))["given by one"]

"""The demo town: what `ecopanier seed` builds, that its past obeys every rule, and that it carries on by itself."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
import pytest
from stdnum.fr import siret

from backend.stripe.client import Stripe
from scripts.demo_town import NotEmpty, build
from scripts.demo_town.people import PASSWORD
from scripts.stand_ins.stripe import StripeStandIn
from tests.production import SAFE_SETTINGS
from tests.startup.commands import ecopanier
from tests.town import ApiClient, Merchant, Pass, Person, Reservation, Town, refused
from tests.town.answers import accepted
from tests.town.databases import Copy, Databases
from tests.town.serving import Served

PARIS = ZoneInfo("Europe/Paris")
HASH = "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"  # no test signs in with it
WHAT_HAPPENED = """
    select l.title, s.name, r.quantity, r.status, coalesce(r.ended_because, ''), p.code, r.created_at - $1
    from app.reservations r join app.lots l on l.id = r.lot_id join app.shops s on s.id = l.shop_id
    join app.passes p on p.reservation_id = r.id order by r.created_at, p.code
"""
NOW = "now"


@dataclass(frozen=True)
class Demo:
    """A demo town that was built at a moment: its database, the file of Stripe's stand-in, and its sign-ins."""

    copy: Copy
    stripe_state: Path
    told: str


@pytest.fixture(scope="module")
def built() -> dict[str, Demo]:
    """Keep the towns that tests have built, by their moments: to build one takes longer than most tests."""
    return {}


@pytest.fixture
async def demo(
    moment: str,
    built: dict[str, Demo],
    databases: Databases,
    served: Served,
    client: httpx2.AsyncClient,
    tmp_path_factory: pytest.TempPathFactory,
) -> Demo:
    """Build the demo town at the test's `moment`, among a few territories, unless an earlier test has."""
    if moment not in built:
        copy, folder = databases.kept_copy(), tmp_path_factory.mktemp("demo")
        async with Town.opened(copy, served, client, folder) as town:
            if moment != NOW:
                await town.clock(moment)
            await town.territories()
            the_clock = "select pg_get_functiondef('app.clock()'::regprocedure)"
            before = await town.value(the_clock)
            built[moment] = Demo(copy, folder / "stripe.sqlite", build(copy.url(), HASH, folder / "stripe.sqlite"))
            assert await town.value(the_clock) == before
    return built[moment]


@pytest.fixture
async def demo_town(
    demo: Demo, databases: Databases, served: Served, client: httpx2.AsyncClient, tmp_path: Path
) -> AsyncIterator[Town]:
    """Make a copy of the demo town of the test's `moment`."""
    with databases.copy(demo.copy) as copy:
        async with Town.opened(copy, served, client, tmp_path) as opened:
            yield opened


async def signs_in(town: Town, name: str) -> Person:
    """Sign in as a person of the demo town, by the name that they sign in with."""
    form = urlencode({"username": name, "password": PASSWORD}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = accepted(await town.request("POST", "/v1/auth/token", content=form, headers=kind)).json()
    me = accepted(
        await town.request("GET", "/v1/me", headers={"Authorization": f"Bearer {answer['access_token']}"})
    ).json()
    kind_of_person = Merchant if me["role"] == "merchant" else Person
    return kind_of_person(town, UUID(me["id"]), me["display_name"], me["email"], answer["access_token"])


async def test_seeding_builds_a_town_that_can_be_used_at_once(town: Town) -> None:
    seeded = await ecopanier(town, "seed")
    again = await ecopanier(town, "seed")

    assert seeded.status == 0, seeded.text
    assert (town.folder / "demo-sign-ins.txt").read_text() == seeded.text
    assert again.status == 1
    assert "only in an empty database" in again.text

    counted = await town.rows(
        "select (select count(*) from app.shops where status = 'verified'),"
        " (select count(distinct category) from app.shops),"
        " (select count(rna) from app.associations where status = 'verified'),"
        " (select count(*) from app.collectors),"
        " (select count(*) from app.lots join app.lot_stock on lot_id = id"
        "  where status = 'published' and remaining > 0)"
    )
    assert tuple(counted[0]) == (12, 12, 2, 3, 30)

    names = re.findall(r"^\w+ +(\S+) +" + re.escape(PASSWORD), seeded.text, re.MULTILINE)
    people = {name: await signs_in(town, name) for name in names}
    amina, youssef, mariam = (people[name] for name in names if "-BEN-" in name)
    near = {"near": "48.5839,7.7455", "limit": 50}
    assert len((await people["claire@ecopanier.example"].gets("/lots", **near))["data"]) == 22
    assert len((await mariam.gets("/lots", **near))["data"]) == 22
    free = (await amina.gets("/lots", **near, kind="free"))["data"]
    assert len(free) == 8
    await amina.posts(f"/lots/{free[0]['id']}/reservations", {"quantity": 2}, key="amina")

    # Youssef's reservation can be collected right now.
    (held,) = [r for r in (await youssef.gets("/reservations"))["data"] if r["status"] == "confirmed"]
    reservation = Reservation(UUID(held["id"]), UUID(held["lot_id"]), held["status"], held)
    shown = await youssef.gets(f"/reservations/{reservation.id}/pass")
    grocer = people["epicerie@ecopanier.example"]
    assert isinstance(grocer, Merchant)
    before = await town.value("select app.public_impact() ->> 'meals'")
    await grocer.hands_over(Pass(reservation, shown["qr"], shown["code"], shown["pin"], shown))
    assert float(await town.value("select app.public_impact() ->> 'meals'")) > float(before)
    refusal = await refused(grocer.hands_over(Pass(reservation, shown["qr"], shown["code"], shown["pin"], shown)))
    assert refusal.code == "pass.already_used"

    # Claire follows two shops, and home has an alert. The worker tells her, and a beneficiary of free lots too.
    claire = people["claire@ecopanier.example"]
    assert {one["shop_name"] for one in (await claire.gets("/favourites"))["data"]} == {
        "Au Fournil des Bateliers", "Épicerie Jour et Nuit"}  # fmt: skip
    (home,) = (await claire.gets("/me/places"))["data"]
    assert home["alert"]["categories"] == ["bakery", "pastry"]
    await town.worker_runs()
    for person, word in ((claire, "€"), (amina, "offert")):
        told = [one for one in (await person.gets("/notices"))["data"] if one["event"] == "favourite_offers"]
        assert word in "".join(one["text"] for one in told)

    # Some holders reported a problem: shops answered two, an admin has one to decide, and one is of yesterday.
    reported = await town.rows("select app.report_status(q, false) as status from app.problem_reports q order by q.id")
    assert [row["status"] for row in reported] == ["answered", "to_decide", "answered", "open"]
    assert len((await people["admin@ecopanier.example"].gets("/problem-reports"))["data"]) == 1

    # The past weeks are in the figures of shops and of the platform.
    shop = (await grocer.gets("/shops"))["data"][0]["id"]
    total = (await grocer.gets(f"/shops/{shop}/figures"))["total"]
    assert total["offered"] > total["collected"] > 0
    assert total["value_saved_cents"] > total["revenue_cents"] > 0
    everywhere = (await people["admin@ecopanier.example"].gets("/admin/figures", by="week"))["total"]
    assert everywhere["collected"] > total["collected"]


@pytest.mark.parametrize("moment", [NOW])
async def test_one_association_of_the_demo_town_is_public_and_one_secret(demo_town: Town) -> None:
    town = demo_town
    shown = (await town.request("GET", "/v1/associations?near=48.5839,7.7455")).json()["data"]
    assert [one["name"] for one in shown] == ["Les Tables partagées"]
    assert "Meinau" not in (await town.request("GET", "/v1/associations?q=relais")).text
    [shop] = (await town.request("GET", "/v1/shops?q=fournil")).json()["data"]
    page = (await town.request("GET", f"/v1/shops/{shop['id']}")).json()
    assert page["description"].startswith("Pains au levain")
    assert page["telephone"] == "+33 3 53 01 00 01"
    assert page["opening_hours_text"] == ["Tous les jours : de 6 h 30 à 19 h 30"]
    assert page["next_lots"]


@pytest.mark.parametrize("moment", [NOW])
async def test_the_program_of_the_demo_town_may_enrol_people(demo: Demo, demo_town: Town) -> None:
    client_id, client_secret = (
        re.findall(rf"^{name} +(\S+)$", demo.told, re.MULTILINE)[0] for name in ("client_id", "client_secret")
    )
    program = ApiClient(demo_town, {"id": client_id, "name": "Logiciel du CCAS", "client_secret": client_secret})

    mandates = (await program.gets("/partners/mandates"))["data"]

    assert [one["association"] for one in mandates] == ["Les Tables partagées"]


@pytest.mark.parametrize("moment", [NOW])
async def test_the_money_of_the_demo_town_balances_and_can_be_seen(demo_town: Town) -> None:
    town = demo_town
    assert [tuple(row) for row in await town.rows("select differences from accounting.ledger_checks")] == [(0,)]
    counted = await town.rows(
        "select (select count(*) from accounting.closed_lots) >= 20,"
        " (select count(*) from accounting.transfers where status = 'made') >= 10,"
        " (select count(*) from accounting.payouts where status = 'paid') >= 5,"
        " (select count(*) from accounting.postings where kind = 'refund') > 0,"
        " (select array_agg(status order by status) from accounting.disputes) = '{lost,needs_response}',"
        " (select array_agg(state::text order by state) from app.payout_accounts)"
    )
    assert tuple(counted[0]) == (True, True, True, True, True, ["active"] * 10 + ["onboarding"])
    # The worker of a demo issues the papers of the month that is over.
    assert await town.value("select count(*) from app.months_to_state()") >= 1


@pytest.mark.parametrize("moment", ["2026-10-01T07:00+02:00", "2026-10-31T12:00+01:00", "2026-03-31T20:00+02:00"])
async def test_the_town_of_the_demo_has_a_fund_with_a_statement(demo_town: Town) -> None:
    town = demo_town
    lines = await town.rows("select name, portions, cents from accounting.fund_lines")
    assert len(lines) >= 1
    assert all(line["cents"] > 0 for line in lines)
    assert await town.value("select count(*) from accounting.grants") > 5
    assert await town.rows("select * from app.ledger_differences('funds')") == []
    assert await town.value("select count(*) from app.fund_statements_to_print(10)") >= 1


@pytest.mark.parametrize("moment", ["2026-10-01T07:00+02:00", "2026-10-31T12:00+01:00", "2026-03-31T20:00+02:00"])
async def test_figures_of_the_demo_town_are_published(demo_town: Town, moment: str) -> None:
    town = demo_town
    last_month = (datetime.fromisoformat(moment).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    month = await town.rows(
        "select code, suppressed, collected from app.released_figures"
        " where kind = 'month' and first_day = $1 and category = ''",
        last_month,
    )
    told = {row["code"]: row["collected"] for row in month if not row["suppressed"]}
    assert told.keys() == {"FR", "REG-44", "DEP-67", "246700488", "67482"}
    assert told["67482"] > 50
    assert "67447" in {row["code"] for row in month if row["suppressed"]}
    days = await town.rows(
        "select suppressed from app.released_figures where kind = 'day' and category = '' and code = '67482'"
    )
    assert len(days) == 17
    assert not any(row["suppressed"] for row in days)

    path = f"/v1/territories/67482/figures?by=month&from={last_month}&to={last_month}"
    [shown] = accepted(await town.request("GET", path)).json()["data"]
    assert (shown["suppressed"], shown["collected"]) == (False, told["67482"])


@pytest.mark.parametrize("moment", [NOW])
async def test_the_stand_in_knows_the_payments_of_the_demo_town(demo: Demo, demo_town: Town) -> None:
    town = demo_town
    paid = await town.rows("select stripe_payment_intent, refunded_cents from app.payments where status <> 'cancelled'")
    async with StripeStandIn(api_key="sk_test_of_the_demo", state_file=demo.stripe_state) as stand_in:
        client = Stripe(api_key="sk_test_of_the_demo", api_base=stand_in.base_url)
        for row in paid:
            found = await client.retrieve_payment_intent(row["stripe_payment_intent"])
            assert (found.status, found.refunded_cents) == ("succeeded", row["refunded_cents"])
        balance = await client.balance()
        await client.aclose()
    held = await town.value("select sum(net)::int from accounting.stripe_balance_transactions where account is null")
    assert balance.available_cents + balance.pending_cents == held > 0


async def test_seeding_in_production_is_refused(town: Town) -> None:
    elsewhere = {name: value for name, value in SAFE_SETTINGS.items() if name != "DATABASE_URL"}
    production = {**elsewhere, "GEMINI_BASE_URL": "https://generativelanguage.googleapis.com"}

    refused_there = await ecopanier(town, "seed", **production)

    assert refused_there.status == 1
    assert "it is refused in production" in refused_there.text
    assert await town.value("select count(*) from app.accounts") == 0


# Includes the minutes before and after midnight, and both changes of the clocks.
MOMENTS = (
    "2026-06-17T11:20+02:00",
    "2026-12-31T23:59:30+01:00",
    "2027-01-01T00:00:30+01:00",
    "2026-03-29T03:10+02:00",
    "2026-10-25T02:30+01:00",
)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_seeded_town_obeys_the_rules_at_any_moment(demo_town: Town, moment: str) -> None:
    town, now = demo_town, datetime.fromisoformat(moment)
    assert await town.stock_is_exact()
    for row in await town.rows("select siret from app.shops"):
        assert siret.is_valid(row[0])

    ahead = await town.rows("select * from app.lots where status = 'published'")
    assert len(ahead) == 30
    tomorrow = now.astimezone(PARIS).date() + timedelta(days=1)
    for lot in ahead:
        assert lot["pickup_end"] - now >= timedelta(minutes=45)
        assert lot["pickup_start"].astimezone(PARIS).date() <= tomorrow
        assert lot["published_at"] <= now
    assert any(lot["pickup_start"] <= now < lot["pickup_end"] for lot in ahead)
    assert not await town.value("select count(*) from app.lots where status <> 'published' and pickup_end > $1", now)

    outcomes = await town.rows("select distinct status from app.reservations")
    assert {row[0] for row in outcomes} == {"confirmed", "picked_up", "cancelled", "expired", "no_show"}
    assert not await town.rows("""
        select r.id from app.reservations r join app.lots l on l.id = r.lot_id
        left join app.impact_entries e on e.reservation_id = r.id
        where (r.status = 'picked_up') <> coalesce(e.recorded_at between l.pickup_start and l.pickup_end, false)
           or r.created_at not between l.published_at and l.pickup_end
    """)
    # Nothing is pending for Stripe, for mail or for the worker.
    assert not await town.value(
        "select count(*) from app.payments where status not in ('succeeded', 'refunded', 'cancelled')"
    )
    assert not await town.value(
        "select count(*) from app.reservations where status = 'confirmed' and unit_price_cents > 0"
    )
    assert not await town.value("select count(*) from jobs.procrastinate_jobs")
    # Past evenings were driven and received; tonight's tours wait, and one request is not answered yet.
    collections = await town.rows("select status, count(*) from app.collections group by status")
    assert {row[0]: row[1] for row in collections}.keys() >= {"requested", "received"}
    driven = await town.rows("select status from app.tours where day < $1", now.astimezone(PARIS).date())
    assert len(driven) >= 5
    assert {row[0] for row in driven} == {"closed"}
    assert await town.value("select count(*) from app.tours where status in ('proposed', 'accepted')") >= 1
    checked = (await town.rows("select * from app.broken_custody(null, 1000)"))[0]
    assert (checked["chains"] > 10, checked["problems"]) == (True, "[]")
    assert not await town.value("select count(*) from app.idempotency_keys")
    assert now - await town.value("select since from app.impact_totals") > timedelta(days=14)


@pytest.mark.parametrize("moment", MOMENTS[:1])
async def test_the_history_is_the_same_whenever_it_is_built(lasting_town: Town, demo_town: Town, moment: str) -> None:
    later = "2026-07-01T11:20+02:00"
    await lasting_town.clock(later)
    build(lasting_town.copy.url(), HASH)
    stories = [
        [tuple(row) for row in await place.rows(WHAT_HAPPENED, datetime.fromisoformat(then))]
        for place, then in ((demo_town, moment), (lasting_town, later))
    ]

    assert stories[0] == stories[1]
    assert len(stories[0]) > 50


async def test_a_failing_build_leaves_nothing_behind(town: Town) -> None:
    await town.changes("alter table app.impact_totals rename to hidden")

    with pytest.raises(Exception, match="impact_totals"):
        build(town.copy.url(), HASH)
    assert await town.value("select count(*) from app.accounts") == 0
    assert "now()" in await town.value("select pg_get_functiondef('app.clock()'::regprocedure)")

    await town.a_customer()
    with pytest.raises(NotEmpty):
        build(town.copy.url(), HASH)
    assert await town.value("select count(*) from app.accounts") == 1


async def test_recurring_listings_carry_on_and_publish_each_lot_once(town: Town) -> None:
    await town.clock("2026-06-17T07:20+02:00")
    build(town.copy.url(), HASH)

    for day in ("2026-06-17", "2026-06-18", "2026-06-24"):
        await town.clock(f"{day}T17:15+02:00")
        await town.worker_runs()
        listed = await town.rows(
            "select title, app.paris_day(pickup_start) as day from app.lots where status = 'published'"
        )
        assert len({tuple(lot) for lot in listed}) == len(listed) >= 15
    # The only problems are publications that were due while the worker did not run.
    problems = await town.rows("select distinct last_problem from app.recurring_listings where last_problem <> ''")
    assert [problem for (problem,) in problems] == ["lot.window_over"]

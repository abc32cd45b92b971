"""Nothing that a shop reads of its money tells paid, suspended and free portions apart.

An attacker has all answers of the API, the exports, the printed papers, its rows in SQL, its notices and its account at
Stripe. Two worlds that differ only in who paid for which pass must look the same.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend import worker
from backend.payouts import jobs as payouts
from backend.settings import settings
from tests.journeys.test_ledger import HOUR, PARIS, nights_pass
from tests.journeys.test_payouts import RICH, _onboarded
from tests.town import Person, Reservation, Shop, Town

PRICE = 405
IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:acct|po|txn|tr|py)_\w+|\b\d{14}\b|\b[0-9a-f]{32}\b")
MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+\d\d:\d\d)?")
DAYS = re.compile(r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) \d+(?:er)? \w+")
PATHS = ("balance", "ledger", "ledger.csv", "payouts", "payout-account", "documents", "lots")


async def a_shops_week(town: Town, kinds: Sequence[str]) -> tuple[Shop, str]:
    """Let a shop hand over one lot to passes of these kinds, in this order, and be paid for it."""
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    account = await _onboarded(town, sophie, shop)
    lot = await town.a_lot(left=len(kinds), price_cents=PRICE, shop=shop)
    donor = await town.a_customer("Jeanne")
    holders: list[tuple[Person, Reservation]] = []
    for kind in kinds:
        if kind == "paid":
            marc = await town.a_customer()
            holders.append((marc, await marc.buys(lot)))
        else:
            await donor.gives(lot)
            amina = await town.a_beneficiary()
            holders.append((amina, await amina.reserves(await town.suspended_lot_of(lot))))
    await town.opens(lot)
    for holder, held in holders:
        await sophie.hands_over(await holder.pass_for(held))
    await town.clock(lot.pickup_end + timedelta(hours=1))
    await town.worker_runs()
    await nights_pass(town)
    async with worker.working(settings()) as (work, _):
        await payouts.move_money(work)
        payout = await town.stripe.pay_out(account)
        await payouts.look_at_payout(work, account, payout["id"])
    return shop, account


async def read_by(town: Town, shop: Shop, account: str, since: datetime) -> dict[str, str]:
    """Return everything that a shop reads of its money, with ids masked, and moments but for their night."""
    seen: dict[str, str] = {}
    for path in PATHS:
        seen[path] = (await shop.merchant.asks("GET", f"/shops/{shop.id}/{path}")).text
    seen["payouts"] = MOMENTS.sub("…", seen["payouts"])  # Stripe's clock is the machine's, whatever night it is here
    seen["notices"] = (await shop.merchant.asks("GET", "/notices")).text
    held = (await shop.merchant.gets("/reservations"))["data"]
    seen["reservations"] = json.dumps(sorted(json.dumps({**one, "id": "", "code": ""}) for one in held))
    for paper in (await shop.merchant.gets(f"/shops/{shop.id}/documents"))["data"]:
        seen[f"paper {paper['kind']}"] = (await shop.merchant.asks("GET", f"/documents/{paper['id']}")).text
    async with town.sql_as(shop.merchant) as sql:
        for table in ("closed_lots", "closed_lot_corrections"):
            columns = "lot_id, shop_id, gross_cents, commission_cents, vat_cents, net_cents"
            rows = await sql.fetch(f"select {columns} from accounting.{table} where shop_id = $1", shop.id)  # noqa: S608  ours
            seen[table] = str([tuple(row) for row in rows])
    books = (await town.stripe.books())["accounts"][account]
    seen["Stripe"] = json.dumps(
        [[one["type"], one["net"], one["created"] > 0] for one in books["balance_transactions"]]
    )
    return {what: masked(text, since) for what, text in seen.items()}


def masked(text: str, since: datetime) -> str:
    def night(found: re.Match[str]) -> str:
        day = datetime.fromisoformat(found[0]).astimezone(PARIS).date()
        return f"day {(day - since.date()).days}"

    return DAYS.sub("…", IDS.sub("…", MOMENTS.sub(night, text)))


async def test_a_shop_reads_the_same_whoever_paid_for_which_pass(town: Town) -> None:
    await town.stripe.top_up(RICH)
    worlds: dict[tuple[str, ...], Any] = {}
    mixtures = ("paid paid paid", "paid suspended paid", "suspended paid paid", "suspended suspended suspended")
    for kinds in (tuple(mixture.split()) for mixture in mixtures):
        today = await town.today()
        began = datetime.combine(today + timedelta(days=1), datetime.min.time(), PARIS) + 9 * HOUR
        await town.clock(began)
        shop, account = await a_shops_week(town, kinds)
        worlds[kinds] = await read_by(town, shop, account, began)

    first, *others = worlds.values()
    assert json.loads(first["Stripe"])[0][:2] == ["payment", 3 * (PRICE - 49)]
    for kinds, other in zip(list(worlds)[1:], others, strict=True):
        for what, text in first.items():
            assert other[what] == text, (kinds, what)


# --- A classifier over many lots

LOTS, NIGHTS = 50, 6
TRANSFERS_PER_SALE = """
    create function app.transfers_per_sale() returns trigger language plpgsql security definer as $$
    begin
        insert into accounting.transfers (shop_id, stripe_account, cents, status, stripe_transfer, created_at, made_at)
        select l.shop_id, 'acct_x', 1, 'made', 'tr' || new.id, app.clock(), app.clock() from app.lots l
        where l.id = new.lot_id;
        return null;
    end $$;
    create trigger transfers_per_sale after update on app.reservations for each row
    when (new.status = 'picked_up' and new.unit_price_cents > 0) execute function app.transfers_per_sale();
"""
VISIBLE = """
    select c.closed_at as at, c.net_cents as cents from accounting.closed_lots c
    union all select t.made_at, t.cents from accounting.transfers t where t.made_at is not null
"""


@dataclass
class Shown:
    """A pass as its shop saw it, and what nobody may find out: whether it was paid by its holder."""

    paid: bool
    lot: UUID
    place: int
    at: datetime


async def many_lots(town: Town, chance: random.Random) -> list[Shown]:
    """Let a shop hand over many lots, each to a random mixture of paid and suspended passes, and close them."""
    merchant, donor, marc = await town.a_merchant(), await town.a_customer("Jeanne"), await town.a_customer()
    shop, shown = await town.a_shop(merchant), []
    await town.changes(
        "insert into app.payout_accounts (shop_id, stripe_account, state) values ($1, 'acct_x', 'active')", shop.id
    )
    claims = json.dumps({"sub": str(donor.id), "role": "authenticated"})
    for number in range(LOTS):
        lot = await town.a_lot(left=6, price_cents=PRICE, shop=shop, opens_in=timedelta(minutes=20))
        kinds = [chance.random() < 0.6 for _ in range(chance.randrange(1, 6))]
        if gifts := kinds.count(False):
            await town.changes("select set_config('request.jwt.claims', $1, false)", claims)
            await town.value("select reservation_id from app.suspend_lot($1, $2, 'refund')", lot.id, gifts)
            await town.changes("select set_config('request.jwt.claims', '', false)")
        codes = [f"{number:05d}{place:05d}" for place in range(len(kinds))]
        for paid, code in zip(kinds, codes, strict=True):
            if paid:
                await _reserves(town, marc.id, lot.id, code)
        await town.changes(
            "select app.settle_payment(id, 'pi_' || id, 'succeeded', amount_cents) from app.payments"
            " where status in ('intended', 'pending') order by id"
        )
        for paid, code in zip(kinds, codes, strict=True):
            if not paid:
                beneficiary = await town.a_beneficiary()
                await _reserves(town, beneficiary.id, (await town.suspended_lot_of(lot)).id, code)
        for place, code in enumerate(chance.sample(codes, len(codes))):
            at = lot.pickup_start + timedelta(minutes=1 + place * 20 + chance.randrange(15))
            await town.clock(at)
            assert await town.value("select problem from app.pick_up($1, $2, true)", merchant.id, code) is None
            shown.append(Shown(kinds[codes.index(code)], lot.id, place, at))
        await town.clock(lot.pickup_end + timedelta(hours=1))
    await town.changes("select app.end_lots(1000), app.count_suspended(1000)")
    for _ in range(NIGHTS):
        here = (await town.now()).astimezone(PARIS)
        await town.clock(datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), PARIS) + 5.5 * HOUR)
        while await town.value("select app.close_lots(200)"):
            pass
        for row in await town.rows(
            "select transfer_id as id from app.begin_transfers(9) where transfer_id is not null"
        ):
            await town.value("select app.transfer_made($1, $2, null, app.clock())", row["id"], f"tr_{row['id']}")
    return shown


async def _reserves(town: Town, holder: UUID, lot: UUID, code: str) -> None:
    await town.value("select status from app.reserve($1, $2, 1, $3, ''::bytea, $3)", holder, lot, code)


async def clues(town: Town, shown: Sequence[Shown]) -> list[tuple[Any, ...]]:
    """Return what an attacker can say of each pass, from what the shop sees."""
    events = await town.rows(VISIBLE)
    of_lot = {row["lot_id"]: row for row in await town.rows("select * from accounting.closed_lots")}
    passes: dict[UUID, int] = {}
    for one in shown:
        passes[one.lot] = passes.get(one.lot, 0) + 1
    found = []
    for one in shown:
        closed = of_lot.get(one.lot)
        soon = any(timedelta(0) <= event["at"] - one.at < timedelta(minutes=5) for event in events)
        own = any(event["cents"] == PRICE - 49 for event in events if event["at"].date() == one.at.date())
        found.append(
            (
                soon,
                own,
                one.place,
                passes[one.lot],
                closed is None or closed["portions"] - passes[one.lot],
                closed is None or closed["gross_cents"] - passes[one.lot] * PRICE,
                closed is None or closed["commission_cents"] - passes[one.lot] * 41,
                closed is None or closed["closed_at"].astimezone(PARIS).hour,
                closed is None or (closed["closed_at"] - one.at).days,
                one.at.minute // 15,
            )
        )
    return found


def better_than_guessing(shown: Sequence[Shown], told: Sequence[tuple[Any, ...]]) -> float:
    """Return how much of what guessing by the base rate gets wrong the best clue gets right: 1 is all of it.

    The clues are learnt from one half of the passes, and tried on the other half.
    """
    half = len(shown) // 2
    base = sum(one.paid for one in shown[half:]) / (len(shown) - half)
    best = 0.0
    for clue in range(len(told[0])):
        seen: dict[Any, list[bool]] = {}
        for one, of in zip(shown[:half], told[:half], strict=True):
            seen.setdefault(of[clue], []).append(one.paid)
        says = {value: sum(paid) * 2 >= len(paid) for value, paid in seen.items()}
        right = sum(says.get(of[clue], True) is one.paid for one, of in zip(shown[half:], told[half:], strict=True))
        best = max(best, right / (len(shown) - half))
    guessed = max(base, 1 - base)
    return (best - guessed) / (1 - guessed)


@pytest.mark.parametrize("per_sale", [False, True], ids=["by night", "control: a transfer per sale"])
async def test_a_classifier_guesses_no_better_than_the_base_rate(town: Town, per_sale: bool) -> None:
    seed = random.SystemRandom().randrange(10**6)
    if per_sale:
        await town.changes(TRANSFERS_PER_SALE)

    shown = await many_lots(town, random.Random(seed))  # noqa: S311  # not secrets
    won = better_than_guessing(shown, await clues(town, shown))

    assert await town.value("select sum(portions) from accounting.closed_lots") == len(shown)
    if per_sale:
        assert won > 0.95, f"seed {seed}: {won:.2f}"
    else:
        # Of some 30 wrong guesses of 75, half is more than three standard deviations.
        assert won < 0.5, f"seed {seed}: {won:.2f}"

"""Free, suspended and paid portions cannot be told apart at the counter: passes, answers, lists, work and figures."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.town import Pass, Person, Reservation, Shop, Town
from tests.town.databases import WORKER

# The work that the transaction's statements did in each table, reads included.
WORK = """
    select relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del, seq_scan, idx_scan, seq_tup_read, idx_tup_fetch
    from pg_stat_xact_user_tables
    where schemaname = 'app' and n_tup_ins + n_tup_upd + n_tup_del + seq_scan + coalesce(idx_scan, 0) > 0
    order by relname
"""
# As the worker does when Stripe reports the payments.
SETTLED = (
    "select app.settle_payment(id, stripe_payment_intent, 'succeeded', amount_cents) from app.payments order by id"
)
KINDS = ("free", "suspended", "paid")
MONEY = ("value_saved_cents", "saved_by_people_cents", "recovered_by_shops_cents")
# Fields that differ between any two portions: ids, codes and times of events (the pickup window is the same for all).
DIFFERS = "id|reservation_id|lot_id|qr|pin|picked_up_at|created_at|request_id"


class Counter:
    """A shop with two reserved portions of each kind; each kind has its own holder."""

    def __init__(self, town: Town, shop: Shop, held: dict[str, list[Reservation]], people: dict[str, Person]) -> None:
        self.town, self.shop, self.held, self.people = town, shop, held, people

    @classmethod
    async def opened(cls, town: Town) -> "Counter":
        shop = await town.a_shop()
        free, paid = await town.a_free_lot(shop=shop), await town.a_lot(shop=shop)
        amina, zoe, marc = await town.a_beneficiary(), await town.a_beneficiary("Zoé"), await town.a_customer()
        await town.changes(
            "update app.lots l set pickup_start = f.pickup_start, pickup_end = f.pickup_end from app.lots f"
            " where f.id = $1 and l.id = $2",
            free.id,
            paid.id,
        )
        await town.changes(
            "insert into app.webhook_endpoints (shop_id, description, events, host, ends_with, key_id, sealed, wrapped,"
            " master_key) values ($1, '', '{reservation.made.v1,reservation.picked_up.v1}', 'hooks.example', '',"
            " app.uuid7(), '', '', '-')",
            shop.id,
        )
        bought = [await marc.reserves(paid) for _ in range(2)]
        await (await town.a_customer("Jeanne")).suspends(paid, 2)
        async with town.copy.connection(WORKER) as worker:
            await worker.execute(SETTLED)
        suspended = await town.suspended_lot_of(paid)
        held = {
            "free": [await amina.reserves(free) for _ in range(2)],
            "suspended": [await zoe.reserves(suspended) for _ in range(2)],
            "paid": bought,
        }
        await town.opens(free)
        return cls(town, shop, held, dict(zip(KINDS, (amina, zoe, marc), strict=True)))

    async def shown(self, kind: str, number: int = 0) -> Pass:
        return await self.people[kind].pass_for(self.held[kind][number])

    async def work_of(self, kind: str, number: int) -> list[tuple[Any, ...]]:
        """Hand a portion over and return the work that the statement did, by table."""
        shown = await self.shown(kind, number)
        async with self.town.copy.connection() as connection, connection.transaction():
            handed = await connection.fetchrow(
                "select * from app.pick_up($1, $2, true)", self.shop.merchant.id, shown.code
            )
            assert handed is not None
            assert handed["problem"] is None
            return [tuple(row) for row in await connection.fetch(WORK)]


def masked(text: str) -> str:
    """Return an answer with the values masked that differ between any two portions of the same kind."""
    text = re.sub(rf'("(?:{DIFFERS})"\s*:\s*)"[^"]*"', r'\1"…"', text)
    return re.sub(r'("code"\s*:\s*)"[0-9A-Z]{10}"', r'\1"…"', text)  # a pass's code, not a problem's


async def passes(counter: Counter) -> dict[str, str]:
    """Return the answers to a holder who asks for their pass, headers included, by kind."""
    found = {}
    for kind in KINDS:
        answer = await counter.people[kind].asks("GET", f"/reservations/{counter.held[kind][0].id}/pass")
        headers = sorted(name for name in answer.headers if name != "date")
        picture = await counter.people[kind].asks("GET", f"/reservations/{counter.held[kind][0].id}/pass.svg")
        form = re.sub(r' d="[^"]*"', "", picture.text)
        found[kind] = f"{answer.status_code} {headers} {answer.headers['content-length']} {masked(answer.text)} {form}"
    return found


async def answers(counter: Counter) -> dict[str, list[str]]:
    """Return the answers to the counter by kind: to a wrong PIN, the handover, and the handover repeated."""
    found: dict[str, list[str]] = {}
    for kind in KINDS:
        shown = await counter.shown(kind)
        for pin in (shown.wrong_pin, shown.pin, shown.pin):
            answer = await counter.shop.merchant.asks("POST", "/pickups", {"qr": shown.qr, "pin": pin})
            headers = sorted(name for name in answer.headers if name != "date")
            found.setdefault(kind, []).append(f"{answer.status_code} {headers} {masked(answer.text)}")
    return found


async def lists(counter: Counter) -> dict[str, list[str]]:
    """Return what the merchant reads about the reservations, listed and one by one, and whether the lot is theirs."""
    merchant, found = counter.shop.merchant, {}
    theirs = {lot["id"] for lot in (await merchant.gets(f"/shops/{counter.shop.id}/lots"))["data"]}
    listed = {one["id"]: one for one in (await merchant.gets("/reservations"))["data"]}
    for kind in KINDS:
        ids = [str(one.id) for one in counter.held[kind]]
        of_theirs = [str(listed[id]["lot_id"] in theirs) for id in ids]
        alone = [(await merchant.asks("GET", f"/reservations/{id}")).text for id in ids]
        found[kind] = of_theirs + [masked(json.dumps(listed.pop(id))) for id in ids] + [masked(text) for text in alone]
    # Whatever else is listed would be a reservation that nobody collects, such as the gift itself.
    found["suspended"] += [masked(json.dumps(gift)) for gift in listed.values()]
    return found


def differs(found: dict[str, Any]) -> bool:
    return len({json.dumps(found[kind], default=str) for kind in KINDS}) > 1


async def test_passes_answers_and_lists_are_identical_for_each_kind(town: Town) -> None:
    counter = await Counter.opened(town)
    merchant = counter.shop.merchant

    for found in (await passes(counter), await lists(counter), await answers(counter), await lists(counter)):
        assert not differs(found), found
    # A suspended portion refers to the lot that the merchant listed, and no other lot appears.
    lots = {kind: (await merchant.gets(f"/reservations/{counter.held[kind][0].id}"))["lot_id"] for kind in KINDS}
    assert lots["suspended"] == lots["paid"] != lots["free"]
    assert len((await merchant.gets("/reservations"))["data"]) == 6
    offered = (await merchant.gets(f"/shops/{counter.shop.id}/lots"))["data"]
    assert {lot["id"] for lot in offered} == {lots["free"], lots["paid"]}

    # SQL as the merchant does not tell them apart either: the underlying rows are not visible.
    gift = await town.value("select id from app.reservations where purpose = 'give'")
    async with town.sql_as(merchant) as sql:
        for table in ("reservations", "passes", "payments", "impact_entries", "free_portions", "suspended_lots"):
            assert await sql.fetchval(f"select count(*) from app.{table}") == 0  # noqa: S608  names of ours
        assert await sql.fetchval("select count(*) from app.lots where suspended_from is not null") == 0
        for held in (*counter.held["suspended"], *counter.held["paid"], gift):
            id = held.id if isinstance(held, Reservation) else held
            assert await sql.fetch("select * from app.what_was_reserved($1)", id) == []
        assert await sql.fetch("select * from app.reservations_at_counter(9, null, $1)", gift) == []
        seen = await sql.fetch("select status, count(*) from app.reservations_at_counter(9) group by 1 order by 1")
    assert [tuple(row) for row in seen] == [("confirmed", 3), ("picked_up", 3)]


async def test_a_shop_s_list_reads_only_its_own_reservations(town: Town) -> None:
    quiet, marc = await town.a_lot(), await town.a_customer()
    await marc.reserves(quiet)
    for _ in range(20):
        busy = await town.a_lot(left=100)
        await town.changes(
            "insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, confirmed_at)"
            " select $1, $2, 1, 400, 'confirmed', now() from generate_series(1, 100)",
            busy.id,
            marc.id,
        )
    for table in ("shops", "lots", "reservations"):
        await town.changes(f"analyze app.{table}")

    async with town.sql_as(quiet.shop.merchant) as sql:
        assert len(await sql.fetch("select * from app.reservations_at_counter(21)")) == 1
        read = {row["relname"]: row["seq_tup_read"] + row["idx_tup_fetch"] for row in await sql.fetch(WORK)}
    assert read["reservations"] < 20


async def test_an_unpaid_hold_looks_reserved_and_an_expired_one_cancelled(town: Town) -> None:
    """Free reservations appear at once. If holds were hidden, a paid one would appear later than the time in its id."""
    marc, lot = await town.a_customer(), await town.a_lot()
    held = await marc.reserves(lot)
    await marc.suspends(lot)
    merchant = lot.shop.merchant
    (seen,) = (await merchant.gets("/reservations"))["data"]
    assert (seen["id"], seen["status"], seen["hold_until"], seen["total_cents"]) == (
        str(held.id),
        "confirmed",
        None,
        None,
    )
    await town.changes("update app.reservations set hold_until = now() - interval '1 second'")
    await town.worker_runs()
    assert (await merchant.gets(f"/reservations/{held.id}"))["status"] == "cancelled"
    assert (await marc.gets(f"/reservations/{held.id}"))["status"] == "expired"


async def test_first_and_later_handovers_do_the_same_work_for_each_kind(town: Town) -> None:
    counter = await Counter.opened(town)

    done = {kind: [await counter.work_of(kind, number) for number in range(2)] for kind in KINDS}

    assert not differs(done), done
    assert done["free"][0] != done["free"][1], "the person is recorded at the first handover only"
    assert await town.value("select sum(people_helped) from app.impact_entries") == 2


async def test_a_shop_s_figures_do_not_reveal_who_collected(town: Town) -> None:
    counter = await Counter.opened(town)
    merchant, path = counter.shop.merchant, f"/impact/shops/{counter.shop.id}"
    added: dict[str, list[Any]] = {}
    public: dict[str, list[Any]] = {}
    for kind in KINDS:
        for number in range(2):
            before, all_before = await merchant.gets(path), await merchant.gets("/impact")
            await merchant.hands_over(await counter.shown(kind, number))
            after, all_after = await merchant.gets(path), await merchant.gets("/impact")
            public.setdefault(kind, []).append([all_after[name] - all_before[name] for name in MONEY])
            added.setdefault(kind, []).append(
                [round(after[name] - before[name], 1) for name in (*MONEY, "meals", "food_kg", "people_helped")]
            )

    # Money and people move at midnight only.
    assert added == dict.fromkeys(KINDS, [[0, 0, 0, 1, 0.5, 0]] * 2)
    assert public == dict.fromkeys(KINDS, [[0, 0, 0]] * 2)
    await town.changes("set session_replication_role = replica")  # triggers protect the append-only tables
    await town.changes("update app.impact_entries set recorded_at = recorded_at - interval '2 days'")
    for figures in (await merchant.gets(path), await merchant.gets("/impact")):
        # Suspended portions count as sold: four of 8 € for 4 €, and two free ones.
        assert [figures[name] for name in MONEY] == [4800, 3200, 1600]
        assert figures["people_helped"] == 0, "two people are too few to be counted"
    more = await town.rows(
        "insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, quota_day)"
        " select r.lot_id, r.account_id, 1, 0, 'picked_up', current_date from app.reservations r, generate_series(1, 9)"
        " where r.id = $1 returning id",
        counter.held["free"][0].id,
    )
    for row in more:
        await town.changes(
            "insert into app.impact_entries select (json_populate_record(e, $1)).* from app.impact_entries e limit 1",
            json.dumps({"reservation_id": str(row["id"]), "people_helped": 1}),
        )
    assert (await merchant.gets(path))["people_helped"] == 11
    stranger = await town.a_merchant("Gilles")
    assert (await stranger.asks("GET", path)).json()["code"] == "shop.not_found"


async def work(counter: Counter) -> dict[str, Any]:
    """Return the work that the first handover of each kind does."""
    return {kind: await counter.work_of(kind, 0) for kind in KINDS}


# Faults that the comparisons have to notice: a piece of a function is replaced by another.
FAULTS: dict[str, tuple[Callable[[Counter], Awaitable[dict[str, Any]]], str, str, str]] = {
    "an answer that names the kind": (answers, "pick_up", "'title', l.title,", "'title', l.title, 'kind', l.kind,"),
    "a list with prices": (lists, "reservations_at_counter", "l.id), l.title", "l.id), l.title || l.price_cents"),
    "a list with the underlying lots": (
        lists,
        "reservations_at_counter",
        "coalesce(l.suspended_from, l.id), ",
        "l.id, ",
    ),
    "a gift in the list": (lists, "reservations_at_counter", "r.purpose = 'collect' and ", ""),
    "only people who were given something are recorded": (
        work,
        "record_impact",
        "values (r.account_id, r.unit_price_cents = 0) on",
        "select r.account_id, true where r.unit_price_cents = 0 on",
    ),
    "a look-up planned from the shop": (
        work,
        "pick_up",
        """where p.code = pass_code and (
        select s.status = 'verified' and (s.id = at_shop or s.owner_id = caller or exists (
            select from app.members m
            where m.shop_id = s.id and m.account_id = caller and m.role in ('owner', 'staff')))
        from app.reservations x join app.lots y on y.id = x.lot_id join app.shops s on s.id = y.shop_id
        where x.id = p.reservation_id)""",
        """join app.reservations x on x.id = p.reservation_id join app.lots y on y.id = x.lot_id
        join app.shops s on s.id = y.shop_id where p.code = pass_code and s.owner_id = caller""",
    ),
    "a pass with another window": (
        passes,
        "offer_suspended",
        "l.pickup_start, l.pickup_end, l.date_kind,",
        "l.pickup_start, l.pickup_end - interval '1 minute', l.date_kind,",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_control_each_comparison_notices_a_difference(town: Town, fault: str) -> None:
    looks, function, good, bad = FAULTS[fault]
    source = await town.value(
        "select pg_get_functiondef(oid) from pg_proc where proname = $1 and pronamespace = 'app'::regnamespace",
        function,
    )
    assert source.count(good) == 1
    await town.changes(source.replace(good, bad))

    assert differs(await looks(await Counter.opened(town)))

"""Every cent in the ledger, from the sale to the closed lot: sold, cancelled, not collected, refunded, given."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.town import Customer, Lot, Reservation, Town

PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)
NIGHTS = 5  # two days to report a problem, twelve hours for a late pickup, the rest of that day, and one more

Posted = tuple[str, dict[str, int]]


async def postings(town: Town, *, after: int = 0) -> list[Posted]:
    """Return the postings with a number above `after`: their kinds, and the cents of each account by its kind."""
    rows = await town.rows(
        "select p.id, p.kind, a.kind as account, n.cents from accounting.postings p"
        " join accounting.lines n on n.posting_id = p.id join accounting.ledger_accounts a on a.id = n.account_id"
        " where p.id > $1 order by p.id, n.cents desc, a.kind",
        after,
    )
    seen: dict[int, Posted] = {}
    for row in rows:
        seen.setdefault(row["id"], (row["kind"], {}))[1][row["account"]] = row["cents"]
    return list(seen.values())


async def posted_so_far(town: Town) -> int:
    number: int = await town.value("select coalesce(max(id), 0) from accounting.postings")
    return number


async def balance(town: Town, account: str) -> int:
    cents: int = await town.value(
        "select coalesce(sum(n.cents), 0)::int from accounting.lines n"
        " join accounting.ledger_accounts a on a.id = n.account_id where a.kind = $1",
        account,
    )
    return cents


async def nights_pass(town: Town, nights: int = NIGHTS) -> None:
    """Let nights pass, one after the other, with the worker running by night."""
    for _ in range(nights):
        here = (await town.now()).astimezone(PARIS)
        await town.clock(datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), PARIS) + 5.5 * HOUR)
        await town.worker_runs()
        if await town.value("select exists (select from app.payments where status = 'refund_due')"):
            await town.worker_runs()


async def collected(town: Town, marc: Customer, lot: Lot, portions: int = 1) -> Reservation:
    bought = await marc.buys(lot, portions)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await marc.pass_for(bought))
    return bought


async def closed(town: Town) -> Sequence[tuple[int, ...]]:
    """Return the closed lots: portions, gross, commission, VAT and net."""
    rows = await town.rows(
        "select portions, gross_cents, commission_cents, vat_cents, net_cents from accounting.closed_lots"
        " order by closed_at"
    )
    return [tuple(row) for row in rows]


async def corrections(town: Town) -> Sequence[tuple[int | str, ...]]:
    rows = await town.rows(
        "select reason, gross_cents, commission_cents, vat_cents, net_cents from accounting.closed_lot_corrections"
        " order by id"
    )
    return [tuple(row) for row in rows]


SALE = ("sale", {"stripe": 399, "held": -399})
EARNED = ("earned", {"held": 399, "vat": -8, "commission": -40, "shop": -351})


async def test_a_sale_is_posted_once_however_often_stripe_tells_of_it(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    assert await postings(town) == [SALE]
    (row,) = await town.rows("select * from accounting.postings")
    intent = await town.value("select stripe_payment_intent from app.payments")
    assert (row["source"], row["reservation_id"]) == (intent, bought.id)
    await town.changes(
        "insert into app.stripe_events (id, type, stripe_payment_intent) values ('evt_2', 'charge.updated', $1)", intent
    )
    await town.changes("select app.defer('payments.look_at_intent', jsonb_build_object('intent', $1::text))", intent)
    await town.worker_runs()
    assert await postings(town) == [SALE]
    assert [
        tuple(row) for row in await town.rows("select commission_bp, least_commission_cents from app.payments")
    ] == [(1000, 30)]


async def test_a_handed_over_portion_is_earned_once_its_lot_is_closed(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    await collected(town, await town.a_customer(), lot)
    await nights_pass(town, 2)
    assert await postings(town) == [SALE], "problems can still be reported"
    await nights_pass(town, 3)
    assert await postings(town) == [SALE, EARNED]
    assert await closed(town) == [(1, 399, 40, 8, 351)]
    await nights_pass(town)
    assert await postings(town) == [SALE, EARNED]
    assert await town.value("select count(*) from app.lots_to_close") == 0
    (row,) = await town.rows("select * from accounting.closed_lots")
    assert (row["lot_id"], row["shop_id"], row["window_ended_at"]) == (lot.id, lot.shop.id, lot.pickup_end)
    assert 1 <= row["closed_at"].astimezone(PARIS).hour <= 5


async def test_an_absent_and_a_late_cancelled_reservation_count_as_sold(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc, zoe = await town.a_customer(), await town.a_customer("Zoé")
    await marc.buys(lot)
    late = await zoe.buys(lot)
    await town.clock(lot.pickup_start - HOUR)
    await zoe.cancels(late)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await postings(town) == [SALE, SALE, EARNED, EARNED]
    assert await closed(town) == [(2, 798, 80, 16, 702)]


async def test_a_full_refund_before_the_handover_takes_the_held_money(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc = await town.a_customer()
    await marc.cancels(await marc.buys(lot))
    await town.worker_runs()
    refund = ("refund", {"held": 399, "stripe": -399})
    assert await postings(town) == [SALE, refund]
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await postings(town) == [SALE, refund]
    assert await closed(town) == []
    assert await town.value("select count(*) from app.lots_to_close") == 0


async def test_a_part_refunded_before_the_handover_lowers_the_commission(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc = await town.a_customer()
    await marc.buys(lot, 3)
    intent = await town.value("select stripe_payment_intent from app.payments")
    await town.stripe.refund_in_dashboard(intent, 399)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await postings(town) == [
        ("sale", {"stripe": 1197, "held": -1197}),
        ("refund", {"held": 399, "stripe": -399}),
        ("earned", {"held": 798, "vat": -16, "commission": -80, "shop": -702}),
    ]
    assert await closed(town) == [(3, 798, 80, 16, 702)]


async def test_refunds_after_closing_come_back_from_the_shop_in_shares(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=405)
    await collected(town, await town.a_customer(), lot, 2)
    await nights_pass(town)
    assert await closed(town) == [(2, 810, 81, 16, 713)]
    before = await posted_so_far(town)
    intent = await town.value("select stripe_payment_intent from app.payments")
    for _ in range(2):
        await town.stripe.refund_in_dashboard(intent, 405)
        await town.stripe.webhooks_quiet()
        await town.worker_runs()
    assert await postings(town, after=before) == [
        ("refund", {"shop": 356, "commission": 41, "vat": 8, "stripe": -405}),
        ("refund", {"shop": 357, "commission": 40, "vat": 8, "stripe": -405}),
    ]
    assert await closed(town) == [(2, 810, 81, 16, 713)], "what was closed does not change"
    assert await corrections(town) == [("refund", -405, -41, -8, -356), ("refund", -405, -40, -8, -357)]
    shown = "select count(*) from accounting.closed_lot_corrections"
    async with town.sql_as(lot.shop.merchant) as connection:
        assert await connection.fetchval(shown) == 0
    await nights_pass(town, 1)
    async with town.sql_as(lot.shop.merchant) as connection:
        assert await connection.fetchval(shown) == 2


async def test_a_failed_refund_puts_the_money_back_where_it_was(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=405)
    await collected(town, await town.a_customer(), lot, 2)
    await nights_pass(town)
    intent = await town.value("select stripe_payment_intent from app.payments")
    made = await town.stripe.refund_in_dashboard(intent, 405)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    before = await posted_so_far(town)
    await town.stripe.fail_refund(made["id"])
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await postings(town, after=before) == [
        ("refund_failed", {"stripe": 405, "vat": -8, "commission": -41, "shop": -356})
    ]
    assert await corrections(town) == [("refund", -405, -41, -8, -356), ("refund_failed", 405, 41, 8, 356)]
    await nights_pass(town)
    assert len(await postings(town, after=before)) == 1


async def test_a_refund_that_fails_after_closing_is_earned_in_the_next_night(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=405)
    await collected(town, await town.a_customer(), lot, 2)
    intent = await town.value("select stripe_payment_intent from app.payments")
    made = await town.stripe.refund_in_dashboard(intent, 405)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await nights_pass(town)
    assert await closed(town) == [(2, 405, 40, 8, 357)]
    before = await posted_so_far(town)
    await town.stripe.fail_refund(made["id"])
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await nights_pass(town, 1)
    assert await postings(town, after=before) == [
        ("refund_failed", {"stripe": 405, "held": -405}),
        ("earned", {"held": 405, "vat": -8, "commission": -41, "shop": -356}),
    ]
    assert await corrections(town) == [("refund_failed", 405, 41, 8, 356)]
    assert await balance(town, "held") == 0


async def test_no_shows_are_refunded_in_part_if_the_setting_says_so(town: Town) -> None:
    admin = await town.an_admin()
    assert (await admin.asks("PUT", "/admin/settings", json={"no_show_refund_percent": 50})).status_code == 200
    lot = await town.a_lot(left=3, price_cents=399)
    await (await town.a_customer()).buys(lot)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await postings(town) == [
        SALE,
        ("refund", {"held": 200, "stripe": -200}),
        ("earned", {"held": 199, "vat": -4, "commission": -20, "shop": -175}),
    ]


async def test_a_changed_commission_applies_to_later_sales_only(town: Town) -> None:
    admin, lot = await town.an_admin(), await town.a_lot(left=3, price_cents=399)
    marc, zoe = await town.a_customer(), await town.a_customer("Zoé")
    await marc.buys(lot)
    changed = {"commission_bp": 2000, "least_commission_cents": 100}
    assert (await admin.asks("PUT", "/admin/settings", json=changed)).status_code == 200
    await zoe.buys(lot)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    dear = ("earned", {"held": 399, "vat": -20, "commission": -100, "shop": -279})
    assert sorted(map(str, (await postings(town))[2:])) == sorted(map(str, [EARNED, dear]))
    assert await closed(town) == [(2, 798, 140, 28, 630)]


async def test_given_portions_are_earned_when_collected_and_refunded_otherwise(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    await marc.gives(lot, 2)
    assert await postings(town) == [("sale", {"stripe": 798, "suspended": -798})]
    free = await town.suspended_lot_of(lot)
    taken = await amina.reserves(free)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert (await postings(town))[1:] == [
        ("refund", {"suspended": 399, "stripe": -399}),
        ("earned", {"suspended": 399, "vat": -8, "commission": -40, "shop": -351}),
    ]
    assert await closed(town) == [(1, 399, 40, 8, 351)]
    assert await balance(town, "suspended") == 0


@pytest.mark.parametrize("given", [2, 3], ids=["all collected", "one left"])
@pytest.mark.parametrize("price", [100, 405])
async def test_given_portions_cost_their_shop_what_sold_ones_cost(town: Town, price: int, given: int) -> None:
    shop, marc = await town.a_shop(), await town.a_customer()
    for kind in ("sold", "given"):
        lot = await town.a_lot(left=5, price_cents=price, shop=shop)
        if kind == "given":
            await marc.gives(lot, given)
        holders = [await town.a_beneficiary() if kind == "given" else await town.a_customer() for _ in range(2)]
        passes = []
        for holder in holders:
            taken = (
                await holder.buys(lot)
                if isinstance(holder, Customer)
                else await holder.reserves(await town.suspended_lot_of(lot))
            )
            passes.append(await holder.pass_for(taken))
        await town.opens(lot)
        for shown in passes:
            await shop.merchant.hands_over(shown)
        await town.clock(lot.pickup_end + HOUR)
        await town.worker_runs()
    await nights_pass(town)
    one = {100: (30, 6), 405: (41, 8)}[price]
    total = (2, 2 * price, 2 * one[0], 2 * one[1], 2 * (price - sum(one)))
    assert await closed(town) == [total, total]
    assert (await balance(town, "suspended"), await balance(town, "held")) == (0, 0)


async def test_moved_portions_are_earned_at_the_price_of_their_new_lot(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(left=3, price_cents=399, shop=shop)
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    await marc.gives(lot, 1, if_unclaimed="move")
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    other = await town.a_lot(left=3, price_cents=350, shop=shop)
    await town.worker_runs()
    taken = await amina.reserves(await town.suspended_lot_of(other))
    await town.opens(other)
    await shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(other.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await postings(town) == [
        ("sale", {"stripe": 399, "suspended": -399}),
        ("refund", {"suspended": 49, "stripe": -49}),
        ("earned", {"suspended": 350, "vat": -7, "commission": -35, "shop": -308}),
    ]
    assert await town.value("select array_agg(lot_id) from accounting.closed_lots") == [other.id]


async def test_sold_and_suspended_portions_are_one_total(town: Town) -> None:
    lot = await town.a_lot(left=5, price_cents=405)
    marc, zoe, amina = await town.a_customer(), await town.a_customer("Zoé"), await town.a_beneficiary()
    await marc.gives(lot)
    bought = [await zoe.buys(lot), await zoe.buys(lot)]
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    await town.opens(lot)
    for holder, reservation in ((zoe, bought[0]), (amina, taken), (zoe, bought[1])):
        await lot.shop.merchant.hands_over(await holder.pass_for(reservation))
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await closed(town) == [(3, 1215, 123, 24, 1068)]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lot_is_closed_although_its_holder_and_merchant_are_erased(town: Town, when: str) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc = await town.a_customer()
    await collected(town, marc, lot)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    if when == "after":
        await nights_pass(town)
    for person in (marc, lot.shop.merchant):
        assert (await person.asks("DELETE", "/me")).status_code == 204
    await town.worker_runs()
    assert await town.value("select count(*) from app.payments") == 0
    await nights_pass(town)
    assert await postings(town) == [SALE, EARNED]
    assert await closed(town) == [(1, 399, 40, 8, 351)]


async def test_a_lot_waits_for_a_report_and_its_refund(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc, odile = await town.a_customer(), await town.an_admin()
    bought = await collected(town, marc, lot)
    said = {"kind": "quality", "text": "Le pain était dur."}
    report = await marc.posts(f"/reservations/{bought.id}/problem-report", said)
    await nights_pass(town, 7)
    assert await closed(town) == [], "nobody has decided"
    answer = {"outcome": "give_back", "share": 50, "text": "La moitié."}
    await odile.posts(f"/problem-reports/{report['id']}/decide", answer)
    await nights_pass(town, 2)
    assert await postings(town) == [
        SALE,
        ("refund", {"held": 200, "stripe": -200}),
        ("earned", {"held": 199, "vat": -4, "commission": -20, "shop": -175}),
    ]
    assert await closed(town) == [(1, 199, 20, 4, 175)]


async def test_a_refund_that_stripe_refuses_for_good_stays_held_alone(town: Town) -> None:
    lot = await town.a_lot(left=3, price_cents=399)
    marc, zoe = await town.a_customer(), await town.a_customer("Zoé")
    cancelled = await marc.buys(lot)
    await zoe.buys(lot)
    refused = "update app.payments set status = 'refund_due', refusals = 10 where reservation_id = $1"
    for change in (
        "update app.reservations set status = 'cancelled', ended_because = 'holder', ended_at = now() where id = $1",
        refused,
    ):
        await town.changes(change, cancelled.id)
    await town.clock(lot.pickup_end + HOUR)
    await town.worker_runs()
    await nights_pass(town)
    assert await closed(town) == [(1, 399, 40, 8, 351)]
    assert await balance(town, "held") == -399
    assert await town.value("select count(*) from app.ledger_differences('sales')") == 0

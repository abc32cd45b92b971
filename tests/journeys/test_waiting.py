"""Waiting lists of sold-out lots: returned portions are offered to those who wait, in order and for a limited time."""

from datetime import timedelta

from tests.town import Town, refused
from tests.town.answers import refusal_in
from tests.town.databases import WORKER
from tests.town.people import moment


async def test_returned_portions_are_kept_for_those_who_wait(town: Town) -> None:
    marc, lea, paul = [await town.a_customer(name) for name in ("Marc", "Léa", "Paul")]
    lot = await town.a_lot(left=2)
    assert (await refused(lea.waits(lot))).code == "waiting.some_left"
    bought = await marc.reserves(lot, 2)
    first, second = await lea.waits(lot), await paul.waits(lot, 3)
    assert (first["status"], first["place"], second["place"]) == ("waiting", 1, 2)
    assert (await refused(lea.waits(lot))).code == "waiting.already"
    assert (await refused(lea.takes(first))).code == "waiting.not_offered"

    # Léa gets one portion and Paul, who waits for three, the other: nothing stays on offer while somebody waits.
    await marc.cancels(bought)
    assert await town.left(lot) == 0
    assert await town.stock_is_exact()
    assert (await marc.tries_to_reserve(lot)).code == "lot.sold_out"
    kept = await lea.waiting(first)
    assert (kept["status"], kept["offered"], kept["place"], kept["title"]) == ("offered", 1, None, "Panier du soir")
    assert (kept["shop"]["id"], kept["shop"]["time_zone"]) == (str(lot.shop.id), "Europe/Paris")
    until = moment(kept["offer_until"])
    assert timedelta(minutes=14) < until - await town.now() < timedelta(minutes=16)
    assert (await paul.waiting(second))["offered"] == 1

    await town.worker_runs()
    mails = "".join(file.read_text() for file in (town.folder / "mails").iterdir())
    assert mails.count("\nSubject: Une portion vous est") == 2
    assert all(f"To: {person.email}" in mails for person in (lea, paul))

    # A taken offer is a reservation like any other: idempotent by its key, and paid for.
    taken = await lea.takes(first, key="lunch")
    assert (taken.status, taken.body["quantity"], taken.body["total_cents"]) == ("held", 1, 400)
    assert (await lea.takes(first, key="lunch")).body == taken.body
    assert (await refused(lea.takes(first))).code == "waiting.over"
    assert (await lea.pays(taken)).status == "confirmed"
    assert (await lea.waiting(first))["reservation_id"] == str(taken.id)

    # Paul's offer lapses. Nobody waits any more, so the portion is on offer to everybody.
    await town.clock(until + timedelta(minutes=1))
    assert (await refused(paul.takes(second))).code == "waiting.offer_lapsed"
    await town.worker_runs()
    assert (await paul.waiting(second))["status"] == "lapsed"
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()
    await marc.reserves(lot)
    assert (await refused(lea.leaves(second))).code == "waiting.not_found"


async def test_offers_go_on_to_the_next_in_line_and_end_with_the_lot(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    marc, lea, paul, nora = [await town.a_customer(name) for name in ("Marc", "Léa", "Paul", "Nora")]
    lot = await town.a_lot(left=1, shop=shop)
    held = await marc.reserves(lot)
    entries = {person: await person.waits(lot) for person in (lea, paul, nora)}

    # A lapsed hold is offered to the first in line. An offer that is left or lapses goes on to the next.
    await town.clock(moment(held.body["hold_until"]) + timedelta(seconds=1))
    await town.worker_runs()
    assert (await lea.waiting(entries[lea]))["status"] == "offered"
    assert (await lea.leaves(entries[lea]))["status"] == "left"
    assert (await lea.leaves(entries[lea]))["status"] == "left"
    offered = await paul.waiting(entries[paul])
    assert offered["status"] == "offered"
    await town.clock(moment(offered["offer_until"]))
    await town.worker_runs()
    assert [(await person.waiting(entries[person]))["status"] for person in (paul, nora)] == ["lapsed", "offered"]

    # The merchant adds a portion: Paul, who waits again, gets it.
    again = await paul.waits(lot)
    await sophie.asks("PATCH", f"/lots/{lot.id}", {"quantity": 2})
    assert (await paul.waiting(again))["status"] == "offered"
    for change, code in (
        ({"quantity": 1}, "lot.quantity_below_reserved"),
        ({"price_cents": 300}, "lot.has_reservations"),
    ):
        assert refusal_in(await sophie.asks("PATCH", f"/lots/{lot.id}", change)).code == code

    # While the merchant is suspended nothing is offered and a portion that comes back stays in the lot.
    odile = await town.an_admin()
    await odile.suspends_account(sophie)
    assert (await refused(paul.takes(again))).code == "lot.closed"
    await paul.leaves(again)
    assert await town.left(lot) == 1
    await odile.restores_account(sophie)
    assert await town.left(lot) == 1
    third = await nora.waiting(entries[nora])
    assert third["status"] == "offered"

    # Withdrawing the lot ends all waiting, and the stock is complete.
    bought = await marc.reserves(lot)
    last = await lea.waits(lot)
    await sophie.withdraws(lot)
    assert [(await who.waiting(entry))["status"] for who, entry in ((lea, last), (nora, third))] == ["closed"] * 2
    assert await town.status_of(bought) == "cancelled"
    assert await town.left(lot) == 2
    assert await town.stock_is_exact()
    assert (await refused(nora.takes(third))).code == "waiting.over"
    assert (await refused(lea.waits(lot))).code == "lot.closed"


async def test_an_offer_ends_with_the_pickup_window_at_the_latest(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    lot = await town.a_lot(left=1, opens_in=timedelta(hours=-1), lasts=timedelta(hours=1, minutes=5))
    bought = await marc.reserves(lot)
    entry = await lea.waits(lot)
    await marc.cancels(bought)
    assert moment((await lea.waiting(entry))["offer_until"]) == lot.pickup_end

    await town.clock(lot.pickup_end)
    await town.worker_runs()
    assert (await lea.waiting(entry))["status"] in ("lapsed", "closed")
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()


async def test_free_portions_are_offered_to_beneficiaries_with_quota_left(town: Town) -> None:
    amina, bilal, chloe = [await town.a_beneficiary(name) for name in ("Amina", "Bilal", "Chloé")]
    marc, shop = await town.a_customer(), await town.a_shop()
    lot, other = await town.a_free_lot(left=2, shop=shop), await town.a_free_lot(left=9, shop=shop)
    bought = await amina.reserves(lot, 2)
    assert (await refused(marc.waits(lot))).code == "lot.not_found"
    assert (await refused(shop.merchant.waits(lot))).code == "access.forbidden"
    assert (await refused(bilal.waits(lot, 3))).code == "quota.daily_reached"
    entries = {bilal: await bilal.waits(lot, 2), chloe: await chloe.waits(lot, 2)}

    # Bilal's quota is used up elsewhere: he is passed over but keeps his place.
    elsewhere = await bilal.reserves(other, 2)
    await amina.cancels(bought)
    assert [(await who.waiting(entries[who]))["status"] for who in (bilal, chloe)] == ["waiting", "offered"]

    # Chloé's quota is partly used up while two portions are kept for her: she takes what it still allows. Bilal gets
    # the rest as soon as he has quota again.
    await chloe.reserves(other)
    taken = await chloe.takes(entries[chloe])
    assert (taken.status, taken.body["quantity"]) == ("confirmed", 1)
    assert await town.taken_today(chloe) == 2
    assert await town.left(lot) == 1
    await bilal.cancels(elsewhere)
    await town.worker_runs()
    assert (await bilal.waiting(entries[bilal]))["offered"] == 1
    assert await town.left(lot) == 0
    assert await town.stock_is_exact()

    # A beneficiary whose right has ended meanwhile cannot take an offer.
    await town.changes("update app.beneficiaries set status = 'suspended' where id = $1", bilal.id)
    assert (await refused(bilal.takes(entries[bilal]))).code == "lot.not_found"
    assert await town.stock_is_exact()


async def test_an_offer_below_the_minimum_payment_is_not_made(town: Town) -> None:
    marc, paul, lea, nils = [await town.a_customer(name) for name in ("Marc", "Paul", "Léa", "Nils")]
    lot = await town.a_lot(left=5, price_cents=30)
    three, two = await marc.reserves(lot, 3), await paul.reserves(lot, 2)
    assert (await refused(lea.waits(lot))).code == "payment.below_minimum"
    entries = [await who.waits(lot, 2) for who in (lea, nils)]

    await marc.cancels(three)
    assert [(await who.waiting(entry))["offered"] for who, entry in zip((lea, nils), entries, strict=True)] == [2, None]
    assert await town.left(lot) == 1
    await paul.cancels(two)
    taken = [await who.takes(entry) for who, entry in zip((lea, nils), entries, strict=True)]
    assert [one.body["total_cents"] for one in taken] == [60, 60]
    assert await town.left(lot) == 1
    assert await town.stock_is_exact()


async def test_waiting_people_without_quota_do_not_hold_up_other_lots(town: Town) -> None:
    amina, bilal, shop = await town.a_beneficiary(), await town.a_beneficiary("Bilal"), await town.a_shop()
    first, second, plenty = [await town.a_free_lot(left=left, shop=shop) for left in (1, 1, 9)]
    zoe = await town.a_beneficiary("Zoé")
    taken = [await zoe.reserves(lot) for lot in (first, second)]
    entry = await bilal.waits(second)
    await amina.waits(first)
    for who in (amina, bilal):
        eaten = await who.reserves(plenty, 2)
    for one in taken:
        await zoe.cancels(one)
    assert [await town.left(lot) for lot in (first, second)] == [1, 1], "they have no quota left today"

    await bilal.cancels(eaten)
    async with town.copy.connection(WORKER) as worker:
        await worker.execute("select app.lapse_offers(1)")  # it may look at one lot only
    assert (await bilal.waiting(entry))["status"] == "offered"


async def test_a_lot_that_becomes_free_is_offered_to_beneficiaries_only(town: Town) -> None:
    marc, lea, paul = [await town.a_customer(name) for name in ("Marc", "Léa", "Paul")]
    amina, bilal = await town.a_beneficiary(), await town.a_beneficiary("Bilal")
    free_from = await town.now() + timedelta(minutes=30)
    lot = await town.a_lot(left=2, becomes_free_at=free_from)
    bought, of_paul = await marc.reserves(lot), await paul.reserves(lot)
    entries = [(who, await who.waits(lot)) for who in (lea, amina, bilal)]
    await town.changes("update app.settings set value = 120 where name = 'waiting_offer_minutes'")

    # The offer at its price lasts only until the lot becomes free.
    await marc.cancels(bought)
    kept = await lea.waiting(entries[0][1])
    assert (kept["status"], moment(kept["offer_until"])) == ("offered", free_from)
    of_marc = await marc.waits(lot)

    # From then on, lapsed and returned portions go to beneficiaries.
    await town.clock(free_from)
    await paul.cancels(of_paul)
    assert (await refused(lea.takes(kept))).code == "waiting.offer_lapsed"
    await town.worker_runs()
    assert await town.value("select kind from app.lots where id = $1", lot.id) == "free"
    assert (await lea.waiting(kept))["status"] == "lapsed"
    assert (await marc.waiting(of_marc))["status"] == "waiting"  # as for a lot that is sold out
    assert [(await who.waiting(entry))["status"] for who, entry in entries[1:]] == ["offered"] * 2
    assert await town.left(lot) == 0
    assert (await amina.takes(entries[1][1])).body["total_cents"] == 0
    assert await town.stock_is_exact()


async def test_waiting_for_suspended_portions_is_hidden_from_merchants(town: Town) -> None:
    marc, amina, bilal = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Bilal")
    lot = await town.a_lot(left=3)
    sophie = lot.shop.merchant
    await marc.gives(lot)
    free_lot = await town.suspended_lot_of(lot)
    taken = await amina.reserves(free_lot)
    before = [await sophie.gets(path) for path in (f"/shops/{lot.shop.id}/lots", f"/lots/{lot.id}", "/reservations")]
    entry = await bilal.waits(free_lot)

    # Returned portions and new gifts are both offered to those who wait.
    await amina.cancels(taken)
    assert (await bilal.waiting(entry))["status"] == "offered"
    assert (await amina.tries_to_reserve(free_lot)).code == "lot.sold_out"
    again = await amina.waits(free_lot)
    for path, seen in zip((f"/shops/{lot.shop.id}/lots", f"/lots/{lot.id}"), before, strict=False):
        assert await sophie.gets(path) == seen
    assert str(entry["id"]) not in str(await sophie.gets("/reservations"))
    assert (await refused(sophie.waits(free_lot))).code == "access.forbidden"
    await marc.gives(lot)
    assert (await amina.waiting(again))["status"] == "offered"
    assert (await bilal.takes(entry)).status == "confirmed"
    assert await town.stock_is_exact()

    # Withdrawing the discounted lot ends the waiting for its suspended portions.
    await sophie.withdraws(lot)
    assert (await amina.waiting(again))["status"] == "closed"
    assert await town.stock_is_exact()

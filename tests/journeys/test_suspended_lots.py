"""Suspended lots: a customer pays for portions, a beneficiary collects them, unclaimed ones move or are refunded."""

from datetime import timedelta
from typing import Any

from scripts.proofs.audit import DATABASE
from tests.town import Customer, Lot, Reservation, Town, refused
from tests.town.databases import WORKER

MINUTE = timedelta(minutes=1)


async def ends(town: Town, lot: Lot) -> None:
    """Let the lot's window pass, and run the worker."""
    await town.clock(lot.pickup_end + MINUTE)
    await town.worker_runs()


async def everything_agrees(town: Town) -> None:
    """Assert that stock, quota, gifts and payments agree, by the same queries as the proofs."""
    assert [row[0] for row in await town.rows(DATABASE)] == []
    assert await town.stock_is_exact()


def mails(town: Town, template: str) -> list[str]:
    return [file.read_text() for file in sorted((town.folder / "mails").glob(f"*-{template}.eml"))]


async def part_of(marc: Customer, gift: Reservation, *fields: str) -> tuple[Any, ...]:
    seen = await marc.gift(gift)
    return tuple(seen[field] for field in fields)


async def test_a_gift_is_collected_and_its_unclaimed_rest_is_refunded(town: Town) -> None:
    marc, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    shop = await town.a_shop()
    lot = await town.a_lot(left=5, price_cents=400, shop=shop, title="Panier du soir", gtin="03017620422003")

    held = await marc.suspends(lot, 3, key="my gift")
    assert {**held.body, "payment": None} == {**(await marc.suspends(lot, 3, key="my gift")).body, "payment": None}
    assert (held.status, held.body["total_cents"], held.body["if_unclaimed"]) == ("held", 1200, "refund")
    assert await town.left(lot) == 2
    assert await part_of(marc, held, "status", "collected", "refunded_cents") == ("held", 0, 0)
    assert (await marc.gets(f"/lots/{lot.id}"))["remaining"] == 2

    await town.stripe.pay(held.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    assert await part_of(marc, held, "status", "lot_id", "title") == ("offered", str(lot.id), "Panier du soir")
    assert await town.money(held) == (1200, 0)
    # A beneficiary sees it as a free lot like any other; nobody else sees it.
    free_lot = await town.suspended_lot_of(lot)
    near = {"near": f"{shop.latitude},{shop.longitude}", "kind": "free"}
    (seen,) = (await amina.gets("/lots", **near))["data"]
    assert (seen["id"], seen["price_cents"], seen["quantity"], seen["remaining"]) == (str(free_lot.id), 0, 3, 3)
    assert (await marc.gets("/lots", **near))["data"] == []
    people = (amina, marc, shop.merchant)
    told = [(await person.gets(f"/lots/{lot.id}"))["free_lot_id"] for person in people]
    assert told == [str(free_lot.id), None, None]
    assert (await marc.asks("GET", f"/lots/{free_lot.id}")).status_code == 404
    # The donor has no reservation to collect: no pass, and nothing among his reservations.
    assert (await marc.gets("/reservations"))["data"] == []
    assert (await marc.asks("GET", f"/reservations/{held.id}")).status_code == 404
    assert (await marc.asks("GET", f"/reservations/{held.id}/pass")).status_code == 404
    assert (await refused(marc.posts(f"/suspended-lots/{held.id}/cancel"))).code == "suspended_lot.offered"

    # A suspended portion counts in the quota, which is restored when the reservation is cancelled.
    taken = await amina.reserves(free_lot, 2)
    assert (await amina.tries_to_reserve(free_lot)).code == "quota.daily_reached"
    late = await zoe.reserves(free_lot)
    assert (await zoe.tries_to_reserve(free_lot)).code == "lot.sold_out"
    await amina.cancels(taken)
    assert (await town.taken_today(amina), await town.left(free_lot)) == (0, 2)
    taken = await amina.reserves(free_lot)

    await town.opens(lot)
    shown = await amina.pass_for(taken)
    handed = await shop.merchant.hands_over(shown)
    assert (handed["title"], handed["quantity"]) == ("Panier du soir", 1)
    # The donor sees nothing until the window is over, so that they cannot learn when it was collected.
    assert await part_of(marc, held, "status", "collected") == ("offered", 0)

    await ends(town, lot)

    # Zoé did not come. Her portion was kept for her, so it is paid like a bought one.
    assert await part_of(marc, held, "status", "collected", "kept", "refunded_cents") == ("partly_collected", 1, 1, 400)
    assert await town.money(held) == (1200, 400)
    assert await town.status_of(late) == "no_show"
    await everything_agrees(town)
    (mail,) = mails(town, "suspended_lot_over")
    assert "Retirées : 1 sur 3. Merci ! Une portion réservée n'a pas été retirée" in mail
    assert "4,00" in mail
    assert not any(word in mail for word in ("Amina", "Zoé", amina.code, str(amina.id)))
    # Impact is counted once, at the handover, as help for Amina.
    (entry,) = await town.rows("select account_id, people_helped from app.impact_entries")
    assert tuple(entry) == (amina.id, 1)
    assert (await marc.gets("/impact/me"))["meals"] == 0
    # Running the worker again repeats nothing.
    await town.worker_runs()
    assert await town.money(held) == (1200, 400)
    assert len(mails(town, "suspended_lot_over")) == 1


async def test_the_oldest_gift_is_collected_first_and_others_are_hidden(town: Town) -> None:
    marc, jeanne = await town.a_customer(), await town.a_customer("Jeanne")
    amina = await town.a_beneficiary()
    lot = await town.a_lot(left=4)
    later = await jeanne.suspends(lot)
    first = await marc.gives(lot, 2)
    await town.stripe.pay(later.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    free_lot = await town.suspended_lot_of(lot)
    assert await town.value("select count(*) from app.lots where suspended_from = $1", lot.id) == 1
    assert await town.left(free_lot) == 3

    # Jeanne began her gift first but paid for it later, so Marc's counts as the first.
    taken = await amina.reserves(free_lot, 2)
    await town.opens(lot)
    await lot.shop.merchant.hands_over(await amina.pass_for(taken))
    await ends(town, lot)

    assert await part_of(marc, first, "status", "collected", "refunded_cents") == ("collected", 2, 0)
    assert await part_of(jeanne, later, "status", "collected", "refunded_cents") == ("refunded", 0, 400)
    assert (await town.money(first), await town.money(later)) == ((800, 0), (400, 400))
    assert [gift["id"] for gift in (await marc.gets("/suspended-lots"))["data"]] == [str(first.id)]
    assert (await refused(jeanne.gift(first))).code == "suspended_lot.not_found"
    choose = await jeanne.asks("PATCH", f"/suspended-lots/{first.id}", {"if_unclaimed": "move"})
    assert choose.json()["code"] == "suspended_lot.not_found"
    over = await marc.asks("PATCH", f"/suspended-lots/{first.id}", {"if_unclaimed": "move"})
    assert over.json()["code"] == "suspended_lot.over"
    page = await marc.gets("/suspended-lots", limit=1)
    assert (page["has_more"], page["next"]) == (False, None)


async def test_unclaimed_portions_move_to_another_lot_that_costs_no_more(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    shop = await town.a_shop()
    lot = await town.a_lot(left=5, price_cents=400, shop=shop)
    gift = await marc.gives(lot, 3)
    read = await marc.asks("GET", f"/suspended-lots/{gift.id}")
    path, wanted = f"/suspended-lots/{gift.id}", {"if_unclaimed": "move"}
    edited = await marc.asks("PATCH", path, wanted, headers={"If-Match": read.headers["ETag"]})
    assert edited.json()["if_unclaimed"] == "move"
    assert (await marc.asks("PATCH", path, wanted, headers={"If-Match": read.headers["ETag"]})).status_code == 412
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    await town.opens(lot)
    await shop.merchant.hands_over(await amina.pass_for(taken))

    await ends(town, lot)
    assert await part_of(marc, gift, "status", "collected", "refunded_cents") == ("unclaimed", 1, 0)

    # It does not move to a lot that costs more, is not published, is free already, or belongs to another shop.
    day = timedelta(days=1)
    dear = await town.a_lot(price_cents=500, shop=shop, opens_in=day)
    draft = await town.a_lot(price_cents=300, shop=shop, opens_in=day, status="draft")
    free = await town.a_free_lot(shop=shop, opens_in=day)
    elsewhere = await town.a_lot(price_cents=300, opens_in=day)
    await town.worker_runs()
    assert await part_of(marc, gift, "status") == ("unclaimed",)
    small = await town.a_lot(left=1, price_cents=350, shop=shop, opens_in=day)
    cheap = await town.a_lot(left=5, price_cents=200, shop=shop, opens_in=day)
    await town.worker_runs()
    await town.worker_runs()

    assert await part_of(marc, gift, "status", "lot_id", "collected") == ("moved", str(cheap.id), 1)
    assert [await town.left(one) for one in (small, cheap, dear, draft, free, elsewhere)] == [0, 4, 5, 5, 5, 5]
    assert [await town.left(await town.suspended_lot_of(one)) for one in (small, cheap)] == [1, 1]
    await everything_agrees(town)
    assert len(mails(town, "suspended_lot_moved")) == 2
    zoe = await town.a_beneficiary("Zoé")
    taken = await zoe.reserves(await town.suspended_lot_of(cheap))
    await town.opens(cheap)
    await shop.merchant.hands_over(await zoe.pass_for(taken))
    await ends(town, cheap)

    # Of 3 portions at 4.00 €, one was collected there and one at 2.00 €; one is unclaimed.
    assert await part_of(marc, gift, "status", "collected", "refunded_cents") == ("unclaimed", 2, 0)
    assert await town.money(gift) == (1200, 0)
    await town.clock(lot.pickup_end + timedelta(days=7, minutes=2))
    await town.worker_runs()
    assert await part_of(marc, gift, "status", "collected", "refunded_cents") == ("partly_collected", 2, 600)
    assert await town.money(gift) == (1200, 600)
    await everything_agrees(town)
    assert len(mails(town, "suspended_lot_over")) == 1


async def test_withdrawing_or_recalling_a_lot_ends_and_refunds_its_gifts(town: Town) -> None:
    marc, jeanne, odile = await town.a_customer(), await town.a_customer("Jeanne"), await town.an_admin()
    amina, zoe = await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    for end in ("withdrawn", "recalled"):
        lot = await town.a_lot(left=6, opens_in=timedelta(hours=-1), gtin="03017620422003", title=f"Panier {end}")
        gift, unpaid = await marc.gives(lot, 3, if_unclaimed="move"), await jeanne.suspends(lot)
        free_lot = await town.suspended_lot_of(lot)
        eaten, taken = await amina.reserves(free_lot), await zoe.reserves(free_lot, 2)
        await lot.shop.merchant.hands_over(await amina.pass_for(eaten))
        (await town.a_lot(shop=lot.shop, price_cents=200)), await town.now()

        if end == "withdrawn":
            await lot.shop.merchant.withdraws(lot)
            assert (await refused(lot.shop.merchant.withdraws(free_lot))).code == "lot.not_found"
        else:
            recall = await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
            assert recall["lots"] == 1
            shown = await zoe.gets(f"/reservations/{taken.id}/pass")
            answer = await lot.shop.merchant.asks("POST", "/pickups", {"qr": shown["qr"], "pin": shown["pin"]})
            assert answer.json()["code"] == "lot.recalled"
        await town.worker_runs()

        statuses = await town.rows("select status from app.lots where id in ($1, $2)", lot.id, free_lot.id)
        assert [row["status"] for row in statuses] == [end] * 2
        assert await town.status_of(taken) == "cancelled"
        assert (await town.taken_today(zoe), await town.taken_today(amina)) == (0, 1)
        assert await part_of(marc, gift, "status", "collected", "refunded_cents") == ("partly_collected", 1, 800)
        assert await part_of(jeanne, unpaid, "status", "refunded_cents") == ("cancelled", 0)
        assert (await town.money(gift), await town.money(unpaid)) == ((1200, 800), (0, 0))
        await everything_agrees(town)
        assert len(mails(town, "suspended_lot_over")) == 1
        for mail in (town.folder / "mails").iterdir():
            mail.unlink()
        await town.clock(await town.now() + timedelta(days=1))


async def test_a_recall_after_the_paid_lot_ended_refunds_its_gift(town: Town) -> None:
    marc, odile, amina = await town.a_customer(), await town.an_admin(), await town.a_beneficiary()
    lot = await town.a_lot(gtin="03017620422003")
    gift = await marc.gives(lot, 2)
    await amina.reserves(await town.suspended_lot_of(lot))
    await town.clock(lot.pickup_end)
    async with town.copy.connection(WORKER) as worker:
        await worker.execute("select app.end_lots(1)")  # one lot only, as when many windows end at once
    statuses = await town.rows("select status from app.lots order by id")
    assert [row["status"] for row in statuses] == ["ended", "published"]

    await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
    await town.worker_runs()

    assert await part_of(marc, gift, "status", "refunded_cents") == ("refunded", 800)
    assert await town.money(gift) == (800, 800)
    await everything_agrees(town)


async def test_a_moved_gift_is_refunded_when_its_new_lots_are_withdrawn(town: Town) -> None:
    marc, shop = await town.a_customer(), await town.a_shop()
    lot = await town.a_lot(left=5, shop=shop)
    gift = await marc.gives(lot, 3, if_unclaimed="move")
    later = timedelta(days=2)
    small, large = [await town.a_lot(left=n, shop=shop, opens_in=later, price_cents=300) for n in (1, 5)]
    await ends(town, lot)
    await town.worker_runs()
    assert await part_of(marc, gift, "status", "lot_id") == ("moved", str(large.id))
    assert (await town.left(small), await town.left(large)) == (0, 3)

    await shop.merchant.withdraws(large)
    await town.worker_runs()
    assert await part_of(marc, gift, "status", "refunded_cents") == ("moved", 0), "one is still on offer"
    await shop.merchant.withdraws(small)
    await town.worker_runs()

    assert await part_of(marc, gift, "status", "refunded_cents") == ("refunded", 1200)
    assert await town.money(gift) == (1200, 1200)
    await everything_agrees(town)


async def test_a_gift_that_is_unpaid_or_cannot_be_offered_costs_nothing(town: Town) -> None:
    marc, odile = await town.a_customer(), await town.an_admin()
    lot = await town.a_lot(left=5, title="Panier")
    lapsing, cancelled = await marc.suspends(lot), await marc.suspends(lot)
    late, refunded = await marc.suspends(lot), await marc.suspends(lot)
    assert (await marc.posts(f"/suspended-lots/{cancelled.id}/cancel"))["status"] == "cancelled"
    assert (await marc.posts(f"/suspended-lots/{cancelled.id}/cancel"))["status"] == "cancelled"
    given = await marc.gives(lot)
    assert await town.left(lot) == 1

    await odile.suspends_account(lot.shop.merchant)
    await town.stripe.pay(refunded.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await part_of(marc, refunded, "status", "refunded_cents") == ("refunded", 400)
    assert await town.money(refunded) == (400, 400)
    assert await town.left(await town.suspended_lot_of(lot)) == 1
    await town.clock(await town.now() + timedelta(minutes=11))
    await town.worker_runs()
    assert await part_of(marc, lapsing, "status") == ("expired",)
    await town.stripe.pay(late.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert (await town.money(late))[0] == (await town.money(late))[1]
    assert await town.left(lot) == 4

    # The food is recalled in the meantime, but the lot itself is not marked: the gift must not be offered.
    overlooked = await town.a_lot(gtin="03017620422003")
    gift = await marc.suspends(overlooked)
    await town.changes("insert into app.recalls (gtin, reason, issued_by) values ('03017620422003', 'x', $1)", odile.id)
    await town.stripe.pay(gift.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    assert await part_of(marc, gift, "status", "refunded_cents") == ("refunded", 400)

    # Nobody can collect it while the merchant is suspended.
    amina = await town.a_beneficiary()
    assert (await amina.tries_to_reserve(await town.suspended_lot_of(lot))).code == "lot.closed"
    await ends(town, lot)
    assert await part_of(marc, given, "status", "refunded_cents") == ("refunded", 400)
    assert await town.money(given) == (400, 400)
    await everything_agrees(town)

    # Roles that cannot give, lots that cannot be given, and invalid requests.
    open_lot, free = await town.a_lot(price_cents=400, left=2), await town.a_free_lot()
    merchant, collector = await town.a_merchant(), await town.a_collector()
    body = {"lot_id": str(open_lot.id), "quantity": 1}
    for person, wanted, code in (
        (amina, body, "access.forbidden"),
        (merchant, body, "access.forbidden"),
        (collector, body, "access.forbidden"),
        (marc, {**body, "lot_id": str(free.id)}, "lot.not_found"),
        (marc, {**body, "quantity": 3}, "lot.sold_out"),
        (marc, {**body, "if_unclaimed": "keep"}, "request.invalid"),
        (marc, {**body, "lot_id": "a lot"}, "request.invalid"),
    ):
        assert (await person.asks("POST", "/suspended-lots", wanted, key="x")).json()["code"] == code
    assert (await marc.asks("POST", "/suspended-lots", body)).json()["code"] == "idempotency.key_missing"
    assert await town.left(open_lot) == 2


async def test_a_lots_new_title_is_shown_with_its_suspended_portions(town: Town) -> None:
    marc, amina = await town.a_customer(), await town.a_beneficiary()
    lot = await town.a_lot(becomes_free_at=await town.now() + timedelta(hours=4))
    await marc.gives(lot)
    answer = await lot.shop.merchant.asks(
        "PATCH", f"/lots/{lot.id}", {"title": "Six croissants", "description": "Au beurre"}
    )
    assert answer.status_code == 200
    free_lot = await town.suspended_lot_of(lot)
    seen = await amina.gets(f"/lots/{free_lot.id}")
    assert (seen["title"], seen["description"]) == ("Six croissants", "Au beurre")
    (found,) = (
        await amina.gets("/lots", near=f"{lot.shop.latitude},{lot.shop.longitude}", q="croissants", kind="free")
    )["data"]
    assert found["id"] == str(free_lot.id)
    # The gift stays on offer when the rest becomes free, and its donor does not see the free lot.
    await town.clock(await town.now() + timedelta(hours=4, minutes=1))
    await town.worker_runs()
    assert await town.value("select kind from app.lots where id = $1", lot.id) == "free"
    shown = await marc.gets(f"/lots/{lot.id}")
    assert (shown["kind"], shown["remaining"], shown["free_lot_id"]) == ("discounted", 0, None)
    assert (await marc.gets("/suspended-lots"))["data"][0]["status"] == "offered"
    assert await town.left(free_lot) == 1

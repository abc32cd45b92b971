"""Recalls: recalled food cannot be reserved, collected or published; its holders are refunded and informed."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.startup.commands import ecopanier
from tests.town import Admin, Lot, Merchant, Shop, Town, refused
from tests.town.answers import refusal_in

PARIS = ZoneInfo("Europe/Paris")

GTIN, AS_KEPT = "3017620422003", "03017620422003"
OTHER = "04006381333931"
REASON = "Présence possible de Listeria."


async def recalls(odile: Admin, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await odile.posts("/admin/recalls", {"gtin": GTIN, "reason": REASON, **fields})
    return made


async def mails(town: Town) -> dict[str, str]:
    """Return the recall mails by recipient."""
    found = {}
    for file in (town.folder / "mails").glob("*-lot_recalled.eml"):
        text = file.read_text()
        found[text.partition("To: ")[2].partition("\n")[0].strip()] = text
    return found


async def status(town: Town, lot: Lot) -> str:
    found: str = await town.value("select status from app.lots where id = $1", lot.id)
    return found


async def test_a_recall_freezes_its_lots_and_refunds_and_informs_holders(town: Town) -> None:
    marc, jeanne, amina = await town.a_customer("Marc"), await town.a_customer("Jeanne"), await town.a_beneficiary()
    odile = await town.an_admin()
    shop = await town.a_shop()
    food: dict[str, Any] = {"gtin": AS_KEPT, "batch": "L1", "opens_in": timedelta(hours=-1)}
    paid, free = await town.a_lot(shop=shop, title="Tartinade", **food), await town.a_free_lot(shop=shop, **food)
    other = await town.a_lot(shop=shop, gtin=OTHER)
    draft = await town.a_lot(shop=shop, gtin=AS_KEPT, status="draft")
    bought, held = await marc.buys(paid, 2), await jeanne.reserves(paid)
    eaten, taken, kept = await marc.buys(paid), await amina.reserves(free, 2), await marc.buys(other)
    passes = {marc: await marc.pass_for(bought), amina: await amina.pass_for(taken)}
    await shop.merchant.hands_over(await marc.pass_for(eaten))
    impact = await town.value("select sum(meals) from app.impact_entries")

    recall = await recalls(odile)

    assert {key: recall[key] for key in ("gtin", "batch", "reason", "lots")} == {
        "gtin": AS_KEPT,
        "batch": None,
        "reason": REASON,
        "lots": 3,
    }
    # Immediately, before the worker has run:
    assert [await status(town, lot) for lot in (paid, free, draft, other)] == ["recalled"] * 3 + ["published"]
    refusals = [await shop.merchant.tries_to_hand_over(shown) for shown in passes.values()]
    assert [(refusal.status, refusal.code) for refusal in refusals] == [(409, "lot.recalled")] * 2
    assert {**refusals[0].body, "request_id": 0} == {**refusals[1].body, "request_id": 0}  # the same for free and paid
    near = {"near": f"{shop.latitude},{shop.longitude}"}
    assert [lot["id"] for lot in (await amina.gets("/lots", **near))["data"]] == [str(other.id)]
    assert (await jeanne.tries_to_reserve(paid)).code == "lot.closed"
    assert (await refused(shop.merchant.withdraws(paid))).code == "lot.closed"

    await town.worker_runs()
    await town.worker_runs()

    assert [await town.status_of(r) for r in (bought, held, eaten, taken, kept)] == [
        "cancelled",
        "cancelled",
        "picked_up",
        "cancelled",
        "confirmed",
    ]
    assert await town.value("select array_agg(distinct ended_because) from app.reservations") == ["recalled", None]
    assert (await town.money(bought), await town.money(held)) == ((800, 800), (0, 0))
    assert (await town.money(eaten), await town.money(kept)) == ((400, 0), (400, 0))
    assert await town.taken_today(amina) == 0
    assert (await town.left(paid), await town.left(free)) == (4, 5)
    assert await town.stock_is_exact()
    assert await town.value("select sum(meals) from app.impact_entries") == impact
    assert (await shop.merchant.tries_to_hand_over(passes[marc])).code == "lot.recalled"
    told = await mails(town)
    assert told.keys() == {marc.email, jeanne.email}  # Amina has no address
    assert "Tartinade" in told[str(marc.email)]
    assert "Listeria" in told[str(marc.email)]
    assert len(list((town.folder / "mails").glob("*-lot_recalled.eml"))) == 3  # Marc gets one for each reservation
    assert (await shop.merchant.gets(f"/lots/{paid.id}"))["status"] == "recalled"


async def test_control_without_its_own_check_a_pickup_of_recalled_food_works(town: Town) -> None:
    source: str = await town.value("select pg_get_functiondef('app.pick_up'::regproc)")
    assert "l.status = 'recalled'" in source
    await town.changes(source.replace("l.status = 'recalled'", "false"))
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(gtin=AS_KEPT, opens_in=timedelta(hours=-1))
    shown = await amina.pass_for(await amina.reserves(lot))

    await recalls(await town.an_admin())

    assert (await lot.shop.merchant.hands_over(shown))["quantity"] == 1


async def test_a_recall_matches_a_gtin_and_one_batch_or_all(town: Town) -> None:
    shop = await town.a_shop()
    lots = {batch: await town.a_lot(shop=shop, gtin=AS_KEPT, batch=batch) for batch in ("L1", "L2", None)}
    lots["another food"] = await town.a_lot(shop=shop, gtin=OTHER)
    names = {lot.id: batch for batch, lot in lots.items()}
    for gtin, batch, matching in (
        (AS_KEPT, None, {"L1", "L2", None}),
        (AS_KEPT, "L1", {"L1", None}),  # a lot without a batch may belong to it
        (AS_KEPT, "l1", {"L1", None}),
        (AS_KEPT, "LOT-1", {"L1", None}),  # the same batch as a notice writes it
        (AS_KEPT, "1", {"L1", None}),  # and as a GS1 code writes it
        (AS_KEPT, "L11", {None}),
        (AS_KEPT, "L", {None}),
        (AS_KEPT, "L9", {None}),
        ("00036000291452", None, set()),
    ):
        async with town.copy.connection() as connection:
            undone = connection.transaction()
            await undone.start()
            frozen = await connection.fetchval("select lots from app.issue_recall($1, $2, 'x', null)", gtin, batch)
            rows = await connection.fetch("select id from app.lots where status = 'recalled'")
            await undone.rollback()
        assert ({names[row["id"]] for row in rows}, frozen) == (matching, len(matching)), (gtin, batch)


async def test_a_batch_as_printed_is_recalled_however_the_notice_writes_it(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie)
    for printed, notice in (
        ("L 2447 B", "L2447B"),
        ("L2448B", "l 2448 - b"),
        ("Lot n° 2449 B", "2449B"),
        ("2450 B", "LOT N° L2450-B"),
        ("No 2451/B", "L2451B"),
        ("L\u00a02452\u202fB", "Batch 2452 B"),
    ):
        lot = await sophie.lists(shop, gtin=GTIN, batch=printed)
        assert lot["batch"] == " ".join(printed.split())

        recall = await recalls(odile, batch=notice)

        assert (recall["batch"], recall["lots"]) == (notice, 1), printed
        assert (await sophie.gets(f"/lots/{lot['id']}"))["status"] == "recalled", printed
        assert await _lists(sophie, shop, gtin=GTIN, batch=printed) == "lot.recalled"
        assert await _lists(sophie, shop, gtin=GTIN, batch=f"{printed} 2") is None, "the control: another batch"


async def test_gtins_of_every_length_are_kept_with_14_digits(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie)
    for written, kept in (
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("0036000291452", "00036000291452"),
        ("13017620422000", "13017620422000"),
    ):
        already = await town.value("select count(*) from app.recalls where gtin = $1", kept)
        answer = await sophie.asks("POST", "/lots", {**await town.lot_fields(shop), "gtin": written})
        assert answer.json().get("gtin") == (None if already else kept)
        assert (await recalls(odile, gtin=written))["lots"] == (0 if already else 1)
        assert await town.value("select count(*) from app.recalls where gtin = $1", kept) == already + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gtin", "3017620422004"),
        ("gtin", "301762042200"),
        ("gtin", ""),
        ("gtin", None),
        ("reason", ""),
        ("reason", "x" * 501),
        ("batch", "x" * 21),
        ("batch", " "),
        ("batch", "L\x011"),
        ("lots", 3),
    ],
)
async def test_an_invalid_recall_is_refused(lasting_town: Town, field: str, value: Any) -> None:
    odile, lot = await lasting_town.an_admin(), await lasting_town.a_lot(gtin=AS_KEPT)
    refusal = await refused(recalls(odile, **{field: value}))
    assert (refusal.status, refusal.code) == (422, "request.invalid")
    assert await lasting_town.value("select count(*) from app.recalls") == 0
    assert await status(lasting_town, lot) == "published"


async def test_only_admins_recall_and_a_repeated_request_recalls_once(town: Town) -> None:
    lot = await town.a_lot(gtin=AS_KEPT)
    body = {"gtin": GTIN, "reason": REASON}
    for person in (lot.shop.merchant, await town.a_customer(), await town.an_association()):
        for method in ("POST", "GET"):
            answer = await person.asks(method, "/admin/recalls", body if method == "POST" else None)
            assert refusal_in(answer).code == "access.forbidden"
    assert (await town.request("POST", "/v1/admin/recalls", json=body)).status_code == 401
    assert await town.value("select count(*) from app.recalls") == 0
    assert await status(town, lot) == "published"

    odile = await town.an_admin()
    first = await odile.posts("/admin/recalls", body, key="listeria")
    assert await odile.posts("/admin/recalls", body, key="listeria") == first
    second = await recalls(odile, batch="L9")

    assert [entry["id"] for entry in (await odile.gets("/admin/recalls"))["data"]] == [second["id"], first["id"]]
    page = await odile.gets("/admin/recalls", limit=1)
    assert [e["id"] for e in (await odile.gets("/admin/recalls", limit=1, after=page["next"]))["data"]] == [first["id"]]
    assert await town.value("select issued_by from app.recalls where id = $1", first["id"]) == odile.id


async def _lists(merchant: Merchant, shop: Shop, **fields: Any) -> str | None:
    answer = await merchant.asks("POST", "/lots", {**await merchant.town.lot_fields(shop), **fields})
    return None if answer.is_success else refusal_in(answer).code


async def test_recalled_food_cannot_be_published_in_any_way(town: Town) -> None:
    sophie, odile = await town.a_merchant(), await town.an_admin()
    shop = await town.a_shop(sophie)
    await recalls(odile, batch="L1")
    draft = await sophie.lists(shop, gtin=GTIN, batch="L1", publish=False)
    other = await sophie.lists(shop, gtin=GTIN, batch="L2")
    path = f"/lots/{other['id']}"

    assert await _lists(sophie, shop, gtin=GTIN, batch="L1") == "lot.recalled"
    assert await _lists(sophie, shop, gtin=GTIN) == "lot.recalled"
    assert refusal_in(await sophie.asks("PATCH", f"/lots/{draft['id']}", {"publish": True})).code == "lot.recalled"
    assert refusal_in(await sophie.asks("PATCH", path, {"batch": "L1"})).code == "lot.recalled"
    assert refusal_in(await sophie.asks("PATCH", path, {"batch": None})).code in ("lot.recalled", "request.invalid")
    # A lot that is edited while its shop may not sell must not come back with the shop.
    await odile.posts(f"/admin/shops/{shop.id}/verify", {"decision": "rejected"})
    assert refusal_in(await sophie.asks("PATCH", path, {"batch": "L1"})).code == "lot.recalled"

    assert await _lists(sophie, await town.a_shop(sophie), gtin=GTIN, batch="L2") is None
    assert await town.value("select count(*) from app.lots where batch = 'L1' and status <> 'draft'") == 0


async def test_a_recalled_lot_stays_recalled_whatever_happens_to_its_shop(town: Town) -> None:
    odile, marc = await town.an_admin(), await town.a_customer()
    lot = await town.a_lot(gtin=AS_KEPT)
    bought = await marc.buys(lot)
    await odile.suspends_account(lot.shop.merchant)
    assert await status(town, lot) == "paused"

    await recalls(odile)
    await odile.restores_account(lot.shop.merchant)
    assert await status(town, lot) == "recalled"
    await odile.posts(f"/admin/shops/{lot.shop.id}/verify", {"decision": "rejected"})
    await odile.verifies_shop(lot.shop.id)
    assert await status(town, lot) == "recalled"
    await town.clock(lot.pickup_end + timedelta(hours=1))
    await town.worker_runs()

    assert await status(town, lot) == "recalled"
    assert (await town.status_of(bought), await town.money(bought)) == ("cancelled", (400, 400))
    assert refusal_in(await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"title": "x"})).code == "lot.closed"


async def test_holders_of_past_lots_are_told_while_they_may_have_the_food(town: Town) -> None:
    odile, jeanne = await town.an_admin(), await town.a_customer("Jeanne")
    ended = await town.now() + timedelta(hours=1)
    recalled_at = ended + timedelta(hours=6)
    today = recalled_at.astimezone(PARIS).date()  # may be the day after the pickup
    told = set()
    cases: list[tuple[int, dict[str, Any], bool]] = [
        (29, {}, True),
        (31, {}, False),
        (31, {"date_kind": "best_before", "food_date": today}, True),  # may still be in the cupboard
        (31, {"date_kind": "best_before", "food_date": today - timedelta(days=1)}, False),
    ]
    for days_ago, fields, hears in cases:
        holder = await town.a_customer()
        told |= {holder.email} if hears else set()
        lot = await town.a_lot(gtin=AS_KEPT, opens_in=timedelta(hours=-1), lasts=timedelta(hours=2), **fields)
        eaten = await holder.buys(lot)
        await lot.shop.merchant.hands_over(await holder.pass_for(eaten))
        await town.changes(
            "update app.lots set pickup_start = $2, pickup_end = $3 where id = $1",
            lot.id,
            *_hour(ended - timedelta(days=days_ago)),
        )
    forgotten = await jeanne.buys(await town.a_lot(gtin=AS_KEPT))
    await town.clock(recalled_at)
    await town.changes("update app.lots set pickup_start = $1, pickup_end = $2 where pickup_end > $2", *_hour(ended))
    await town.worker_runs()

    recall = await recalls(odile)
    await town.worker_runs()

    assert recall["lots"] == 0
    assert set(await mails(town)) == told
    assert await town.value("select array_agg(distinct status) from app.lots") == ["ended"]
    assert (await town.status_of(forgotten), await town.money(forgotten)) == ("no_show", (400, 0))
    assert await town.value("select count(*) from app.reservations where status = 'picked_up'") == 4


def _hour(end: datetime) -> tuple[datetime, datetime]:
    return end - timedelta(hours=1), end


async def test_cancelling_recalled_food_late_is_refunded(town: Town) -> None:
    marc, odile = await town.a_customer(), await town.an_admin()
    lot = await town.a_lot(gtin=AS_KEPT, opens_in=timedelta(minutes=30))
    bought = await marc.buys(lot)
    await recalls(odile)

    await marc.cancels(bought)
    await town.worker_runs()

    assert await town.money(bought) == (400, 400)
    assert await town.stock_is_exact()


async def test_a_hold_that_is_paid_after_a_recall_is_refunded(town: Town) -> None:
    jeanne, odile = await town.a_customer("Jeanne"), await town.an_admin()
    lot = await town.a_lot(gtin=AS_KEPT)
    held = await jeanne.reserves(lot)
    await recalls(odile)

    await town.stripe.pay(held.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.worker_runs()

    assert await town.status_of(held) == "cancelled"
    assert await town.money(held) in ((400, 400), (0, 0))
    assert await town.left(lot) == 5


async def test_everybody_signed_in_reads_recalls_and_nobody_changes_them(town: Town) -> None:
    odile, people = (
        await town.an_admin(),
        [await town.a_customer(), await town.a_merchant(), await town.a_beneficiary()],
    )
    await recalls(odile)
    read = "select gtin, batch, reason from app.recalls"
    for person in people:
        async with town.sql_as(person) as connection:
            assert len(await connection.fetch(read)) == 1
        async with town.sql_as(person) as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute("select issued_by from app.recalls")
    async with town.sql_as(None) as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.fetch(read)
    with pytest.raises(Exception, match=r"record\.append_only"):
        await town.changes("delete from app.recalls")
    with pytest.raises(Exception, match=r"record\.append_only"):
        await town.changes("update app.recalls set reason = 'x'")


async def test_an_operator_recalls_from_the_command_line(town: Town) -> None:
    lot, other = await town.a_lot(gtin=AS_KEPT, batch="L1"), await town.a_lot(gtin=AS_KEPT, batch="L2")

    wrong = await ecopanier(town, "recall", "--gtin", "3017620422004", "--reason", REASON)
    assert (wrong.status, await town.value("select count(*) from app.recalls")) == (1, 0)
    assert "Nothing was recalled" in wrong.text
    assert "Traceback" not in wrong.text
    done = await ecopanier(town, "recall", "--gtin", GTIN, "--batch", "L1", "--reason", REASON)

    assert (done.status, done.text) == (0, f"Recalled: {AS_KEPT}, L1; lots frozen: 1.\n")
    assert (await status(town, lot), await status(town, other)) == ("recalled", "published")
    row = (await town.rows("select gtin, batch, reason, issued_by from app.recalls"))[0]
    assert tuple(row) == (AS_KEPT, "L1", REASON, None)

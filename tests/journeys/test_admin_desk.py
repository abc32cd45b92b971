"""What waits for an admin in one answer, and lots of all shops found by words, shop, commune and status."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.journeys.test_problem_reports import bought, collected, reports
from tests.recall_feed import AS_KEPT, GTIN, RecallFeed, a_record
from tests.town import Admin, Town
from tests.town.answers import refusal_in
from tests.town.people import moment


async def titles(odile: Admin, **asked: Any) -> list[str]:
    return [one["title"] for one in (await odile.gets("/admin/lots", **asked))["data"]]


async def test_pending_decisions_come_with_counts_and_oldest_first(town: Town, recall_feed: RecallFeed) -> None:
    odile = await town.an_admin()
    nothing = await odile.gets("/admin/to-decide")
    assert nothing.pop("yesterday") == {"collected": 0, "no_shows": 0, "food_kg": 0}
    assert nothing.pop("shops_verified") == 0
    assert {kind: one["count"] for kind, one in nothing.items()} == dict.fromkeys(nothing, 0)
    shops = [await town.a_shop(verified=False) for _ in range(3)]
    await town.changes("update app.shops set insee_code = '00000' where id = $1", shops[0].id)
    house, karim = await town.an_association(status="pending"), await town.a_collector(status="pending")
    await town.a_shop()
    await town.a_lot(gtin=AS_KEPT, title="Tartinade")
    recall_feed.records = [a_record("2026-11-0042", (GTIN, "L1"))]
    await town.worker_runs()
    marc, lot, held = await bought(town)
    await reports(marc, await collected(town, lot, marc, held), "allergen")
    await town.changes(
        "insert into app.notices (account_id, event, facts, in_app, at) values ($1, 'refund_failed', $2, true, now())",
        odile.id,
        '{"correction": 1, "intent": "pi_1", "paid_on": "2026-11-22T16:02:11Z", "amount_cents": 480,'
        ' "missing_cents": 480, "refunded_cents": 0}',
    )

    found = await odile.gets("/admin/to-decide", most=2)

    verified = (await odile.gets("/admin/figures"))["now"]["shops_verified"]
    assert found.pop("shops_verified") == verified > 0
    assert found.pop("yesterday")["collected"] == 0
    assert {kind: one["count"] for kind, one in found.items()} == {
        "shops": 3,
        "associations": 1,
        "collectors": 1,
        "reports": 1,
        "recall_notices": 1,
        "refunds": 1,
    }
    assert [one["id"] for one in found["shops"]["oldest"]] == [str(one.id) for one in shops[:2]]
    assert [one["to_correct"] for one in found["shops"]["oldest"]] == [["insee_code"], []]
    assert found["associations"]["oldest"] == (await odile.gets("/admin/associations", status="pending"))["data"]
    assert found["collectors"]["oldest"] == (await odile.gets("/admin/collectors", status="pending"))["data"]
    [collector] = found["collectors"]["oldest"]
    assert collector["id"] == str(karim.id)
    assert found["associations"]["oldest"][0]["id"] == str(house.id)
    [report] = found["reports"]["oldest"]
    assert (report["kind"], report["answered"]) == ("allergen", False)
    [notice] = found["recall_notices"]["oldest"]
    assert (notice["number"], notice["lots"]) == ("2026-11-0042", 1)
    [refund] = found["refunds"]["oldest"]
    assert "4,80" in refund["text"]


async def test_lots_are_found_by_words_shop_commune_and_status(town: Town) -> None:
    odile, bakery, grocer = await town.an_admin(), await town.a_shop(), await town.a_shop()
    await town.changes(
        "update app.shops set name = 'Épicerie d''Amélie', insee_code = '68066' where id = $1", grocer.id
    )
    brioche = await town.a_lot(shop=bakery, title="Brioches du matin")
    await town.a_lot(shop=grocer, title="Légumes d'été")
    await town.a_lot(shop=grocer, title="Brioche cachée", status="draft")
    await town.a_free_lot(shop=grocer, title="Soupe de légumes")
    await odile.posts(f"/admin/lots/{brioche.id}/withdraw", {"reason": "Photo trompeuse."})

    assert await titles(odile) == ["Soupe de légumes", "Légumes d'été", "Brioches du matin"]
    for asked, expected in (
        ({"q": "brioche"}, ["Brioches du matin"]),
        ({"q": "legume"}, ["Soupe de légumes", "Légumes d'été"]),
        ({"q": "legume", "status": "withdrawn"}, []),
        ({"status": "withdrawn"}, ["Brioches du matin"]),
        ({"shop": "amelie"}, ["Soupe de légumes", "Légumes d'été"]),
        ({"shop": "melie"}, []),
        ({"shop": "& | !:*"}, []),
        ({"insee": "68066", "q": "soupe"}, ["Soupe de légumes"]),
        ({"insee": "67482", "q": "soupe"}, []),
        ({"shop_id": str(bakery.id)}, ["Brioches du matin"]),
        ({"shop_id": str(uuid4())}, []),
    ):
        assert await titles(odile, **asked) == expected, asked
    page = await odile.gets("/admin/lots", limit=2)
    rest = await odile.gets("/admin/lots", limit=2, after=page["next"])
    assert [one["title"] for one in page["data"] + rest["data"]] == await titles(odile)
    assert (page["has_more"], rest["has_more"]) == (True, False)


async def test_only_admins_see_what_waits_and_lots_of_all_shops(town: Town) -> None:
    for nosy in (await town.a_merchant(), await town.an_association(), await town.a_customer()):
        for path in ("/admin/to-decide", "/admin/lots"):
            assert refusal_in(await nosy.asks("GET", path)).code == "access.forbidden"


async def test_each_filter_of_lots_and_the_log_has_an_index(town: Town) -> None:
    away = "status in ('paused', 'ended', 'withdrawn', 'recalled')"
    plans = {
        "lots_words_off_idx": f"select from app.lots where {away} and words @@ 'soup'::tsquery",
        "lots_stopped_idx": "select from app.lots where status = 'withdrawn' order by id desc limit 9",
        "shops_insee_code_idx": "select id from app.shops where insee_code = any ('{67482}')",
        "recall_matches_undecided_idx": "select notice_id from app.recall_matches where decided_at is null",
        "audit_entries_action_idx": "select from app.audit_entries where action = 'x.y' order by id desc limit 9",
        "audit_entries_at_idx": "select id from app.audit_entries where at >= now() order by at limit 1",
    }
    async with town.copy.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off; set local enable_sort = off")
        for index, asked in plans.items():
            plan = "\n".join(row[0] for row in await connection.fetch("explain " + asked))
            assert index in plan, plan


async def test_the_log_of_some_days_has_all_entries_of_these_days(town: Town) -> None:
    odile, start = await town.an_admin(), await town.now()
    for hours in range(0, 72, 12):
        await town.clock(start + timedelta(hours=hours))
        await odile.gets("/admin/accounts", q=f"day {hours}")
    since, until = start + timedelta(hours=12), start + timedelta(hours=48)
    asked = {"since": since.isoformat(), "until": until.isoformat(), "action": "account.sought"}
    found = (await odile.gets("/admin/audit", **asked))["data"]
    assert [moment(one["at"]) - start >= timedelta(hours=12) for one in found] == [True] * 3
    assert all(moment(one["at"]) < until for one in found)

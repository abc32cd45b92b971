"""The figures of all shops, with accounts, verified shops, no-shows and failed mails, for admins."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_answers_as_documented import as_documented
from tests.journeys.test_figures import NOTHING, numbers, sells, table
from tests.town import Town
from tests.town.answers import refusal_in

NOBODY = {"customer": 0, "merchant": 0, "beneficiary": 0, "collector": 0, "association": 0, "admin": 0}


async def arrived(town: Town, at: str) -> None:
    """Date all accounts back to this time."""
    await town.changes("update app.accounts set created_at = $1::text::timestamptz", at)


async def joins(town: Town, role: str, at: str) -> None:
    await town.changes(
        "insert into app.accounts (role, display_name, created_at) values ($1, 'Alex', $2::text::timestamptz)", role, at
    )


async def decides(town: Town, shop: Any, decision: str, at: str, by: Any) -> None:
    await town.changes(
        "insert into app.decisions (subject, subject_id, decision, decided_by, decided_at)"
        " values ('shop', $1, $2, $3, $4::text::timestamptz)",
        shop.id,
        decision,
        by.id,
        at,
    )


async def test_admins_read_the_sums_over_all_shops(town: Town) -> None:
    here, far = await town.a_shop(), await town.a_shop(commune="97411")
    await sells(town, here, "2026-12-01T12:00:00+01:00", 2, weight_grams=400)
    # 01:00 on the second where the shop is, in Réunion, and 22:00 on the first in Paris.
    await sells(town, far, "2026-12-01T21:00:00+01:00")
    await town.clock("2026-12-02T09:00:00+01:00")
    lot = await town.a_lot(shop=here, left=3, opens_in=timedelta(hours=3), lasts=timedelta(hours=1))
    await (await town.a_customer("Karim")).buys(lot, 2)
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    await town.clock("2026-12-03T09:00:00+01:00")
    await town.changes(
        "insert into app.problem_reports"
        " (reservation_id, account_id, lot_id, shop_id, kind, words, reported_at, answer_by)"
        " select r.id, r.account_id, l.id, l.shop_id, 'other', 'x', t.at, t.at from app.reservations r"
        " join app.lots l on l.id = r.lot_id, (values ('2026-12-02T23:59:59+01:00'::timestamptz)) t (at)"
        " where r.status = 'no_show'"
    )
    odile = await town.an_admin()

    found = await odile.gets("/admin/figures", **{"from": "2026-12-01", "to": "2026-12-02"})

    first, second = found["rows"]
    assert [row["reports"] for row in (first, second, found["total"])] == [0, 1, 1]
    assert numbers(first) == (10, 3, 3, 7, 1200, 2400, 1.3, 2.3)
    assert numbers(second) == (3, 2, 0, 3, 0, 0, 0, 0)
    assert [row["no_shows"] for row in (first, second, found["total"])] == [0, 2, 2]
    assert (await odile.gets("/admin/to-decide"))["yesterday"] == {"collected": 0, "no_shows": 2, "food_kg": 0}
    assert numbers(found["before"]) == NOTHING
    assert found["time_zone"] == "Europe/Paris"
    # The same two lots are on two days for their own shops.
    assert (await odile.gets(f"/shops/{far.id}/figures"))["rows"][-1]["collected"] == 1
    assert "no_shows" not in (await odile.gets(f"/shops/{far.id}/figures"))["total"]


async def test_admins_read_who_came_and_how_things_stand(town: Town) -> None:
    shops = [await town.a_shop() for _ in range(3)]
    await town.a_shop(verified=False)
    odile, erased = await town.an_admin(), await town.a_customer()
    await arrived(town, "2026-11-01T12:00:00+01:00")
    for role, at in (
        ("customer", "2026-11-30T23:59:59+01:00"),
        ("customer", "2026-12-01T00:00:00+01:00"),
        ("beneficiary", "2026-12-01T23:59:59+01:00"),
        ("merchant", "2026-12-02T00:00:00+01:00"),
    ):
        await joins(town, role, at)
    await town.changes(
        "update app.accounts set status = 'erased', email = null, display_name = '-', erased_at = now(),"
        " email_verified_at = null, created_at = '2026-12-01' where id = $1",
        erased.id,
    )
    await decides(town, shops[0], "verified", "2026-12-01T10:00:00+01:00", odile)
    await decides(town, shops[0], "rejected", "2026-12-01T11:00:00+01:00", odile)
    await decides(town, shops[0], "verified", "2026-12-02T12:00:00+01:00", odile)
    await decides(town, shops[1], "verified", "2026-11-30T12:00:00+01:00", odile)
    await town.changes(
        "insert into app.notice_deliveries (mail, subject, channel, state, queued_at, ended_at)"
        " select 'invitation', gen_random_uuid(), 'mail', s.state, s.at,"
        " case when s.state <> 'queued' then s.at end"
        " from (values ('failed', '2026-12-01T12:00:00+01:00'::timestamptz), ('failed', '2026-12-01T23:59:59+01:00'),"
        " ('sent', '2026-12-01T12:00:00+01:00'), ('queued', '2026-12-01T12:00:00+01:00')) s (state, at)"
    )
    await town.changes("delete from jobs.procrastinate_jobs")
    await town.changes("select app.defer('payments.carry_forward', '{}')")
    await town.clock("2026-12-03T09:00:00+01:00")

    found = await odile.gets("/admin/figures", **{"from": "2026-12-01", "to": "2026-12-02"})

    first, second = found["rows"]
    assert first["new_accounts"] == {**NOBODY, "customer": 1, "beneficiary": 1}
    assert second["new_accounts"] == {**NOBODY, "merchant": 1}
    assert found["before"]["new_accounts"] == {**NOBODY, "customer": 1}
    assert [part["shops_verified"] for part in (first, second, found["before"])] == [1, 0, 1]
    assert [part["mails_failed"] for part in (first, second, found["total"])] == [2, 0, 2]
    now = found["now"]
    assert now["accounts"] == {**NOBODY, "customer": 2, "merchant": 5, "beneficiary": 1, "admin": 1}
    assert (now["shops_verified"], now["shops_pending"]) == (3, 1)
    assert now["mails_queued"] == 1
    assert (now["queue_length"], now["queue_failed"]) == (1, 0)


async def test_the_platform_s_spreadsheet_has_a_column_for_each_figure(town: Town) -> None:
    await sells(town, await town.a_shop(), "2026-12-01T12:00:00+01:00")
    await town.clock("2026-12-02T09:00:00+01:00")
    odile = await town.an_admin()
    await arrived(town, "2026-12-01T12:00:00+01:00")

    rows = await table(odile, "/admin/figures.csv", **{"from": "2026-12-01", "to": "2026-12-01", "by": "month"})

    assert list(rows[0].values()) == [
        *("Mois", "2026-12-01", "2026-12-01", "5", "1", "1", "4", "4,00", "8,00", "0,5", "0,9"),
        *("0", "1", "1", "0", "0", "0", "1", "0", "0", "0"),
    ]
    assert [row["Période"] for row in rows] == ["Mois", "Total", "Avant"]
    assert rows[0]["Nouveaux comptes : administrateurs"] == "1"


@pytest.mark.parametrize("form", ["", ".csv"])
async def test_only_admins_read_the_platform_s_figures(town: Town, form: str) -> None:
    shop = await town.a_shop()
    for person in (
        shop.merchant,
        await town.a_customer(),
        await town.a_beneficiary(),
        await town.an_association(),
        await town.a_collector(),
    ):
        assert refusal_in(await person.asks("GET", f"/admin/figures{form}")).code == "access.forbidden"
    assert (await town.request("GET", f"/v1/admin/figures{form}")).status_code == 401


async def test_figures_are_answered_as_documented(town: Town) -> None:
    """Postgres writes the answer."""
    await town.a_shop()
    odile = await town.an_admin()
    as_documented("GET", "/admin/figures", await odile.asks("GET", "/admin/figures?by=week"))


COUNTED = """
    select c.kind, c.status, c.came_on, sum(c.change) from app.standing_counts c
    group by 1, 2, 3 having sum(c.change) <> 0 order by 1, 2, 3
"""
THERE = """
    select a.role, a.status, app.paris_day(a.created_at), count(*) from app.accounts a where a.erased_at is null
    group by 1, 2, 3
    union all
    select 'shop', s.status, app.paris_day(s.created_at), count(*) from app.shops s group by 1, 2, 3
    order by 1, 2, 3
"""


async def test_counts_follow_accounts_and_shops(town: Town) -> None:
    shops = [await town.a_shop() for _ in range(2)]
    waiting, odile, marc = await town.a_shop(verified=False), await town.an_admin(), await town.a_customer()

    async def counted() -> list[tuple[Any, ...]]:
        found = [tuple(row) for row in await town.rows(COUNTED)]
        assert found == [tuple(row) for row in await town.rows(THERE)]
        return found

    before = await counted()
    await odile.posts(f"/admin/shops/{waiting.id}/verify", {"decision": "verified"})
    await odile.posts(f"/admin/accounts/{marc.id}/suspend", {"reason": "x"})
    await joins(town, "collector", "2026-01-01T12:00:00+01:00")
    await arrived(town, "2026-02-01T12:00:00+01:00")
    after = await counted()
    assert after != before
    several = await town.value("select count(*) from app.standing_counts")
    await town.changes("select app.gather_counts()")
    assert await counted() == after
    assert await town.value("select count(*) from app.standing_counts") == len(after) < several
    assert len(shops) == 2

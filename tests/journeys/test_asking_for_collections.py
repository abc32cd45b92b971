"""Asking for collections without an account, out of habit, and again and again; and what ends them."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.test_collections import partners, refused_with, request, told, window
from tests.town import Merchant, Shop, Town
from tests.town.answers import accepted, refusal_in
from tests.town.databases import WORKER

BREAD = {"title": "Pains", "category": "bakery", "kg": 8, "date_kind": "none"}


async def sends(town: Town, method: str, token: str, body: Any = None, address: str = "203.0.113.7") -> Any:
    headers = {"X-Forwarded-For": address}
    return await town.request(method, f"/v1/collect/{token}", json=body, headers=headers)


async def statuses(town: Town) -> list[str]:
    return [row["status"] for row in await town.rows("select status from app.collections order by window_start, id")]


async def test_a_link_asks_once_per_form_until_it_is_revoked(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    made = await sophie.posts("/collection-links", {"shop_id": str(shop.id), "name": "Équipe du soir"})
    token = made["token"]
    assert made["url"].endswith(f"/collect/{token}")
    assert await town.value("select count(*) from app.collection_links where token_hash::text like $1", token) == 0

    shown = await sends(town, "GET", token)
    assert (shown.headers["referrer-policy"], shown.headers["cache-control"]) == ("no-referrer", "no-store")
    body = {"form": shown.json()["form"], "items": [BREAD], **await window(town)}
    asked = accepted(await sends(town, "POST", token, body)).json()
    assert accepted(await sends(town, "POST", token, body)).json() == asked  # replayed: the same one
    assert await statuses(town) == ["requested"]
    read = await sophie.gets(f"/collections/{asked['collection_id']}")
    assert (read["asked_how"], read["history"][0]["by"]) == ("link", "link")
    assert await told(sophie) == ["collection_asked"]
    bottle = {**body, "form": str(uuid4()), "items": [{**BREAD, "title": "Six bouteilles de vin"}]}
    assert refusal_in(await sends(town, "POST", token, bottle)).code == "lot.alcohol"

    [link] = (await sophie.gets("/collection-links", shop_id=str(shop.id)))["data"]
    assert link["last_used_at"] is not None
    assert (await sophie.asks("DELETE", f"/collection-links/{link['id']}")).status_code == 204
    revoked, unknown = await sends(town, "GET", token), await sends(town, "GET", "guessed")
    assert refusal_in(revoked).code == refusal_in(unknown).code == "collection_link.unknown"
    told_apart = {"request_id"}
    assert {k: v for k, v in revoked.json().items() if k not in told_apart} == {
        k: v for k, v in unknown.json().items() if k not in told_apart
    }
    late = {**body, "form": str(uuid4())}
    assert refusal_in(await sends(town, "POST", token, late)).code == "collection_link.unknown"
    assert await statuses(town) == ["requested"]


async def test_guessing_links_has_to_wait_and_known_ones_do_not_count(town: Town) -> None:
    sophie, shop, _ = await partners(town)
    made = await sophie.posts("/collection-links", {"shop_id": str(shop.id), "name": "Soir"})
    for _ in range(25):
        accepted(await sends(town, "GET", made["token"]))
    codes = [refusal_in(await sends(town, "GET", f"guess{n}")).code for n in range(22)]
    assert codes == ["collection_link.unknown"] * 20 + ["auth.too_many_tries"] * 2
    assert (await sends(town, "GET", made["token"])).headers["retry-after"]
    accepted(await sends(town, "GET", made["token"], address="203.0.113.8"))


async def test_only_owners_make_and_see_links(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    made = await sophie.posts("/collection-links", {"shop_id": str(shop.id), "name": "Soir"})
    for other in (await town.a_merchant("Hélène"),):
        assert await refused_with(other, "POST", "/collection-links", {"shop_id": str(shop.id), "name": "x"}) == (
            "shop.not_found"
        )
        assert await refused_with(other, "GET", f"/collection-links?shop_id={shop.id}") == "shop.not_found"
        assert await refused_with(other, "DELETE", f"/collection-links/{made['id']}") == "collection_link.not_found"
    assert await refused_with(relais, "GET", f"/collection-links?shop_id={shop.id}") == "access.forbidden"
    await town.changes("update app.shops set status = 'suspended' where id = $1", shop.id)
    assert refusal_in(await sends(town, "GET", made["token"])).code == "collection_link.unknown"


async def with_habit(town: Town, sophie: Merchant, shop: Shop, **fields: Any) -> Any:
    wanted = {"active": True, "opens": "19:00", "closes": "20:30", **fields}
    return accepted(await sophie.asks("PUT", f"/shops/{shop.id}/collection-habit", wanted)).json()


async def test_a_habit_offers_what_is_left_of_each_lot_once(town: Town) -> None:
    await town.clock("2026-11-30T12:00+01:00")
    sophie, shop, _ = await partners(town)
    assert (await sophie.gets(f"/shops/{shop.id}/collection-habit"))["active"] is False
    assert (await with_habit(town, sophie, shop))["version"] == 1
    first = await town.a_lot(shop=shop, left=3, opens_in=timedelta(hours=1), lasts=timedelta(hours=2))
    today: dict[str, Any] = {"date_kind": "use_by", "food_date": date(2026, 11, 30)}
    late = await town.a_lot(shop=shop, left=2, opens_in=timedelta(hours=1), lasts=timedelta(hours=5), **today)
    sold = await town.a_lot(shop=shop, left=1, opens_in=timedelta(hours=1), lasts=timedelta(hours=2))
    await (await town.a_customer()).buys(sold)

    await town.clock("2026-11-30T15:30+01:00")
    await town.worker_runs()
    assert await statuses(town) == []  # another lot is on sale until the window opens
    await town.clock("2026-11-30T18:30+01:00")
    await town.worker_runs()
    await town.worker_runs()
    [asked] = (await sophie.gets("/collections"))["data"]
    assert (asked["asked_how"], datetime.fromisoformat(asked["window_start"])) == (
        "unsold",
        datetime.fromisoformat("2026-11-30T19:00+01:00"),
    )
    # The one that was paid for and not collected is left too.
    assert {(item["lot_id"], item["portions"]) for item in asked["items"]} == {
        (str(first.id), 3),
        (str(late.id), 2),
        (str(sold.id), 1),
    }
    await town.clock("2026-12-01T18:30+01:00")
    await town.worker_runs()
    assert len(await statuses(town)) == 1
    await with_habit(town, sophie, shop, active=False)
    await town.a_lot(shop=shop, opens_in=timedelta(0), lasts=timedelta(minutes=5))
    await town.clock("2026-12-01T18:40+01:00")
    await town.worker_runs()
    assert len(await statuses(town)) == 1


async def series(sophie: Merchant, shop: Shop, **fields: Any) -> Any:
    wanted = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "19:00", "closes": "20:30", "items": [BREAD], **fields}
    return await sophie.posts("/recurring-collections", {"shop_id": str(shop.id), **wanted})


async def days(town: Town) -> list[tuple[str, str]]:
    rows = await town.rows(
        "select to_char(window_start at time zone 'Europe/Paris', 'DD HH24:MI') || to_char(window_end at time zone"
        " 'Europe/Paris', '-HH24:MI') as at, status from app.collections where asked_how = 'recurring'"
        " order by window_start, id"
    )
    return [(row["at"], row["status"]) for row in rows]


async def test_a_recurring_request_appears_at_once_and_once_a_day(town: Town) -> None:
    await town.clock("2026-11-30T12:00+01:00")
    sophie, shop, relais = await partners(town)
    made = await series(sophie, shop, association_id=str(relais.id))
    assert await days(town) == [("30 19:00-20:30", "requested"), ("01 19:00-20:30", "requested")]
    for _ in range(2):
        await town.worker_runs()
    assert len(await days(town)) == 2
    await relais.posts(f"/collections/{(await relais.gets('/collections'))['data'][1]['id']}/accept", {})

    # Editing the series never changes what somebody has accepted.
    changed = {"weekdays": [1, 2, 3], "opens": "18:00", "closes": "19:00", "items": [BREAD]}
    path = f"/recurring-collections/{made['id']}"
    assert accepted(await sophie.asks("PUT", path, changed)).json()["version"] == 2
    assert await days(town) == [
        ("30 19:00-20:30", "accepted"),
        ("01 18:00-19:00", "requested"),
        ("01 19:00-20:30", "cancelled"),
    ]
    accepted(await sophie.asks("PUT", f"{path}/days/2026-12-01", {"opens": "17:00", "closes": "18:00"}))
    accepted(await sophie.asks("PUT", f"{path}/days/2026-12-02", {"skipped": True}))
    await town.clock("2026-12-01T12:00+01:00")
    await town.worker_runs()
    living = [at for at, status in await days(town) if status != "cancelled"]
    assert living == ["30 19:00-20:30", "01 17:00-18:00"]
    accepted(await sophie.asks("DELETE", f"{path}/days/2026-12-02"))
    living = [at for at, status in await days(town) if status != "cancelled"]
    assert living == ["30 19:00-20:30", "01 17:00-18:00", "02 18:00-19:00"]
    await sophie.asks("PUT", path, {**changed, "active": False})
    assert [at for at, status in await days(town) if status != "cancelled"] == ["30 19:00-20:30"]
    other = await town.a_merchant("Hélène")
    assert await refused_with(other, "PUT", path, changed) == "recurring_collection.not_found"
    assert await refused_with(other, "GET", path) == "recurring_collection.not_found"


@pytest.mark.parametrize(
    ("day", "opens", "closes", "length"),
    [
        ("2026-03-29", "01:30", "03:30", 1),  # the clocks go from 2 to 3
        ("2026-10-25", "01:30", "03:30", 3),
        ("2026-03-29", "02:00", "03:00", 1),  # a window that is not there keeps its length
        ("2026-03-28", "22:00", "04:00", 5),
    ],
)
async def test_recurring_windows_keep_their_times_when_clocks_change(
    town: Town, day: str, opens: str, closes: str, length: int
) -> None:
    await town.clock(f"{day}T00:30+01:00" if day < "2026-06" else f"{day}T00:30+02:00")
    sophie, shop, _ = await partners(town)
    await series(sophie, shop, opens=opens, closes=closes)
    async with town.copy.connection(WORKER) as worker:
        assert await worker.fetchval("select app.ask_recurring(10)") == 0
    [first, _] = await town.rows("select window_end - window_start as lasts from app.collections order by window_start")
    assert first["lasts"] == timedelta(hours=length)


async def test_closing_a_shop_or_an_association_cancels_their_collections(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    odile = await town.an_admin()
    lot = await town.a_lot(shop=shop, left=4)
    body = await request(town, shop, lots=[{"lot_id": str(lot.id), "portions": 2}], association_id=str(relais.id))
    for number, ends in enumerate(
        (
            odile.asks("POST", f"/admin/accounts/{relais.id}/suspend", {"reason": "Contrôle"}),
            odile.asks("POST", f"/admin/shops/{shop.id}/verify", {"decision": "rejected", "reason": "SIRET"}),
        )
    ):
        asked = await sophie.posts("/collections", body)
        assert await town.left(lot) == 2
        accepted(await ends)
        read = await sophie.gets(f"/collections/{asked['id']}")
        why = ("house_suspended", "shop_unverified")[number]
        assert (read["status"], read["reason"], read["reason_code"]) == ("cancelled", None, why)
        assert await town.left(lot) == 4
        if number == 0:
            accepted(await odile.asks("POST", f"/admin/accounts/{relais.id}/restore", {"reason": "Réglé"}))
    accepted(await odile.asks("POST", f"/admin/shops/{shop.id}/verify", {"decision": "verified"}))
    asked = await sophie.posts("/collections", body)
    await town.changes("select app.erase_account($1, 'own')", sophie.id)
    read = await relais.gets(f"/collections/{asked['id']}")
    assert (read["status"], read["reason_code"]) == ("cancelled", "house_closed")
    assert await town.stock_is_exact()


async def test_a_recall_cancels_what_nobody_has_taken(town: Town) -> None:
    sophie, shop, relais = await partners(town)
    lot = await town.a_lot(shop=shop, left=4, gtin="03017620422003", batch="L1")
    clean = await town.a_lot(shop=shop, left=4)
    lots = [{"lot_id": str(one.id), "portions": 1} for one in (lot, clean)]
    of_lots = await sophie.posts("/collections", await request(town, shop, items=[], lots=lots))
    jar = {"title": "Pâte", "portions": 1, "date_kind": "none", "gtin": "3017620422003", "batch": "L1"}
    of_item = await sophie.posts("/collections", await request(town, shop, items=[jar]))
    other = await sophie.posts("/collections", await request(town, shop, items=[{**jar, "batch": "L2"}]))

    await (await town.an_admin()).posts("/admin/recalls", {"gtin": "3017620422003", "batch": "L1", "reason": "Verre"})
    await town.worker_runs()

    ended = [(await sophie.gets(f"/collections/{one['id']}"))["status"] for one in (of_lots, of_item, other)]
    assert ended == ["cancelled", "cancelled", "requested"]
    assert await town.left(clean) == 4
    assert relais.id is not None

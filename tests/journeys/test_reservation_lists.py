"""Filters of reservation lists, and a shop's list as a spreadsheet, without persons, prices or kinds."""

import csv
import io
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from backend.reservations import api
from tests.town import Town
from tests.town.answers import refusal_in
from tests.town.people import Person
from tests.town.things import Shop


async def ids(person: Person, **filters: Any) -> list[str]:
    return [one["id"] for one in (await person.gets("/reservations", **filters))["data"]]


async def downloaded(person: Person, shop: Shop, **filters: Any) -> list[dict[str, str]]:
    answer = await person.asks("GET", "/reservations.csv", params={"shop": str(shop.id), **filters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


async def test_holders_filter_their_reservations_by_lot_window_and_status(town: Town) -> None:
    soon, later = await town.a_lot(), await town.a_lot(opens_in=timedelta(hours=30))
    karim = await town.a_customer()
    bought, held, cancelled = await karim.buys(soon), await karim.reserves(later), await karim.buys(later)
    await karim.cancels(cancelled)

    assert await ids(karim, lot=str(soon.id)) == [str(bought.id)]
    assert await ids(karim, status="held") == [str(held.id)]
    assert await ids(karim, status="cancelled", lot=str(later.id)) == [str(cancelled.id)]
    assert await ids(karim, **{"from": soon.pickup_end.isoformat()}) == [str(cancelled.id), str(held.id)]
    for wrong in ({"from": "2026-11-29"}, {"status": "lost"}, {"lot": "7"}):
        assert refusal_in(await karim.asks("GET", "/reservations", params=wrong)).code == "request.invalid"


async def test_shops_filter_by_the_status_and_lot_that_they_see(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop)
    karim, zoe = await town.a_customer(), await town.a_beneficiary("Zoé")
    held, bought = await karim.reserves(lot), await karim.buys(lot)
    await (await town.a_customer("Jeanne")).gives(lot)
    suspended = await town.suspended_lot_of(lot)
    given = await zoe.reserves(suspended)
    sophie = shop.merchant

    assert await ids(sophie, status="confirmed") == [str(given.id), str(bought.id), str(held.id)]
    assert await ids(sophie, status="held") == []
    assert await ids(sophie, lot=str(lot.id)) == [str(given.id), str(bought.id), str(held.id)]
    # The free lot beside it is no lot of theirs to ask for.
    assert await ids(sophie, lot=str(suspended.id)) == []
    assert await ids(sophie, **{"from": lot.pickup_end.isoformat()}) == []


async def test_a_shop_downloads_its_list_without_persons_prices_or_kinds(town: Town) -> None:
    shop = await town.a_shop()
    paid, free = await town.a_lot(shop=shop, title="=Panier"), await town.a_free_lot(shop=shop, title="=Panier")
    karim, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    held, bought = await karim.reserves(paid), await karim.buys(paid)
    await (await town.a_customer("Jeanne")).gives(paid)
    given, kept = await zoe.reserves(await town.suspended_lot_of(paid)), await amina.reserves(free)

    rows = await downloaded(shop.merchant, shop)

    assert [row["Réservation"] for row in rows] == [str(one.id) for one in (kept, given, bought, held)]
    assert list(rows[0]) == [
        "Réservation",
        "Lot",
        "Titre",
        "Portions",
        "État",
        "Début du retrait",
        "Fin du retrait",
        "Réservé le",
    ]
    assert {(row["Titre"], row["Portions"], row["État"]) for row in rows} == {("'=Panier", "1", "à retirer")}
    assert [row["Lot"] for row in rows] == [str(free.id), *[str(paid.id)] * 3]
    assert await downloaded(shop.merchant, shop, lot=str(free.id)) == rows[:1]
    assert await downloaded(shop.merchant, shop, status="picked_up") == []

    other = await town.a_shop()
    for stranger in (other.merchant, karim):
        answer = await stranger.asks("GET", "/reservations.csv", params={"shop": str(shop.id)})
        assert refusal_in(answer).status in (403, 404)


@pytest.mark.parametrize("in_parts", [True, False], ids=["in parts", "control"])
async def test_a_long_list_is_downloaded_whole_in_little_memory(
    town: Town, monkeypatch: pytest.MonkeyPatch, in_parts: bool
) -> None:
    shop, karim = await town.a_shop(), await town.a_customer()
    lot = await town.a_lot(shop=shop)
    await town.changes(
        "insert into app.reservations (lot_id, account_id, quantity, unit_price_cents, status, confirmed_at)"
        " select $1, $2, 1, 400, 'confirmed', now() from generate_series(1, 25000)",
        lot.id,
        karim.id,
    )
    if not in_parts:
        monkeypatch.setattr(api, "ROWS_AT_ONCE", 100_000)
    await downloaded(shop.merchant, shop, status="picked_up")  # everything is loaded

    tracemalloc.start()
    answer = await shop.merchant.asks("GET", "/reservations.csv", params={"shop": str(shop.id)})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    lines = answer.text.splitlines()
    assert len(lines) == 25_001
    listed = [line.partition(";")[0] for line in lines[1:]]
    assert listed == sorted(set(listed), reverse=True)
    assert (peak < 30_000_000) is in_parts


async def test_a_list_of_exactly_one_part_ends_there(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "ROWS_AT_ONCE", 2)
    shop, karim = await town.a_shop(), await town.a_customer()
    lot = await town.a_lot(shop=shop)
    for number in range(1, 6):
        bought = await karim.buys(lot)
        rows = await downloaded(shop.merchant, shop)
        assert len(rows) == number
        assert rows[0]["Réservation"] == str(bought.id)

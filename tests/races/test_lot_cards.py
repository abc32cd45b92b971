"""Cards of lots, while lots and shops change: a search never shows a card that differs from its lot."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from backend.database.migrate import migrate
from tests.faults.test_payment_races import wait_for_lock_waits
from tests.town import Lot, Town
from tests.town.databases import SUPERUSER, Connection

LOCKS = {
    "keep_card": "perform from app.lot_cards c where c.lot_id = new.id for update;",
    "keep_cards_of_shop": "order by c.lot_id for update",
}
# The cards that are missing, superfluous or different, in one snapshot.
WRONG = """
select l.id from app.lots l join app.shops s on s.id = l.shop_id left join app.lot_cards c on c.lot_id = l.id
where c.facts is distinct from
      case when l.status = 'published' and l.kind = 'discounted' then app.lot_facts(l, s) end
"""
# What a search shows, beside its lots, in one snapshot: lots_near is stable.
SHOWN_WRONG = """
select l.id from app.shops at
cross join convert_from(app.lots_near(
    null, at.latitude, at.longitude, 5000, null, null, null, null, null, null, null, -1, $2, 20), 'UTF8') page
cross join json_array_elements(page::json -> 'data') shown
join app.lots l on l.id = (shown ->> 'id')::uuid join app.shops s on s.id = l.shop_id
join app.lot_stock k on k.lot_id = l.id
where at.id = $1 and (shown ->> 'title', shown -> 'shop' ->> 'name', shown ->> 'photo_id', (shown ->> 'remaining')::int)
      is distinct from (l.title, s.name, l.photo_id::text, k.remaining)
"""
RENAME_LOT = "update app.lots set title = $2 where id = $1"
RENAME_SHOP = "update app.shops set name = $2 where id = $1"
CAREFUL = pytest.mark.parametrize("careful", [True, False], ids=["with locks", "control: without locks"])


async def without_locks(town: Town) -> None:
    for name, lock in LOCKS.items():
        source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = $1", name)
        assert source.count(lock) == 1
        # In keep_card, `found` is then false, and the shop would be locked instead: that goes too.
        without = source.replace(lock, "order by c.lot_id" if lock.startswith("order") else "")
        await town.changes(without.replace("for share;", ";"))


@CAREFUL
@pytest.mark.parametrize("shop_first", [True, False], ids=["shop first", "lot first"])
async def test_a_lot_and_its_shop_edited_at_once_both_show(town: Town, careful: bool, shop_first: bool) -> None:
    lot = await town.a_lot()
    if not careful:
        await without_locks(town)
    edits = [(RENAME_SHOP, lot.shop.id, "Nouveau nom"), (RENAME_LOT, lot.id, "Nouveau titre")]
    if not shop_first:
        edits.reverse()

    async with town.copy.connections(2, SUPERUSER) as (one, other):
        transaction = one.transaction()
        await transaction.start()
        await one.execute(*edits[0])
        second = asyncio.ensure_future(other.execute(*edits[1]))
        await wait_for_lock_waits(town, 1)
        await transaction.commit()
        await second

    assert await wrong(town) is not careful


async def wrong(town: Town) -> bool:
    async with town.copy.connection(SUPERUSER) as connection:
        await connection.execute("set timezone = 'UTC'")
        return bool(await connection.fetch(WRONG))


@CAREFUL
async def test_sixteen_hands_that_edit_and_read_see_each_card_equal_its_lot(town: Town, careful: bool) -> None:
    shop = await town.a_shop()
    lots = [await town.a_lot(shop=shop) for _ in range(3)]
    photos = [uuid4(), uuid4()]
    for photo in photos:
        await town.changes("insert into app.photos (id, account_id) values ($1, $2)", photo, shop.merchant.id)
    if not careful:
        await without_locks(town)
    faults = 0

    async def reads(hand: Connection, turn: int) -> None:
        nonlocal faults
        faults += len(await hand.fetch(WRONG))
        faults += len(await hand.fetch(SHOWN_WRONG, shop.id, UUID(int=0)))

    async def edits(hand: Connection, turn: int) -> None:
        lot: Lot = lots[turn % 3]
        await hand.execute(RENAME_LOT, lot.id, f"Panier {turn} {uuid4()}")
        await hand.execute("update app.lots set photo_id = $2 where id = $1", lot.id, photos[turn % 2])

    async def hides(hand: Connection, turn: int) -> None:
        lot: Lot = lots[turn % 3]
        for kind, price in (("free", 0), ("discounted", 400)):
            await hand.execute("update app.lots set kind = $2, price_cents = $3 where id = $1", lot.id, kind, price)

    async def renames(hand: Connection, turn: int) -> None:
        await hand.execute(RENAME_SHOP, shop.id, f"Boulangerie {turn} {uuid4()}")

    async def repeats(hand: Connection, act: Callable[[Connection, int], Awaitable[None]]) -> None:
        for turn in range(40):
            await act(hand, turn)

    acts = [edits] * 5 + [hides] * 2 + [renames] * 4 + [reads] * 5
    async with town.copy.connections(16, SUPERUSER) as hands:
        for hand in hands:
            await hand.execute("set timezone = 'UTC'")
        await asyncio.gather(*(repeats(hand, act) for hand, act in zip(hands, acts, strict=True)))
        await reads(hands[0], 0)

    assert (faults > 0) is not careful


async def test_a_lot_has_a_card_only_while_anybody_sees_it(town: Town) -> None:
    lot, _, free = await town.a_lot(), await town.a_lot(status="draft"), await town.a_free_lot()
    cards = "select array_agg(lot_id) from app.lot_cards"
    assert await town.value(cards) == [lot.id]

    admin = await town.an_admin()
    await admin.suspends_account(lot.shop.merchant)
    assert await town.value(cards) is None

    await admin.restores_account(lot.shop.merchant)
    assert await town.value(cards) == [lot.id]
    await town.changes("update app.lots set status = 'ended' where id = any ($1)", [lot.id, free.id])
    assert await town.value(cards) is None


async def test_a_migration_mends_cards_that_are_missing_outdated_or_superfluous(town: Town) -> None:
    missing, outdated, free = await town.a_lot(), await town.a_lot(), await town.a_free_lot()
    await town.changes("delete from app.lot_cards where lot_id = $1", missing.id)
    await town.changes(
        "update app.lot_cards set facts = 'as an earlier release wrote it' where lot_id = $1", outdated.id
    )
    await town.changes("insert into app.lot_cards (lot_id, facts) values ($1, 'free')", free.id)
    assert await wrong(town)

    await asyncio.to_thread(migrate, town.copy.url())

    assert not await wrong(town)

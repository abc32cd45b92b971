"""At the counter nothing tells a free portion from a paid one, the work in the database included."""

from typing import Any

from tests.town import Pass, Person, Town

ROWS = """
    select relname, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_xact_user_tables
    where schemaname = 'app' and n_tup_ins + n_tup_upd + n_tup_del > 0 order by relname
"""


async def work_of(town: Town, merchant: Person, shown: Pass) -> list[tuple[Any, ...]]:
    """Hand over, and give what the statement wrote, by table."""
    async with town.copy.connection() as connection, connection.transaction():
        problem = await connection.fetchval("select problem from app.pick_up($1, $2, true)", merchant.id, shown.code)
        assert problem is None
        return [tuple(row) for row in await connection.fetch(ROWS)]


async def test_the_first_handover_and_the_next_write_the_same_for_free_and_paid(town: Town) -> None:
    shop = await town.a_shop()
    free, paid = await town.a_free_lot(shop=shop), await town.a_lot(shop=shop)
    amina, marc = await town.a_beneficiary(), await town.a_customer()
    of_amina = [await amina.pass_for(await amina.reserves(free)) for _ in range(2)]
    of_marc = [await marc.pass_for(await marc.buys(paid)) for _ in range(2)]
    await town.opens(free)

    written = {
        kind: [await work_of(town, shop.merchant, shown) for shown in passes]
        for kind, passes in {"free": of_amina, "paid": of_marc}.items()
    }

    assert written["free"] == written["paid"]
    assert written["free"][0] != written["free"][1], "the person is noted once"
    assert (await marc.gets("/impact"))["people_helped"] == 1

"""Days of handovers, written at once: for tests of figures, which need many people and shops.

Each handover is a reservation of a lot of its own kind, with the impact entry that `pick_up` writes.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from tests.town.things import Shop

if TYPE_CHECKING:
    from tests.town.town import Town

How = Literal["paid", "free", "suspended"]


async def a_merchant_s_shop(town: "Town", number: int, commune: str = "67482") -> Shop:
    """Make a shop of a company of its own."""
    shop = await town.a_shop(commune=commune)
    siret = f"{732829321 + number:09d}00015"
    await town.changes("update app.shops set siret = $2 where id = $1", shop.id, siret)
    return shop


async def people_of(town: "Town", count: int) -> list[UUID]:
    """Make so many accounts of beneficiaries, who need no more to have got something."""
    rows = await town.rows(
        "insert into app.accounts (id, role, display_name)"
        " select gen_random_uuid(), 'beneficiary', 'P' || n from generate_series(1, $1) n returning id",
        count,
    )
    return [row["id"] for row in rows]


async def handed_over(
    town: "Town",
    shop: Shop,
    people: Sequence[UUID],
    *,
    how: How = "free",
    portions: int = 1,
    grams: int = 500,
    category: str = "bakery",
    price_cents: int = 400,
    left: int = 0,
) -> UUID:
    """Hand portions of one lot to each of these people now. left: so many portions remain. Return the lot's id."""
    whole: dict[str, Any] = {"left": len(people) * portions + left, "category": category, "weight_grams": grams}
    now: dict[str, Any] = {"opens_in": timedelta(hours=-1), "lasts": timedelta(hours=2)}
    if how == "free":
        lot = await town.a_free_lot(shop=shop, **whole, **now)
    else:
        lot = await town.a_lot(shop=shop, price_cents=price_cents, **whole, **now)
    taken_from = lot.id
    if how == "suspended":
        beside = await town.a_free_lot(
            shop=shop,
            suspended_from=lot.id,
            given_price_cents=price_cents,
            **{**whole, "left": len(people) * portions},
            original_price_cents=2 * price_cents,
            **now,
        )
        taken_from = beside.id
    await town.changes(
        """
        with made as (
            insert into app.reservations
                (lot_id, account_id, quantity, unit_price_cents, status, quota_day, confirmed_at, ended_at)
            select $1, u.id, $3, $4, 'picked_up', $5, app.clock(), app.clock() from unnest($2::uuid[]) u (id)
            returning *)
        select app.record_impact(row(m.*)::app.reservations, row(l.*)::app.lots)
        from made m join app.lots l on l.id = m.lot_id
        """,
        taken_from,
        list(people),
        portions,
        price_cents if how == "paid" else 0,
        None if how == "paid" else await town.today(),
    )
    await town.changes(
        "update app.lot_stock set remaining = $2 where lot_id = $1", taken_from, left if taken_from == lot.id else 0
    )
    if taken_from != lot.id:
        await town.changes("update app.lot_stock set remaining = $2 where lot_id = $1", lot.id, left)
    return lot.id

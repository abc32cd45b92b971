"""Lots of a side, what people reserved of them, and what belongs to lots."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

from tests.town import Lot, Person, Shop, Town
from tests.town.databases import API, WORKER, Connection, become


async def lots_and_reservations(town: Town, shop: Shop, closed: Shop, customer: Person, beneficiary: Person) -> None:
    since = timedelta(hours=-1)  # open now, so that food can be collected
    discounted = await town.a_lot(shop=shop, opens_in=since)
    free = await town.a_free_lot(shop=shop, opens_in=since)
    draft = await town.a_lot(shop=shop, status="draft")
    over = await town.a_lot(shop=closed, opens_in=since)
    over_free = await town.a_free_lot(shop=closed, opens_in=since)
    async with town.copy.connection(API) as api, town.copy.connection(WORKER) as worker:
        for lot, holder in ((discounted, customer), (over, customer), (free, beneficiary), (over_free, beneficiary)):
            reservation, payment = await _reserve(api, lot, holder)
            if payment is not None:
                await worker.execute(
                    "select app.settle_payment($1, $2, 'succeeded', 400)", payment, f"pi_{uuid4().hex}"
                )
            if lot in (discounted, free):
                code = await town.value("select code from app.passes where reservation_id = $1", reservation)
                await api.execute("select app.pick_up($1, $2, true)", shop.merchant.id, code)
        await _gift(api, worker, discounted, customer)
    await _waiting(town, discounted, free, customer, beneficiary)
    await _photos_and_drafts(town, shop, (discounted, free, draft, over))
    await _reports(town, (discounted, free))
    await _recurring(town, shop)
    await town.changes("insert into app.reminded_lots values ($1, now())", discounted.id)
    await town.changes("update app.lots set status = 'ended' where shop_id = $1", closed.id)
    await town.changes("update app.shops set status = 'suspended' where id = $1", closed.id)


async def _reserve(api: Connection, lot: Lot, holder: Person) -> tuple[object, object]:
    row = await api.fetchrow(
        "select reservation_id, payment_id from app.reserve($1, $2, 1, $3, '', $4)",
        holder.id,
        lot.id,
        str(uuid4()),
        "".join(c for c in uuid4().hex.upper())[:10],
    )
    assert row is not None
    return row["reservation_id"], row["payment_id"]


async def _gift(api: Connection, worker: Connection, lot: Lot, donor: Person) -> None:
    """Suspend a portion: the donor has paid for it, and it is offered to beneficiaries."""
    async with api.transaction():
        await become(api, donor.id)
        payment = await api.fetchval("select payment_id from app.suspend_lot($1, 1, 'refund')", lot.id)
    await worker.execute("select app.settle_payment($1, $2, 'succeeded', 400)", payment, f"pi_{uuid4().hex}")


async def _waiting(town: Town, discounted: Lot, free: Lot, customer: Person, beneficiary: Person) -> None:
    """Add a waiting customer and beneficiary, a draw, and a pass handed to a friend."""
    for lot, person in ((discounted, customer), (free, beneficiary)):
        await town.changes(
            "insert into app.waiting (lot_id, account_id, quantity) values ($1, $2, 1)", lot.id, person.id
        )
    await town.changes(
        "insert into app.draws (lot_id, seed, portions, candidates) values ($1, $2, 1, '[]')",
        free.id,
        uuid4().bytes + uuid4().bytes,
    )
    await town.changes(
        "insert into app.handed_passes (reservation_id, token_hash)"
        " select r.id, $2 from app.reservations r where r.lot_id = $1",
        free.id,
        uuid4().bytes + uuid4().bytes,
    )


async def _recurring(town: Town, shop: Shop) -> None:
    """Add a daily recurring listing, and an exception for one day ahead."""
    listing = await town.value(
        "insert into app.recurring_listings (shop_id, title, category, kind, original_price_cents, price_cents,"
        " quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind)"
        " values ($1, 'Panier', 'bakery', 'free', 800, 0, 5, '{1,2,3,4,5,6,7}', '18:00', '18:30', '20:00', 'none')"
        " returning id",
        shop.id,
    )
    await town.changes(
        "insert into app.recurring_days (listing_id, day, quantity) values ($1, current_date + 2, 9)", listing
    )


async def _photos_and_drafts(town: Town, shop: Shop, lots: Iterable[Lot]) -> None:
    """Add a photo for each lot, one that no lot uses yet, and one whose files are not uploaded yet."""
    kept = "insert into app.photos (account_id, status, width, height) values ($1, 'kept', 1600, 1200) returning id"
    for lot in lots:
        photo = await town.value(kept, shop.merchant.id)
        await town.changes("update app.lots set photo_id = $1 where id = $2", photo, lot.id)
    drafted = await town.value(kept, shop.merchant.id)
    await town.changes("insert into app.photos (account_id) values ($1)", shop.merchant.id)
    await town.changes("insert into app.model_calls (shop_id, day, calls) values ($1, current_date, 1)", shop.id)
    await town.changes(
        "insert into app.listing_drafts (shop_id, photo_id, reader, draft, begun_at, drafted_at)"
        " values ($1, $2, 'local', '{}', now(), now())",
        shop.id,
        drafted,
    )


async def _reports(town: Town, lots: Iterable[Lot]) -> None:
    """Report each collected reservation with a photo; its holder has another photo, and one that is being uploaded."""
    for lot in lots:
        (held,) = await town.rows(
            "select id, account_id from app.reservations where lot_id = $1 and status = 'picked_up'", lot.id
        )
        photos = await town.rows(
            "insert into app.photos (account_id, status, width, height, used)"
            " select $1::uuid, status, 1600, 1200, used from (values ('kept', true), ('kept', false)) v (status, used)"
            " union all select $1::uuid, 'coming', null, null, false returning id, used",
            held["account_id"],
        )
        await town.changes(
            "insert into app.problem_reports"
            " (reservation_id, account_id, lot_id, shop_id, kind, words, photo_id, reported_at, answer_by)"
            " values ($1, $2, $3, $4, 'quality', '-', $5, now(), now())",
            held["id"],
            held["account_id"],
            lot.id,
            lot.shop.id,
            next(photo["id"] for photo in photos if photo["used"]),
        )

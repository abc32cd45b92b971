"""The order of locks (policies/LOCKS.md): acts that meet do not wait for each other in a circle."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from tests.faults.test_payment_races import wait_for_lock_waits
from tests.town import Person, Town
from tests.town.databases import API, WORKER, become
from tests.town.things import recurring_listing
from tests.visitors import PASSWORD, Visitor, mails

# What erase_account locks before it would otherwise come to it.
BENEFICIARY = "perform from app.beneficiaries b where b.id = account for update;"
LISTINGS = "perform from app.recurring_listings r where r.shop_id = any (own_shops) order by r.id for update;"
SHOPS = "perform from app.shops s where s.id = any (own_shops) order by s.id for no key update;"
# What rotate_session would otherwise lock last.
ACCOUNT = "perform from app.accounts a where a.id = session.account_id for no key update;"
PASSES = """perform from app.passes p join app.reservations r on r.id = p.reservation_id
    where r.account_id = account and r.status = 'confirmed' order by p.reservation_id for update of p;"""


@pytest.mark.parametrize("cancelling", [True, False], ids=["cancelling", "not cancelling"])
async def test_ending_a_suspended_shop_s_lot_does_not_block_a_cancellation(town: Town, cancelling: bool) -> None:
    amina, odile = await town.a_beneficiary(), await town.an_admin()
    lot = await town.a_free_lot(left=5)
    reservation = await amina.reserves(lot, 2)
    await odile.suspends_account(lot.shop.merchant)
    await town.clock(lot.pickup_end + timedelta(minutes=1))

    async with town.copy.connection() as holder, town.copy.connection(WORKER) as worker:
        if cancelling:  # as far as this: it has locked the quota and is about to lock the lot
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("select from app.free_portions where account_id = $1 for update", amina.id)
            assert await worker.fetchval("select app.end_lots(10)", timeout=5) == 0
            await holder.execute("select from app.lot_stock where lot_id = $1 for update", lot.id, timeout=5)
            await transaction.commit()
            assert await town.status_of(reservation) == "confirmed"
        assert await worker.fetchval("select app.end_lots(10)") == 1

    assert await town.status_of(reservation) == "cancelled"
    assert await town.left(lot) == 5
    assert await town.stock_is_exact()


CAREFUL = pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])


async def without(town: Town, act: str, protection: str) -> None:
    """Remove a lock from an act in this test's database."""
    source: str = await town.value("select pg_get_functiondef(p.oid) from pg_proc p where p.proname = $1", act)
    assert source.count(protection) == 1
    await town.changes(source.replace(protection, ""))


async def in_a_circle(
    town: Town, first: tuple[str, UUID], second: tuple[str, UUID], act: Callable[[], Awaitable[None]]
) -> bool:
    """Lock a row, let the act run into it, then lock another row; return whether the two waited for each other."""
    statements = [f"select from {rows}" for rows, _ in (first, second)]
    async with town.copy.connection() as other:
        try:
            async with other.transaction():
                await other.execute(statements[0], first[1])
                acting = asyncio.ensure_future(act())
                await wait_for_lock_waits(town, 1)
                await other.execute(statements[1], second[1])
        except asyncpg.DeadlockDetectedError:
            await acting
            return True
    try:
        await acting
    except asyncpg.DeadlockDetectedError:
        return True
    return False


async def erased(town: Town, person: Person) -> None:
    async with town.copy.connection(API) as api, api.transaction():
        await become(api, person.id)
        await api.execute("select app.erase_own_account()")


@CAREFUL
async def test_erasing_a_merchant_does_not_block_settling_a_gift(town: Town, careful: bool) -> None:
    lot, donor = await town.a_lot(), await town.a_customer()
    await donor.suspends(lot)
    if not careful:
        await without(town, "erase_account", SHOPS)

    circle = await in_a_circle(
        town,
        ("app.shops where id = $1 for share", lot.shop.id),
        ("app.lot_stock where lot_id = $1 for update", lot.id),
        lambda: erased(town, lot.shop.merchant),
    )

    assert circle is not careful


@CAREFUL
async def test_erasing_a_merchant_does_not_block_a_recurring_listing(town: Town, careful: bool) -> None:
    shop = await town.a_shop()
    listing = (await shop.merchant.posts("/recurring-listings", recurring_listing(shop.id)))["id"]
    if not careful:
        await without(town, "erase_account", LISTINGS)

    circle = await in_a_circle(
        town,
        ("app.recurring_listings where id = $1 for update", listing),
        ("app.shops where id = $1 for share", shop.id),
        lambda: erased(town, shop.merchant),
    )

    assert circle is not careful


@CAREFUL
async def test_erasing_a_person_does_not_block_a_handover(town: Town, careful: bool) -> None:
    amina, lot = await town.a_beneficiary(), await town.a_free_lot()
    held = await amina.reserves(lot)
    if not careful:
        await without(town, "erase_account", PASSES)

    circle = await in_a_circle(
        town,
        ("app.passes where reservation_id = $1 for update", held.id),
        ("app.reservations where id = $1 for update", held.id),
        lambda: erased(town, amina),
    )

    assert circle is not careful


@CAREFUL
async def test_two_erasures_of_a_beneficiary_do_not_block_each_other(town: Town, careful: bool) -> None:
    amina = await town.a_beneficiary()
    if not careful:
        await without(town, "erase_account", BENEFICIARY)

    circle = await in_a_circle(
        town,
        ("app.beneficiaries where id = $1 for update", amina.id),
        ("app.accounts where id = $1 for no key update", amina.id),
        lambda: erased(town, amina),
    )

    assert circle is not careful


@pytest.mark.parametrize("over_http", [True, False], ids=["the route", "control: a bare update"])
async def test_publishing_a_draft_does_not_block_moving_its_shop(town: Town, over_http: bool) -> None:
    lot = await town.a_lot(status="draft")

    async def published() -> None:
        if over_http:
            answer = await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"publish": True})
            assert answer.is_success, answer.text
            return
        async with town.copy.connection(API) as api, api.transaction():
            await become(api, lot.shop.merchant.id)
            await api.execute("update app.lots set status = 'published' where id = $1", lot.id)

    await town.ensure_served()
    circle = await in_a_circle(
        town,
        ("app.shops where id = $1 for update", lot.shop.id),
        ("app.lots where id = $1 for update", lot.id),
        published,
    )

    assert circle is not over_http


@pytest.mark.parametrize("over_http", [True, False], ids=["the route", "control: a bare update"])
async def test_editing_a_lot_does_not_block_who_changes_its_stock(town: Town, over_http: bool) -> None:
    lot = await town.a_lot()

    async def edited() -> None:
        if over_http:
            answer = await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", {"title": "Panier du matin"})
            assert answer.is_success, answer.text
            return
        async with town.copy.connection(API) as api, api.transaction():
            await become(api, lot.shop.merchant.id)
            await api.execute("update app.lots set title = 'Panier du matin' where id = $1", lot.id)

    await town.ensure_served()
    circle = await in_a_circle(
        town,
        ("app.lot_stock where lot_id = $1 for update", lot.id),
        ("app.lots where id = $1 for update", lot.id),
        edited,
    )

    assert circle is not over_http


async def test_confirming_an_address_and_activating_again_do_not_deadlock(town: Town) -> None:
    """Both want the account, its sessions or address, and its confirmations."""
    association, amina = await town.an_association(), Visitor(town)
    enrolled = await association.enrols()
    chosen = {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"}
    await amina.posts("/auth/activate", chosen)
    await mails(town)
    account = UUID(enrolled["id"])
    confirmation = await town.value("select id from app.confirmations")
    await town.changes(
        "insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)"
        " values (sha256('again'), $1, 'activate', now() + interval '1 hour')",
        account,
    )

    async with town.copy.connection() as gate, town.copy.connection(API) as one, town.copy.connection(API) as other:
        async with gate.transaction():  # the activation has come as far as the sessions when the confirmation begins
            await gate.execute("select from app.sessions where account_id = $1 for update", account)
            activating = asyncio.ensure_future(
                other.execute("select app.activate_beneficiary(sha256('again'), 'hash')")
            )
            await wait_for_lock_waits(town, 1)
            confirming = asyncio.ensure_future(
                one.execute("select app.confirm_address($1, 'amina@example.org', '', 'hash', null)", confirmation)
            )
            await wait_for_lock_waits(town, 2)
        await activating
        with pytest.raises(asyncpg.PostgresError, match="invalid_one_time_token"):
            await confirming  # the new activation has ended it


async def test_erasing_an_account_and_registering_its_address_do_not_deadlock(town: Town) -> None:
    """Erasing removes credentials before confirmations; a registration locks the account before either."""
    account: UUID = await town.value(
        "insert into app.accounts (role, email, display_name)"
        " values ('customer', 'amina@example.org', 'Amina') returning id"
    )
    await town.changes("insert into app.credentials (account_id, password_hash) values ($1, 'hash')", account)
    await Visitor(town).registers()
    await mails(town)
    registration = await town.value("select id from app.confirmations")

    async with town.copy.connection() as gate, town.copy.connection() as eraser, town.copy.connection(API) as api:
        async with gate.transaction():
            await gate.execute("select from app.credentials where account_id = $1 for update", account)
            erasing = asyncio.ensure_future(eraser.execute("select app.erase_account($1, 'asked')", account))
            await wait_for_lock_waits(town, 1)
            confirming = asyncio.ensure_future(
                api.execute("select app.confirm_address($1, 'amina@example.org', 'Amina', 'hash', null)", registration)
            )
            await wait_for_lock_waits(town, 2)
        await erasing
        await confirming

    assert await town.value("select status from app.accounts where id = $1", account) == "erased"
    assert await town.value("select count(*) from app.accounts where email = 'amina@example.org'") == 1


@CAREFUL
@pytest.mark.parametrize("ending", ["suspending", "erasing"])
async def test_refreshing_a_session_does_not_block_ending_its_account(town: Town, ending: str, careful: bool) -> None:
    amina, odile = Visitor(town), await town.an_admin()
    account = UUID((await amina.joins())["id"])
    session = await town.value("select id from app.sessions where account_id = $1", account)
    await town.changes("update app.accounts set last_seen_on = last_seen_on - 1 where id = $1", account)
    await town.changes(
        "insert into app.refresh_tokens (token_hash, session_id, expires_at)"
        " values (sha256('held'), $1, now() + interval '1 day')",
        session,
    )
    if not careful:
        await without(town, "rotate_session", ACCOUNT)

    async with town.copy.connection() as gate, town.copy.connection(API) as api, town.copy.connection(API) as other:
        async with gate.transaction():  # the refresh has come as far as the token when the account is to end
            await gate.execute("select from app.refresh_tokens where token_hash = sha256('held') for update")
            refreshing = asyncio.ensure_future(
                api.fetchval(
                    "select account_id from app.rotate_session("
                    "sha256('held'), sha256('next'), now() + interval '1 day', null, null)"
                )
            )
            await wait_for_lock_waits(town, 1)
            ended = asyncio.ensure_future(_ends(other, ending, account, odile))
            await wait_for_lock_waits(town, 2)
        answers = [*await asyncio.gather(refreshing, ended, return_exceptions=True)]

    circle = any(isinstance(answer, asyncpg.DeadlockDetectedError) for answer in answers)
    assert circle is not careful
    if careful:
        assert answers == [account, None]
        assert await town.value("select count(*) from app.sessions where id = $1 and ended_at is null", session) == 0


async def _ends(api: asyncpg.Connection, ending: str, account: UUID, admin: Person) -> None:
    async with api.transaction():
        await become(api, admin.id if ending == "suspending" else account)
        if ending == "suspending":
            await api.execute("select app.suspend_account($1, 'fraud')", account)
        else:
            await api.execute("select app.erase_own_account()")


@pytest.mark.parametrize("over_http", [True, False], ids=["the route", "control: a bare update"])
async def test_moving_a_shop_to_another_zone_does_not_block_its_listings(town: Town, over_http: bool) -> None:
    shop = await town.a_shop()
    listing = (await shop.merchant.posts("/recurring-listings", recurring_listing(shop.id)))["id"]
    if not over_http:
        await without(town, "guard_shop", " nowait")

    async def moved() -> None:
        if over_http:
            place = {"insee_code": "97411", "latitude": -20.88, "longitude": 55.45}
            answer = await shop.merchant.asks("PATCH", f"/shops/{shop.id}", place)
            assert answer.is_success, answer.text
            return
        async with town.copy.connection(API) as api, api.transaction():
            await become(api, shop.merchant.id)
            await api.execute(
                "update app.shops set insee_code = '97411', latitude = -20.88, longitude = 55.45 where id = $1", shop.id
            )

    circle = await in_a_circle(
        town,
        ("app.recurring_listings where id = $1 for update", listing),
        ("app.shops where id = $1 for share", shop.id),
        moved,
    )

    assert circle is not over_http

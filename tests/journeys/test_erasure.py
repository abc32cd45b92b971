"""Erasing an account: no personal data remain, nobody else loses anything, and the accounts stay right."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from backend.privacy.sign_ins import SignInNotRemoved, remove_sign_in
from backend.reservations.passes import new_code
from backend.settings import Settings
from tests.listener import Listener, reply
from tests.photographs import file_of, two_colours
from tests.town import Lot, Person, Town
from tests.town.databases import API
from tests.visitors import PASSWORD, Visitor, mails

BOOKED = {
    "disputed_cents",
    "commission_bp",
    "least_commission_cents",
    "payment_id",
    "paid_at",
    "amount_cents",
    "refunded_cents",
    "status",
    "stripe_payment_intent",
    "stripe_refund",
    "shop_siret",
    "lot_category",
    "moved_at",
}


async def erases(person: Person, json: Any = None) -> tuple[int, str | None]:
    """Erase this person's account; return the status and, for a refusal, its code."""
    answer = await person.asks("DELETE", "/me", json)
    return answer.status_code, answer.json()["code"] if answer.content else None


async def test_erasing_a_customer_keeps_stock_money_and_figures_right(town: Town) -> None:
    marc, other = await town.a_customer("Marc Sentinelle"), await town.a_customer("Hélène")
    lot = await town.a_lot(left=5, opens_in=timedelta(hours=-1))
    merchant = lot.shop.merchant
    collected = await marc.buys(lot)
    await merchant.hands_over(await marc.pass_for(collected))
    later = await town.a_lot(left=3, shop=lot.shop)
    paid, held = await marc.buys(later, 2), await marc.reserves(await town.a_lot(left=1))
    await town.changes(
        "insert into app.decisions (subject, subject_id, decision, reason, decided_by)"
        " values ('account', $1, 'restored', 'Marc Sentinelle wrote to us', $2)",
        marc.id,
        (await town.an_admin()).id,
    )
    await other.buys(later, 1)
    sold_out = await other.posts(f"/lots/{held.lot_id}/waiting", {"quantity": 1})
    before = await merchant.gets("/impact")
    seen = await merchant.gets(f"/impact/shops/{lot.shop.id}")

    assert await erases(marc) == (204, None)
    await town.worker_runs()

    # The account is gone at once, even with a valid token.
    assert await erases(marc) == (401, "access.unauthenticated")
    assert (await marc.asks("GET", "/me")).status_code == 401
    assert await town.left(later) == 2
    assert [await town.status_of(r) for r in (collected, paid, held)] == ["picked_up", "cancelled", "cancelled"]
    assert await town.money(paid) == (800, 800)
    assert await town.money(collected) == (400, 0)
    # The released portion is offered to the person who waited.
    (entry,) = (await other.gets("/waiting"))["data"]
    assert (entry["id"], entry["status"]) == (sold_out["id"], "offered")
    assert await merchant.gets("/impact") == before
    assert await merchant.gets(f"/impact/shops/{lot.shop.id}") == seen
    (row,) = await town.rows("select * from app.accounts where id = $1", marc.id)
    assert (row["email"], row["display_name"], row["status"], row["email_verified_at"]) == (None, "-", "erased", None)
    assert await town.value("select count(*) from app.decisions where reason like '%Sentinelle%'") == 0
    assert await town.value("select count(*) from app.consents where account_id = $1", marc.id) == 0

    # The books contain the money that moved and nothing else. The cancelled hold goes once Stripe is done with it.
    booked = await town.rows("select * from accounting.payments order by refunded_cents")
    assert [(row["amount_cents"], row["refunded_cents"], row["status"]) for row in booked] == [
        (400, 0, "succeeded"),
        (800, 800, "refunded"),
    ]
    assert {row["shop_siret"] for row in booked} == {
        await town.value("select siret from app.shops where id = $1", lot.shop.id)
    }
    left = (
        "select p.status from app.payments p join app.reservations r on r.id = p.reservation_id where account_id = $1"
    )
    assert [tuple(row) for row in await town.rows(left, marc.id)] == [("cancelled",)]
    await town.clock(await town.now() + timedelta(hours=2))
    await town.value("select app.forget_reservations(100)")
    assert await town.rows(left, marc.id) == []
    # An erased account cannot be restored.
    admin = await town.an_admin()
    answer = await admin.asks("POST", f"/admin/accounts/{marc.id}/restore", {"reason": "no"})
    assert (answer.status_code, answer.json()["code"]) == (404, "account.not_found")


async def test_erasing_needs_a_password_and_frees_the_address(town: Town) -> None:
    nour = Visitor(town)
    account = await nour.joins("nour@example.org")
    token = await town.token_for(UUID(account["id"]))

    async def sends(json: Any) -> tuple[int, str | None]:
        answer = await nour.asks("DELETE", "/me", json, token=token)
        return answer.status_code, answer.json()["code"] if answer.content else None

    assert await sends(None) == (403, "account.password_needed")
    assert await sends({"password": PASSWORD + "x"}) == (403, "account.wrong_password")
    assert await nour.sees_me({"access_token": token})
    assert await sends({"password": PASSWORD}) == (204, None)
    assert (await nour.tries_to_sign_in("nour@example.org")).code == "auth.wrong_credentials"

    again = await nour.joins("nour@example.org")
    assert again["id"] != account["id"]
    # Just after a sign-in no password is asked for; a quarter of an hour later it is needed.
    fresh = (await nour.signs_in("nour@example.org"))["access_token"]
    await town.changes("update app.sessions set created_at = created_at - interval '15 minutes'")
    stale = await nour.asks("DELETE", "/me", token=fresh)
    assert (stale.status_code, stale.json()["code"]) == (403, "account.password_needed")
    fresh = (await nour.signs_in("nour@example.org"))["access_token"]
    assert (await nour.asks("DELETE", "/me", token=fresh)).status_code == 204
    again = await nour.joins("nour@example.org")
    assert len(await mails(town, "nour@example.org")) >= 1
    guesses = [await sends_as(town, UUID(again["id"]), nour, "wrong") for _ in range(11)]
    assert guesses[-1] == 429


async def sends_as(town: Town, account_id: UUID, visitor: Visitor, password: str) -> int:
    token = await town.token_for(account_id)
    return (await visitor.asks("DELETE", "/me", {"password": password}, token=token)).status_code


async def test_erasing_a_beneficiary_removes_name_code_and_data_key(town: Town) -> None:
    association, admin = await town.an_association(), await town.an_admin()
    enrolled = await association.enrols(first_name="Zélie", email="zelie@example.org")
    account_id = UUID(enrolled["id"])
    await association.verifies(account_id)
    visitor = Visitor(town)
    await visitor.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "zelie@example.org"},
    )
    lot = await town.a_free_lot(left=1, opens_in=timedelta(hours=-1))
    zelie = await town.a_beneficiary()  # only for her methods: she gets the enrolled account's id below
    zelie.id, zelie.token = account_id, None
    reserved = await zelie.reserves(lot)
    impact = await admin.gets("/impact")

    assert await erases(zelie, {"password": PASSWORD}) == (204, None)
    await town.worker_runs()

    assert await town.left(lot) == 1
    assert await town.taken_today(zelie) == 0
    assert await town.status_of(reserved) == "cancelled"
    for table, column in (
        ("key_vault.data_keys", "account_id"),
        ("app.beneficiary_persons", "beneficiary_id"),
        ("app.sealed_addresses", "account_id"),
        ("app.credentials", "account_id"),
        ("app.sessions", "account_id"),
        ("app.one_time_tokens", "account_id"),
        ("app.confirmations", "account_id"),
        ("app.devices", "account_id"),
        ("app.calendars", "account_id"),
    ):
        assert await town.value(f"select count(*) from {table} where {column} = $1", account_id) == 0  # noqa: S608
    assert await town.value("select count(*) from app.idempotency_keys where scope = any ($1)", [account_id]) == 0
    assert await town.value("select code from app.beneficiaries where id = $1", account_id) is None
    assert all(row["id"] != str(account_id) for row in (await association.gets("/beneficiaries"))["data"])
    assert (await association.asks("GET", f"/beneficiaries/{account_id}")).status_code == 404
    assert (await admin.asks("GET", f"/beneficiaries/{account_id}")).status_code == 404
    assert await admin.gets("/impact") == impact
    # The code is spent, so nobody gets it again (tests/races/test_import.py).
    assert await town.value("select count(*) from app.spent_codes where code = $1", enrolled["code"]) == 1
    # The same person may be enrolled again, with a new account.
    again = await association.enrols(first_name="Zélie", email="zelie@example.org")
    assert again["id"] != str(account_id)

    # A beneficiary without a password asks the association; no other association can erase them.
    path = f"/beneficiaries/{again['id']}"
    elsewhere = await town.an_association("Ailleurs")
    assert [(await who.asks("DELETE", path)).status_code for who in (elsewhere, await town.a_customer())] == [404, 403]
    assert (await association.asks("DELETE", path)).status_code == 204
    assert (
        await town.value("select count(*) from app.beneficiary_persons where beneficiary_id = $1", UUID(again["id"]))
        == 0
    )
    (said,) = await town.rows(
        "select actor_id, detail from app.audit_entries where action = 'account.erased' and subject_id = $1",
        UUID(again["id"]),
    )
    assert (said["actor_id"], said["detail"]) == (association.id, '{"why": "asked_for"}')
    assert (await association.asks("DELETE", path)).status_code == 404


async def test_erasing_a_merchant_removes_texts_photos_and_address(town: Town) -> None:
    merchant = await town.a_merchant("Sophie")
    shop = await town.a_shop(merchant)
    siret = await town.value("select siret from app.shops where id = $1", shop.id)
    photo = (await merchant.photographs(file_of(two_colours()), shop_id=str(shop.id)))["photo_id"]
    listed = await merchant.lists(shop, title="Chez Sophie Sentinelle", photo_id=photo)
    lot_id = UUID(listed["id"])
    marc = await town.a_customer()
    taken = await town.a_lot(shop=shop, opens_in=timedelta(hours=-1))
    collected = await marc.buys(taken)
    await merchant.hands_over(await marc.pass_for(collected))
    running = await marc.buys(await town.a_lot(shop=shop))
    impact = await marc.gets("/impact")
    files = [file for file in (town.folder / "photos").rglob("*.webp")]
    assert len(files) == 2

    assert await erases(merchant) == (204, None)
    await town.worker_runs()

    assert [await town.status_of(r) for r in (collected, running)] == ["picked_up", "cancelled"]
    assert await town.money(running) == (400, 400)
    assert len(list((town.folder / "mails").glob("*-lot_withdrawn.eml"))) == 1
    (row,) = await town.rows("select * from app.shops where id = $1", shop.id)
    assert (row["name"], row["address"], row["siret"], row["status"]) == ("-", "-", "0" * 14, "closed")
    assert (row["latitude"], row["longitude"]) == (48.6, 7.7)
    (row,) = await town.rows("select title, description, words::text, photo_id from app.lots where id = $1", lot_id)
    assert (row["title"], row["description"], row["words"], row["photo_id"]) == ("-", "", "", None)
    assert [file for file in files if file.exists()] == []
    assert await town.value("select count(*) from app.photos") == 0
    assert await town.value("select count(*) from app.listing_drafts") == 0
    assert (await marc.asks("GET", f"/shops/{shop.id}")).json().get("name", "-") == "-"
    assert await marc.gets("/impact") == impact
    # A payment that is moved to the books later still has the shop's SIRET.
    assert await erases(marc) == (204, None)
    await town.worker_runs()
    assert {r["shop_siret"] for r in await town.rows("select shop_siret from accounting.payments")} == {siret}
    assert (await (await town.an_admin()).asks(
        "POST", f"/admin/shops/{shop.id}/verify", {"decision": "verified"}
    )).status_code == 404  # fmt: skip


async def test_the_last_admin_and_an_association_in_use_are_not_erased(town: Town) -> None:
    """The last admin and an association with beneficiaries cannot go until that changes; a refusal changes nothing."""
    association, admin, collector = await town.an_association(), await town.an_admin(), await town.a_collector()
    enrolled = await association.enrols()

    assert await erases(admin) == (409, "account.last_admin")
    assert await erases(association) == (409, "account.has_beneficiaries")
    assert await town.value("select count(*) from app.accounts where status = 'erased'") == 0
    assert await town.value("select count(*) from app.audit_entries where action = 'account.erased'") == 0

    await town.changes("update app.beneficiaries set association_id = null where id = $1", UUID(enrolled["id"]))
    await town.an_admin("Paul")
    for person in (admin, association, collector):
        assert await erases(person) == (204, None)
    assert await town.value("select name || status from app.associations") == "-closed"
    assert await town.value("select count(*) from app.collectors") == 0
    said = await town.rows("select actor_id, subject_id, detail from app.audit_entries where action = 'account.erased'")
    assert {row["actor_id"] for row in said} == {row["subject_id"] for row in said} == {
        admin.id, association.id, collector.id
    }  # fmt: skip


async def test_accounting_holds_only_legal_data_and_one_role_reads_it(town: Town) -> None:
    """Compare the columns and rights with a list: one more column or reader is a mistake."""
    columns = await town.rows(
        "select attname from pg_attribute where attrelid = 'accounting.payments'::regclass and attnum > 0"
        " and not attisdropped"
    )
    assert {row["attname"] for row in columns} == BOOKED
    corrected = await town.rows(
        "select attname from pg_attribute where attrelid = 'accounting.corrections'::regclass and attnum > 0"
    )
    assert {row["attname"] for row in corrected} == {
        "id",
        "payment_id",
        "refunded_cents",
        "disputed_cents",
        "stripe_refund",
        "noted_at",
    }
    rights = await town.rows("""
        select c.oid::regclass::text as thing, a.grantee::regrole::text as who, a.privilege_type as may
        from pg_class c cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
        where a.grantee <> 'ecopanier_owner'::regrole
          and (c.relnamespace = 'accounting'::regnamespace or a.grantee = 'ecopanier_accountant'::regrole)
    """)
    assert {tuple(row) for row in rights} == {
        ("accounting.payments", "ecopanier_accountant", "SELECT"),
        ("accounting.corrections", "ecopanier_accountant", "SELECT"),
        ("accounting.current_payments", "ecopanier_accountant", "SELECT"),
        ("accounting.closed_lots", "ecopanier_accountant", "SELECT"),
        ("accounting.closed_lot_corrections", "ecopanier_accountant", "SELECT"),
        ("accounting.closed_lots", "authenticated", "SELECT"),
        *(
            (f"accounting.{table}", "ecopanier_accountant", "SELECT")
            for table in ("transfers", "transfer_lots", "reversals", "payouts", "payout_transfers", "disputes")
        ),
        *((f"accounting.billed_{table}", "ecopanier_accountant", "SELECT") for table in ("periods", "refunds")),
        *((f"accounting.ledger_{table}", "authenticated", "SELECT") for table in ("checks", "differences")),
        *(
            (f"accounting.{table}", who, "SELECT")
            for table in ("ledger_accounts", "postings", "lines", "stripe_balance_transactions")
            for who in ("ecopanier_accountant", "authenticated")
        ),
    }
    schemas = await town.rows("""
        select n.nspname, a.grantee::regrole::text as who from pg_namespace n cross join lateral aclexplode(n.nspacl) a
        where a.grantee <> n.nspowner and (n.nspname = 'accounting' or a.grantee = 'ecopanier_accountant'::regrole)
    """)
    assert {tuple(row) for row in schemas} == {
        ("accounting", "ecopanier_accountant"),
        ("accounting", "authenticated"),
    }
    executes = await town.value(
        "select count(*) from pg_proc p where p.pronamespace::regnamespace::text in ('app', 'jobs')"
        " and has_function_privilege('ecopanier_accountant', p.oid, 'execute')"
    )
    assert executes == 0
    assert (
        await town.value("select rolcanlogin or rolbypassrls from pg_roles where rolname = 'ecopanier_accountant'")
        is False
    )

    book = (
        "insert into accounting.payments (payment_id, paid_at, amount_cents, refunded_cents, status,"
        " stripe_payment_intent, shop_siret, lot_category, moved_at)"
        " values (app.uuid7(), now() - $1 * interval '1 year', 400, 0, 'succeeded', 'pi', '73282932000074', 'bakery',"
        " now())"
    )
    await town.changes(book, 9)
    await town.changes(book, 12)
    async with town.copy.connection() as connection, connection.transaction():
        await connection.execute("set local role ecopanier_accountant")
        assert await connection.fetchval("select count(*) from accounting.payments") == 2
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("select count(*) from app.accounts")
    for statement in ("update accounting.payments set amount_cents = 1", "truncate accounting.payments cascade",
                      "delete from accounting.payments"):  # fmt: skip
        with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
            await town.changes(statement)
    for years in (9, 12):  # a SIRET may identify a person: it is removed with the payments that it was kept for
        await town.changes(
            "insert into accounting.erased_shops (shop_id, siret, erased_at)"
            " values (app.uuid7(), '73282932000074', now() - $1 * interval '1 year')",
            years,
        )
    assert await town.value("select app.prune(100)") == 2
    assert await town.value("select count(*) from accounting.payments") == 1
    assert await town.value("select count(*) from accounting.erased_shops") == 1


async def test_with_supabase_auth_the_sign_in_is_removed_there() -> None:
    gone, account = [200], uuid4()
    async with Listener(lambda _: reply(gone[0])) as project:
        chosen = Settings(
            auth="supabase", supabase_url=project.url, supabase_secret_key=SecretStr("sb_secret_x"), photos="directory"
        )
        for status in (200, 404):  # the second time the account is gone already
            gone[0] = status
            await remove_sign_in(chosen, account)
        gone[0] = 500
        with pytest.raises(SignInNotRemoved, match="500"):
            await remove_sign_in(chosen, account)
        asked = {(one.method, one.path, one.headers["apikey"]) for one in project.received}
        assert asked == {("DELETE", f"/auth/v1/admin/users/{account}", "sb_secret_x")}
        await remove_sign_in(Settings(auth="own"), account)
        assert len(project.received) == 3


async def test_erasing_a_donor_keeps_the_taken_gift_and_refunds_the_rest(town: Town) -> None:
    """A taken portion stays reserved, and the money of the unclaimed one is refunded although the donor is erased."""
    donor, zelie = await town.a_customer("Marc"), await town.a_beneficiary("Zélie")
    lot = await town.a_lot(left=4, price_cents=400)
    gift = await donor.posts(
        "/suspended-lots", {"lot_id": str(lot.id), "quantity": 2, "if_unclaimed": "move"}, key="gift"
    )
    paid = gift["reservation"] if "reservation" in gift else gift
    await town.stripe.pay(paid["payment"]["client_secret"], "pm_card_visa")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    free_lot = Lot(
        await town.value("select id from app.lots where suspended_from = $1", lot.id),
        lot.shop, "free", 0, lot.pickup_start, lot.pickup_end,
    )  # fmt: skip
    taken = await zelie.reserves(free_lot)

    assert await erases(donor) == (204, None)
    await town.worker_runs()
    assert await town.status_of(taken) == "confirmed"
    assert await town.value("select count(*) from accounting.payments") == 0  # the payment is not settled yet

    await town.opens(lot)
    await lot.shop.merchant.hands_over(await zelie.pass_for(taken))
    await town.clock(lot.pickup_end + timedelta(hours=1))
    for _ in range(3):
        await town.worker_runs()
    await town.value("select app.forget_reservations(100)")
    booked = await town.rows("select amount_cents, refunded_cents, status from accounting.payments")
    assert [tuple(row) for row in booked] == [(800, 400, "refunded")]
    assert not list((town.folder / "mails").glob("*-suspended_lot_*.eml"))  # the donor has no address any more


async def test_a_reservation_made_during_an_erasure_is_ended_later(town: Town) -> None:
    """A reservation that commits after the erasure, which therefore did not see it, is ended a minute later."""
    lot, zelie = await town.a_free_lot(left=3), await town.a_beneficiary()
    async with town.copy.connection(API) as api:
        transaction = api.transaction()
        await transaction.start()
        await api.fetch("select * from app.reserve($1, $2, 1, 'a key', '', $3)", zelie.id, lot.id, new_code())
        assert await erases(zelie) == (204, None)
        await transaction.commit()
    assert await town.value("select status from app.reservations") == "confirmed"  # the control: the erasure missed it
    due = await town.rows(
        "select scheduled_at - now() as pause from jobs.procrastinate_jobs where task_name = 'privacy.finish_erasure'"
    )
    assert [row["pause"] is not None and timedelta(seconds=30) < row["pause"] for row in due].count(True) == 1

    await town.value("select app.finish_erasure($1)", zelie.id)

    assert await town.value("select status from app.reservations") == "cancelled"
    assert await town.left(lot) == 3
    assert await town.taken_today(zelie) == 0
    assert await town.value("select count(*) from app.passes") == 0

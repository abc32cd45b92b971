"""Retention: rows are deleted or erased when their period is over, in bounded batches, and nothing else is."""

import json
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from backend import worker
from backend.privacy import jobs as privacy
from backend.settings import settings
from tests.town import Customer, Person, Reservation, Town


async def test_expired_rows_are_pruned_in_batches_and_the_rest_is_kept(town: Town) -> None:
    marc = await town.a_customer()
    for days in (1, 40, 50, 60):
        await town.changes(
            "with s as (insert into app.sessions (account_id, created_at)"
            " values ($1, now() - make_interval(days => $2))"
            " returning id) insert into app.refresh_tokens (token_hash, session_id, expires_at)"
            " select sha256($3), id, now() + make_interval(days => 30 - $2) from s",
            marc.id,
            days,
            str(days).encode(),
        )
        await town.changes(
            "insert into app.idempotency_keys (scope, key, fingerprint, busy_until, created_at)"
            " values ($1, $2, '', now(), now() - make_interval(days => $3))",
            marc.id,
            f"key {days}",
            days,
        )

    # Two rows of each kind at a time: first tokens and keys, then the sessions without tokens.
    went = []
    while gone := await town.value("select app.prune(2)"):
        went.append(gone)

    assert len(went) > 1
    assert sum(went) == 9
    assert await town.value("select count(*) from app.sessions") == 1
    assert await town.value("select count(*) from app.refresh_tokens") == 1
    assert await town.value("select array_agg(key) from app.idempotency_keys") == ["key 1"]


async def forgets(town: Town) -> None:
    """Do what the worker does every hour."""
    await town.ensure_served()
    async with worker.working(settings()) as (work, _queue):
        await privacy.forget(work)
    await town.worker_runs()


async def test_each_kind_of_data_is_erased_when_its_period_is_over(town: Town) -> None:
    marc, ines, association = await town.a_customer("Marc"), await town.a_customer("Ines"), await town.an_association()
    today = await town.today()
    zelie = await town.a_beneficiary(association=association, until=today + timedelta(days=365))
    amina = await town.a_beneficiary("Amina", association=association, until=today + timedelta(days=1400))
    bought, given = [await make(opens_in=timedelta(hours=-1)) for make in (town.a_lot, town.a_free_lot)]
    held: list[Reservation] = []
    for person, lot in ((marc, bought), (ines, bought), (zelie, given)):
        reserved = await (person.buys(lot) if isinstance(person, Customer) else person.reserves(lot))
        await lot.shop.merchant.hands_over(await person.pass_for(reserved))
        held.append(reserved)
    await town.worker_runs()
    start = await town.now()
    await town.changes(
        "insert into app.audit_entries (at, actor_role, action, subject) values ($1, 'worker', 'keys.rotated', 'keys')",
        start - timedelta(days=10),
    )

    async def standing(*people: Person) -> list[str]:
        query = "select status from app.accounts where id = $1"
        return [await town.value(query, person.id) for person in people]

    await town.clock(start + timedelta(days=1))  # money is published up to the last midnight
    impact = await marc.gets("/impact")
    assert impact["value_saved_cents"] > 0
    await town.clock(start + timedelta(days=89))
    await forgets(town)
    assert await town.value("select count(*) from app.passes") == 3
    await town.clock(start + timedelta(days=91))
    await forgets(town)
    assert await town.value("select count(*) from app.passes") == 0
    old = "select count(*) from app.audit_entries where action = 'keys.rotated'"
    assert await town.value(old) == 1

    # A beneficiary is erased a year after their right ended; one with a current right is not.
    await town.clock(start + timedelta(days=725))
    await forgets(town)
    assert await standing(zelie, amina) == ["active", "active"]
    await town.clock(start + timedelta(days=735))
    await forgets(town)
    assert await standing(zelie, amina, marc) == ["erased", "active", "active"]
    assert await town.value("select count(*) from app.beneficiary_persons") == 1
    assert await town.value(old) == 0
    (entry,) = await town.rows("select actor_role, detail from app.audit_entries where action = 'account.erased'")
    assert (entry["actor_role"], json.loads(entry["detail"])) == ("worker", {"why": "time_over"})

    # After three years of inactivity people are warned; those who use their account again are kept.
    await town.clock(start + timedelta(days=3 * 365 - 20))
    await forgets(town)
    assert len(list((town.folder / "mails").glob("*-account_ends.eml"))) == 2
    assert (await ines.asks("GET", "/me")).status_code == 200
    await town.clock(start + timedelta(days=3 * 365 + 9))
    await forgets(town)
    assert await standing(marc, ines) == ["active", "active"]
    await town.clock(start + timedelta(days=3 * 365 + 12))
    await forgets(town)
    assert await standing(marc, ines, amina) == ["erased", "active", "active"]
    assert len(list((town.folder / "mails").glob("*-account_ends.eml"))) == 2

    # A reservation of three years ago has no holder any more, its payment is in the books, the figures are unchanged.
    nobody = UUID(int=0)
    holders = await town.rows("select account_id from app.reservations where id = any ($1)", [r.id for r in held])
    assert {row["account_id"] for row in holders} == {nobody}
    assert await town.value("select count(*) from app.impact_entries where account_id <> $1", nobody) == 0
    assert await town.value("select count(*) from app.payments") == 0
    assert await town.value("select array_agg(status) from accounting.payments") == ["succeeded", "succeeded"]
    assert await ines.gets("/impact") == impact
    assert (await ines.gets("/reservations"))["data"] == []
    assert await standing(*[await town.a_customer()]) == ["active"]
    assert (await association.gets("/beneficiaries"))["data"][0]["id"] == str(amina.id)
    await town.clock(start + timedelta(days=12 * 365))
    await forgets(town)
    assert await town.value("select count(*) from accounting.payments") == 0


async def test_reserving_counts_as_activity_without_a_sign_in(town: Town) -> None:
    """With Supabase Auth we see no sign-ins, so a recent reservation keeps its holder from being warned or erased."""
    marc, ines, jean = await town.a_customer("Marc"), await town.a_customer("Ines"), await town.a_customer("Jean")
    reserved = await marc.buys(await town.a_lot())
    await town.changes("update app.accounts set last_seen_on = last_seen_on - 2000 where role = 'customer'")
    await town.changes(
        "update app.accounts set warned_at = now() - interval '40 days' where id = any ($1)", [marc.id, ines.id]
    )
    await forgets(town)
    standing = await town.rows("select id, status from app.accounts where role = 'customer'")
    assert {row["id"]: row["status"] for row in standing} == {
        marc.id: "active", ines.id: "erased", jean.id: "active"
    }  # fmt: skip
    assert await town.status_of(reserved) == "confirmed"
    await town.changes("update app.accounts set warned_at = null where role = 'customer'")
    await forgets(town)
    warned = await town.rows("select id from app.accounts where warned_at is not null")
    assert [row["id"] for row in warned] == [jean.id]


PRIVACY = Path(__file__).parents[2] / "docs" / "privacy.md"


def in_french(period: str) -> str:
    number, _, unit = period.partition(" ")
    if period in ("-", "00:00:00"):
        return {"-": "—", "00:00:00": "aucune"}[period]
    return f"{number} {'an' if unit.startswith('year') else 'jour'}{'s' if int(number) > 1 else ''}"


async def test_accounts_restored_from_an_older_backup_are_erased_again(town: Town) -> None:
    """Restored from an older dump, except the vault, which comes from the newest."""
    marc, ines, relais = await town.a_customer("Marc"), await town.a_customer("Ines"), await town.an_association()
    for person in (relais, marc):
        assert (await person.asks("DELETE", "/me")).status_code == 204
        await town.changes(
            "update app.accounts set status = 'active', erased_at = null, display_name = 'Sentinelle' where id = $1",
            person.id,
        )
    # An association that has beneficiaries again is left to an admin, and does not stop the erasure of others.
    amina = await town.a_beneficiary(association=relais)
    await forgets(town)
    standing = "select status, display_name from app.accounts where id = $1"
    (marcs,), (others,), (associations,) = [await town.rows(standing, who.id) for who in (marc, ines, relais)]
    assert (tuple(marcs), tuple(others)) == (("erased", "-"), ("active", "Ines"))
    assert associations["status"] == "active"

    await town.changes("update app.beneficiaries set association_id = null where id = $1", amina.id)
    await forgets(town)
    assert await town.value("select status from app.accounts where id = $1", relais.id) == "erased"


async def test_the_privacy_document_names_every_period_as_enforced(lasting_town: Town) -> None:
    """Compare the table in docs/privacy.md with app.retention_periods, and each period with the code that uses it."""
    rows = await lasting_town.rows(
        "select what, coalesce(keeps::text, '-') as keeps, counted_from, reason from app.retention_periods"
        " order by what"
    )
    told = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in PRIVACY.read_text().splitlines()
        if line.startswith("| `")
    ]
    assert told == [(f"`{row['what']}`", in_french(row["keeps"]), row["counted_from"], row["reason"]) for row in rows]
    enforced = " ".join(file.read_text() for file in (PRIVACY.parents[1] / "policies" / "functions").rglob("*.sql"))
    enforced += (PRIVACY.parents[1] / "backend" / "periodic_jobs.py").read_text()
    kept = {row["what"] for row in rows if row["keeps"] != "-"}
    # A period is used by its name in `kept_for`, or in the list of `prune` (table, period, condition).
    named = set(re.findall(r"kept_for\('([a-z_]+)'\)", enforced))
    named |= set(re.findall(r"\('(?:app|key_vault|accounting)\.[a-z_]+', '([a-z_]+)',", enforced))
    assert {what for what in kept - named if f'"{what}"' not in enforced} == set()
    assert named <= kept

    merchant = await lasting_town.a_merchant()
    async with lasting_town.sql_as(merchant) as connection:
        assert await connection.fetchval("select count(*) from app.retention_periods") == len(rows)
    with pytest.raises(asyncpg.PostgresError, match=r"record\.append_only"):
        await lasting_town.changes("update app.retention_periods set keeps = '1 day'")

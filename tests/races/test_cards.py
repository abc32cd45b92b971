"""Concurrent issuing, revoking and signing in: one active card a person, and no session after a revocation."""

import asyncio
import json
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest

from tests.races.test_counter import rewrite_function
from tests.town import Association, Beneficiary, Person, Town
from tests.town.databases import Connection

ACTIVE = "select beneficiary_id, count(*) filter (where status = 'active') as active from app.cards group by 1"


async def _as(connection: Connection, who: Person) -> None:
    """Take on this person's identity for the transaction, as a session of the API does."""
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'authenticated', true)",
        json.dumps({"sub": str(who.id)}),
    )


async def _issues(connection: Connection, who: Person, holders: Sequence[Person]) -> str | None:
    """Issue cards in one transaction; return the name of the Postgres error that stopped it, or None."""
    try:
        async with connection.transaction():
            await _as(connection, who)
            hashes = [uuid4().bytes * 2 for _ in holders]
            await connection.execute("select app.issue_cards($1, $2)", [one.id for one in holders], hashes)
    except asyncpg.PostgresError as stopped:
        return type(stopped).__name__
    return None


async def _kiosk(town: Town, association: Association) -> bytes:
    device = uuid4().bytes * 2
    await town.changes(
        "insert into app.kiosks (name, association_id, device_hash, registered_by) values ('Accueil', $1, $2, $1)",
        association.id,
        device,
    )
    return device


async def _card(town: Town, holder: Beneficiary) -> bytes:
    secret = uuid4().bytes * 2
    await town.changes("insert into app.cards (beneficiary_id, secret_hash) values ($1, $2)", holder.id, secret)
    return secret


async def _signs_in(connection: Connection, device: bytes, card: bytes) -> str | None:
    row = await connection.fetchrow(
        "select * from app.sign_in_with_card($1, $2, $3, $4, null)", device, card, uuid4().bytes * 2, device
    )
    assert row is not None
    problem: str | None = row["problem"]
    return problem


@pytest.mark.parametrize("waiting", [True, False], ids=["the act", "control"])
async def test_issuing_cards_concurrently_leaves_each_person_with_one(town: Town, waiting: bool) -> None:
    """The people are listed in different orders. Every request succeeds; only the last one's cards stay active."""
    association = await town.an_association()
    people = [await town.a_beneficiary(f"Amina{n}", association=association) for n in range(6)]
    if not waiting:
        # Without the locks on people, only the unique index can refuse.
        await rewrite_function(town, "issue_cards", "perform app.own_beneficiary(holder);", "null;")
        await rewrite_function(
            town, "issue_cards", "app.clock() from unnest", "app.clock() from pg_sleep(0.3) z, unnest"
        )

    async with town.copy.connections(8) as hands:
        for _ in range(3):
            stopped = await asyncio.gather(
                *(
                    _issues(hand, association, people if n % 2 else list(reversed(people)))
                    for n, hand in enumerate(hands)
                )
            )
            # The constraint holds with and without the locks.
            assert {row["active"] for row in await town.rows(ACTIVE)} == {1}
            if not waiting:
                assert any(stopped)
                return
            assert stopped == [None] * 8
    cards = await town.rows("select status, count(*) from app.cards group by 1 order by 1")
    assert [tuple(row) for row in cards] == [("active", 6), ("revoked", 6 * 23)]
    # Each replaced card is in the audit log once.
    noted = await town.value(
        "select count(distinct detail->>'card') from app.audit_entries where action = 'card.revoked'"
    )
    assert noted == 6 * 23


@pytest.mark.parametrize("what", ["card", "kiosk"])
@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_revoking_during_a_sign_in_leaves_no_open_session(town: Town, what: str, careful: bool) -> None:
    """The sign-in has checked card and kiosk but not finished; then the card or the kiosk is revoked."""
    association = await town.an_association()
    amina = await town.a_beneficiary(association=association)
    device, card = await _kiosk(town, association), await _card(town, amina)
    if not careful:
        lock = "for no key update of c;" if what == "card" else "for no key update;"
        await rewrite_function(town, "sign_in_with_card", lock, ";")
    thing = amina.id if what == "card" else await town.value("select id from app.kiosks")
    checks = "perform app.require_role"
    await rewrite_function(town, "sign_in_with_card", checks, f"perform pg_sleep(0.6); {checks}")

    async with town.copy.connections(2) as (tablet, office):
        signing_in = asyncio.create_task(_signs_in(tablet, device, card))
        await asyncio.sleep(0.2)
        async with office.transaction():
            await _as(office, association)
            await office.execute(f"select app.revoke_{what}($1)", thing)
        assert await signing_in is None  # the card was valid when it was shown

    running = await town.value("select count(*) from app.sessions where ended_at is null")
    assert running == (0 if careful else 1)


async def test_issuing_cards_while_holders_sign_in_does_not_deadlock(town: Town) -> None:
    """People sign in at changing kiosks while their cards are replaced, all at the same time."""
    association = await town.an_association()
    people = [await town.a_beneficiary(f"Amina{n}", association=association) for n in range(4)]
    devices = [await _kiosk(town, association) for _ in range(3)]
    cards = [await _card(town, one) for one in people]

    async with town.copy.connections(10) as hands:
        for turn in range(4):
            outcomes = await asyncio.gather(
                *(_signs_in(hand, devices[(n + turn) % 3], cards[n % 4]) for n, hand in enumerate(hands[:7])),
                *(_issues(hand, association, people[turn % 2 :]) for hand in hands[7:]),
            )
            assert set(outcomes) <= {None, "auth.wrong_card"}

    assert {row["active"] for row in await town.rows(ACTIVE)} == {1}
    # Every open session has an active card, and each kiosk has at most one session.
    open_sessions = await town.rows(
        "select s.kiosk_id, c.status from app.sessions s join app.cards c on c.id = s.card_id where s.ended_at is null"
    )
    assert all(row["status"] == "active" for row in open_sessions)
    assert len({row["kiosk_id"] for row in open_sessions}) == len(open_sessions)

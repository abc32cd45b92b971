"""A handover does the same work for a paid, a suspended and a free portion, so that its timing tells nothing.

Compared are the statements that a request sends, the functions that it calls, the rows that it writes by table, the
bytes of its transaction log, and the length of its answer.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest

from tests.policies.test_indistinguishable_portions import KINDS, Counter
from tests.town import Town

POSTS_AT_ONCE = """
    create function app.posts_at_once() returns trigger language plpgsql security definer as $$
    begin
        perform app.post('sale', 'at once ' || new.id, new.id, app.clock(),
                         array[app.ledger_account('held'), app.ledger_account('fees')], array[1::bigint, -1::bigint]);
        return null;
    end $$;
    create trigger posts_at_once after update on app.reservations for each row
    when (new.status = 'picked_up' and new.unit_price_cents > 0) execute function app.posts_at_once();
"""
A_FEW_BYTES = 120  # what rows of one shape may differ by: alignment, and hint bits that a page had or not
WRITTEN = """
    select schemaname || '.' || relname as name, n_tup_ins, n_tup_upd, n_tup_del from pg_stat_xact_user_tables
    where n_tup_ins + n_tup_upd + n_tup_del > 0 order by 1
"""
CALLED = (
    "select schemaname || '.' || funcname as name, calls from pg_stat_xact_user_functions where calls > 0 order by 1"
)

WATCHES = pytest.mark.parametrize("posts_at_once", [False, True], ids=["as it is", "control"])


async def opened(town: Town, posts_at_once: bool) -> Counter:
    counter = await Counter.opened(town)
    if posts_at_once:
        await town.changes(POSTS_AT_ONCE)
    return counter


async def wal_bytes(counter: Counter, kind: str, number: int) -> int:
    """Hand a portion over, and return the bytes that this wrote to the write-ahead log."""
    shown = await counter.shown(kind, number)
    async with counter.town.copy.connection() as connection:
        await connection.execute("checkpoint")
        before = await connection.fetchval("select pg_current_wal_insert_lsn()")
        handed = await connection.fetchrow(
            "select * from app.pick_up($1, $2, true)", counter.shop.merchant.id, shown.code
        )
        assert handed is not None
        assert handed["problem"] is None
        written: int = await connection.fetchval("select pg_current_wal_insert_lsn() - $1::pg_lsn", before)
    return written


@WATCHES
async def test_a_handover_writes_as_much_for_each_kind(town: Town, posts_at_once: bool) -> None:
    counter = await opened(town, posts_at_once)
    for kind in KINDS:
        await wal_bytes(counter, kind, 0)  # the person is recorded at the first handover only

    written = {kind: await wal_bytes(counter, kind, 1) for kind in KINDS}

    assert (max(written.values()) - min(written.values()) > A_FEW_BYTES) is posts_at_once, written


async def rows_and_calls(counter: Counter, kind: str, number: int) -> tuple[list[Any], list[Any]]:
    """Hand a portion over; return the number of rows written by table, and of calls by function."""
    shown = await counter.shown(kind, number)
    async with counter.town.copy.connection() as connection:
        await connection.execute("set track_functions = 'all'")
        async with connection.transaction():
            await connection.fetchrow("select * from app.pick_up($1, $2, true)", counter.shop.merchant.id, shown.code)
            await connection.execute("set constraints all immediate")
            written, called = await connection.fetch(WRITTEN), await connection.fetch(CALLED)
    return [tuple(row) for row in written], [tuple(row) for row in called]


@WATCHES
async def test_a_handover_writes_the_same_rows_by_the_same_calls(town: Town, posts_at_once: bool) -> None:
    counter = await opened(town, posts_at_once)
    for number in range(2):
        done = {kind: await rows_and_calls(counter, kind, number) for kind in KINDS}
        written, called = (len({str(done[kind][part]) for kind in KINDS}) for part in range(2))
        assert ("app.reservations", 0, 1, 0) in done["paid"][0]
        assert ("app.pick_up", 1) in done["paid"][1]
        assert (written > 1, called > 1) == (posts_at_once, posts_at_once), done


@contextmanager
def statements_of_requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the statements that the served app sends to Postgres, whichever way."""
    sent: list[str] = []
    ways = ("_do_execute", "execute", "executemany", "prepare", "copy_records_to_table")
    with monkeypatch.context() as patched:
        for way in ways:
            original = getattr(asyncpg.Connection, way)

            async def sending(self: Any, query: str, *rest: Any, _original: Any = original, **named: Any) -> Any:
                if threading.current_thread().name == "served app":
                    sent.append(query)
                return await _original(self, query, *rest, **named)

            patched.setattr(asyncpg.Connection, way, sending)
        yield sent


@pytest.mark.parametrize("lot_named", [False, True], ids=["as it is", "control"])
async def test_a_request_to_hand_over_sends_one_statement_and_answers_as_long(
    town: Town, monkeypatch: pytest.MonkeyPatch, lot_named: bool
) -> None:
    counter = await Counter.opened(town)
    if lot_named:
        source = await town.value("select pg_get_functiondef('app.pick_up'::regproc)")
        await town.changes(source.replace("'title', l.title,", "'title', l.title || left(l.suspended_from::text, 1),"))
    await town.changes("update app.lots set title = 'Panier du soir'")
    merchant = counter.shop.merchant
    now = (await town.now()).replace(microsecond=123456)
    await town.clock(now)
    found = {}
    for kind in KINDS:
        shown = await counter.shown(kind)
        with statements_of_requests(monkeypatch) as sent:
            answers = [
                await merchant.asks("POST", "/pickups", {"qr": shown.qr, "pin": pin})
                for pin in (shown.wrong_pin, shown.pin, shown.pin)
            ]
        assert [answer.status_code for answer in answers] == [403, 200, 409]
        lengths = [len(answer.content) for answer in answers]
        found[kind] = (sent, lengths, [sorted(map(str.lower, answer.headers)) for answer in answers])

    sent, *_ = found["paid"]
    assert len(sent) == 3, sent
    assert all(" app.pick_up(" in statement for statement in sent)
    assert (found["suspended"] != found["paid"]) is lot_named, found
    if not lot_named:
        assert found["free"] == found["paid"]

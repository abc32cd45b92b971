"""Webhooks to endpoints that hang, redirect, fail after the effect, say too much or move inside; workers that die."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from backend import worker
from backend.http import public_addresses
from backend.http.public_addresses import Address, PublicHttps
from backend.settings import settings
from backend.webhooks import jobs
from tests.https_server import NAME, Authority, Received, serving
from tests.startup.running import ROOT
from tests.town import Shop, Town
from tests.town.databases import API, WORKER

OK = b"HTTP/1.1 204 Fine\r\nContent-Length: 0\r\n\r\n"
OOPS = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
KINDS = ("hangs", "redirects", "fails_after_the_effect", "says_too_much", "moves_inside")
PUBLIC, INSIDE = "127.0.0.1", "127.0.0.3"
# What the message of each kind's first try fails with.
WHY = {
    "hangs": "timeout",
    "redirects": "redirect",
    "fails_after_the_effect": "status",
    "says_too_much": "too_large",
    "moves_inside": "status",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


def body_of(size: int) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size


async def hooked(town: Town, port: int, *paths: str) -> tuple[Shop, list[str]]:
    """Make a shop with an endpoint at each of these paths, and return it with the endpoints' ids."""
    shop = await town.a_shop()
    added = [
        await shop.merchant.posts(
            "/webhook-endpoints",
            {"url": f"https://{NAME}:{port}/{path}", "events": ["reservation.made.v1"], "shop_id": str(shop.id)},
        )
        for path in paths
    ]
    return shop, [one["id"] for one in added]


def received(server: Received, path: str) -> list[str]:
    """Return the ids of the messages that came to a path."""
    return [
        json.loads(body)["id"]
        for head, body in zip(server.heads, server.bodies, strict=True)
        if head.split(" ")[1].startswith(f"/{path}")
    ]


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
async def test_fifty_webhooks_to_endpoints_that_misbehave(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """The control lets webhooks reach private addresses: then those whose name moves inside arrive there."""
    monkeypatch.setattr(public_addresses, "SECONDS", 1.0)
    looks: Counter[str] = Counter()

    async def resolve(host: str, port: int) -> Sequence[str]:
        looks[host] += 1
        return [INSIDE if inside and port == public.port else PUBLIC]

    def may_reach(address: Address) -> bool:
        return not guarded or str(address) != INSIDE

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve, may_reach, authority.trusted))
    inside = False
    marc = await town.a_customer()
    async with serving(authority, PUBLIC) as others, serving(authority, PUBLIC) as public:
        async with serving(authority, INSIDE, public.port) as private:
            redirect = f"HTTP/1.1 307 There\r\nLocation: https://{INSIDE}:{private.port}/\r\nContent-Length: 0\r\n\r\n"
            answers = {
                "hangs": None,
                "redirects": redirect.encode(),
                "fails_after_the_effect": OOPS,
                "says_too_much": body_of(65 * 1024),
            }
            others.answer = lambda head: answers[head.split(" ")[1][1:]]
            public.answer = OOPS
            for _ in range(10):
                shop, _ids = await hooked(town, others.port, *KINDS[:4])
                await shop.merchant.posts(
                    "/webhook-endpoints",
                    {
                        "url": f"https://{NAME}:{public.port}/moves_inside",
                        "events": ["reservation.made.v1"],
                        "shop_id": str(shop.id),
                    },
                )
                await marc.reserves(await town.a_lot(shop=shop))

            await town.worker_runs()
            first = await town.rows("select problem, count(*) from app.webhook_deliveries group by 1")
            assert {row["problem"]: row["count"] for row in first} == {
                why: 10 * list(WHY.values()).count(why) for why in WHY.values()
            }
            assert len(received(public, "moves_inside")) == 10
            assert private.bodies == []

            inside = True
            others.answer = lambda head: body_of(63 * 1024) if "too_much" in head else OK
            await town.clock(await town.now() + timedelta(seconds=6))
            await town.worker_runs()

    assert (len(private.bodies) == 10) is not guarded
    assert len(received(public, "moves_inside")) == 10
    second = await town.rows(
        "select status, coalesce(problem, '-') as problem, attempts, count(*) from app.webhook_deliveries"
        " group by 1, 2, 3 order by 1, 2"
    )
    expected = [("delivered", "-", 2, 40), ("waiting", "address", 2, 10)] if guarded else [("delivered", "-", 2, 50)]
    assert [tuple(row) for row in second] == expected
    for kind in KINDS[:4]:
        ids = received(others, kind)
        assert (len(ids), set(Counter(ids).values())) == (20, {2}), kind
    assert looks[NAME] == 100  # at every try, once


@pytest.mark.parametrize("at_once", [32, 1], ids=["fair", "control"])
async def test_a_slow_endpoint_does_not_hold_others_up(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Thirty messages wait for the slow one, which get there first. The control sends one message at a time."""
    monkeypatch.setattr(public_addresses, "SECONDS", 1.0)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [PUBLIC]

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve, lambda address: True, authority.trusted))
    marc = await town.a_customer()
    async with serving(authority, PUBLIC) as server:
        server.answer = lambda head: None if "slow" in head else OK
        slow, _ids = await hooked(town, server.port, "slow")
        lot = await town.a_lot(shop=slow, left=50)
        for _ in range(30):
            await marc.reserves(lot)
        for _ in range(4):
            shop, _ids = await hooked(town, server.port, "quick")
            await marc.reserves(await town.a_lot(shop=shop))
        async with worker.working(settings()) as (work, _):
            async with asyncio.timeout(60):  # a slow address never answers
                await jobs.deliver_due(work, at_once=at_once, seconds=0.8)

    assert len(received(server, "slow")) == 1  # one message at a time
    assert (len(received(server, "quick")) == 4) is (at_once > 1)


# The control gives up a message when it is claimed, as a queue would that promises to send at most once.
AT_MOST_ONCE = """
    update app.webhook_deliveries d set due_at = null, status = 'delivered'
    where d.endpoint_id = any (claimed) and d.due_at <= moment;
end $function$"""
DELIVERING = """
import asyncio, ssl, sys
from backend import worker
from backend.http.public_addresses import PublicHttps
from backend.settings import settings
from backend.webhooks import jobs

async def resolve(host, port):
    return ["127.0.0.1"]

async def main():
    jobs.OUTGOING = PublicHttps(resolve, lambda address: True, ssl.create_default_context(cafile=sys.argv[1]))
    async with worker.working(settings()) as (work, _):
        await jobs.deliver_due(work, at_once=4, seconds=60)

asyncio.run(main())
"""


async def _delivering(town: Town, authority: Authority) -> asyncio.subprocess.Process:
    ways = {
        "DATABASE_URL": town.copy.url(API),
        "ECOPANIER_OWNER_DATABASE_URL": town.copy.url(),
        "ECOPANIER_WORKER_DATABASE_URL": town.copy.url(WORKER),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", DELIVERING, str(authority.root), cwd=ROOT, env={**os.environ, **ways}
    )


@pytest.mark.parametrize("at_least_once", [True, False], ids=["at least once", "control"])
async def test_a_worker_killed_amid_deliveries_loses_nothing(
    town: Town, authority: Authority, monkeypatch: pytest.MonkeyPatch, at_least_once: bool
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return [PUBLIC]

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve, lambda address: True, authority.trusted))
    if not at_least_once:
        source = await town.value("select pg_get_functiondef('app.claim_webhooks'::regproc)")
        await town.changes(source.replace("\nend $function$", AT_MOST_ONCE))
    marc = await town.a_customer()
    async with serving(authority, PUBLIC) as server:
        for number in range(8):
            shop, _ids = await hooked(town, server.port, f"{number}")
            await marc.reserves(await town.a_lot(shop=shop))
        before = len(server.bodies)
        server.answer = lambda head: OK if len(server.bodies) < before + 4 else None
        running = await _delivering(town, authority)
        try:
            async with asyncio.timeout(60):
                while len(server.bodies) < before + 7:
                    await asyncio.sleep(0.05)
        finally:
            running.send_signal(signal.SIGKILL)
            await running.wait()
        server.answer = OK
        await town.worker_runs()  # the leases of the dead worker still hold
        during = len(server.bodies)
        await town.clock(await town.now() + timedelta(seconds=31))
        await town.worker_runs()

    taken = await town.value("select count(*) from app.webhook_deliveries where status = 'delivered' and attempts > 0")
    assert (taken == 8) is at_least_once
    if at_least_once:
        ids = Counter(json.loads(body)["id"] for body in server.bodies)
        assert len(ids) == 8
        assert max(ids.values()) == 2  # what the dead worker was sending came again, with the same id
        assert during < len(server.bodies)

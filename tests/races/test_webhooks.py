"""Several workers deliver webhooks at once: each message goes out once, and one at a time to each endpoint."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend import worker
from backend.http.public_addresses import PublicHttps
from backend.settings import settings
from backend.webhooks import jobs
from tests.https_server import NAME, Authority, serving
from tests.town import Town

WORKERS = 4
MESSAGES = 6


@pytest.mark.parametrize("leased", [True, False], ids=["leased", "control"])
async def test_workers_at_once_send_each_message_once(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leased: bool
) -> None:
    """The control does not ask whether another worker sends to the endpoint."""
    authority = Authority(tmp_path)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(jobs, "OUTGOING", PublicHttps(resolve, lambda address: True, authority.trusted))
    if not leased:
        source = await town.value("select pg_get_functiondef('app.claim_webhooks'::regproc)")
        await town.changes(source.replace("e.leased_until <= moment and", ""))
    marc = await town.a_customer()
    async with serving(authority, "127.0.0.1") as server:
        for number in range(3):
            shop = await town.a_shop()
            await shop.merchant.posts(
                "/webhook-endpoints",
                {
                    "url": f"https://{NAME}:{server.port}/{number}",
                    "events": ["reservation.made.v1"],
                    "shop_id": str(shop.id),
                },
            )
            lot = await town.a_lot(shop=shop, left=MESSAGES)
            for _ in range(MESSAGES):
                await marc.reserves(lot)
        async with worker.working(settings()) as (work, _):
            await asyncio.gather(*(jobs.deliver_due(work, seconds=20) for _ in range(WORKERS)))

    sent = Counter(json.loads(body)["id"] for body in server.bodies)
    assert len(sent) == 3 * MESSAGES
    assert (max(sent.values()) == 1) is leased

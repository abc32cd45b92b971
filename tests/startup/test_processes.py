"""Several processes serve one port: they share connections and counts, and are replaced when they end."""

import asyncio
import re
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import psutil
import pytest

from tests.startup.commands import started
from tests.startup.running import PATIENCE_SECONDS
from tests.town import Town

ALLOWED = 20  # new passwords that one address may ask for in an hour
CONNECTIONS = 12
START_FAILED = 3


class Serving:
    """A running `ecopanier serve`, and connections to it."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.parent = psutil.Process(process.pid)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that serve."""
        return self.parent.children()

    async def until_ready(self) -> None:
        """Wait until requests are answered."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    async with httpx2.AsyncClient() as client:
                        if (await client.get(f"{self.url}/readyz")).status_code == 200:
                            return
                except httpx2.TransportError:
                    pass
                assert self.process.returncode is None, await self.said()
                await asyncio.sleep(0.05)

    async def said(self) -> str:
        """Return its output once it has ended."""
        return (await self.process.communicate())[0].decode()

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and return its exit status."""
        self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def served(town: Town, processes: int) -> AsyncIterator[Serving]:
    """Serve the town with so many processes."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"ECOPANIER_PROCESSES": str(processes), "ECOPANIER_ENV": "test", "ECOPANIER_TRUSTED_PROXIES": "1"}
    serving = Serving(await started(town, "serve", "--port", str(port), **environment), port)
    try:
        await serving.until_ready()
        yield serving
    finally:
        if serving.process.returncode is None:
            await serving.end()


@asynccontextmanager
async def connections(servers: Sequence[Serving]) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """Open connections that stay open, from one address, to each of these servers in turn."""
    async with AsyncExitStack() as open_:
        clients = [
            await open_.enter_async_context(
                httpx2.AsyncClient(base_url=servers[number % len(servers)].url, timeout=PATIENCE_SECONDS)
            )
            for number in range(CONNECTIONS)
        ]
        await asyncio.gather(*(client.get("/healthz") for client in clients))
        yield clients


async def _asks_for_a_password(client: httpx2.AsyncClient) -> httpx2.Response:
    return await client.post("/v1/auth/forgot-password", json={"email": "nobody@example.org"})


def _connections_of(worker: psutil.Process, port: int) -> int:
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in worker.net_connections())


@pytest.mark.parametrize(
    ("servers", "processes", "most"), [(1, 2, ALLOWED), (2, 1, 2 * ALLOWED)], ids=["processes of one server", "control"]
)
async def test_processes_of_one_server_count_together(town: Town, servers: int, processes: int, most: int) -> None:
    await town.territories()
    async with AsyncExitStack() as running:
        serving = [await running.enter_async_context(served(town, processes)) for _ in range(servers)]
        async with connections(serving) as clients:
            answers = await asyncio.gather(
                *(_asks_for_a_password(clients[number % CONNECTIONS]) for number in range(3 * ALLOWED))
            )
            assert Counter(answer.status_code for answer in answers) == {204: most, 429: 3 * ALLOWED - most}
            # Everybody searches from an address of their own, on whichever connection.
            for number, client in enumerate(clients):
                headers = {"x-forwarded-for": f"192.0.2.{number}"}
                await client.get("/v1/lots", params={"near": "48.5734,7.7521", "q": "truffes"}, headers=headers)
            told = [(await client.get("/metrics")).text for client in clients]
            together = servers == 1
            for text in told:
                posted = re.findall(r"^ecopanier_http_requests_total{.*forgot-password.*} (\S+)$", text, re.MULTILINE)
                assert (sum(map(float, posted)) == 3 * ALLOWED) == together
                assert "ecopanier_http_requests_under_way 1.0" in text
    searches = await town.value("select sum(searches)::int from app.unmet_days")
    assert (searches == CONNECTIONS) == together


async def test_processes_share_connections_replace_one_another_and_end_together(town: Town) -> None:
    async with served(town, 2) as serving:
        async with connections([serving]) as clients:
            each = [_connections_of(worker, serving.port) for worker in serving.workers()]
            assert sum(each) == CONNECTIONS
            assert min(each) >= CONNECTIONS // 4
            for number in range(ALLOWED):
                assert (await _asks_for_a_password(clients[number % CONNECTIONS])).status_code == 204
        killed = serving.workers()
        for worker in killed:
            worker.kill()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(set(serving.workers()) - set(killed)) < 2:
                await asyncio.sleep(0.05)
        await serving.until_ready()
        async with httpx2.AsyncClient(base_url=serving.url, timeout=PATIENCE_SECONDS) as client:
            assert (await _asks_for_a_password(client)).status_code == 429  # what was counted before counts
            assert f'"204"}} {ALLOWED}.0' in (await client.get("/metrics")).text

        workers = serving.workers()
        assert await serving.end(signal.SIGKILL) == -signal.SIGKILL
        assert psutil.wait_procs(workers, timeout=PATIENCE_SECONDS)[1] == []


async def test_a_server_that_cannot_start_ends_with_all_its_processes(town: Town) -> None:
    away = "postgresql://ecopanier_api@127.0.0.1:1/nowhere"
    process = await started(town, "serve", "--port", "0", ECOPANIER_PROCESSES="2", DATABASE_URL=away)
    await process.communicate()
    assert process.returncode == START_FAILED
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await started(town, "serve", "--port", port, ECOPANIER_PROCESSES="2")
        said, _ = await process.communicate()
    assert process.returncode == START_FAILED
    assert f"Port {port} of 127.0.0.1 cannot be opened" in said.decode()

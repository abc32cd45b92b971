"""Prepare requests of people who have signed in, and send them with the load client."""

import functools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from backend.identity.tokens import OwnTokens
from scripts.benchmarks.load import Client
from scripts.benchmarks.world import EAST, MARGIN, MERCHANT, NORTH, SOUTH, WEST, numbered
from scripts.places import ROOT

SEARCHES = 2_000
WRK_SCRIPT = ROOT / "scripts" / "benchmarks" / "wrk.lua"

Request = tuple[str, str | None]


@dataclass(frozen=True)
class Outcome:
    """Numbers of answers by status, requests per second, and latencies in seconds."""

    answers: dict[str, int]
    per_second: float
    p50: float
    p95: float
    p99: float


class LoadFailed(Exception):
    """Raised when an answer is not as expected. The message says what was answered."""


@functools.cache
def wrk() -> str | None:
    """Return the path of wrk, a load client in C that takes less from the machine than ours; None without it."""
    return shutil.which("wrk")


def client() -> str:
    """Return the description of the client that sends timed load."""
    return "wrk, one thread" if wrk() else "raw sockets in one Python process (scripts/benchmarks/load.py)"


def searches() -> list[Request]:
    """Return searches for a page of lots around random places in the square, without signing in."""
    return [
        (
            f"GET /v1/lots?near={random.uniform(SOUTH + MARGIN, NORTH - MARGIN):.6f},"  # noqa: S311
            f"{random.uniform(WEST + MARGIN, EAST - MARGIN):.6f}&radius_km=5 HTTP/1.1\r\nHost: bench\r\n\r\n",  # noqa: S311
            None,
        )
        for _ in range(SEARCHES)
    ]


def reservations(tokens: OwnTokens, accounts: int, lots: int) -> list[Request]:
    """Return a reservation of one free portion for each account. The key between the two parts is made when sent."""
    return [
        (
            f"POST /v1/lots/{numbered('lot', random.randint(1, lots))}/reservations HTTP/1.1\r\nHost: bench\r\n"  # noqa: S311
            f"{_signed_in(tokens, account)}Content-Type: application/json\r\nContent-Length: 14\r\nIdempotency-Key: ",
            '\r\n\r\n{"quantity":1}',
        )
        for account in range(1, accounts + 1)
    ]


def pickups(tokens: OwnTokens, shown: list[dict[str, str]]) -> list[Request]:
    """Return handovers of these passes by the merchant."""
    bodies = [json.dumps(one) for one in shown]
    head = (
        f"POST /v1/pickups HTTP/1.1\r\nHost: bench\r\n{_signed_in(tokens, MERCHANT)}Content-Type: application/json\r\n"
    )
    return [(f"{head}Content-Length: {len(body)}\r\n\r\n{body}", None) for body in bodies]


def send(port: int, requests: list[Request], *, clients: int, seconds: int, expected: int = 200) -> Outcome:
    """Keep this many requests under way for some seconds. Raises LoadFailed if an answer is not as expected."""
    if (program := wrk()) is not None:
        return _run_wrk(program, port, requests, clients, seconds)
    return _run({"port": port, "clients": clients, "seconds": seconds, "requests": requests}, expected)


def send_each(port: int, requests: list[Request], *, clients: int, expected: int = 200) -> Outcome:
    """Send every request once, in order, after which the API has cached each token. Raises LoadFailed."""
    return _run({"port": port, "clients": clients, "requests": requests, "warm": True}, expected)


def ask(port: int, request: Request) -> Any:
    """Send one request and return the JSON of its answer."""
    before, after = request
    client = Client(port)
    client.send(f"{before}{uuid4().hex}{after}".encode() if after is not None else before.encode())
    while (answer := client.answer()) is None:
        pass
    client.socket.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def _signed_in(tokens: OwnTokens, account: int) -> str:
    return f"Authorization: Bearer {tokens.issue(numbered('account', account), uuid4())}\r\n"


def _run(asked: dict[str, Any], expected: int) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.load"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode != 0:
        raise LoadFailed(done.stderr[-2000:])
    outcome = Outcome(**json.loads(done.stdout))
    if set(outcome.answers) != {str(expected)}:
        raise LoadFailed(f"expected {expected} only, got {outcome.answers}")
    return outcome


def _run_wrk(program: str, port: int, requests: list[Request], clients: int, seconds: int) -> Outcome:
    """Send timed load with wrk. It tells success from failure only; each request was sent once before, and compared."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder, "requests.lua")
        # The requests are ASCII, and the escapes that JSON needs for them mean the same in Lua.
        prepared.write_text(
            "return {\n"
            + "".join(f"{{{', '.join(json.dumps(part) for part in one if part is not None)}}},\n" for one in requests)
            + "}\n"
        )
        command = [program, "--threads=1", f"--connections={clients}", f"--duration={seconds}s", "--timeout=30s"]
        command += [f"--script={WRK_SCRIPT}", f"http://127.0.0.1:{port}", "--", str(prepared), os.urandom(4).hex()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoadFailed(f"{done.stdout[-500:]}{done.stderr[-2000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    if told["refused"] or told["broken"] or not told["answers"]:
        raise LoadFailed(f"wrk got {told['answers']} answers, {told['refused']} refused, {told['broken']} broken")
    return Outcome(
        {"succeeded": told["answers"]}, told["answers"] / told["seconds"], told["p50"], told["p95"], told["p99"]
    )

"""Send HTTP load from a separate process over a few keep-alive connections, one request at a time on each.

It shares two cores with what it measures, so it uses only raw sockets and prebuilt bytes.

Input (standard input, JSON): {"port", "clients", "seconds", "requests": [[before, after | null], …], "warm"?}. A
request with an `after` gets a fresh 16-character key between the two. With "warm" each request is sent once, in order,
instead of random ones for some seconds. Output (JSON): {"answers": {status: count}, "per_second", "p50", "p95", "p99"}
with latencies in seconds.
"""

import gc
import json
import random
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

LARGEST_ANSWER = 1 << 20


class Client:
    """One connection and the request that is under way on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.got = b""

    def send(self, request: bytes) -> None:
        """Send a request. Requests are so small here that one call sends all of it."""
        self.sent_at = time.perf_counter()
        self.socket.send(request)

    def answer(self) -> bytes | None:
        """Read what has arrived, and return the answer once it is complete.

        Raises ConnectionError if the server closed the connection.
        """
        some = self.socket.recv(LARGEST_ANSWER)
        if not some:
            raise ConnectionError("the server closed the connection")
        self.got = self.got + some if self.got else some
        head = self.got.find(b"\r\n\r\n")
        if head < 0:
            return None
        at = self.got.find(b"content-length: ") + 16
        if len(self.got) < head + 4 + int(self.got[at : self.got.index(b"\r", at)]):
            return None
        whole, self.got = self.got, b""
        return whole


def load(port: int, clients: int, next_request: Callable[[], bytes | None]) -> tuple[Counter[str], list[float], float]:
    """Keep this many requests under way until there is no next one. Returns statuses, latencies and total seconds."""
    waiting = selectors.DefaultSelector()
    statuses: Counter[str] = Counter()
    latencies: list[float] = []
    began = time.perf_counter()
    for _ in range(clients):
        if (request := next_request()) is not None:
            client = Client(port)
            waiting.register(client.socket, selectors.EVENT_READ, client)
            client.send(request)
    while waiting.get_map():
        for key, _ in waiting.select():
            client = key.data
            answer = client.answer()
            if answer is None:
                continue
            latencies.append(time.perf_counter() - client.sent_at)
            statuses[answer[9:12].decode()] += 1
            request = next_request()
            if request is None:
                waiting.unregister(client.socket)
                client.socket.close()
            else:
                client.send(request)
    return statuses, latencies, time.perf_counter() - began


def main() -> None:
    """Send the load that standard input describes."""
    asked: dict[str, Any] = json.load(sys.stdin)
    chosen = [(before.encode(), after and after.encode()) for before, after in asked["requests"]]
    until = time.perf_counter() + asked.get("seconds", 0)
    once = iter(chosen) if asked.get("warm") else None

    def next_request() -> bytes | None:
        if once is not None:
            picked = next(once, None)
            if picked is None:
                return None
            before, after = picked
        elif time.perf_counter() < until:
            before, after = chosen[int(random.random() * len(chosen))]  # noqa: S311  load, not secrets
        else:
            return None
        return before if after is None else b"%b%016x%b" % (before, random.getrandbits(64), after)

    gc.freeze()
    statuses, latencies, seconds = load(asked["port"], asked["clients"], next_request)
    latencies.sort()
    json.dump(
        {
            "answers": statuses,
            "per_second": len(latencies) / seconds,
            "p50": latencies[len(latencies) // 2],
            "p95": latencies[len(latencies) * 95 // 100],
            "p99": latencies[len(latencies) * 99 // 100],
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()

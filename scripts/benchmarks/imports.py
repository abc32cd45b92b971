"""Measure an import of 50 000 people: its time and memory, and how long other requests wait meanwhile."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from uuid import UUID, uuid4

import psutil

from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground, Program

ASSOCIATION = UUID("019a000e-0000-7000-8000-000000000001")
MIB = 2**20
HEADER = "prénom;nom;date de naissance;taille du foyer;éligible jusqu'au;courriel;téléphone\r\n"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def imports(ground: Ground) -> list[Figure]:
    """Measure the seconds of an import, the MiB by which the process grows, and the waits of other requests (ms)."""
    lines = ground.amounts.import_lines
    with ground.connected(ground.town) as connection:
        connection.execute(
            "insert into app.accounts (id, role, display_name) values (%s, 'association', 'A')", (ASSOCIATION,)
        )
        connection.execute(
            "insert into app.associations (id, name, status) values (%s, 'A', 'verified')", (ASSOCIATION,)
        )
    api = ground.served("importing", {})
    sheet = a_sheet(lines)
    token = ground.tokens.issue(ASSOCIATION, uuid4())
    _send(api, token, a_sheet(5, first=lines))  # warm up: the first request takes longer
    took, grown, waits, answer = _measured(api, token, sheet)
    assert answer["enrolled"] == lines, {name: answer[name] for name in ("lines", "enrolled", "refused")}
    size = f"{len(sheet) / MIB:.1f} MiB of CSV"
    others = f"others wait for {waits[len(waits) // 2] * 1000:.0f} ms in the median, {waits[-1] * 1000:.0f} ms at most"
    return [
        Figure(f"an import of {lines} lines", 60, took, f"{size}; {others}", at_most=True, unit=" s"),
        Figure(f"memory that {lines} lines add", 300, grown / MIB, "resident", at_most=True, unit=" MiB"),
    ]


def a_sheet(lines: int, first: int = 0) -> bytes:
    """Return a CSV of this many different people, as a French spreadsheet program writes it."""
    until = (datetime.now(UTC) + timedelta(days=300)).strftime("%d/%m/%Y")
    return (HEADER + "".join(_a_line(number, until) for number in range(first, first + lines))).encode("cp1252")


def _a_line(number: int, until: str) -> str:
    name = "".join(LETTERS[number // 26**place % 26] for place in range(4))
    born = f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/{1940 + number % 60}"
    return f"Zoé-{name};Lefèvre {name};{born};{number % 6 + 1};{until};{name}{number}@example.org;06 12 34 56 78\r\n"


def _measured(api: Program, token: str, sheet: bytes) -> tuple[float, int, list[float], dict[str, int]]:
    process = psutil.Process(api.process.pid)
    before = largest = process.memory_info().rss
    waits: list[float] = []
    over = threading.Event()

    def look() -> None:
        nonlocal largest
        while not over.wait(0.01):
            largest = max(largest, process.memory_info().rss)

    def ask() -> None:
        connection = HTTPConnection("127.0.0.1", api.port, timeout=60)
        while not over.wait(0.01):
            began = time.perf_counter()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            waits.append(time.perf_counter() - began)
        connection.close()

    meanwhile = [threading.Thread(target=look), threading.Thread(target=ask)]
    for one in meanwhile:
        one.start()
    began = time.perf_counter()
    try:
        said = _send(api, token, sheet)
    finally:
        took = time.perf_counter() - began
        over.set()
        for one in meanwhile:
            one.join()
    # Parsed only now, because parsing would delay the requests of the other thread.
    answer: dict[str, int] = json.loads(said)
    return took, largest - before, sorted(waits), answer


def _send(api: Program, token: str, sheet: bytes) -> bytes:
    connection = HTTPConnection("127.0.0.1", api.port, timeout=600)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
    connection.request("POST", "/v1/beneficiaries/import", sheet, headers)
    said = connection.getresponse()
    body = said.read()
    connection.close()
    assert said.status == 200, body[:500]
    return body

"""Distances: great circles with a road factor, and a routing server that answers, lies, knows no way, or hangs."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from backend.tours import distances
from backend.tours.distances import PLACES_A_TILE, road_metres, straight_metres

CATHEDRAL, STATION, KEHL = (48.5818, 7.7509), (48.5850, 7.7345), (48.5740, 7.8090)
PLACES = [CATHEDRAL, STATION, KEHL]


@asynccontextmanager
async def a_server(answer: Callable[[str], bytes], hang: bool = False) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve an answer's body for each path asked; return the address, and what was asked."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        asked.append(path)
        if hang:
            await asyncio.sleep(30)
        body = answer(path)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


def table(distances: Any, code: str = "Ok") -> bytes:
    return json.dumps({"code": code, "distances": distances}).encode()


def test_a_great_circle_is_as_long_as_on_the_map() -> None:
    assert straight_metres(CATHEDRAL, STATION) == pytest.approx(1257, abs=5)
    assert straight_metres(CATHEDRAL, CATHEDRAL) == 0


async def test_without_a_server_ways_are_great_circles_times_the_factor() -> None:
    metres = await road_metres(PLACES, 1.3, None)

    assert metres[0][1] == math.ceil(1.3 * straight_metres(CATHEDRAL, STATION))
    assert [metres[at][at] for at in range(3)] == [0, 0, 0]


async def test_a_server_says_how_long_the_roads_are() -> None:
    said = [[0, 1500.2, 5200], [1600, 0, 6500], [5300, 6600, 0]]
    async with a_server(lambda _: table(said)) as (url, asked):
        metres = await road_metres(PLACES, 1.3, url)

    assert metres == [[0, 1501, 5200], [1600, 0, 6500], [5300, 6600, 0]]
    assert asked[0].startswith("/table/v1/driving/7.750900,48.581800;7.734500,48.585000;")
    assert "annotations=distance" in asked[0]


@pytest.mark.parametrize("lie", [None, -3, 0, 1e12, "far", True, [], float("nan")])
async def test_a_cell_that_cannot_be_is_a_great_circle(lie: Any) -> None:
    circles = await road_metres(PLACES, 1.3, None)
    async with a_server(lambda _: table([[0, lie, 5200], [1600, 0, 6500], [5300, 6600, 0]])) as (url, _):
        metres = await road_metres(PLACES, 1.3, url)

    assert metres[0] == [0, circles[0][1], 5200]
    assert metres[1] == [1600, 0, 6500]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", table(None), table([[0]]), table([[0, 1500, 5200]] * 3, "TooBig"), b"x" * 2_000_000]
)
async def test_an_answer_in_another_form_leaves_great_circles(body: bytes) -> None:
    async with a_server(lambda _: body) as (url, _):
        metres = await road_metres(PLACES, 1.3, url)

    assert metres == await road_metres(PLACES, 1.3, None)


async def test_a_server_that_hangs_leaves_great_circles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "SECONDS", 0.3)
    async with a_server(lambda _: b"", hang=True) as (url, _):
        metres = await road_metres(PLACES, 1.3, url)

    assert metres == await road_metres(PLACES, 1.3, None)


async def test_a_server_that_is_not_there_leaves_great_circles() -> None:
    assert await road_metres(PLACES, 1.3, "http://127.0.0.1:1") == await road_metres(PLACES, 1.3, None)


async def test_many_places_are_asked_in_tiles() -> None:
    places = [(48.5 + at / 1000, 7.7) for at in range(PLACES_A_TILE + 10)]

    def in_proportion(path: str) -> bytes:
        together = [pair.split(",") for pair in path.split("?")[0].rsplit("/", 1)[1].split(";")]
        at = [(float(latitude), float(longitude)) for longitude, latitude in together]
        query = path.split("?")[1].replace("%3B", ";")
        asked = dict(part.split("=") for part in query.split("&"))
        sources, destinations = (map(int, asked[name].split(";")) for name in ("sources", "destinations"))
        ends = list(destinations)
        return table([[2 * straight_metres(at[here], at[there]) for there in ends] for here in sources])

    async with a_server(in_proportion) as (url, asked):
        metres = await road_metres(places, 1.3, url)

    assert len(asked) == 4
    assert all(len(path.split("?")[0].split(";")) <= 2 * PLACES_A_TILE for path in asked)
    for here, there in ((0, 1), (0, len(places) - 1), (len(places) - 1, 3)):
        assert metres[here][there] == pytest.approx(2 * straight_metres(places[here], places[there]), abs=2)

"""How far places are from each other: great circles times a road factor, or the roads of an OSRM-compatible server.

The server's table service is asked in tiles of 100 places (its default limit). What it does not know or says wrongly is
the great circle's, cell by cell; so is everything if it does not answer in time.
"""

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import httpx2
import structlog

EARTH_METRES = 6_371_000
PLACES_A_TILE = 50  # sources, and as many destinations: OSRM takes 100 coordinates by default
SECONDS_A_TILE = 5.0
SECONDS = 30.0
MOST_BYTES = 1_000_000
LEAST_OF_STRAIGHT, MOST_OF_STRAIGHT, DETOUR_METRES = 0.9, 10.0, 5_000  # a way beyond them is a mistake

Place = tuple[float, float]
"""Latitude and longitude, in degrees."""
Matrix = list[list[int]]

log = structlog.get_logger("ecopanier.planning")


def straight_metres(here: Place, there: Place) -> float:
    """Return the length of the great circle between two places (haversine)."""
    (south, west), (north, east) = ((math.radians(degrees) for degrees in place) for place in (here, there))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half)))


def estimated_metres(places: Sequence[Place], road_factor: float) -> Matrix:
    """Return the metres from each place to each by the great circle and a road factor, rounded up."""
    return [[math.ceil(road_factor * straight_metres(here, there)) for there in places] for here in places]


async def road_metres(places: Sequence[Place], road_factor: float, osrm_url: str | None) -> Matrix:
    """Return the metres from each place to each, rounded up. osrm_url: without one, no server is asked."""
    metres = estimated_metres(places, road_factor)
    if osrm_url is None or len(places) < 2:
        return metres
    refused = 0
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx2.AsyncClient(timeout=SECONDS_A_TILE, follow_redirects=False) as client,
        ):
            starts = range(0, len(places), PLACES_A_TILE)
            for first, second in ((one, other) for one in starts for other in starts):
                refused += await _take_tile(client, osrm_url, places, first, second, metres)
    except TimeoutError:
        log.warning("planning.osrm_too_slow")
    if refused:
        log.warning("planning.osrm_cells_refused", cells=refused)
    return metres


async def _take_tile(
    client: httpx2.AsyncClient, url: str, places: Sequence[Place], first: int, second: int, metres: Matrix
) -> int:
    """Take the ways of one tile from the server; return how many it did not know or said wrongly."""
    sources, destinations = (range(start, min(start + PLACES_A_TILE, len(places))) for start in (first, second))
    cells = len(sources) * len(destinations)
    together = [places[number] for number in (*sources, *destinations)]
    coordinates = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in together)
    asked = {
        "annotations": "distance",
        "sources": ";".join(map(str, range(len(sources)))),
        "destinations": ";".join(map(str, range(len(sources), len(together)))),
    }
    try:
        table = await _table(client, f"{url}/table/v1/driving/{coordinates}", asked)
    except (httpx2.HTTPError, ValueError, RecursionError) as failure:
        log.warning("planning.osrm_unreadable", error=type(failure).__name__)
        return cells
    refused = 0
    for row, here in enumerate(sources):
        for column, there in enumerate(destinations):
            said = _cell(table, row, column)
            if here == there:
                continue
            if said is None or not _is_likely(said, straight_metres(places[here], places[there])):
                refused += 1
            else:
                metres[here][there] = math.ceil(said)
    return refused


async def _table(client: httpx2.AsyncClient, address: str, asked: dict[str, str]) -> Any:
    """Return the distances that the server answers, whatever they are. Raises HTTPError, ValueError, RecursionError."""
    async with client.stream("GET", address, params=asked) as answer:
        if answer.status_code != 200:
            raise ValueError("no table")
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError("too long")
    said = json.loads(body)
    return said.get("distances") if isinstance(said, dict) and said.get("code") == "Ok" else None


def _cell(table: Any, row: int, column: int) -> float | None:
    try:
        value = table[row][column]
    except (TypeError, IndexError, KeyError):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e9 else None


def _is_likely(said: float, straight: float) -> bool:
    return LEAST_OF_STRAIGHT * straight <= said <= MOST_OF_STRAIGHT * straight + DETOUR_METRES

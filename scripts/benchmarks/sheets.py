"""Measure the sheet of a tour: how long a collector waits until it is typeset."""

import asyncio
import statistics
import time
from typing import Any

from pydantic import BaseModel

from backend.tours.sheet import sheet_pdf
from backend.tours.sheet_schemas import SheetItem, SheetOut, SheetStop, SheetTask
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground

COLLECTIONS = 15


def sheets(ground: Ground) -> list[Figure]:
    """Measure the seconds of a sheet with fifteen collections, after a first one that loads the fonts."""
    tour = _a_tour(COLLECTIONS)
    size, *spent = asyncio.run(_measured(tour, ground.amounts.rounds))
    detail = f"{COLLECTIONS} collections, {size:.0f} bytes"
    return [Figure("the sheet of a tour", 0.5, statistics.median(spent), detail, at_most=True, unit=" s")]


async def _measured(tour: SheetOut, rounds: int) -> list[float]:
    """Return the bytes of the sheet, and the seconds of each round."""
    measured = [float(len(await sheet_pdf(tour, "https://ecopanier.example")))]
    for _ in range(rounds):
        began = time.perf_counter()
        await sheet_pdf(tour, "https://ecopanier.example")
        measured.append(time.perf_counter() - began)
    return measured


def _a_tour(collections: int) -> SheetOut:
    """Return a tour that takes food at each of so many shops and leaves all of it at the last stop."""
    items = [SheetItem.model_validate(_example(SheetItem))]
    tasks = [
        {
            kind: SheetTask.model_validate(_example(SheetTask) | {"kind": kind, "items": items})
            for kind in ("take", "leave")
        }
        for _ in range(collections)
    ]
    at_stops = [[task["take"]] for task in tasks] + [[task["leave"] for task in tasks]]
    stops = [
        SheetStop.model_validate(_example(SheetStop) | {"number": number, "tasks": there})
        for number, there in enumerate(at_stops, start=1)
    ]
    return SheetOut.model_validate(_example(SheetOut) | {"stops": stops})


def _example(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the examples of a schema's fields."""
    return {name: field.examples[0] for name, field in schema.model_fields.items() if field.examples}

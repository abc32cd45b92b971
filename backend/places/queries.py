"""Reads of places."""

from backend.database.acts import Acts
from backend.places.names import questions
from backend.places.problems import PlaceUnknown
from backend.places.schemas import PlaceOut


async def places_found(acts: Acts, text: str) -> list[PlaceOut]:
    """Return the 20 places that a text most likely means, best first."""
    asked = questions(text)
    rows = await acts.rows("places_found", keys=asked.keys, areas=asked.areas)
    return [PlaceOut.model_validate(dict(row)) for row in rows]


async def point_of(acts: Acts, text: str) -> tuple[float, float]:
    """Return latitude and longitude of the place that a text most likely means. Raises PlaceUnknown."""
    for place in await places_found(acts, text):
        if place.latitude is not None and place.longitude is not None:
            return place.latitude, place.longitude
    raise PlaceUnknown


async def point_of_commune(acts: Acts, insee_code: str) -> tuple[float, float]:
    """Return latitude and longitude of a commune's centre. Raises PlaceUnknown."""
    row = await acts.row("place_at", commune=insee_code)
    if row is None:
        raise PlaceUnknown
    return row["latitude"], row["longitude"]

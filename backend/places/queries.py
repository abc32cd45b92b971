"""Reads of places."""

from backend.database.acts import Acts
from backend.places.names import questions
from backend.places.schemas import PlaceOut


async def places_found(acts: Acts, text: str) -> list[PlaceOut]:
    """Return the 20 places that a text most likely means, best first."""
    asked = questions(text)
    rows = await acts.rows("places_found", keys=[key for key, _ in asked], areas=[area for _, area in asked])
    return [PlaceOut.model_validate(dict(row)) for row in rows]

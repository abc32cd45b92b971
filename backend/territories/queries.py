"""Reads of territories."""

import json

from backend.database.acts import Acts
from backend.places.names import questions
from backend.territories.map import SOURCE
from backend.territories.problems import TerritoryNotFound
from backend.territories.schemas import TerritoryOut, WholeTerritory


async def territories_found(acts: Acts, text: str) -> list[TerritoryOut]:
    """Return the 20 territories that a text most likely means, best first."""
    asked = questions(text)
    rows = await acts.rows("territories_found", keys=asked.keys, areas=asked.areas)
    return [TerritoryOut.model_validate(dict(row)) for row in rows]


async def territory(acts: Acts, code: str) -> WholeTerritory:
    """Return a territory with those in which it lies. Raises TerritoryNotFound."""
    found = await acts.value("territory", wanted=code)
    if found is None:
        raise TerritoryNotFound
    return WholeTerritory(**json.loads(found), source=SOURCE)

"""Territories over HTTP."""

from typing import Annotated

from fastapi import Path, Query, Response

from backend.database.sessions import ActsDep
from backend.http.routing import Router
from backend.problems.problem import may_answer
from backend.territories import queries
from backend.territories.map import SOURCE
from backend.territories.problems import TerritoryNotFound
from backend.territories.schemas import TerritoriesFound, WholeTerritory

router = Router(tags=["territories"])

Code = Annotated[
    str,
    Path(
        min_length=2,
        max_length=36,
        pattern=r"^[0-9A-Za-z-]+$",
        description="The INSEE code of a commune or arrondissement, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR`, or"
        " the id of a zone.",
        examples=["67482"],
    ),
]


@router.get("/territories")
async def find_territories(
    acts: ActsDep,
    response: Response,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="The beginning of a name, a code or a postcode. Accents, capitals, hyphens and leading articles"
            " do not matter; St is Saint.",
            examples=["Strasbourg"],
        ),
    ],
) -> TerritoriesFound:
    """Find régions, départements, EPCI, communes and arrondissements by name.

    At most 20: those whose name is what you wrote, then those that begin with it by population, then those with a later
    word that does.
    """
    response.headers["Cache-Control"] = "public, max-age=86400"
    return TerritoriesFound(data=await queries.territories_found(acts, q), source=SOURCE)


@router.get("/territories/{code}", responses=may_answer(TerritoryNotFound))
async def read_territory(code: Code, acts: ActsDep, response: Response) -> WholeTerritory:
    """Read a territory: its population, what it lies in, and the kinds of its parts."""
    found = await queries.territory(acts, code)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return found

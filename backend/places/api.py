"""Places over HTTP: the communes that a name or postcode may mean."""

from typing import Annotated

from fastapi import Query, Request, Response

from backend.database.sessions import DatabaseDep
from backend.http.routing import Router
from backend.identity.callers import also_at_kiosks
from backend.places.addresses import addresses_found
from backend.places.communes import SOURCE
from backend.places.queries import places_found
from backend.places.schemas import AddressOut, Places

router = Router(tags=["places"])


@router.get("/places")
@also_at_kiosks
async def find_places(
    request: Request,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="The beginning of a name or postcode, or both. Accents, capitals, hyphens and leading articles"
            " do not matter; St is Saint.",
            examples=["Paris 11"],
        ),
    ],
    database: DatabaseDep,
    response: Response,
) -> Places:
    """Find communes, and arrondissements of Paris, Lyon and Marseille, by name or postcode, and addresses.

    At most 20: those whose name is what you wrote, then those that begin with it by population, then those with a later
    word that does. Addresses come from a geocoder, where the server has one.
    """
    places = await places_found(database.acts, q)
    addresses = await addresses_found(request.app.state.geocoder, database.acts, q)
    response.headers["Cache-Control"] = "public, max-age=86400" if addresses is not None else "no-store"
    return Places(data=places, addresses=[AddressOut.model_validate(one) for one in addresses or ()], source=SOURCE)

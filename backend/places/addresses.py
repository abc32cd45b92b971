"""Addresses, from the geocoder that the settings name: where one is, and which ones a text may mean."""

from backend.database.acts import Acts
from backend.places.communes import codes_within
from backend.places.geocoder import Address, Geocoder
from backend.places.problems import AddressAmbiguous, AddressUnknown, GeocoderUnavailable

LEAST_SCORE = 0.4  # below it, an address has little in common with the question
CERTAIN_SCORE = 0.8
AS_GOOD = 0.05


async def where_is(geocoder: Geocoder, acts: Acts, address: str, insee_code: str | None) -> Address:
    """Return the one address that a text means. No transaction may be open meanwhile.

    insee_code: of its commune, if that is known. Raises GeocoderUnavailable, AddressUnknown, and AddressAmbiguous if
    the best match is not certain, or if one in another commune matches as well.
    """
    communes = codes_within(insee_code) if insee_code is not None else None
    # A commune with arrondissements has no addresses of its own.
    only_in = insee_code if communes is not None and len(communes) == 1 else None
    found = [
        one
        for one in await _in_france(acts, await geocoder.find(address, insee_code=only_in))
        if one.score >= LEAST_SCORE and (communes is None or one.insee_code in communes)
    ]
    if not found:
        raise AddressUnknown
    best = found[0]
    others = [one for one in found if one.insee_code != best.insee_code and one.score > best.score - AS_GOOD]
    if best.score < CERTAIN_SCORE or others:
        raise AddressAmbiguous(candidates=list(dict.fromkeys(one.label for one in found)))
    return best


async def addresses_found(geocoder: Geocoder | None, acts: Acts, text: str) -> list[Address] | None:
    """Return the addresses that a text may begin, best first; none without a geocoder.

    None if the geocoder cannot be asked now.
    """
    if geocoder is None or not any(letter.isalpha() for letter in text):
        return []
    if geocoder.rests:
        return None
    try:
        return await _in_france(acts, await geocoder.find(text, whole=False))
    except GeocoderUnavailable:
        return None


async def _in_france(acts: Acts, found: list[Address]) -> list[Address]:
    """Return the addresses whose coordinates are in the territory of their commune."""
    if not found:
        return []
    inside = await acts.value(
        "in_their_territories",
        communes=[one.insee_code for one in found],
        latitudes=[one.latitude for one in found],
        longitudes=[one.longitude for one in found],
    )
    return [one for one, is_inside in zip(found, inside, strict=True) if is_inside]

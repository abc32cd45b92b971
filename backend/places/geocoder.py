"""The client of a geocoder of the Géoplateforme's form: it finds the coordinates of French addresses.

`GET /geocodage/search?q=…&limit=…` answers with a GeoJSON FeatureCollection. Its features have a point and the
properties `label`, `score` (from 0 to 1), `type`, `citycode` (the INSEE code) and `postcode`. What it says is checked:
whatever is malformed is left out.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, Literal

import httpx2
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from backend.places.communes import insee_codes
from backend.places.problems import GeocoderUnavailable
from backend.settings import Settings

SECONDS: Final = 3.0  # for the whole answer
MOST_BYTES: Final = 256 * 1024
MOST_AT_ONCE: Final = 8
MOST_FOUND: Final = 5
LONGEST_QUESTION: Final = 200  # characters; the Géoplateforme refuses longer ones, and those of fewer than 3
SHORTEST_QUESTION: Final = 3
REST_SECONDS: Final = 10.0

log = structlog.get_logger("ecopanier.places")


@dataclass(frozen=True)
class Address:
    """An address that a geocoder found. score: from 0 to 1, how well it matches the question."""

    label: str
    score: float
    insee_code: str
    postcode: str | None
    latitude: float
    longitude: float


class _Point(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    type: Literal["Point"]
    coordinates: tuple[float, float]


class _Properties(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    label: str = Field(min_length=1, max_length=300)
    score: float = Field(ge=0, le=1)
    # A commune is no address; places have their own.
    type: Literal["housenumber", "street", "locality"]
    citycode: str
    postcode: str | None = Field(default=None, max_length=10)


class _Feature(BaseModel):
    geometry: _Point
    properties: _Properties


class Geocoder:
    """Asks one geocoder, at most 8 questions at once. Redirects are not followed and nothing is decompressed."""

    def __init__(self, url: str) -> None:
        self._url = _search_address(url)
        self._client = httpx2.AsyncClient(
            timeout=SECONDS, follow_redirects=False, headers={"Accept-Encoding": "identity"}
        )
        self._free = asyncio.Semaphore(MOST_AT_ONCE)
        self._resting_until = float("-inf")

    async def find(self, question: str, *, insee_code: str | None = None, whole: bool = True) -> list[Address]:
        """Return at most five addresses, best first.

        insee_code: of the commune to search in. whole: whether the question is a whole address, not a beginning.
        Raises GeocoderUnavailable if the answer is late, too long, or not of its form.
        """
        question = question.strip()[:LONGEST_QUESTION]
        if len(question) < SHORTEST_QUESTION:
            return []
        asked = {"q": question, "limit": str(MOST_FOUND), "index": "address", "autocomplete": str(int(not whole))}
        if insee_code is not None:
            asked["citycode"] = insee_code
        try:
            async with asyncio.timeout(SECONDS), self._free:
                body = await self._body(asked)
            return _addresses(body)
        except (httpx2.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            self._resting_until = asyncio.get_running_loop().time() + REST_SECONDS
            log.warning("geocoder.unavailable", error=type(error).__name__)
            raise GeocoderUnavailable from None

    @property
    def rests(self) -> bool:
        """Whether it failed in the last ten seconds. Whoever can do without it does not ask it then."""
        return asyncio.get_running_loop().time() < self._resting_until

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _body(self, asked: dict[str, str]) -> bytes:
        """Return the body of an answer; that of an empty one if it refuses the question. Raises ValueError."""
        async with self._client.stream("GET", self._url, params=asked) as answer:
            if answer.status_code == 400:
                return b'{"type": "FeatureCollection", "features": []}'
            if answer.status_code != 200:
                raise ValueError("status")
            body = b""
            async for piece in answer.aiter_raw():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ValueError("length")
            return body


def geocoder_of(settings: Settings) -> Geocoder | None:
    """Return the geocoder that the settings name, if any."""
    return Geocoder(settings.geocoder_url) if settings.geocoder_url is not None else None


def _search_address(url: str) -> str:
    """Return the address of a search: the Géoplateforme's below a server's address, unless that names it already."""
    for known, rest in (("/search", ""), ("/geocodage", "/search")):
        if url.endswith(known):
            return url + rest
    return f"{url}/geocodage/search"


def _addresses(body: bytes) -> list[Address]:
    """Return the addresses in an answer, best first. Raises ValueError if it is no FeatureCollection."""
    said = from_json(body, allow_inf_nan=False)
    features = said.get("features") if isinstance(said, dict) else None
    if not isinstance(features, list) or said.get("type") != "FeatureCollection":
        raise ValueError("form")
    read = [address for feature in features[:MOST_FOUND] if (address := _address(feature)) is not None]
    return sorted(read, key=lambda address: -address.score)


def _address(feature: Any) -> Address | None:
    try:
        found = _Feature.model_validate(feature)
    except ValidationError:
        return None
    longitude, latitude = found.geometry.coordinates
    properties = found.properties
    if properties.citycode not in insee_codes() or not properties.label.isprintable():
        return None
    return Address(properties.label, properties.score, properties.citycode, properties.postcode, latitude, longitude)

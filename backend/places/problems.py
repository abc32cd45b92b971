"""The problems that places can answer with."""

from typing import ClassVar

from backend.problems.problem import Problem


class PlaceUnknown(Problem):
    """Raised when a search starts from a place that does not exist or whose centre is not known."""

    code, status = "place.unknown", 422


class GeocoderUnavailable(Problem):
    """Raised when the geocoder does not answer in time, or not in its form."""

    code, status = "geocoder.unavailable", 503
    headers = {"Retry-After": "10"}  # noqa: RUF012  read-only, as Problem declares it


class AddressUnknown(Problem):
    """Raised when the geocoder finds no address that a text may mean."""

    code, status = "address.unknown", 422


class AddressAmbiguous(Problem):
    """Raised when an address may be several, or is not certain. `candidates` has at most five."""

    code, status = "address.ambiguous", 422
    example: ClassVar = {"candidates": ["12 Rue de Zurich 67000 Strasbourg", "12 Rue de Zurich 68100 Mulhouse"]}


class OneSearchOnly(Problem):
    """Raised when a search for shops or associations has more than one of `near`, `q` and `insee`."""

    code, status = "search.one_only", 422


class OnePlaceNeeded(Problem):
    """Raised when a search names no place, or more than one."""

    code, status = "place.one_needed", 422

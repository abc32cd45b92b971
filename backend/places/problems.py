"""The problems that places can answer with."""

from backend.problems.problem import Problem


class PlaceUnknown(Problem):
    """Raised when a search starts from a place that does not exist or whose centre is not known."""

    code, status = "place.unknown", 422


class OneSearchOnly(Problem):
    """Raised when a search for shops or associations has more than one of `near`, `q` and `insee`."""

    code, status = "search.one_only", 422


class OnePlaceNeeded(Problem):
    """Raised when a search names no place, or more than one."""

    code, status = "place.one_needed", 422

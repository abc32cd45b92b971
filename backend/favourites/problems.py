"""The problems that favourites and saved places can answer with."""

from backend.problems.problem import Problem, constraint_problems


class FavouriteLimitReached(Problem):
    """Raised when somebody who has as many favourite shops as an account can have adds another one."""

    code, status = "favourite.limit_reached", 409


class PlaceNotFound(Problem):
    """Raised when a saved place does not exist or is not the caller's."""

    code, status = "place.not_found", 404


class PlaceLimitReached(Problem):
    """Raised when somebody who has as many saved places as an account can have saves another one."""

    code, status = "place.limit_reached", 409


class PlaceOutsideFrance(Problem):
    """Raised when a saved place's coordinates are in no French territory."""

    code, status = "place.outside_france", 422


class PlaceCoordinatesSwapped(Problem):
    """Raised when a saved place would be in France if latitude and longitude were swapped."""

    code, status = "place.coordinates_swapped", 422


constraint_problems({"favourites_slot_check": FavouriteLimitReached, "saved_places_slot_check": PlaceLimitReached})

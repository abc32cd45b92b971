"""Problems of collection points."""

from backend.problems.problem import Problem


class CollectionPointNotFound(Problem):
    """Raised when there is no such collection point, or the caller may not see it, or may not change it."""

    code, status = "collection_point.not_found", 404


class CollectionPointFollows(Problem):
    """Raised when a change would have to be made to the shop or the association whose point it is."""

    code, status = "collection_point.follows", 409


class CollectionPointInUse(Problem):
    """Raised when open collections come from a point that is to be closed, or go to it."""

    code, status = "collection_point.in_use", 409


class CollectionPointOutsideTerritory(Problem):
    """Raised when a depot or relay would lie outside France."""

    code, status = "collection_point.outside_territory", 422


class BoxInvalid(Problem):
    """Raised when a part of the map is not four degrees with west before east and south before north."""

    code, status = "collection_point.box_invalid", 422

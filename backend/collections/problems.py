"""The problems that collections can answer with."""

from backend.problems.problem import Problem


class CollectionNotFound(Problem):
    """Raised when a collection does not exist or does not concern the caller."""

    code, status = "collection.not_found", 404

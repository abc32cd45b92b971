"""The problems that territories can answer with."""

from backend.problems.problem import Problem


class TerritoryNotFound(Problem):
    """Raised when no territory has this code."""

    code, status = "territory.not_found", 404

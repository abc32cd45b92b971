"""The problems that papers can answer with."""

from backend.problems.problem import Problem


class DocumentNotFound(Problem):
    """Raised when a paper does not exist or is not for the caller, or when nothing was paid for a reservation."""

    code, status = "document.not_found", 404

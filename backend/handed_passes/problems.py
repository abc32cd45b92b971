"""Problems of showing a handed pass."""

from backend.problems.problem import Problem


class HandedPassUnknown(Problem):
    """Raised when a token opens no pass, or no longer: it was taken back or used, or the pickup window is over."""

    code, status = "handed_pass.unknown", 404

"""Problems of reading and changing suspended lots."""

from backend.problems.problem import Problem


class SuspendedLotNotFound(Problem):
    """Raised when a suspended lot does not exist or is not the caller's."""

    code, status = "suspended_lot.not_found", 404


class SuspendedLotOffered(Problem):
    """Raised when a donor cancels a gift that is paid and offered already."""

    code, status = "suspended_lot.offered", 409


class SuspendedLotOver(Problem):
    """Raised when a donor chooses for a gift whose pickup window is over or that was never paid."""

    code, status = "suspended_lot.over", 409

"""Problems of joining and leaving a waiting list and of taking kept portions."""

from backend.problems.problem import Problem


class SomeLeft(Problem):
    """Raised when somebody wants to wait for a lot that still has portions."""

    code, status = "waiting.some_left", 409


class AlreadyWaiting(Problem):
    """Raised when somebody already waits for the lot."""

    code, status = "waiting.already", 409


class WaitingNotFound(Problem):
    """Raised when a waiting-list entry does not exist or is not the caller's."""

    code, status = "waiting.not_found", 404


class NothingOffered(Problem):
    """Raised when no portion is kept for the entry yet."""

    code, status = "waiting.not_offered", 409


class OfferLapsed(Problem):
    """Raised when the time is over in which portions were kept for the entry."""

    code, status = "waiting.offer_lapsed", 409


class WaitingOver(Problem):
    """Raised when an entry is over: its portions were taken, it was left, or the lot is closed."""

    code, status = "waiting.over", 409

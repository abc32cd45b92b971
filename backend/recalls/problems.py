"""Problems of recall notices."""

from backend.problems.problem import Problem


class RecallNoticeNotFound(Problem):
    """Raised when there is no recall notice with this id."""

    code, status = "recall_notice.not_found", 404


class RecallNoticeDecided(Problem):
    """Raised when an admin has decided already about a lot of a recall notice, or nothing waits for a decision."""

    code, status = "recall_notice.decided", 409


class RecallNoticeLotUnknown(Problem):
    """Raised when a decision names a lot that the recall notice does not."""

    code, status = "recall_notice.lot_unknown", 422

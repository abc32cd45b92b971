"""Problems of reading notices and of choosing which ones to get."""

from backend.problems.problem import Problem


class NoticeNotFound(Problem):
    """Raised when a notice does not exist or is not the caller's."""

    code, status = "notice.not_found", 404


class UnknownEvent(Problem):
    """Raised when a preference names an event or channel that the caller's role never gets."""

    code, status = "notice.unknown_event", 422


class UnsubscribeLinkUnknown(Problem):
    """Raised when a link to stop mails is not one of ours, or names an account or event that has none to stop."""

    code, status = "notice.unsubscribe_unknown", 404


class NoticeNotOptional(Problem):
    """Raised when somebody turns off what they must be told: money, safety, sign-in."""

    code, status = "notice.not_optional", 422

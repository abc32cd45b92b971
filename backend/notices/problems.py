"""Problems of reading notices and of choosing which ones to get."""

from backend.problems.problem import Problem, constraint_problems


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


class UnknownZone(Problem):
    """Raised when quiet hours name a time zone that does not exist."""

    code, status = "notice.unknown_zone", 422


class QuietHoursEmpty(Problem):
    """Raised when quiet hours begin and end at the same time."""

    code, status = "notice.quiet_hours_empty", 422


constraint_problems({"quiet_hours_ends_check": QuietHoursEmpty})

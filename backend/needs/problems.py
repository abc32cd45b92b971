"""Problems of what associations take."""

from backend.problems.problem import Problem, constraint_problems


class NeedsUnknown(Problem):
    """Raised when an association has not said what it takes."""

    code, status = "needs.unknown", 404


class NeedsHoursInvalid(Problem):
    """Raised when deliveries would end before they begin."""

    code, status = "needs.hours_invalid", 422


class NeedsLackInvalid(Problem):
    """Raised when an association lacks a category that it does not take."""

    code, status = "needs.lack_invalid", 422


class NeedsColdInvalid(Problem):
    """Raised when an association would keep more cold than it takes, or frozen food without cold storage."""

    code, status = "needs.cold_invalid", 422


constraint_problems(
    {
        "association_needs_hours_check": NeedsHoursInvalid,
        "association_needs_lacks_check": NeedsLackInvalid,
        "association_needs_cold_grams_a_day_check": NeedsColdInvalid,
        "association_needs_frozen_check": NeedsColdInvalid,
    }
)

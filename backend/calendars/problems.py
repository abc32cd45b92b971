"""The problem that calendars can answer with."""

from backend.problems.problem import Problem


class CalendarUnknown(Problem):
    """Raised when the address of a calendar was revoked, replaced, or never made."""

    code, status = "calendar.unknown", 404

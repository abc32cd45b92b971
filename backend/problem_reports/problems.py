"""The problems that problem reports can answer with."""

from backend.problems.problem import Problem, constraint_problems


class ReportNotFound(Problem):
    """Raised when a problem report does not exist or the caller may not see it."""

    code, status = "problem_report.not_found", 404


class ReportExists(Problem):
    """Raised when a reservation has been reported already."""

    code, status = "problem_report.exists", 409


class ReportTooEarly(Problem):
    """Raised when a reservation is reported whose pickup window has not begun."""

    code, status = "problem_report.too_early", 409


class ReportTooLate(Problem):
    """Raised when the time to report a problem with a pickup is over."""

    code, status = "problem_report.too_late", 409


class ReportKindDoesNotFit(Problem):
    """Raised when a door is reported closed after a pickup, or food as bad that nobody collected."""

    code, status = "problem_report.kind_does_not_fit", 409


class ReportPhotoUnknown(Problem):
    """Raised when the photo of a report was not taken by its holder for it."""

    code, status = "problem_report.photo_unknown", 422


class ReportAnswered(Problem):
    """Raised when the shop has answered a problem report already, so that nothing is left to answer or decide."""

    code, status = "problem_report.answered", 409


class ReportWithAdmins(Problem):
    """Raised when a shop answers a problem report that admins decide."""

    code, status = "problem_report.with_admins", 409


class ReportDecided(Problem):
    """Raised when an admin has decided a problem report already."""

    code, status = "problem_report.decided", 409


class NothingPaid(Problem):
    """Raised when an admin gives back the price of portions that nobody paid for, or that was given back already."""

    code, status = "problem_report.nothing_paid", 409


constraint_problems({"problem_reports_reservation_id_key": ReportExists})

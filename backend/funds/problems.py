"""Problems of funds and their statements."""

from backend.problems.problem import Problem, constraint_problems


class FundNotFound(Problem):
    """Raised when there is no such fund, or it is not the caller's."""

    code, status = "fund.not_found", 404


class FundConventionNeeded(Problem):
    """Raised when a fund above 23 000 euros names no convention (Décret 2001-495)."""

    code, status = "fund.convention_needed", 422


class FundDaysInvalid(Problem):
    """Raised when a fund ends before it begins, more than five years later, or in the past."""

    code, status = "fund.days_invalid", 422


class FundTerritoryOutside(Problem):
    """Raised when a fund's territory does not lie in that of its organisation."""

    code, status = "fund.territory_outside", 422


class FundDecided(Problem):
    """Raised when an admin decides about a fund that does not wait for it: it was decided otherwise, or is over."""

    code, status = "fund.decided", 409


class FundNotGranted(Problem):
    """Raised when an admin takes back more than a shop was granted according to the statements."""

    code, status = "fund.not_granted", 409


class FundStatementNotFound(Problem):
    """Raised when a fund has no statement for a month, or none with the shop that is named."""

    code, status = "fund_statement.not_found", 404


class FundStatementPaid(Problem):
    """Raised when all that a statement says was paid already."""

    code, status = "fund_statement.paid", 409


constraint_problems({"funds_convention_check": FundConventionNeeded, "funds_days_check": FundDaysInvalid})

"""The problems of figures."""

from backend.problems.problem import Problem


class FiguresPeriodInvalid(Problem):
    """Raised when a period does not consist of whole days that are over, or is too long."""

    code, status = "figures.period_invalid", 422

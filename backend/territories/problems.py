"""The problems that territories can answer with."""

from typing import ClassVar

from backend.problems.problem import Problem


class TerritoryNotFound(Problem):
    """Raised when no territory has this code."""

    code, status = "territory.not_found", 404


class FiguresPeriodInvalid(Problem):
    """Raised when the period of published figures ends before it begins or is too long."""

    code, status = "territory.period_invalid", 422


class MonthNotPublished(Problem):
    """Raised when no figures of a territory are published about a month: it is not over, or nothing happened there."""

    code, status = "territory.month_not_published", 404


class PartsUnknown(Problem):
    """Raised when a territory has no parts of the kind that is asked for."""

    code, status = "territory.parts_unknown", 422


class TerritoryNotYours(Problem):
    """Raised when live figures are asked for by somebody whose organisation has another territory."""

    code, status = "territory.not_yours", 403


class ZonesInvalid(Problem):
    """Raised when zones cannot be drawn so. `reason` says why, `zone` is the name of one of them."""

    code, status = "territory.zones_invalid", 422
    example: ClassVar = {"reason": "overlap", "zone": "Neudorf"}

"""Why a reservation is not made, not shown, not cancelled."""

from backend.problems.problem import Problem


class LotSoldOut(Problem):
    """Not enough portions of this lot are left."""

    code, status = "lot.sold_out", 409


class LotChanged(Problem):
    """This lot was changed while you were reserving it; look at it again."""

    code, status = "lot.changed", 409


class DailyQuotaReached(Problem):
    """The free portions of today have been reserved; the next day begins at midnight, Paris time."""

    code, status = "quota.daily_reached", 409


class ReservationNotFound(Problem):
    """There is no such reservation."""

    code, status = "reservation.not_found", 404


class ReservationOver(Problem):
    """This reservation is over: it was collected, it lapsed, or its window has passed."""

    code, status = "reservation.over", 409


class NoPassYet(Problem):
    """This reservation has no pass: it is not confirmed, or it is over."""

    code, status = "pass.none", 409
